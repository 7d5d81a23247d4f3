"""Reads replace-on-change out of the CloudFormation schemas in cfn-lint.

A property that CloudFormation lists as create-only is one that the service's update call cannot change, so
Terraform replaces the resource too.
"""

import json
import re
import zipfile
from pathlib import Path

_REGION = "cfnlint/data/schemas/providers/us-east-1.json"
_SCHEMA = "cfnlint/data/schemas/resources/{digest}.json"


def create_only(wheel: Path, types: list[str]) -> dict[str, list[str]]:
    """Resource type (``AWS::SQS::Queue``) to its create-only paths: snake case, dotted, sorted."""
    with zipfile.ZipFile(wheel) as archive:
        digests = json.loads(archive.read(_REGION))
        return {name: paths(json.loads(archive.read(_SCHEMA.format(digest=digests[name])))) for name in types}


def paths(schema: dict[str, list[str]]) -> list[str]:
    """``["/properties/Target/EcsParameters"]`` to ``["target.ecs_parameters"]``."""
    pointers = schema.get("createOnlyProperties", [])
    return sorted(
        ".".join(_snake(part) for part in pointer.split("/")[2:] if part != "*") for pointer in pointers
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
