"""Resource groups: by a query of tags, or by a configuration.

Source: internal/service/resourcegroups/group.go; names: CreateGroup in the AWS Resource Groups API reference.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_json
from offline_aws.handler_values import ResourceError, Values, changed, given
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import json_object, length, matches, one_of

_KINDS = ("configuration", "resource_query")
_GROUP = Derived("aws_resourcegroups_group", "resource-groups", "CreateGroupInput", only=_KINDS)
# The other kind of group answers so; the emulator with NotFoundException.
_OTHER_KIND = ("BadRequestException", "NotFoundException")


def _create(aws: Aws, values: Values) -> None:
    aws.client("resource-groups").create_group(
        Name=values["name"],
        Description=values["description"] or "",
        Tags=values["tags_all"] or {},
        **to_api(values, _GROUP),
    )
    values["id"] = values["name"]
    if values["configuration"]:
        _wait(aws, values["id"])


def _wait(aws: Aws, name: str) -> None:
    def done() -> bool:
        found = aws.client("resource-groups").get_group_configuration(Group=name)["GroupConfiguration"]
        if found.get("Status") == "UPDATE_FAILED":
            raise ResourceError(f"configuring resource group {name}: {found.get('FailureReason', '')}")
        return bool(found.get("Status") != "UPDATING")

    aws.wait(done, f"the configuration of resource group {name}")


def _of_kind(call: Any) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        return dict(call())
    except ClientError as error:
        if error.response["Error"]["Code"] in _OTHER_KIND:
            return {}
        raise


def _read(aws: Aws, values: Values) -> Values:
    client, name = aws.client("resource-groups"), values["id"]
    group = client.get_group(GroupName=name)["Group"]
    query = _of_kind(lambda: client.get_group_query(GroupName=name)).get("GroupQuery", {})
    configuration = _of_kind(lambda: client.get_group_configuration(Group=name)).get("GroupConfiguration", {})
    return {
        **from_api({**query, **configuration}, _GROUP),
        "id": name,
        "arn": group["GroupArn"],
        "description": group.get("Description", ""),
        "name": group["Name"],
        "tags_all": client.get_tags(Arn=group["GroupArn"]).get("Tags", {}),
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, name = aws.client("resource-groups"), values["id"]
    if changed(values, prior, "description"):
        client.update_group(GroupName=name, Description=values["description"] or "")
    if changed(values, prior, "resource_query"):
        client.update_group_query(GroupName=name, ResourceQuery=to_api(values, _GROUP)["ResourceQuery"])
    if changed(values, prior, "configuration"):
        client.put_group_configuration(Group=name, Configuration=to_api(values, _GROUP)["Configuration"])
        _wait(aws, name)


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    client = aws.client("resource-groups")
    if removed:
        client.untag(Arn=values["arn"], Keys=removed)
    if added:
        client.tag(Arn=values["arn"], **given(Tags=added))


def _plan(plan: Plan) -> None:
    # AWS cannot change one kind to the other; this fails at plan, the published provider at apply.
    before, after = (plan.prior or {}).get("configuration"), plan.values["configuration"]
    known = isinstance(before, list) and isinstance(after, list)
    if known and not plan.replaced and bool(before) != bool(after):
        raise ResourceError(
            "conversion between resource-query and configuration group types is not possible",
            detail="Give the new group another name.",
            path="configuration",
        )


RESOURCES = {
    "aws_resourcegroups_group": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=call("resource-groups", "delete_group", GroupName="id"),
        tag=_tag,
        plan=_plan,
        defaults={"resource_query.type": "TAG_FILTERS_1_0"},
        equivalent={"resource_query.query": same_json},
        exactly_one_of=(("resource_query", "configuration"),),
        validators={
            "description": length(0, 1024),
            "name": (
                length(1, 300),
                matches(
                    r"^(?!(?i:aws))[a-zA-Z0-9_.-]+$",
                    "only letters, digits, . - and _ are allowed, not beginning with aws",
                ),
            ),
            "resource_query.query": (length(0, 4096), json_object),
            "resource_query.type": one_of("TAG_FILTERS_1_0"),
        },
        differs=(
            "A change of the kind of group is refused at plan; the published provider refuses it at apply."
        ),
        timeouts={"create": 900, "update": 900},
    ),
}
