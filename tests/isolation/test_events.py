"""What happens in one tenant is silence in the other: on its bus, in its queues, tables and functions."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso.simulation import scenarios
from presso.simulation.player import Player

if TYPE_CHECKING:
    from tests.isolation.conftest import Stage, Traces

Before = Callable[[], dict[str, "Traces"]]


def assert_only(order: str, drink: str, extensions: tuple[str, ...], came: "Traces") -> None:
    """This one order came to a tenant, once to each extension, and nothing else did."""
    assert [json.loads(line)["detail"]["orderId"] for line in came.log.elements()] == [order]
    items = [f"{name} {key}" for name in extensions for key in (f"order#{order} order", f"drink {drink}")]
    items += [f"{name} minute 2026-05-01T12:00Z" for name in extensions]
    assert came.items == Counter(items)
    assert came.messages == 0
    assert came.executions == Counter()


@pytest.mark.parametrize(
    ("played", "silent", "scenario"),
    [("nyc", "nyc-order", "quarter-hour"), ("nyc-order", "nyc", "one-order")],
)
def test_a_replay_is_heard_where_it_is_played_and_nowhere_else(
    stage: "Stage", before: Before, checkout: Path, played: str, silent: str, scenario: str
) -> None:
    known = before()
    replay = Player(stage.aws.client, played).play(scenario, 1000)
    # Then an order in each of them: a stray event would have come before it.
    last = {tenant: stage.order(tenant, "Ristretto") for tenant in stage.tenants}
    came = {tenant: stage.heard(tenant, last[tenant]).since(known[tenant]) for tenant in stage.tenants}

    sent = scenarios.load(scenarios.folder(checkout) / f"{scenario}.json").events
    assert replay.sent == len(sent)
    assert came[played].log.total() == len(sent) + 1
    assert came[played].executions == Counter([replay.execution_arn])
    drinks = Counter({**scenarios.counts(sent).drinks, "Ristretto": 1})
    for name in stage.tenants[played]:
        counted = {
            key: count for key, count in came[played].items.items() if key.startswith(f"{name} drink ")
        }
        assert counted == {f"{name} drink {drink}": count for drink, count in drinks.items()}
    assert_only(last[silent], "Ristretto", stage.tenants[silent], came[silent])
    assert replay.run not in str(came[silent])
    assert replay.run in str(came[played])


def test_an_event_that_names_another_tenant_stays_on_the_bus_it_was_put_on(
    stage: "Stage", before: Before
) -> None:
    known = before()
    stray = stage.order("nyc", eventId="nyc-order")
    heard = stage.heard("nyc", stray)
    assert_only(stray, "Espresso", stage.tenants["nyc"], heard.since(known["nyc"]))
    last = stage.order("nyc-order")
    came = stage.heard("nyc-order", last).since(known["nyc-order"])
    assert_only(last, "Espresso", stage.tenants["nyc-order"], came)


def test_one_order_on_both_buses_is_counted_once_in_each(stage: "Stage", before: Before) -> None:
    known = before()
    for tenant in (*stage.tenants, *stage.tenants):
        stage.order(tenant, "Macchiato", orderId="the-same-order")
    for tenant, extensions in stage.tenants.items():
        last = stage.order(tenant)
        items = stage.heard(tenant, last).since(known[tenant]).items
        assert [items[f"{name} drink Macchiato"] for name in extensions] == [1] * len(extensions)
        assert [items[f"{name} order#the-same-order order"] for name in extensions] == [1] * len(extensions)
