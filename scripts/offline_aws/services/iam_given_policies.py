"""IAM: policies inside a role or user, and policies attached to a role, user or group.

Source: internal/service/iam/{role,user}_policy.go, {role,user,group}_policy_attachment.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call, import_by
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import ResourceError, Values
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services.iam_roles import name_checks, policy_text
from offline_aws.validators import arn


def _make(aws: Aws, request: Callable[[], object], *, waits: bool) -> None:
    """Make a request, again and again where the published provider waits for a new role."""
    if waits:
        eventually(aws, request, ("NoSuchEntity", ""), seconds=120)
    else:
        request()


@dataclass(frozen=True)
class _Inside:
    """Policies inside roles or users.

    Args:
        kind: `role` or `user`.
        waits: Whether creating waits for the role.
    """

    kind: str
    waits: bool

    def _call(self, aws: Aws, verb: str) -> Callable[..., Any]:
        request: Callable[..., Any] = getattr(aws.client("iam"), f"{verb}_{self.kind}_policy")
        return request

    def _named(self, identifier: str) -> dict[str, str]:
        of, name = identifier.split(":", 1)
        return {f"{self.kind.capitalize()}Name": of, "PolicyName": name}

    def put(self, aws: Aws, values: Values, prior: Values | None = None) -> None:
        identifier = f"{values[self.kind]}:{values['name']}"
        arguments = {**self._named(identifier), "PolicyDocument": values["policy"]}
        _make(aws, lambda: self._call(aws, "put")(**arguments), waits=self.waits)
        values["id"] = identifier

    def read(self, aws: Aws, values: Values) -> Values:
        found = self._call(aws, "get")(**self._named(values["id"]))
        of, name = values["id"].split(":", 1)
        policy = policy_text(found["PolicyDocument"])
        return {"id": values["id"], "name": name, "policy": policy, self.kind: of}

    def delete(self, aws: Aws, values: Values) -> None:
        self._call(aws, "delete")(**self._named(values["id"]))


def inline_policy(
    kind: str, imported: str, *, waits: bool = False, checks: dict[str, Any] | None = None, differs: str = ""
) -> ResourceHandler:
    """Return the type of a policy inside one `role` or `user`.

    Args:
        kind: What it is inside.
        imported: The form of an identifier, for the error.
        waits: Whether creating waits for the role.
        checks: Further validators.
        differs: As `ResourceHandler` has it.
    """
    inside = _Inside(kind, waits)
    return ResourceHandler(
        create=inside.put,
        read=inside.read,
        update=inside.put,
        delete=inside.delete,
        imports=import_by(imported, ":"),
        identifier=f"{{{kind}}}:{{name}}",
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={**name_checks(128), "policy": iam_policy(), **(checks or {})},
        differs=differs,
    )


def attachment(kind: str, *, waits: bool = False, checks: dict[str, Any] | None = None) -> ResourceHandler:
    """Return the type that attaches a policy to one `role`, `user` or `group`; arguments as above."""
    owner = f"{kind.capitalize()}Name"

    def attach(aws: Aws, values: Values) -> None:
        request = getattr(aws.client("iam"), f"attach_{kind}_policy")
        arguments = {owner: values[kind], "PolicyArn": values["policy_arn"]}
        _make(aws, lambda: request(**arguments), waits=waits)
        values["id"] = f"{values[kind]}/{values['policy_arn']}"

    def read(aws: Aws, values: Values) -> Values | None:
        of, policy = values[kind], values["policy_arn"]
        pages = aws.client("iam").get_paginator(f"list_attached_{kind}_policies").paginate(**{owner: of})
        if not any(policy == each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]):
            return None
        return {"id": f"{of}/{policy}", kind: of, "policy_arn": policy}

    def imports(aws: Aws, identifier: str) -> Values:
        name, _, policy = identifier.partition("/")
        if not name or not policy.startswith("arn:"):
            detail = f"Expected <{kind}-name>/<policy_arn>"
            raise ResourceError(f"unexpected ID ({identifier})", detail=detail)
        return {"id": identifier, kind: name, "policy_arn": policy}

    return ResourceHandler(
        create=attach,
        read=read,
        delete=call("iam", f"detach_{kind}_policy", **{owner: kind, "PolicyArn": "policy_arn"}),
        imports=imports,
        identifier=f"{{{kind}}}/{{policy_arn}}",
        validators={"policy_arn": arn, **(checks or {})},
        name=None,
    )
