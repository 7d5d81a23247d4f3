"""Changes that AWS refuses at apply are refused at plan."""

from typing import Any, cast

import pytest

from offline_aws import registry
from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, ResourceError
from offline_aws.resource import Plan

NOWHERE = cast(Aws, None)  # planning must not ask AWS
BEAN = {"name": "bean", "attribute_data_type": "String", "mutable": True, "required": None}
CUPS = {"name": "cups", "attribute_data_type": "Number", "mutable": None, "required": None}


def _plan(kind: str, prior: dict[str, Any], values: dict[str, Any], replaced: tuple[str, ...] = ()) -> None:
    handler = registry.resource(kind)
    assert handler is not None
    assert handler.plan is not None
    handler.plan(Plan(config=values, prior=prior, values=values, aws=NOWHERE, replaced=[*replaced]))


@pytest.mark.parametrize(
    "schema",
    [[], [CUPS], [{**BEAN, "mutable": False}, CUPS]],
    ids=["all gone", "one gone", "one changed"],
)
def test_an_attribute_that_a_user_pool_has_stays(schema: list[Any]) -> None:
    with pytest.raises(ResourceError, match="cannot modify or remove schema items: bean"):
        _plan("aws_cognito_user_pool", {"schema": [BEAN]}, {"schema": schema})


@pytest.mark.parametrize(
    "schema",
    [[BEAN, CUPS], [{**BEAN, "required": False}], UNKNOWN, [{**BEAN, "name": UNKNOWN}]],
    ids=["one more", "false instead of nothing", "unknown", "unknown inside"],
)
def test_an_attribute_more_is_taken_by_a_user_pool(schema: Any) -> None:
    _plan("aws_cognito_user_pool", {"schema": [BEAN]}, {"schema": schema})


def test_a_user_pool_that_is_replaced_may_have_any_attributes() -> None:
    _plan("aws_cognito_user_pool", {"schema": [BEAN]}, {"schema": []}, ("username_attributes",))


def test_a_resource_group_keeps_its_kind() -> None:
    configuration = [{"type": "AWS::ResourceGroups::Generic", "parameters": []}]
    with pytest.raises(ResourceError, match="conversion"):
        _plan("aws_resourcegroups_group", {"configuration": configuration}, {"configuration": []})
    with pytest.raises(ResourceError, match="conversion"):
        _plan("aws_resourcegroups_group", {"configuration": []}, {"configuration": configuration})
    _plan("aws_resourcegroups_group", {"configuration": configuration}, {"configuration": configuration * 2})
    _plan("aws_resourcegroups_group", {"configuration": configuration}, {"configuration": []}, ("name",))


@pytest.mark.parametrize("before", ["Enabled", "Suspended"])
def test_versioning_is_not_disabled_once_a_bucket_has_it(before: str) -> None:
    def status(name: Any) -> dict[str, Any]:
        return {"versioning_configuration": [{"status": name}]}

    with pytest.raises(ResourceError, match=f"cannot be updated from '{before}' to 'Disabled'"):
        _plan("aws_s3_bucket_versioning", status(before), status("Disabled"))
    _plan("aws_s3_bucket_versioning", status("Disabled"), status("Disabled"))
    _plan("aws_s3_bucket_versioning", status(before), status(UNKNOWN))
