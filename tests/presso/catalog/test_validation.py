"""Events checked with the catalog: every fault with path, expectation, what is there and what was meant."""

import json
from typing import Any

import pytest

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker, EventFault

ORDER = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def waiting(**changes: Any) -> dict[str, Any]:
    """An OrderManager.WaitingCompletion; a change to None takes the field away."""
    detail: dict[str, Any] = {
        "orderId": ORDER,
        "orderNumber": "17",
        "state": "nyc-CREATED",
        "drinkOrder": {"userId": "robot", "drink": "Bens Brew", "modifiers": [], "icon": "x"},
        "userId": "robot",
        "robot": False,
        "eventId": "nyc",
        "TS": 1665751954523,
        **changes,
    }
    return {
        "detail-type": "OrderManager.WaitingCompletion",
        "source": "awsserverlessda.serverlesspresso",
        "detail": {key: value for key, value in detail.items() if value is not None},
    }


@pytest.fixture(scope="module")
def checker(catalog: Catalog) -> Checker:
    return Checker(catalog)


def test_a_valid_event_has_no_faults(checker: Checker) -> None:
    assert checker.check(waiting()) == []


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        pytest.param(
            {"orderNumber": 17},
            "detail.orderNumber: is of the wrong type: expected text, like ^[0-9]+$, found the number 17",
            id="a number for a text",
        ),
        pytest.param(
            {"robot": "true"},
            'detail.robot: is of the wrong type: expected true or false, found the text "true"',
            id="a text for true or false",
        ),
        pytest.param(
            {"TS": 1.5},
            "detail.TS: is of the wrong type: expected whole number, epoch milliseconds, at least 0, "
            "found the number 1.5",
            id="a fraction for a whole number",
        ),
        pytest.param(
            {"orderId": "17"},
            'detail.orderId: is not of the right form: expected text, a UUID, found "17"',
            id="an id of the wrong form",
        ),
        pytest.param(
            {"state": "nyc-DONE"},
            'detail.state: is not of the right form: expected text, like ^.+-CREATED$, found "nyc-DONE"',
            id="a state of the wrong form",
        ),
        pytest.param(
            {"eventId": None}, "detail.eventId: is missing: expected text, not empty", id="a field missing"
        ),
        pytest.param(
            {"eventId": None, "eventID": "nyc"},
            "detail.eventId: is missing: expected text, not empty. There is eventID: is that it?",
            id="a field misspelt",
        ),
        pytest.param(
            {"drinkOrder": {"userId": "robot", "drink": "X", "modifiers": ["Oat", 2], "icon": "x"}},
            "detail.drinkOrder.modifiers[1]: is of the wrong type: expected text, found the number 2",
            id="an element of a list",
        ),
        pytest.param(
            {"drinkOrder": "Espresso"},
            'detail.drinkOrder: is of the wrong type: expected object, found the text "Espresso"',
            id="a text for an object",
        ),
    ],
)
def test_a_fault_states_where_what_was_expected_and_what_is_there(
    checker: Checker, changes: dict[str, Any], reported: str
) -> None:
    (fault,) = checker.check(waiting(**changes))
    assert str(fault) == reported
    assert fault.grade == "error"


def test_all_faults_of_an_event_are_reported(checker: Checker) -> None:
    faults = checker.check(waiting(orderNumber=17, TS="now", eventId=None))
    assert {fault.path for fault in faults} == {"detail.orderNumber", "detail.TS", "detail.eventId"}


def test_a_field_that_is_not_in_the_catalog_is_a_warning_with_the_name_that_was_meant(
    checker: Checker,
) -> None:
    (fault,) = checker.check(waiting(Mesage="x"))
    assert fault.grade == "warning"
    assert str(fault) == 'detail.Mesage: is not in the catalog: found "x". Did you mean Message?'


def test_a_value_that_is_not_allowed_comes_with_the_nearest(checker: Checker) -> None:
    detail = {"orderId": ORDER, "eventId": "nyc", "baristaUserId": "b", "action": "mkae"}
    (fault,) = checker.check({"detail-type": "OrderRobot.FulfillOrder", "detail": detail})
    assert fault.hint == "Did you mean make?"
    assert fault.expected == "one of make, complete, cancel"


def test_an_unknown_event_comes_with_the_nearest(checker: Checker) -> None:
    (fault,) = checker.check({"detail-type": "OrderManager.MakeOrdre", "detail": {}})
    assert (fault.path, fault.hint) == ("detail-type", "Did you mean OrderManager.MakeOrder?")


