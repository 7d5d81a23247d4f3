"""Every kind of schema change is classified: which side it breaks, and exactly which extensions it hits."""

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from presso.catalog.changes import catalog_changes, event_changes
from presso.catalog.events import Catalog
from presso.catalog.impact import impacts
from presso.catalog.rules import Rules

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

CORPUS = yaml.load((Path(__file__).parent / "resources" / "changes.yaml").read_text(), yaml.CSafeLoader)
BEFORE, CHANGES = CORPUS["before"], CORPUS["changes"]

ON_PLACED = """
module "placed" {
  source  = "../../modules/event-queue"
  name    = "placed"
  pattern = { detail-type = ["Bar.Placed"] }
}
"""
# Their names state how they read the event; `listens` takes it and reads nothing, the last two never are hit.
EXTENSIONS: dict[str, tuple[str, dict[str, str]]] = {
    "dictionaries": (
        ON_PLACED,
        {
            "order_dot_py": '''
                """Reads orderId, but not code: that is only in this text."""
                def read(event):
                    detail = event["detail"]
                    # state is only in this comment
                    if "note" in detail:
                        print(detail["note"])
                    return text(detail, "orderId"), detail["drinkOrder"].get("drink"), detail.get("TS")
                '''
        },
    ),
    "attributes": (
        ON_PLACED,
        {
            "order_dot_py": """
                def read(event):
                    order = event.detail.drinkOrder
                    return event.detail.orderId, order.modifiers, event.state, other.code
                """
        },
    ),
    "bindings": (
        ON_PLACED,
        {
            "order_dot_py": """
                from placed import Placed
                def read(body):
                    placed = Placed.parse(body)
                    return placed.detail.order_id, placed.detail.drink_order.drink
                """
        },
    ),
    "javascript": (
        ON_PLACED,
        {
            "index_dot_mjs": """
                // reads neither robot nor note: event.detail.note
                export const handler = async (event) => {
                  const { orderId, drinkOrder: { icon } } = event.detail;
                  return { orderId, icon, state: event.detail?.state, price: table.price };
                };
                """
        },
    ),
    "expressions": (
        ON_PLACED,
        {"flow.asl_dot_json": '{"Choices": [{"Variable": "$.detail.drinkOrder.drink"}]}'},
    ),
    "workflow": (
        ON_PLACED,
        {"flow.asl_dot_yaml": "Condition: \"{% $states.input.detail.drinkOrder.drink = 'Tea' %}\"\n"},
    ),
    "filters": (
        """
        resource "aws_cloudwatch_event_rule" "default" {
          event_pattern = jsonencode({
            detail-type = ["Bar.Placed"]
            detail = {
              robot = [false]
              state = ["created"]
              drinkOrder = { drink = ["Espresso"] }
            }
          })
        }
        """,
        {},
    ),
    "listens": (ON_PLACED, {"handler_dot_py": "def handler(event):\n    return len(event['detail'])\n"}),
    "elsewhere": (
        ON_PLACED.replace("Bar.Placed", "Bar.Other"),
        {
            "order_dot_py": """
                def read(d):
                    return d["orderId"], d["drinkOrder"]["drink"], d["state"], d["TS"]
                """
        },
    ),
}


@pytest.fixture
def bar(bench: "Bench") -> "Bench":
    """The event Bar.Placed, and extensions that read it in every way that we know."""
    bench.event(BEFORE)
    bench.event({**BEFORE, "detail-type": "Bar.Other"})
    for name, (terraform, sources) in EXTENSIONS.items():
        bench.extension(name, terraform, **sources)
    return bench


