"""The bus as a graph: the way of an event is that of the rules as they are deployed."""

from presso.catalog.rule import Rule, RuleTarget
from presso.dashboard.bus_graph import BusGraph

ORDERED = {"source": "s", "detail-type": "Bar.Ordered", "detail": {"drink": "Latte"}, "account": "1"}


def rule(name: str, pattern: dict[str, object], problem: str = "") -> Rule:
    return Rule("times", name, pattern, (RuleTarget("queue", "orders", ("count",)),), problem=problem)


def test_an_event_goes_by_the_rules_whose_pattern_it_matches() -> None:
    graph = BusGraph(
        (
            rule("all", {"account": ["1"]}),
            rule("latte", {"detail": {"drink": [{"prefix": "Lat"}]}}),
            rule("others", {"detail-type": ["Bar.Closed"]}),
            rule("off", {"account": ["1"]}, "it is disabled"),
            rule("wrong", {"account": [{"prefix": 1}]}),
        )
    )
    assert graph.way(ORDERED) == [0, 1]
    assert BusGraph().way(ORDERED) == []


def test_the_page_gets_what_it_draws() -> None:
    [drawn] = BusGraph((rule("all", {"account": ["1"]}),)).as_json()
    assert (drawn["owner"], drawn["name"], drawn["everything"], drawn["problem"]) == (
        "times",
        "all",
        True,
        "",
    )
    assert drawn["targets"] == [{"kind": "queue", "name": "orders", "feeds": ["count"]}]