@pytest.mark.parametrize("state", ["COMPLETED", "CANCELLED"])
def test_the_deployed_originals_spelling_is_recognised(checker: Checker, state: str) -> None:
    (fault,) = checker.check({"detail-type": f"OrderManager.OrderNYC-{state}", "detail": {}})
    assert fault.hint == f"Did you mean OrderManager.Order{state.capitalize()}?"


def test_the_fault_of_a_wrong_source_names_the_right_one(checker: Checker) -> None:
    (fault,) = checker.check({**waiting(), "source": "another.source"})
    assert (fault.path, fault.expected) == ("source", "awsserverlessda.serverlesspresso")


@pytest.mark.parametrize(
    ("more", "refused"),
    [pytest.param(0, False, id="as large as PutEvents takes"), pytest.param(1, True, id="a byte larger")],
)
@pytest.mark.parametrize("form", ["delivered", "short", "entry"])
def test_what_put_events_refuses_for_its_size_is_wrong(
    checker: Checker, form: str, more: int, refused: bool
) -> None:
    event = waiting()
    event |= {"resources": ["arn:aws:x", "é"], "time": "2026-11-01T10:00:00Z"}
    if form == "short":
        event = {key: event[key] for key in ("source", "detail-type", "detail")}
    detail = json.dumps(event["detail"], separators=(",", ":"), ensure_ascii=False)
    rest = len((event["source"] + event["detail-type"] + detail).encode())
    rest += 0 if form == "short" else len("arn:aws:xé".encode()) + len("14 bytes' time")
    event["detail"]["userId"] += "x" * (262_144 - rest + more)
    if form == "entry":
        event = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"], separators=(",", ":"), ensure_ascii=False),
            "Resources": event["resources"],
            "Time": "2026-11-01T10:00:00Z",
        }
    faults = [str(fault) for fault in checker.check(event) if fault.path == "event"]
    assert faults == (
        [
            "event: is too large for PutEvents: expected at most 262,144 bytes, found 262,145. "
            "Put what is large into S3, and its key here."
        ]
        if refused
        else []
    )


def test_an_entry_of_put_events_is_read_too(checker: Checker) -> None:
    event = waiting()
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
    assert checker.check(entry) == []
    (fault,) = checker.check({**entry, "Detail": "{"})
    assert str(fault) == 'Detail: is not JSON: found "{"'


def test_the_envelope_is_checked_when_it_is_there(checker: Checker) -> None:
    whole = {
        "version": "0",
        "id": "1",
        "account": "1234",
        "time": "yesterday",
        "region": "us-west-2",
        "resources": [],
        **waiting(),
    }
    (fault,) = checker.check(whole)
    assert str(fault) == 'time: is not of the right form: expected text, a date and time, found "yesterday"'
    assert checker.check({**whole, "time": "2022-10-14T12:52:21Z"}) == []


@pytest.mark.parametrize("event", [None, [], "x", 5])
def test_what_is_not_an_event_is_a_fault_too(checker: Checker, event: Any) -> None:
    assert [fault.message for fault in checker.check(event)] == ["is not an object"]


@pytest.mark.parametrize("event", [{}, {"detail-type": "X"}, {"detail": {}}])
def test_an_event_without_name_or_detail_is_a_fault(checker: Checker, event: Any) -> None:
    (fault,) = checker.check(event)
    assert fault.message == "is missing"


def test_what_the_original_accepts_is_valid(checker: Checker) -> None:
    """In the forms that the deployed original uses: no UUID for the robot, a bucket with one field."""
    new_order = {"userId": "robot", "bucket": {"eventId": "NYC"}, "Message": "…", "orderId": ORDER}
    robot = {
        "baristaUserId": "2842daf6-2656-4690-ad3e-06e4efc9bfa1",
        "action": "",
        "body": {"modifiers": [], "icon": "barista-icons_x", "userId": "robot", "drink": "Bens Brew"},
        "eventId": "NYC",
        "orderId": ORDER,
    }
    assert checker.check({"detail-type": "Validator.NewOrder", "detail": new_order}) == []
    assert checker.check({"detail-type": "ProducerRobot.FulfillOrder", "detail": robot}) == []


def test_a_fault_goes_into_json_whole() -> None:
    fault = EventFault("detail.a", "is missing", "text", "", "There is b: is that it?")
    assert fault.as_json() == {
        "path": "detail.a",
        "message": "is missing",
        "expected": "text",
        "found": "",
        "hint": "There is b: is that it?",
        "grade": "error",
    }
