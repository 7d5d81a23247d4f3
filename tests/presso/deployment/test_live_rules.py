"""Consumers from the rules that are deployed on a tenant's bus."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from presso.aws_access import local_access
from presso.catalog.rule import RuleTarget
from presso.deployment import live_rules
from presso.deployment.live_rules import deployed, owner_of
from presso.errors import PressoError
from presso.local_aws import Running

if TYPE_CHECKING:
    from tests.presso.conftest import Bench


@pytest.fixture
def nyc(bench: "Bench", local_aws: Running, account: str, monkeypatch: pytest.MonkeyPatch) -> "Bench":
    """A checkout with the tenant nyc, in an account of its own."""
    bench.write("tenants/nyc/tenant.yaml", "name: nyc\ntitle: New York\n")
    way = local_access(local_aws.endpoint, account)
    monkeypatch.setattr(live_rules, "access", lambda *_: way)
    return bench


def test_rules_are_read_with_owners_and_targets(
    nyc: "Bench", aws: Callable[[str], Any], account: str
) -> None:
    events = aws("events")
    events.create_event_bus(Name="nyc")
    queue = aws("sqs").create_queue(QueueName="nyc--times--orders")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    for name, pattern in (
        ("nyc--times--orders", {"detail-type": ["Bar.Ordered"]}),
        ("nyc--event-log", {"account": [account]}),
        ("nyc--board--off", {"detail-type": ["Bar.Ordered"]}),
    ):
        events.put_rule(Name=name, EventBusName="nyc", EventPattern=json.dumps(pattern))
    events.disable_rule(Name="nyc--board--off", EventBusName="nyc")
    events.put_targets(Rule="nyc--times--orders", EventBusName="nyc", Targets=[{"Id": "q", "Arn": arn}])
    rules = deployed(nyc.workspace, "nyc")
    assert [(rule.owner, rule.name, rule.extension, rule.problem) for rule in rules.rules] == [
        ("board", "off", True, "it is disabled"),
        ("platform", "event-log", False, ""),
        ("times", "orders", True, ""),
    ]
    assert [(target.kind, target.name) for target in rules.of("times")[0].targets] == [("queue", "orders")]
    address = "arn:aws:events:us-east-1:1:api-destination/nyc--times--hook/5c045f98-df34"
    assert live_rules._target(local_access("", account), "nyc", address) == RuleTarget(
        "API destination", "hook"
    )
    assert rules.consumers(nyc.catalog.find("Bar.Ordered")) == ["times"]


def test_the_error_for_a_tenant_that_is_not_applied_states_what_to_do(nyc: "Bench") -> None:
    with pytest.raises(PressoError, match="The tenant nyc has no bus") as error:
        deployed(nyc.workspace, "nyc")
    assert error.value.hint == "Apply it first: presso apply nyc"


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("nyc--wait-times--orders", ("wait-times", "orders")),
        ("nyc--event-log", ("platform", "event-log")),
        ("nyc--x--a--dead-letters", ("x", "a--dead-letters")),
    ],
)
def test_a_name_shows_its_owner(name: str, owner: tuple[str, str]) -> None:
    assert owner_of("nyc", name) == owner
