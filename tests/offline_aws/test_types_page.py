"""The page of the types matches the tables."""

from functools import cache

from offline_aws import registry, schema, types_page, untried
from offline_aws.resource import ResourceHandler

_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"


_page = cache(types_page.page)


def _section(name: str) -> str:
    return _page().split(f"\n### {name}\n")[1].split("\n###")[0]


def test_every_type_and_data_source_is_on_the_page() -> None:
    aws = schema.load("aws")
    lines = _page().splitlines()
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


def test_arguments_that_no_case_takes_away_are_named() -> None:
    queue = {"never": ["policy", "delay_seconds"], "whole": [{"delay_seconds": 1}]}
    hints = {"*": {"never": ["region"]}, "aws_sqs_queue": queue}
    assert untried.arguments("aws_sqs_queue", hints) == ["policy"]
    rule = {"whole": [{"rule": [{"filter": [{"prefix": "a"}]}]}], "refused": ["rule.id"]}
    found = untried.arguments(_LIFECYCLE, {**hints, _LIFECYCLE: rule})
    assert {"rule.filter.and", "rule.filter.tag", "rule.expiration"} <= {*found}
    assert not {"rule", "rule.filter", "rule.filter.prefix", "rule.id"} & {*found}


def test_every_argument_is_taken_away_or_named() -> None:
    text = _section("aws_cloudwatch_event_connection")
    assert "AWS refuses what is left without: `auth_parameters.oauth.client_parameters`" in text
    listed = _section("aws_lambda_function").split("removal untried")[1]
    for name in untried.arguments("aws_lambda_function", untried.hints()):
        assert f"`{name}`" in listed
    assert "`capacity_provider_config`, `publish_to` (the local AWS has no capacity providers)" in listed


def test_every_argument_that_no_case_takes_away_has_a_reason_and_no_other_has() -> None:
    hints = untried.hints()
    missing = {
        kind: sorted(untried.arguments(kind, hints)) for kind in hints if kind != "*" and _applied(kind)
    }
    assert {kind: sorted(paths) for kind, paths in untried.reasons().items()} == {
        kind: paths for kind, paths in missing.items() if paths
    }


def _applied(kind: str) -> bool:
    handler = registry.resource(kind)
    assert handler is not None
    return handler.update is not None and not handler.emulator_lacks
