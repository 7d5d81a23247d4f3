"""Schemas inferred from traffic, and what is called drift from the catalog."""

import json
from pathlib import Path
from typing import Any

import pytest

from event_patterns.schemas import fields, types
from presso.catalog.event_files import parse
from presso.catalog.events import Catalog
from presso.catalog.inference import infer
from presso.catalog.schema_drift import compare

ORDER = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
CORE = "awsserverlessda.serverlesspresso"


def seen(*details: dict[str, Any], name: str = "X.Y", source: str = CORE) -> list[dict[str, Any]]:
    return [{"detail-type": name, "source": source, "detail": detail} for detail in details]


@pytest.fixture(scope="module")
def quarter_hour(checkout: Path) -> list[dict[str, Any]]:
    text = (checkout / "modules/event-player/scenarios/quarter-hour.json").read_text()
    return [{"source": CORE, **found.event} for found in parse(text, "quarter-hour.json")]


def test_a_quarter_hour_reproduces_types_and_required_fields(
    catalog: Catalog, quarter_hour: list[dict[str, Any]]
) -> None:
    often = [found for found in infer(quarter_hour) if found.seen >= 20]
    assert len(often) >= 8
    for found in often:
        event = catalog.get(found.source, found.name)
        assert event
        reported = {field.path: field for field in event.fields}
        inferred = {field.path: field for field in fields(found.schema)}
        assert {path: types(field.schema) for path, field in inferred.items()} == {
            path: types(reported[path].schema) for path in inferred
        }
        assert {path for path, field in reported.items() if field.always} <= {
            path for path, field in inferred.items() if field.always
        }
        assert {path for path, field in reported.items() if not field.required and "[]" not in path} >= {
            path for path, field in inferred.items() if not field.required and "[]" not in path
        }


def test_a_quarter_hour_is_not_drift(catalog: Catalog, quarter_hour: list[dict[str, Any]]) -> None:
    assert [d for d in compare(catalog, infer(quarter_hour), quarter_hour) if d.grade == "drift"] == []


class TestInference:
    def schema(self, *details: dict[str, Any]) -> dict[str, Any]:
        (found,) = infer(seen(*details))
        return dict(found.schema)

    def test_a_field_that_is_not_always_there_is_optional(self) -> None:
        schema = self.schema({"a": 1, "b": {"c": "x"}}, {"b": {}})
        assert schema["required"] == ["b"]
        assert schema["properties"]["b"]["required"] == []

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ([1, 2], "integer"),
            ([1, 2.5], "number"),
            ([1.0, 2], "integer"),
            (["x", 1], ["integer", "string"]),
            ([None, "x"], ["null", "string"]),
            ([True], "boolean"),
            ([[], ["x"]], "array"),
        ],
    )
    def test_types_are_what_was_seen(self, values: list[Any], kind: Any) -> None:
        schema = self.schema(*({"a": value} for value in values))
        assert schema["properties"]["a"]["type"] == kind
        assert schema["properties"]["a"]["x-seen"] == len(values)

    @pytest.mark.parametrize(
        ("value", "form"),
        [
            (ORDER, "uuid"),
            ("2026-11-01T10:00:00Z", "date-time"),
            ("2026-11-01", "date"),
            ("192.0.2.1", "ipv4"),
            ("https://example.com/x", "uri"),
        ],
    )
    def test_a_format_that_all_texts_have_is_stated(self, value: str, form: str) -> None:
        assert self.schema({"a": value}, {"a": value})["properties"]["a"]["format"] == form
        assert "format" not in self.schema({"a": value}, {"a": "robot"})["properties"]["a"]

    def test_a_few_frequent_values_are_listed_with_counts(self) -> None:
        details = [{"a": value} for value in ["make"] * 12 + ["cancel"] * 8]
        schema = self.schema(*details)["properties"]["a"]
        assert schema["enum"] == ["make", "cancel"]
        assert schema["x-counts"] == {"make": 12, "cancel": 8}

    @pytest.mark.parametrize(
        "values", [["a"] * 30, ["a"] * 9 + ["b"] * 9, ["a"] * 30 + ["b"], [str(n) for n in range(500)]]
    )
    def test_one_value_few_events_or_many_values_are_not_an_enumeration(self, values: list[str]) -> None:
        assert "enum" not in self.schema(*({"a": value} for value in values))["properties"]["a"]

    def test_times_in_milliseconds_are_recognised(self) -> None:
        assert self.schema({"a": 1793527200000})["properties"]["a"]["x-unit"] == "epoch-ms"

    def test_elements_of_lists_are_looked_into(self) -> None:
        schema = self.schema({"a": [{"b": 1}, {"b": 2, "c": "x"}]})["properties"]["a"]["items"]
        assert schema["required"] == ["b"]

    def test_the_same_name_from_two_sources_is_two_events(self) -> None:
        found = infer([*seen({"a": 1}), *seen({"a": "x"}, source="other")])
        assert [(event.source, event.schema["properties"]["a"]["type"]) for event in found] == [
            (CORE, "integer"),
            ("other", "string"),
        ]


