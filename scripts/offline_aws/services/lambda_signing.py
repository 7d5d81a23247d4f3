"""Lambda: code signing configurations.

Source: internal/service/lambda/code_signing_config.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, changed, given
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, each, length

_CONFIG = Derived(
    "aws_lambda_code_signing_config",
    "lambda",
    "CreateCodeSigningConfigRequest",
    keys={"policies": "CodeSigningPolicies"},
)


def _create(aws: Aws, values: Values) -> None:
    arguments = {"Description": "", **to_api(values, _CONFIG), **given(Tags=values["tags_all"])}
    made = aws.client("lambda").create_code_signing_config(**arguments)["CodeSigningConfig"]
    values["id"] = values["arn"] = made["CodeSigningConfigArn"]


def _read(aws: Aws, values: Values) -> Values:
    client = aws.client("lambda")
    found = client.get_code_signing_config(CodeSigningConfigArn=values["id"])["CodeSigningConfig"]
    return {
        **from_api(found, _CONFIG),
        "id": found["CodeSigningConfigArn"],
        "arn": found["CodeSigningConfigArn"],
        "config_id": found["CodeSigningConfigId"],
        "last_modified": found["LastModified"],
        "tags_all": client.list_tags(Resource=found["CodeSigningConfigArn"]).get("Tags", {}),
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    names = [name for name in _CONFIG if changed(values, prior, name)]
    arguments = to_api(values, {name: _CONFIG[name] for name in names})
    if "description" in names:
        arguments.setdefault("Description", "")
    aws.client("lambda").update_code_signing_config(CodeSigningConfigArn=values["id"], **arguments)


SIGNING = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=call("lambda", "delete_code_signing_config", CodeSigningConfigArn="id"),
    tag=tagging("lambda", "Resource", form=dict),
    recomputed={"last_modified": ("*",)},
    shapes=(_CONFIG,),
    validators={
        "allowed_publishers.signing_profile_version_arns": (length(1, 20), each(arn)),
        "description": length(0, 256),
    },
    name=None,
)
