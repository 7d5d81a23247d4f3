"""The catalog's data keeps its promises; broken files are named with their lines."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso.catalog.event_files import parse
from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.presenters.validation import entry_faults
from presso.simulation.scenarios import folder, names
from presso.simulation.simulator import simulate
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

# The vocabulary of Serverlesspresso, and the fields that every such event has.
FACTS = {
    "ConfigService.ConfigChanged": {"NewImage"},
    "OrderManager.DrinkAverageTime": {"drink", "duration", "eventId"},
    "OrderManager.MakeOrder": {"orderId", "baristaUserId", "eventId", "userId"},
    "OrderManager.OrderCancelled": {"orderId", "userId", "eventId", "ORDERSTATE"},
    "OrderManager.OrderCompleted": {"orderId", "userId", "eventId", "ORDERSTATE"},
    "OrderManager.WaitingCompletion": {
        *("orderId", "orderNumber", "state", "drinkOrder", "userId", "robot", "eventId", "TS"),
        *("drinkOrder.userId", "drinkOrder.drink", "drinkOrder.modifiers", "drinkOrder.icon"),
    },
    "OrderProcessor.OrderTimeOut": {"orderId", "userId", "eventId", "cause"},
    "OrderProcessor.ShopUnavailable": {"userId", "eventId"},
    "OrderProcessor.WaitingCompletion": {"TaskToken", "orderId", "orderNumber", "userId", "eventId"},
    "OrderProcessor.WorkflowStarted": {"TaskToken", "orderId", "userId", "eventId"},
    "OrderProcessor.orderFinished": {"orderId", "userId", "eventId"},
    "OrderRobot.FulfillOrder": {"orderId", "eventId", "baristaUserId", "action"},
    "ProducerRobot.FulfillOrder": {
        *("orderId", "eventId", "baristaUserId", "action", "body"),
        *("body.userId", "body.drink", "body.modifiers", "body.icon"),
    },
    "Validator.NewOrder": {"orderId", "userId", "bucket", "bucket.eventId"},
}


def test_every_event_of_the_facts_is_there_with_its_fields(catalog: Catalog) -> None:
    always = {
        event.name: {field.path for field in event.fields if field.always}
        for event in catalog.events
        if event.name in FACTS
    }
    assert always == FACTS


def test_what_the_core_lists_for_an_extension_matches_the_extension(
    catalog: Catalog, checkout: Path, tmp_path: Path
) -> None:
    """Scenarios have events of the robots, and stay right where that extension is not."""
    (tmp_path / "modules").symlink_to(checkout / "modules")
    alone = Catalog.load(Workspace(tmp_path, tmp_path / "home"))
    listed = [event for event in alone.events if event.source != CORE_SOURCE]
    assert listed
    for event in listed:
        said = catalog.get(event.source, event.name)
        assert said
        assert said.extension
        assert (said.schema, said.examples) == (event.schema, event.examples)
        assert (said.producer, said.version, said.summary) == (event.producer, event.version, event.summary)


def test_every_field_is_described_and_every_example_is_valid(catalog: Catalog) -> None:
    assert [fault for event in catalog.events for fault in entry_faults(catalog, event)] == []


def test_every_event_but_extensions_may_state_why_it_happened(catalog: Catalog) -> None:
    for event in catalog.events:
        if not event.extension:
            (message,) = [field for field in event.fields if field.path == "Message"]
            assert not message.required


def test_a_field_that_events_share_is_the_same_in_all_of_them(catalog: Catalog) -> None:
    kinds = defaultdict(set)
    for event in catalog.events:
        for field in event.fields:
            if not event.extension and field.name in (
                "orderId",
                "userId",
                "eventId",
                "TaskToken",
                "orderNumber",
            ):
                kinds[field.name].add(json.dumps(field.schema, sort_keys=True))
    assert {name: len(found) for name, found in kinds.items()} == dict.fromkeys(kinds, 1)


def test_every_producer_is_introduced(catalog: Catalog) -> None:
    core = {event.producer for event in catalog.events if event.source == CORE_SOURCE}
    assert core == {name for name, producer in catalog.producers.items() if not producer.extension}


def test_the_scenarios_of_the_player_are_valid(catalog: Catalog, checkout: Path) -> None:
    checker = Checker(catalog)
    for name in names(folder(checkout)):
        path = folder(checkout) / f"{name}.json"
        found = list(parse(path.read_text(), path.name))
        assert found
        assert [(event.where, str(fault)) for event in found for fault in checker.check(event.event)] == []


def test_all_that_the_simulator_makes_is_valid(catalog: Catalog) -> None:
    from presso.simulation.scenario_check import filled

    checker = Checker(catalog)
    for seed in range(5):
        made = simulate(30, 60, seed)
        assert [str(fault) for event in made.events for fault in checker.check(filled(event))] == []


def test_events_are_found_by_name_in_any_case_and_with_their_producer(catalog: Catalog) -> None:
    assert catalog.find("ordermanager.makeorder").name == "OrderManager.MakeOrder"
    assert catalog.find("OrderManager/OrderManager.MakeOrder").name == "OrderManager.MakeOrder"
    with pytest.raises(UsageError, match=r"There is no event OrderManger\.MakeOrder") as error:
        catalog.find("OrderManger.MakeOrder")
    assert error.value.hint.startswith("Did you mean OrderManager.MakeOrder?")


class TestExtensions:
    def test_an_extension_adds_its_events_by_a_schema_in_its_folder(self, bench: "Bench") -> None:
        bench.extension(
            "times", "", more="title: Times\nemits: [{detail-type: Times.Posted, schema: said.yaml}]"
        )
        bench.write(
            "extensions/times/said.yaml",
            """
            title: Posted
            description: The time was posted.
            type: object
            required: [at]
            properties: {at: {type: string, format: date-time, description: When.}}
            examples: [{at: "2026-11-01T10:00:00Z"}]
            """,
        )
        event = bench.catalog.find("Times.Posted")
        assert event.source == "serverlesspresso.extension.times"
        assert (event.producer, event.extension, event.title) == ("times", "times", "Posted")
        assert entry_faults(bench.catalog, event) == []
        assert bench.catalog.producers["times"].title == "Times"

    def test_or_by_a_whole_event_or_by_a_schema_in_its_own_file(self, bench: "Bench") -> None:
        more = """
        emits:
          - {detail-type: Times.Posted, schema: events/said.yaml}
          - {detail-type: Times.Unsaid, schema: {type: object, description: Silence.}}
        """
        bench.extension("times", "", more=more)
        bench.write(
            "extensions/times/events/said.yaml",
            """
            detail-type: Times.Posted
            title: Posted
            summary: The time was posted.
            when: Every hour.
            version: 2.1.0
            since: 0.1.0
            detail: {type: object}
            examples: [{title: Noon, detail: {}}]
            """,
        )
        assert bench.catalog.find("Times.Posted").version == "2.1.0"
        assert bench.catalog.find("Times.Unsaid").summary == "Silence."

    def test_an_extension_describes_the_event_that_the_core_lists_for_it(self, bench: "Bench") -> None:
        source = "serverlesspresso.extension.times"
        document = {**bench_event(bench), "detail-type": "Bar.Mean", "producer": "times", "source": source}
        bench.event(document)
        bench.extension("times", "", more="emits: [{detail-type: Bar.Mean, schema: {description: Its own.}}]")
        assert [event.summary for event in bench.catalog.named("Bar.Mean")] == ["Its own."]

    def test_two_producers_may_use_one_name(self, bench: "Bench") -> None:
        bench.extension("times", "", more="emits: [{detail-type: Bar.Ordered, schema: {type: object}}]")
        with pytest.raises(UsageError) as error:
            bench.catalog.find("Bar.Ordered")
        assert error.value.hint == "Name one: Bar/Bar.Ordered or times/Bar.Ordered."
        assert bench.catalog.find("times/Bar.Ordered").extension == "times"


def bench_event(bench: "Bench") -> dict[str, object]:
    import yaml

    file = bench.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml"
    return dict(yaml.safe_load(file.read_text()))


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            pytest.param(
                "title: Ordered", "titel: Ordered", r":2: titel: unknown key; did you mean title\?", id="key"
            ),
            pytest.param("producer: Bar\n", "", r":1: producer is missing", id="missing"),
            pytest.param("Bar.Ordered", "Bar.Order", r":1: detail-type: must be Bar\.Ordered", id="name"),
            pytest.param("title: Ordered", "title: [", r":\d+: invalid YAML", id="YAML"),
            pytest.param(
                "- title: One", "- name: One", r":\d+: examples\.0: an example has a title", id="example"
            ),
        ],
    )
    def test_a_broken_event_is_named_with_its_line(
        self, bench: "Bench", old: str, new: str, fault: str
    ) -> None:
        file = bench.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml"
        file.write_text(file.read_text().replace(old, new))
        with pytest.raises(UsageError) as error:
            _ = bench.catalog
        assert re.match(rf"modules/event-catalog/events/Bar\.Ordered\.yaml{fault}", error.value.message)

    @pytest.mark.parametrize(("text", "fault"), [("", "expected keys"), ("- a\n", "expected keys")])
    def test_an_extensions_file_without_keys_is_named(self, bench: "Bench", text: str, fault: str) -> None:
        bench.write("extensions/times/extension.yaml", text)
        (found,) = bench.catalog.faults
        assert re.match(rf"extensions/times/extension\.yaml(:1)?: {fault}", found)

    def test_examples_that_are_not_a_list_or_not_details_are_named(self, bench: "Bench") -> None:
        for examples, fault in (
            (5, "examples: must be a list"),
            ([{"title": "a", "detail": 5}], "an object"),
        ):
            bench.event({**bench_event(bench), "examples": examples})
            with pytest.raises(UsageError, match=fault):
                _ = bench.catalog

    @pytest.mark.parametrize(
        ("more", "fault"),
        [
            pytest.param("emits: 5", r"emits: must be a list", id="no list"),
            pytest.param(
                "emits: [{detail-type: T, schema: {properties: {a: {type: txt}}}}]",
                r"emits\.0\.schema\.properties\.a\.type: is not a valid JSON Schema: must be one of string, ",
                id="no schema",
            ),
            pytest.param("emits: [Times.Posted]", r"emits\.0: an emitted event has", id="no mapping"),
            pytest.param(
                "emits: [{detail-type: T, schema: x.yaml}]",
                r"emits\.0\.schema: there is no file x\.yaml in extensions/times",
                id="no file",
            ),
            pytest.param(
                "emits: [{detail-type: T, schema: ../../tenants}]",
                r"emits\.0\.schema: there is no",
                id="outside",
            ),
            pytest.param(
                f"emits: [{{detail-type: T, schema: {'x' * 5000}}}]",
                r"emits\.0\.schema: there is no file xxx",
                id="a name that is too long",
            ),
            pytest.param(
                "emits: [{detail-type: T, schema: {properties: {a: {pattern: '('}}}}]",
                r"emits\.0\.schema: is not a valid JSON Schema",
                id="no regular expression",
            ),
            pytest.param(
                "emits: [{detail-type: T, schema: {$ref: 'https://example.com/x'}}]",
                r"emits\.0\.schema\.\$ref: is not a valid JSON Schema: there is no https://example\.com/x",
                id="elsewhere",
            ),
        ],
    )
    def test_a_broken_emits_is_named_with_its_line(self, bench: "Bench", more: str, fault: str) -> None:
        bench.extension("times", "", more=more)
        (found,) = bench.catalog.faults
        assert re.match(rf"extensions/times/extension\.yaml:2: {fault}", found)

    def test_a_broken_extension_takes_no_event_from_any_other(self, bench: "Bench") -> None:
        bench.extension("broken", "", more="emits: [{detail-type: Broken.Posted, schema: x.yaml}]")
        bench.extension("times", "", more="emits: [{detail-type: Times.Posted, schema: {type: object}}]")
        assert bench.catalog.names == ["Bar.Ordered", "Times.Posted"]

    def test_a_schema_that_doubles_at_every_level_is_refused_at_once(self, bench: "Bench") -> None:
        levels = {
            f"a{level}": {
                "properties": {name: {"$ref": f"#/$defs/a{level + 1}"} for name in ("x", "y")},
            }
            for level in range(18)
        }
        schema = {"$ref": "#/$defs/a0", "$defs": {**levels, "a18": {"type": "object"}}}
        bench.extension("times", "", more="emits: [{detail-type: Times.Posted, schema: said.yaml}]")
        bench.write("extensions/times/said.yaml", json.dumps(schema))
        (found,) = bench.catalog.faults
        assert "has more than 1000 fields" in found

    def test_an_invalid_schema_and_a_field_without_description_are_reported(self, bench: "Bench") -> None:
        document = bench_event(bench)
        document["detail"] = {"type": "object", "properties": {"a": {"type": "string", "pattern": "["}}}
        bench.event(document)
        (fault,) = entry_faults(bench.catalog, bench.catalog.find("Bar.Ordered"))
        assert "properties.a.pattern: is not a valid JSON Schema" in fault
        document["detail"] = {"type": "object", "properties": {"a": {"type": "string"}}}
        bench.event(document)
        faults = entry_faults(bench.catalog, bench.catalog.find("Bar.Ordered"))
        assert faults[0].endswith("Bar.Ordered: detail.a: has no description")
        assert "example 'One': detail.orderId: is not in the catalog" in faults[1]