class TestDrift:
    def reported(self, catalog: Catalog, events: list[dict[str, Any]], grade: str = "drift") -> list[str]:
        return [str(drift) for drift in compare(catalog, infer(events), events) if drift.grade == grade]

    def make(self, **changes: Any) -> dict[str, Any]:
        detail = {"orderId": ORDER, "userId": "u", "eventId": "nyc", "baristaUserId": "b", **changes}
        return {key: value for key, value in detail.items() if value is not None}

    def events(self, *details: dict[str, Any]) -> list[dict[str, Any]]:
        return seen(*details, name="OrderManager.MakeOrder")

    def test_an_event_that_is_not_in_the_catalog(self, catalog: Catalog) -> None:
        assert self.reported(catalog, seen({}, name="OrderManager.MakeOrdr")) == [
            f"OrderManager.MakeOrdr: seen 1 times from {CORE}, not in the catalog. "
            "Is it OrderManager.MakeOrder?"
        ]

    def test_a_field_that_is_not_in_the_catalog(self, catalog: Catalog) -> None:
        assert self.reported(catalog, self.events(self.make(), self.make(table=5))) == [
            "OrderManager.MakeOrder: detail.table: seen 1 times, not in the catalog"
        ]

    def test_a_required_field_that_is_missing_now_and_then(self, catalog: Catalog) -> None:
        assert self.reported(catalog, self.events(self.make(), self.make(eventId=None))) == [
            "OrderManager.MakeOrder: detail.eventId: is missing, expected text, not empty: in 1 of 2 events"
        ]

    def test_a_type_that_differs(self, catalog: Catalog) -> None:
        assert self.reported(catalog, self.events(self.make(userId=5), self.make(userId=6))) == [
            "OrderManager.MakeOrder: detail.userId: is of the wrong type, expected text, not empty: "
            "in 2 of 2 events, such as the number 5"
        ]

    def test_what_the_catalog_could_state_is_a_note(self, catalog: Catalog) -> None:
        always = self.events(*(self.make(Message="m") for _ in range(20)))
        assert self.reported(catalog, always) == []
        assert self.reported(catalog, always, "note") == [
            "OrderManager.MakeOrder: detail.Message: optional in the catalog, and in all of 20"
        ]
        assert self.reported(catalog, self.events(self.make()), "note") == [
            "OrderManager.MakeOrder: detail.Message: in none of 1 events"
        ]


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "places"),
        [
            pytest.param('{"detail-type": "X", "detail": {}}', ["f"], id="one event"),
            pytest.param('[{"detail-type": "X"}, {"detail-type": "Y"}]', ["f[0]", "f[1]"], id="a list"),
            pytest.param('{"detail-type": "X"}\n\n{"detail-type": "Y"}\n', ["f:1", "f:3"], id="one a line"),
            pytest.param('{"Entries": [{"DetailType": "X"}]}', ["f[0]"], id="a request"),
            pytest.param(
                '{"name": "n",\n"events": [\n{"at": 0, "detail": "{at}"}\n]}', ["f:3"], id="a scenario"
            ),
        ],
    )
    def test_events_are_read_in_every_form(self, text: str, places: list[str]) -> None:
        assert [found.where for found in parse(text, "f")] == places

    def test_a_scenarios_markers_are_filled(self) -> None:
        text = json.dumps(
            {"events": [{"detail": {"a": "{run}000000000001", "b": "{tenant}-X", "c": "{at}"}}]}
        )
        (found,) = parse(text, "f")
        assert found.event["detail"] == {
            "a": "3f2504e0-4f89-41d3-9a0c-000000000001",
            "b": "nyc-X",
            "c": 1793527200000,
        }

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            pytest.param("{", "f:1", id="cut short"),
            pytest.param('{"a": 1}\n{"b": \n', "f:2", id="a line cut short"),
            pytest.param("x: y", "f:1", id="YAML"),
            pytest.param('{"a":' * 3000 + "1" + "}" * 3000, "f:1", id="3,000 levels deep"),
        ],
    )
    def test_what_is_not_json_is_named_with_its_line(self, text: str, where: str) -> None:
        from presso.errors import UsageError

        with pytest.raises(UsageError, match=f"^{where}: is not JSON"):
            list(parse(text, "f"))
