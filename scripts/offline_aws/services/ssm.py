"""Systems Manager: parameters.

Source: internal/service/ssm/{parameter,parameter_data_source}.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, tag_list, tag_map
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.shapes import to_api
from offline_aws.validators import arn, length, one_of

_VALUES = ("value", "insecure_value", "value_wo")
# Each put makes a new version.
_PUT = ("allowed_pattern", "description", "insecure_value", "key_id", "tier", "type", "value")


_PARAMETER = Derived("aws_ssm_parameter", "ssm", "PutParameterRequest")


def _arguments(values: Values, text: str | None, overwrite: bool) -> Values:
    key = values["key_id"] if values["type"] == "SecureString" else None
    return to_api({**values, "key_id": key, "overwrite": overwrite, "value": text}, _PARAMETER)


def _create(aws: Aws, values: Values) -> None:
    text = next((values[name] for name in reversed(_VALUES) if values[name]), None)
    arguments = _arguments(values, text, bool(values["overwrite"]))
    tags = tag_list(values["tags_all"])
    if tags and not values["overwrite"]:
        arguments["Tags"] = tags  # AWS takes tags only for a parameter that must be new
    aws.client("ssm").put_parameter(**arguments)
    values["id"] = values["name"]
    values["has_value_wo"] = True if values["value_wo"] else None
    if tags and values["overwrite"]:
        _tag(aws, values, values["tags_all"], [])


def _read(aws: Aws, values: Values) -> Values | None:
    ssm = aws.client("ssm")
    found = ssm.get_parameter(Name=values["id"], WithDecryption=True)["Parameter"]
    detail = _metadata(aws, found["Name"])
    if detail is None:
        return None
    secure = found["Type"] == "SecureString"
    text: Values = {"value": found["Value"], "insecure_value": None}
    if values.get("insecure_value") and not secure:
        text = {"value": None, "insecure_value": found["Value"]}
    if values.get("has_value_wo"):
        text = {"value": None, "insecure_value": None}
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=found["Name"])["TagList"]
    return {
        **text,
        "id": values["id"],
        "allowed_pattern": detail.get("AllowedPattern", ""),
        "arn": found.get("ARN") or aws.arn("ssm", f"parameter/{found['Name'].lstrip('/')}"),
        "data_type": detail.get("DataType") or found.get("DataType") or "text",
        "description": detail.get("Description", ""),
        "has_value_wo": values.get("has_value_wo"),
        "key_id": detail.get("KeyId", ""),
        "name": found["Name"],
        "tags_all": tag_map(tags),
        "tier": detail.get("Tier") or "Standard",
        "type": found["Type"],
        "version": found["Version"],
    }


def _metadata(aws: Aws, name: str) -> Values | None:
    filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    pages = aws.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=filters)
    details = (item for page in pages for item in page["Parameters"])
    return next((item for item in details if item["Name"] == name), None)


def _update(aws: Aws, values: Values, prior: Values) -> None:
    text = values["insecure_value"] or values["value"]
    if changed(values, prior, "value_wo_version"):
        text = values["value_wo"] or text
        values["has_value_wo"] = True if values["value_wo"] else None
    if text is None and prior["has_value_wo"]:
        # AWS has no update without a value, and this provider never kept the written one.
        found = aws.client("ssm").get_parameter(Name=values["id"], WithDecryption=True)
        text = found["Parameter"]["Value"]
    overwrite = True if values["overwrite"] is None else bool(values["overwrite"])
    arguments = _arguments(values, text, overwrite)
    if changed(values, prior, "description"):
        arguments["Description"] = values["description"] or ""
    arguments.pop("DataType", None)
    aws.client("ssm").put_parameter(**arguments)


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    where = {"ResourceType": "Parameter", "ResourceId": values["name"]}
    if removed:
        aws.client("ssm").remove_tags_from_resource(**where, TagKeys=removed)
    if added:
        aws.client("ssm").add_tags_to_resource(**where, Tags=tag_list(added))


def _import(aws: Aws, identifier: str) -> Values:
    return {"id": identifier, "has_value_wo": False}


def _plan(plan: Plan) -> None:
    values, prior = plan.values, plan.prior
    if prior is None:
        values["has_value_wo"] = UNKNOWN
        return
    if values["tier"] == "Intelligent-Tiering" and prior["tier"]:
        values["tier"] = prior["tier"]  # AWS chooses the tier, and returns it
    if prior["tier"] == "Advanced" and values["tier"] == "Standard":
        plan.replaced.append("tier")
    if plan.changed("insecure_value"):
        values["value"] = UNKNOWN
    if plan.changed("value_wo_version"):
        values["has_value_wo"] = UNKNOWN
    if plan.changed(*_PUT, "value_wo_version"):
        values["version"] = UNKNOWN


def _secure_is_not_insecure(values: Values) -> Iterable[tuple[str, str]]:
    if values["type"] == "SecureString" and isinstance(values["insecure_value"], str):
        yield "insecure_value", "invalid configuration, cannot set type = SecureString and insecure_value"


def _data(aws: Aws, values: Values) -> Values:
    decrypted = values["with_decryption"] is not False
    ssm = aws.client("ssm")
    try:
        found = ssm.get_parameter(Name=values["name"], WithDecryption=decrypted)["Parameter"]
    except ssm.exceptions.ParameterNotFound as error:
        raise ResourceError(
            f"reading SSM Parameter ({values['name']}): couldn't find resource", path="name"
        ) from error
    return {
        "id": found["Name"],
        "arn": found.get("ARN") or aws.arn("ssm", f"parameter/{found['Name'].lstrip('/')}"),
        "insecure_value": None if found["Type"] == "SecureString" else found["Value"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
    }


def _opened(aws: Aws, values: Values) -> Values:
    found = aws.client("ssm").get_parameter(Name=values["arn"], WithDecryption=values["with_decryption"])
    return {name: found["Parameter"][name.capitalize()] for name in ("name", "type", "value", "version")}


RESOURCES = {
    "aws_ssm_parameter": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=call("ssm", "delete_parameter", Name="name"),
        tag=_tag,
        imports=_import,
        plan=_plan,
        checks=(_secure_is_not_insecure,),
        stored_only={"overwrite"},
        shapes=(_PARAMETER,),
        validators={
            "allowed_pattern": length(0, 1024),
            "data_type": one_of("aws:ec2:image", "aws:ssm:integration", "text"),
            "description": length(0, 1024),
            "name": length(1, 2048),
        },
        exactly_one_of=(_VALUES,),
        required_with={"value_wo": ("value_wo_version",), "value_wo_version": ("value_wo",)},
    )
}

DATA_SOURCES = {
    "aws_ssm_parameter": DataSourceHandler(read=_data, defaults={"with_decryption": True}, tags=False)
}

EPHEMERAL = {
    "aws_ssm_parameter": DataSourceHandler(
        read=_opened, defaults={"with_decryption": True}, validators={"arn": arn}, tags=False
    )
}
