"""The page of the types matches the tables."""

from offline_aws import registry, schema, types_page
from offline_aws.resource import ResourceHandler


def _section(name: str) -> str:
    return types_page.page().split(f"\n### {name}\n")[1].split("\n###")[0]


def test_every_type_and_data_source_is_on_the_page() -> None:
    aws = schema.load("aws")
    lines = types_page.page().splitlines()
    for name in [
        *aws.resources,
        *aws.data_sources,
        "archive_file",
        "random_pet",
        "local_file",
        "data local_file",
    ]:
        assert f"### {name}" in lines


def test_a_section_lists_what_is_checked_defaulted_and_different() -> None:
    text = _section("aws_cloudwatch_event_rule")
    assert "`schedule_expression`" in text
    assert '`event_bus_name` "default"' in text
    assert "at most one of `is_enabled`, `state`" in text
    handler = registry.resource("aws_cloudwatch_event_rule")
    assert isinstance(handler, ResourceHandler)
    assert handler.differs in text


def test_what_the_emulator_lacks_is_planned_only() -> None:
    assert "planned only: the local AWS has no EventBridge Schemas" in _section("aws_schemas_registry")
