"""CloudEvents: the official SDK reads them, and all that EventBridge delivers comes back as it was."""

import json
from typing import Any

import jsonschema_rs
import pytest
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from presso.catalog.events import Catalog
from presso.catalog.exports import cloudevents
from presso.catalog.exports.cloudevents import NotConvertible, from_cloudevent, to_cloudevent
from presso.catalog.exports.export_scope import Scope
from presso.catalog.generation import generated

PLACED = "OrderManager.WaitingCompletion"
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=8,
)


def read(event: dict[str, Any]) -> Any:
    """What CloudEvents' own SDK reads."""
    return JSONFormat().read(None, json.dumps(event))


@st.composite
def delivered(draw: st.DrawFn) -> dict[str, Any]:
    """An event as EventBridge delivers it, with all that may be in it."""
    replayed = draw(st.booleans())
    return {
        "version": "0",
        "id": draw(st.uuids().map(str)),
        "detail-type": draw(TEXT),
        "source": draw(TEXT),
        "account": draw(st.from_regex(r"[0-9]{12}", fullmatch=True)),
        "time": "2026-11-01T10:00:00Z",
        "region": draw(st.sampled_from(["us-east-1", "eu-central-1"])),
        "resources": draw(st.lists(TEXT, max_size=2)),
        **({"replay-name": draw(TEXT)} if replayed else {}),
        "detail": draw(st.dictionaries(TEXT | st.just("orderId"), VALUES, max_size=4)),
    }


@given(delivered())
@pytest.mark.slow
def test_any_event_comes_back_as_it_was_and_the_sdk_reads_it(event: dict[str, Any]) -> None:
    made = to_cloudevent(event)
    assert from_cloudevent(json.loads(json.dumps(made))) == event
    known = read(made)
    assert (known.get_id(), known.get_type(), known.get_data()) == (
        event["id"],
        event["detail-type"],
        event["detail"],
    )
    assert known.get_source().isascii()
    assert not set(known.get_source()) & set(' :%<>"{}|\\^`?#') - {"%"}


def test_every_event_of_the_catalog_is_one_with_schema_and_subject(catalog: Catalog) -> None:
    for event in catalog.events:
        for whole in generated(event, 5, 1):
            known = read(to_cloudevent(whole, catalog))
            assert known.get_dataschema().endswith(f":{event.name}:{event.version}")
            assert known.get_subject() == whole["detail"].get("orderId")
            assert known.get_time().isoformat().replace("+00:00", "Z") == whole["time"]


@pytest.mark.parametrize("change", [{"id": ""}, {"subject": ""}, {"specversion": "2"}, {"some-thing": "a"}])
def test_the_sdk_refuses_what_is_none(catalog: Catalog, change: dict[str, str]) -> None:
    made = to_cloudevent(catalog.find(PLACED).samples()[0], catalog)
    with pytest.raises((CloudEventValidationError, ValueError)):
        read({**made, **change})


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"specversion": "0.3"}, "is not a CloudEvent 1.0"),
        ({"id": ""}, "no id"),
        ({"type": 5}, "no type"),
        ({"datacontenttype": "text/plain"}, "text/plain"),
        ({"data": [1]}, "no data that is a JSON object"),
        ({"awsresources": "arn"}, "awsresources"),
        ({"awsresources": "[5]"}, "awsresources"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_the_reason(
    catalog: Catalog, change: dict[str, Any], reported: str
) -> None:
    made = to_cloudevent(catalog.find(PLACED).samples()[0])
    with pytest.raises(NotConvertible, match=reported):
        from_cloudevent({**made, **change})


@pytest.mark.parametrize("missing", ["id", "time", "source", "detail-type", "detail"])
def test_an_event_that_was_never_delivered_is_none(catalog: Catalog, missing: str) -> None:
    event = catalog.find(PLACED).samples()[0]
    del event[missing]
    with pytest.raises(NotConvertible, match=f"has no {missing}"):
        to_cloudevent(event)


def test_others_cloudevents_come_without_account_and_region() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/a%20b", "type": "T", "data": {"a": 1}}
    assert from_cloudevent(event) == {
        "version": "0",
        "id": "1",
        "detail-type": "T",
        "source": "/a b",
        "resources": [],
        "detail": {"a": 1},
    }


@pytest.mark.slow
def test_the_schema_of_an_event_takes_its_cloudevents_and_no_others(
    real_scope: Scope, odd_scope: Scope
) -> None:
    for scope in (real_scope, odd_scope):
        for event in scope.catalog.events:
            validator = jsonschema_rs.Draft202012Validator(cloudevents.schema(event), validate_formats=True)
            for sample in event.samples():
                made = to_cloudevent(sample, scope.catalog)
                assert [error.message for error in validator.iter_errors(made)] == []
                assert not validator.is_valid({**made, "type": "Another"})
                assert not validator.is_valid({**made, "data": 5})
                assert not validator.is_valid({key: value for key, value in made.items() if key != "id"})


def test_the_document_describes_the_mapping_and_each_event(real_scope: Scope) -> None:
    document = cloudevents.document(real_scope)
    used = {key for event in document["events"] for example in event["examples"] for key in example}
    assert used <= {row["attribute"] for row in document["mapping"]}
    assert [event["type"] for event in document["events"]] == [event.name for event in real_scope.events]
    for event in document["events"]:
        assert event["examples"]
        for example in event["examples"]:
            assert read(example).get_dataschema() == event["dataschema"]