def after(change: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(BEFORE)
    for path, value in change.get("set", {}).items():
        *above, name = path.split(".")
        at(document, above)[name] = value
    for path in change.get("drop", ()):
        *above, name = path.split(".")
        del at(document, above)[name]
    required = document["detail"]["required"]
    document["detail"]["required"] = [
        *(name for name in required if name not in change.get("unrequire", ())),
        *change.get("require", ()),
    ]
    return document


def at(document: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for name in path:
        document = document[name]
    return document


def test_there_are_forty_changes() -> None:
    assert len(CHANGES) >= 40


@pytest.mark.parametrize("change", [pytest.param(change, id=change["what"]) for change in CHANGES])
def test_a_change_breaks_the_right_side_and_hits_exactly_its_readers(
    bar: "Bench", change: dict[str, Any]
) -> None:
    before = bar.catalog
    if change.get("gone"):
        (bar.workspace.root / "modules/event-catalog/events/Bar.Placed.yaml").unlink()
    else:
        bar.event(after(change))
    found = impacts(bar.workspace, before, bar.catalog, bar.rules)
    mine = [
        impact
        for impact in found
        if impact.change.path == change["path"] and not impact.change.message.startswith("version ")
    ]
    if change["path"] is None:
        assert [impact.change.breaks for impact in found if impact.change.breaks] == []
        return
    breaks = {side for impact in mine for side in impact.change.breaks}
    assert mine
    assert sorted(breaks) == change["breaks"]
    assert sorted({owner for impact in mine for owner in impact.owners}) == change["hits"]
    # Nothing else is reported to break.
    assert [str(i.change) for i in found if i.change.breaks and i.change.path != change["path"]] == []


GENERATED = "# Made by presso catalog code {} --language python\n"


@pytest.mark.parametrize(
    ("change", "hit"),
    [
        ({"drop": ["detail.properties.TS"], "unrequire": ["TS"]}, True),
        ({"unrequire": ["TS"]}, True),
        ({"set": {"detail.properties.TS.type": "string"}}, True),
        ({"set": {"detail.properties.note.type": "integer"}}, True),
        ({"drop": ["detail.properties.note"]}, False),
        ({"set": {"detail.properties.note.maxLength": 5000}}, False),
    ],
)
def test_generated_code_breaks_with_what_it_checks_in_any_reader(
    change: dict[str, Any], hit: bool, bench: "Bench"
) -> None:
    bench.event(BEFORE)
    for name, event in (("one", "Bar.Placed"), ("other", "Bar.Other")):
        bench.extension(name, ON_PLACED, handler_dot_py="def handler(event):\n    pass\n")
        bench.write(
            f"extensions/{name}/src/events/placed.py", f"{GENERATED.format(event)}class Placed: ...\n"
        )
    before = bench.catalog
    bench.event(after(change))
    owners = {
        owner
        for impact in impacts(bench.workspace, before, bench.catalog, bench.rules)
        for owner in impact.owners
    }
    assert owners == ({"one"} if hit else set())


def test_an_unchanged_catalog_has_no_changes(catalog: Catalog) -> None:
    assert list(catalog_changes(catalog, catalog)) == []


def test_a_breaking_change_wants_a_new_major_version_and_a_harmless_one_a_minor(bar: "Bench") -> None:
    old = bar.catalog.find("Bar.Placed")

    def versions(**change: Any) -> list[str]:
        bar.event(after(change))
        found = event_changes(old, bar.catalog.find("Bar.Placed"))
        return [found.message for found in found if found.message.startswith("version")]

    table = {"detail.properties.table": {"type": "string", "description": "T."}}
    assert versions(drop=["detail.properties.note"]) == ["version 1.0.0 should be 2.0.0"]
    assert versions(drop=["detail.properties.note"], set={"version": "2.0.0"}) == []
    assert versions(set=table) == ["version 1.0.0 should be 1.1.0"]
    assert versions(set={**table, "version": "1.1.0"}) == []
    assert versions(set={"summary": "Described anew."}) == ["version 1.0.0 should be 1.0.1"]


def test_a_new_event_breaks_no_consumer(bar: "Bench") -> None:
    before = bar.catalog
    bar.event({**BEFORE, "detail-type": "Bar.New"})
    (change,) = catalog_changes(before, bar.catalog)
    assert (str(change), change.breaks) == ("Bar.New: is new", ())


def test_references_are_followed(bar: "Bench") -> None:
    def placed(kind: str) -> Catalog:
        document = copy.deepcopy(BEFORE)
        document["detail"]["$defs"] = {"id": {"type": kind, "description": "An id."}}
        document["detail"]["properties"]["orderId"] = {"$ref": "#/$defs/id"}
        bar.event(document)
        return bar.catalog

    before, now = placed("string"), placed("integer")
    (change, _) = catalog_changes(before, now)
    assert str(change) == "Bar.Placed: detail.orderId: was text, is whole number"


def test_schemas_that_refer_to_themselves_are_compared_once(bar: "Bench") -> None:
    def tree(kind: str) -> Catalog:
        node = {"properties": {name: {"$ref": "#/$defs/node"} for name in "abc"} | {"leaf": {"type": kind}}}
        bar.event({**BEFORE, "detail": {"$ref": "#/$defs/node", "$defs": {"node": node}}, "examples": []})
        return bar.catalog

    before, now = tree("string"), tree("integer")
    found = [change for change in catalog_changes(before, now) if change.breaks]
    assert {change.path for change in found} == {"leaf", "a.leaf", "b.leaf", "c.leaf"}
    assert [field.path for field in now.find("Bar.Placed").fields if field.name == "leaf"][:1] == ["a.leaf"]


def test_of_two_events_of_one_name_the_one_that_changed_is_looked_at(bar: "Bench") -> None:
    def times(kind: str) -> Catalog:
        said = f"emits: [{{detail-type: Bar.Placed, schema: {{properties: {{a: {{type: {kind}}}}}}}}}]"
        bar.extension("times", "", more=said)
        return bar.catalog

    bar.extension(
        "only-times",
        ON_PLACED.replace("detail-type =", 'source = ["serverlesspresso.extension.times"], detail-type ='),
        orders_dot_py='def read(event):\n    return event["detail"]["a"]\n',
    )
    before, now = times("string"), times("integer")
    (impact,) = (i for i in impacts(bar.workspace, before, now, Rules.load(bar.workspace)) if i.change.breaks)
    assert impact.producer == "times"
    assert "only-times" in impact.owners


def test_readers_come_with_their_places(bar: "Bench") -> None:
    before = bar.catalog
    bar.event(after({"set": {"detail.properties.drinkOrder.properties.drink.type": "integer"}}))
    found = impacts(bar.workspace, before, bar.catalog, Rules.load(bar.workspace))
    places = {f"{reader.owner} {reader.kind} {reader.place}" for reader in found[0].readers}
    assert "dictionaries code extensions/dictionaries/src/order.py:8" in places
    assert "filters rule extensions/filters/main.tf:3" in places
    assert any(reader.what == "rule default never matches again" for reader in found[0].readers)
