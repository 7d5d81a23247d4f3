"""AsyncAPI: the official parser finds nothing wrong, and reads who sends and who receives what."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presso.catalog.exports import asyncapi
from presso.catalog.exports.export_scope import Scope
from presso.node import NodeJs

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "resources" / "asyncapi.cjs"
PLACED = "OrderManager.WaitingCompletion"
# It would rather have 3.1; 3.0 is what most tools read.
TOLERATED = {"asyncapi-latest-version"}


def parsed(node: NodeJs, *documents: dict[str, Any]) -> list[tuple[list[str], dict[str, Any]]]:
    """What the parser complains of in each, and the operations that it read, by their ids."""
    done = node.run(SCRIPT, stdin=json.dumps(documents))
    assert done.returncode == 0, done.stderr
    return [
        (
            [f"{d['path']}: {d['message']}" for d in reported["diagnostics"] if d["code"] not in TOLERATED],
            {operation["id"]: operation for operation in reported["operations"]},
        )
        for reported in json.loads(done.stdout)
    ]


# Two documents: some faults keep the parser from looking for others.
BROKEN: tuple[dict[str, tuple[Any, str]], ...] = (
    {"operations/order-metrics.orders/action": ("take", "action")},
    {
        "operations/order-metrics.orders/messages/0/$ref": ("#/channels/bus/messages/No", "No"),
        f"components/schemas/{PLACED}/type": ("strng", "type"),
        "channels/order-metrics.orders.queue/bindings/sqs/queue/name": (5, "name"),
        "channels/bus/address": (["bus"], "address"),
    },
)


def broken(document: dict[str, Any], faults: dict[str, tuple[Any, str]]) -> dict[str, Any]:
    """A document with faults."""
    document = json.loads(json.dumps(document))
    for path, (value, _) in faults.items():
        *above, last = (int(step) if step.isdigit() else step for step in path.split("/"))
        place = document
        for step in above:
            place = place[step]
        assert place[last] != value
        place[last] = value
    return document


@pytest.fixture(scope="module")
def read(node: NodeJs, real_scope: Scope) -> dict[str, Any]:
    """What the parser found, started once: in the whole bus, an extension's part, and that with faults."""
    whole = asyncapi.document(real_scope, "0.1.0")
    part = asyncapi.document(real_scope.part("order-metrics"), "0.1.0")
    found = parsed(node, whole, part, *(broken(part, faults) for faults in BROKEN))
    return {"whole": found[0], "part": (part, *found[1]), "broken": found[2:]}


def test_the_parser_accepts_the_whole_bus(read: dict[str, Any], real_scope: Scope) -> None:
    complaints, operations = read["whole"]
    assert complaints == []
    sent = {name for found in operations.values() if found["action"] == "send" for name in found["messages"]}
    assert sent == {event.name for event in real_scope.catalog.events}
    rule = operations["order-metrics.orders"]
    assert (rule["action"], rule["channels"], rule["messages"]) == ("receive", ["{tenant}"], [PLACED])
    queue = operations["order-metrics.count.orders"]
    assert queue["channels"] == ["{tenant}--order-metrics--orders"]
    assert len(operations["platform.event-log"]["messages"]) == len(real_scope.catalog.events)


def test_the_parser_accepts_one_extension_which_has_its_own_part_alone(read: dict[str, Any]) -> None:
    document, complaints, operations = read["part"]
    assert complaints == []
    assert set(operations) == {"order-metrics.orders", "order-metrics.count.orders"}
    assert list(document["components"]["messages"]) == [PLACED]
    rule = document["operations"]["order-metrics.orders"]["x-eventbridge-rule"]
    assert rule["pattern"]["detail-type"] == [PLACED]
    assert rule["targets"] == [{"kind": "queue", "name": "orders", "feeds": ["count"], "emits": []}]
    bindings = document["channels"]["order-metrics.orders.queue"]["bindings"]
    assert bindings == {"sqs": {"queue": {"name": "{tenant}--order-metrics--orders", "fifoQueue": False}}}


def test_the_parser_accepts_what_is_odd(node: NodeJs, odd_scope: Scope) -> None:
    document = asyncapi.document(odd_scope, "0.1.0")
    ((complaints, operations),) = parsed(node, document)
    assert complaints == []
    assert len(operations) == len(document["operations"]) == 10
    assert operations["listener.unknown"]["messages"] == []
    assert "only at plan" in document["operations"]["listener.unknown"]["summary"]


def test_the_parser_refuses_what_is_broken(read: dict[str, Any]) -> None:
    for faults, (complaints, _) in zip(BROKEN, read["broken"], strict=True):
        unseen = [path for path, (_, word) in faults.items() if not any(word in c for c in complaints)]
        assert unseen == [], complaints


def test_examples_are_what_the_schemas_allow(real_scope: Scope, odd_scope: Scope) -> None:
    for scope in (real_scope, odd_scope):
        components = asyncapi.document(scope, "0.1.0")["components"]
        for name, message in components["messages"].items():
            root = {"$ref": f"#/components/schemas/{name}", "components": components}
            validator = jsonschema_rs.Draft7Validator(root)
            for example in message.get("examples", []):
                assert [error.message for error in validator.iter_errors(example["payload"])] == []
            assert not validator.is_valid({"detail-type": name, "detail": 5})


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_names_are_such_that_every_format_takes_them_and_given_once(texts: list[str]) -> None:
    from presso.catalog.exports.export_scope import UniqueNames

    names = UniqueNames()
    made = [names.new(text) for text in texts]
    assert len({name.lower() for name in made}) == len(made)
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for name in made
    )
    assert not any(name.startswith((".", "-")) for name in made)
