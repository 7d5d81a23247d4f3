"""The services with real tables: conditions hold under concurrency, events come twice and in any order."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.modules.core.documented import check_answer

pytestmark = pytest.mark.slow

GUEST, BARISTA, COLLEAGUE = "guest", "barista", "colleague"
ORDERS = [str(uuid.UUID(int=number)) for number in range(10)]
ORDER = ORDERS[1]
Service = Callable[[str], Any]
MENU = [
    {"drink": "Espresso", "available": True, "icon": "espresso", "modifiers": []},
    {
        "drink": "Caffe Latte",
        "available": True,
        "modifiers": [{"name": "Milk", "options": ["Regular", "Oat"]}],
    },
]
SETTINGS = {
    **{"eventId": "nyc", "storeOpen": True, "menu": MENU, "version": 1, "drinksPerBarcode": 10},
    **{"maxOrdersPerUser": 1, "maxOrdersInQueue": 10, "maxOrdersRunning": 20},
    **{"customerSeconds": 300, "baristaSeconds": 900},
}


HOURS = [
    {"days": ["fri", "sat"], "opens": "09:00", "closes": "17:30"},
    {"days": ["fri"], "opens": "22:00", "closes": "24:00"},
]


def request(
    route: str, user: str, *groups: str, body: Any = None, key: str = "", **parameters: str
) -> dict[str, Any]:
    """A request as the HTTP API hands it to a function."""
    claims = {"sub": user, **({"cognito:groups": f"[{' '.join(groups)}]"} if groups else {})}
    return {
        "routeKey": route,
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        "headers": {"Idempotency-Key": key} if key else {},
        "pathParameters": {name: parameters.pop(name) for name in {"id", "name"} & parameters.keys()},
        "queryStringParameters": parameters,
        "body": None if body is None else json.dumps(body),
    }


def ask(service: Any, *arguments: Any, **named: Any) -> tuple[int, Any]:
    sent = request(*arguments, **named)
    answer = service.handler(sent, None)
    content = json.loads(answer["body"])
    check_answer(sent["routeKey"], answer["statusCode"], answer["headers"]["content-type"], content)
    return answer["statusCode"], content


def happens(service: Any, kind: str, **detail: Any) -> None:
    service.handler({"detail-type": kind, "detail": detail}, None)


def opens(service: Any, **settings: Any) -> None:
    happens(service, "ConfigService.ConfigChanged", NewImage={**SETTINGS, **settings})


def record(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A record of a table's stream."""
    from boto3.dynamodb.types import TypeSerializer

    written = TypeSerializer().serialize
    images = {"OldImage": old, "NewImage": new}
    values = {
        name: {key: written(value) for key, value in item.items()} for name, item in images.items() if item
    }
    return {"Records": [{"dynamodb": values}]}


# Validator.


def test_of_a_hundred_scans_at_once_a_code_with_ten_drinks_begins_ten_orders(service: Service) -> None:
    validator = service("validator")
    opens(validator)
    _, code = ask(validator, "GET /qr-code", "admin", "admin")
    validator.bar.table()  # before the threads, which share it

    def scan(number: int) -> tuple[int, Any]:
        return ask(validator, "POST /qr-code", f"guest{number}", token=code["last_code"])

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(scan, range(100)))
    orders = {answer["orderId"] for status, answer in answers if status == 200}
    refused = [answer for status, answer in answers if status == 409]
    assert len(orders) == 10
    assert len(refused) == 90
    assert {answer["type"] for answer in refused} == {"urn:presso:no-tokens"}
    assert ask(validator, "GET /qr-code", "admin", "admin")[1]["availableTokens"] == 0
    # None of the refused has an open order, which would keep them out of the next code.
    users = validator.bar.table().scan()["Items"]
    assert sum(bool(user.get("orders")) for user in users if user["pk"].startswith("user#")) == 10


def test_each_refusal_of_a_scan_has_its_own_answer_and_costs_no_token(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    validator = service("validator")
    now = validator.start_of(1_800_000_000) + 10
    monkeypatch.setattr(validator.time, "time", lambda: now)
    assert ask(validator, "POST /qr-code", GUEST, token="ABCDEF")[1]["type"] == "urn:presso:shop-closed"
    opens(validator)
    code = ask(validator, "GET /qr-code", "admin", "admin")[1]["last_code"]
    assert ask(validator, "GET /qr-code", GUEST)[0] == 403
    assert ask(validator, "POST /qr-code", GUEST)[0] == 422
    status, answer = ask(validator, "POST /qr-code", GUEST, token="000000")
    assert (status, answer["type"], answer["error"]) == (400, "urn:presso:unknown-code", "Invalid code")
    assert ask(validator, "POST /qr-code", GUEST, token=code.lower())[0] == 200
    assert ask(validator, "POST /qr-code", GUEST, token=code)[1]["type"] == "urn:presso:too-many-orders"
    assert ask(validator, "POST /qr-code", GUEST, token=code, eventId="sfo")[0] == 404
    # A minute of grace after its five, then it is old.
    now += 290 + 59
    assert ask(validator, "POST /qr-code", "late", token=code)[0] == 200
    now += 1
    assert ask(validator, "POST /qr-code", "later", token=code)[1]["type"] == "urn:presso:old-code"
    bucket = validator.bar.table().get_item(Key={"pk": f"bucket#{validator.start_of(1_800_000_000)}"})["Item"]
    assert bucket["availableTokens"] == 8


def test_a_scan_that_is_sent_twice_is_one_order_and_one_token(service: Service) -> None:
    validator = service("validator")
    opens(validator)
    code = ask(validator, "GET /qr-code", "admin", "admin")[1]["last_code"]
    found = {ask(validator, "POST /qr-code", GUEST, token=code, key="k")[1]["orderId"] for _ in range(3)}
    assert len(found) == 1
    assert ask(validator, "GET /qr-code", "admin", "admin")[1]["availableTokens"] == 9


def test_a_scan_that_is_sent_again_after_the_codes_of_an_hour_is_still_the_same_order(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    validator = service("validator")
    opens(validator)

    def shown() -> Any:
        return ask(validator, "GET /qr-code", "admin", "admin")[1]

    code, begins = shown()["last_code"], validator.time.time()
    order = ask(validator, "POST /qr-code", GUEST, token=code, key="k")[1]["orderId"]
    new = validator.bar.table().get_item(Key={"pk": f"bucket#{validator.start_of(begins)}"})["Item"]
    validator.handler(
        record({}, {name: new[name] for name in ("number", "code", "availableTokens", "taken")}), None
    )
    happens(validator, "OrderProcessor.orderFinished", orderId=order, userId=GUEST)
    monkeypatch.setattr("time.time", lambda: begins + 2 * 3600)
    code = shown()["last_code"]
    assert ask(validator, "POST /qr-code", GUEST, token=code, key="k")[1]["orderId"] == order
    assert shown()["availableTokens"] == 10
    # Nor does it keep the guest from another order.
    answer = ask(validator, "POST /qr-code", GUEST, token=code, key="another")
    assert (answer[0], answer[1]["orderId"] != order) == (200, True)


def test_a_customer_may_order_again_when_the_order_is_over(service: Service) -> None:
    validator = service("validator")
    opens(validator)
    code = ask(validator, "GET /qr-code", "admin", "admin")[1]["last_code"]
    ends = ("OrderProcessor.orderFinished", "OrderProcessor.OrderTimeOut", "OrderProcessor.ShopUnavailable")
    for kind in ends:
        order = ask(validator, "POST /qr-code", GUEST, token=code)[1]["orderId"]
        assert ask(validator, "POST /qr-code", GUEST, token=code)[0] == 409
        for _ in range(2):
            happens(validator, kind, orderId=order, userId=GUEST, eventId="nyc")
    assert ask(validator, "POST /qr-code", GUEST, token=code)[0] == 200


def test_a_token_that_is_taken_is_an_event_of_the_catalog(service: Service, catalog: Any) -> None:
    validator = service("validator")
    taken = {"orderId": str(uuid.uuid4()), "userId": GUEST, "at": 1}
    old = {"pk": "bucket#1", "number": 7, "code": "6K5K8Z", "availableTokens": 10}
    new = {**old, "availableTokens": 9, "taken": taken}
    validator.handler(record({}, old), None)
    validator.handler(record(old, new), None)
    ((kind, detail),) = validator.bar.emitted
    assert catalog(kind, json.loads(json.dumps(detail))) == []
    assert detail["bucket"] == {"eventId": "nyc", "bucket": 7, "code": "6K5K8Z", "availableTokens": 9}


# Config.


def test_a_change_of_the_settings_is_an_event_of_the_catalog(service: Service, catalog: Any) -> None:
    config = service("config")
    assert ask(config, "GET /config", GUEST)[1]["storeOpen"] is False
    assert ask(config, "PUT /store", GUEST, state="open")[0] == 403
    assert ask(config, "PUT /store", GUEST, "barista", state="open")[0] == 403
    assert ask(config, "PUT /store", "a", "admin", state="ajar")[0] == 422
    _, row = ask(config, "PUT /store", "a", "admin", state="open")
    _, row = ask(config, "PUT /config", "a", "admin", body={"menu": MENU, "hours": [], "maxOrdersInQueue": 3})
    assert (row["storeOpen"], row["version"], row["menu"]) == (True, 2, MENU)
    assert ask(config, "PUT /store", "a", "admin", state="open")[1]["version"] == 2
    config.handler(record({"row": {"storeOpen": False}}, {"row": row}), None)
    config.handler(record({}, {"pk": "another"}), None)
    ((kind, detail),) = config.bar.emitted
    assert catalog(kind, detail) == []
    assert detail["Message"] == "The shop opens."


@pytest.mark.parametrize(
    "body",
    [
        *(
            {},
            [],
            {"eventId": "sfo"},
            {"storeOpen": True},
            {"maxOrdersInQueue": 0},
            {"maxOrdersInQueue": True},
        ),
        *({"menu": []}, {"menu": [{}]}, {"menu": [{"drink": "Tea"}]}, {"menu": [MENU[0], MENU[0]]}),
        {"menu": [{"drink": "T" * 51, "available": True}]},
        {"menu": [{"drink": "Tea\n", "available": True}]},
        {"menu": [{"drink": "Tea", "available": "yes"}]},
        {"menu": [{"drink": "Tea", "available": True, "modifiers": [{"name": "Milk"}]}]},
        {"menu": [{"drink": "Tea", "available": True, "modifiers": [{"name": "Milk", "options": []}]}]},
        *({"hours": "all day"}, {"hours": [{"days": ["fri"], "opens": "09:00"}]}),
        *({"hours": [{**HOURS[0], "days": ["Friday"]}]}, {"hours": [{**HOURS[0], "days": [[]]}]}),
        *({"hours": [{**HOURS[0], "opens": "9:00"}]}, {"hours": [{**HOURS[0], "closes": "09:00"}]}),
        *({"languages": []}, {"languages": ["en", "en"]}, {"languages": ["<b>"]}, {"languages": [1]}),
        {"timeZone": "UTC"},
    ],
    ids=str,
)
def test_settings_that_are_none_are_refused(code: Callable[[str], Any], body: Any) -> None:
    status, answer = ask(code("config"), "PUT /config", "a", "admin", body=body)
    assert status == 422
    assert answer["detail"]


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("2027-01-15T08:59:59", False),
        ("2027-01-15T09:00:00", True),
        ("2027-01-15T17:29:59", True),
        ("2027-01-15T17:30:00", False),
        ("2027-01-15T23:59:59", True),
        ("2027-01-16T00:00:00", False),
        ("2027-01-17T12:00:00", False),
    ],
)
def test_hours_are_those_of_their_days(code: Callable[[str], Any], moment: str, wanted: bool) -> None:
    assert code("config").is_open(HOURS, datetime.fromisoformat(moment)) is wanted


def test_the_shop_follows_its_hours_where_it_is_and_its_admins_between_them(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = service("config")

    def at(clock: str) -> Any:
        """The settings after the schedule of that moment, in New York."""
        day = datetime.fromisoformat(f"2027-01-{clock}").replace(tzinfo=ZoneInfo("America/New_York"))
        monkeypatch.setattr("time.time", day.timestamp)
        config.handler({"due": "hours"}, None)
        return ask(config, "GET /config", GUEST)[1]

    assert at("15T12:00")["version"] == 0  # without hours, the admins open
    _, row = ask(config, "PUT /config", "a", "admin", body={"hours": HOURS, "languages": ["en", "de"]})
    assert (row["storeOpen"], row["timeZone"], row["version"]) == (True, "America/New_York", 1)
    ask(config, "PUT /store", "a", "admin", state="closed")
    assert (at("15T12:01")["storeOpen"], at("15T17:29")["version"]) == (False, 2)
    assert [at(f"16T{time}")["storeOpen"] for time in ("08:59", "09:00", "17:29", "17:30")] == [
        *(False, True, True, False)
    ]
    assert at("16T17:31")["languages"] == ["en", "de"]


def test_an_older_change_that_comes_later_does_not_count(service: Service) -> None:
    validator = service("validator")
    opens(validator, version=2, storeOpen=False)
    opens(validator, version=1)
    assert ask(validator, "POST /qr-code", GUEST, token="ABCDEF")[1]["type"] == "urn:presso:shop-closed"


# Order processor.


def test_orders_at_once_are_numbered_from_one_without_gap_or_repeat(service: Service) -> None:
    processor = service("processor")
    processor.bar.table(), processor.bar.client("dynamodb")
    orders = [f"o{number}" for number in range(25)]
    with ThreadPoolExecutor(10) as pool:
        numbers = list(
            pool.map(lambda order: processor.handler({"orderId": order}, None)["orderNumber"], orders)
        )
        again = list(
            pool.map(lambda order: processor.handler({"orderId": order}, None)["orderNumber"], orders)
        )
    assert sorted(numbers, key=int) == [str(number) for number in range(1, 26)]
    assert again == numbers


def test_numbers_begin_again_at_midnight_where_the_bar_is(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = service("processor")
    midnight = datetime(2027, 1, 16, tzinfo=ZoneInfo("America/New_York")).timestamp()
    numbers = []
    for number, now in enumerate((midnight - 2, midnight - 1, midnight)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        numbers.append(processor.handler({"orderId": f"o{number}"}, None)["orderNumber"])
    assert numbers == ["1", "2", "1"]


def test_a_claimed_order_does_not_wait_and_a_finished_one_never_does(service: Service) -> None:
    processor = service("processor")
    opens(processor)
    table = processor.bar.table()
    table.update_item(
        Key=processor.SHOP, UpdateExpression="ADD running :o", ExpressionAttributeValues={":o": {"o1"}}
    )

    def waiting() -> Any:
        return table.get_item(Key=processor.SHOP)["Item"].get("waiting")

    happens(processor, "OrderManager.MakeOrder", orderId="o1", baristaUserId="")
    assert waiting() == {"o1"}
    for _ in range(2):
        happens(processor, "OrderManager.MakeOrder", orderId="o1", baristaUserId=BARISTA)
    happens(processor, "OrderManager.MakeOrder", orderId="over", baristaUserId="")
    assert waiting() is None


# Order manager.


def begun(manager: Any, order: str = ORDER, user: str = GUEST) -> None:
    opens(manager)
    happens(manager, "OrderProcessor.WorkflowStarted", orderId=order, userId=user, TaskToken="t1")


def placed(manager: Any, order: str = ORDER) -> None:
    begun(manager, order)
    assert ask(manager, "PUT /orders/{id}", GUEST, id=order, body={"drink": "Espresso"})[0] == 200
    happens(manager, "OrderProcessor.WaitingCompletion", orderId=order, orderNumber="7", TaskToken="t2")


def state(manager: Any, order: str = ORDER) -> Any:
    return ask(manager, "GET /orders/{id}", GUEST, id=order)[1].get("state")


def test_an_order_goes_from_the_menu_to_the_counter(service: Service) -> None:
    manager = service("manager")
    placed(manager)
    (shown,) = ask(manager, "GET /orders", BARISTA, "barista", state="nyc-CREATED")[1]
    assert (shown["orderNumber"], shown["drinkOrder"]["drink"]) == ("7", "Espresso")
    assert "token" not in shown
    for action, wanted in (
        ("make", "MAKING"),
        ("unmake", "CREATED"),
        ("make", "MAKING"),
        ("complete", "COMPLETED"),
    ):
        assert (
            ask(manager, "PUT /orders/{id}", BARISTA, "barista", id=ORDER, action=action)[1]["state"]
            == wanted
        )
        (own,) = ask(manager, "GET /myOrders", GUEST)[1]
        assert (own["orderId"], own["state"]) == (ORDER, wanted)
        # To guests any barista is the same.
        assert BARISTA not in json.dumps([own, ask(manager, "GET /orders/{id}", GUEST, id=ORDER)])
    assert ask(manager, "GET /orders/{id}", BARISTA, "barista", id=ORDER)[1]["baristaUserId"] == BARISTA
    assert ask(manager, "GET /myOrders", BARISTA)[1] == []


def test_of_baristas_who_claim_at_once_one_gets_the_order(service: Service) -> None:
    manager = service("manager")
    placed(manager)

    def claim(number: int) -> tuple[int, Any]:
        return ask(manager, "PUT /orders/{id}", f"barista{number}", "barista", id=ORDER, action="make")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, range(8)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 7


def test_a_guest_sees_and_changes_only_the_own_order(service: Service) -> None:
    manager = service("manager")
    begun(manager)
    assert ask(manager, "GET /orders/{id}", "other", id=ORDER)[0] == 404
    assert ask(manager, "GET /orders", GUEST)[0] == 403
    assert ask(manager, "PUT /orders/{id}", "other", id=ORDER, body={"drink": "Espresso"})[0] == 403
    assert ask(manager, "PUT /orders/{id}", GUEST, id=ORDER, action="make")[0] == 403
    assert ask(manager, "PUT /orders/{id}", GUEST, id=ORDER, body={"drink": "Tea"})[0] == 422
    assert ask(manager, "PUT /orders/{id}", GUEST, id=ORDER, action="drink")[0] == 422
    assert ask(manager, "PUT /orders/{id}", GUEST, id=ORDERS[9], action="cancel")[0] == 404
    assert state(manager) == "STARTED"


def test_a_phone_of_many_guests_sees_the_newest_of_its_orders(service: Service) -> None:
    manager = service("manager")
    with manager.bar.table().batch_writer() as batch:
        for number in range(101):
            order = {"pk": f"o{number:03}", "userId": GUEST, "state": "COMPLETED"}
            batch.put_item(Item={**order, "TS": number, "updated": number})
    found = manager.own(manager.bar.Request("GET /myOrders", GUEST, frozenset(), {}, {}))
    assert [each["orderId"] for each in found] == [f"o{number:03}" for number in range(1, 101)]


def test_events_that_come_twice_or_late_change_nothing(service: Service) -> None:
    manager = service("manager")
    placed(manager)
    ask(manager, "PUT /orders/{id}", BARISTA, "barista", id=ORDER, action="make")
    happens(manager, "OrderProcessor.WorkflowStarted", orderId=ORDER, userId=GUEST, TaskToken="old")
    happens(manager, "OrderProcessor.WaitingCompletion", orderId=ORDER, orderNumber="8", TaskToken="old")
    assert manager.get(ORDER)["token"] == "t2"
    assert state(manager) == "MAKING"
    ask(manager, "PUT /orders/{id}", BARISTA, "barista", id=ORDER, action="complete")
    for kind in ("OrderProcessor.OrderTimeOut", "OrderProcessor.orderFinished"):
        happens(manager, kind, orderId=ORDER, userId=GUEST)
    assert state(manager) == "COMPLETED"
    happens(manager, "OrderProcessor.WaitingCompletion", orderId=ORDERS[9], orderNumber="8", TaskToken="t")
    assert manager.get(ORDERS[9]) is None


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("OrderProcessor.OrderTimeOut", "TIMEDOUT"), ("OrderProcessor.orderFinished", "CANCELLED")],
)
def test_an_order_ends_with_its_workflow(service: Service, kind: str, wanted: str) -> None:
    manager = service("manager")
    placed(manager)
    happens(manager, kind, orderId=ORDER, userId=GUEST)
    assert state(manager) == wanted
    assert ask(manager, "PUT /orders/{id}", BARISTA, "barista", id=ORDER, action="make")[0] == 409


@pytest.mark.parametrize("kind", ["OrderProcessor.OrderTimeOut", "OrderProcessor.orderFinished"])
def test_an_order_whose_end_comes_before_its_beginning_does_not_begin(service: Service, kind: str) -> None:
    manager = service("manager")
    for _ in range(2):
        happens(manager, kind, orderId=ORDER, userId=GUEST)
    begun(manager)
    assert ask(manager, "GET /orders/{id}", GUEST, id=ORDER)[0] == 404
    assert ask(manager, "GET /myOrders", GUEST)[1] == []
    manager.handler(record({}, {"pk": ORDER, "expires": 1}), None)
    assert manager.bar.emitted == []


def test_ten_orders_that_are_open_at_closing_time_are_made(service: Service) -> None:
    manager = service("manager")
    for number in range(10):
        placed(manager, ORDERS[number])
    opens(manager, storeOpen=False, version=2)
    for number in range(10):
        for action in ("make", "complete"):
            order = {"id": ORDERS[number], "action": action}
            assert ask(manager, "PUT /orders/{id}", BARISTA, "barista", **order)[0] == 200


def test_the_order_robot_orders_and_makes_drinks(service: Service) -> None:
    manager = service("manager")
    begun(manager, user="robot")
    ids = {"orderId": ORDER, "eventId": "nyc"}
    drink = {"userId": "robot", "drink": "Caffe Latte", "modifiers": ["Oat"], "icon": "caffe-latte"}
    for _ in range(2):
        happens(manager, "ProducerRobot.FulfillOrder", **ids, baristaUserId="", action="", body=drink)
    happens(manager, "OrderProcessor.WaitingCompletion", orderId=ORDER, orderNumber="8", TaskToken="t")
    assert manager.get(ORDER)["robot"] is True
    for action in ("make", "make", "complete", "cancel"):
        happens(manager, "OrderRobot.FulfillOrder", **ids, baristaUserId="r", action=action)
    assert manager.get(ORDER)["state"] == "COMPLETED"


def test_a_token_that_no_workflow_waits_for_is_given_up(service: Service) -> None:
    manager = service("manager")
    order = {
        "pk": str(uuid.uuid4()),
        "userId": GUEST,
        "number": "7",
        "baristaUserId": BARISTA,
        "token": "replayed",
    }
    manager.handler(record({**order, "state": "MAKING"}, {**order, "state": "COMPLETED"}), None)
    assert [kind for kind, _ in manager.bar.emitted] == ["OrderManager.OrderCompleted"]


# Functions that fail and are called again.


@pytest.fixture
def failing_twice(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Any]]:
    """`failing_twice(service)` lets its first two events be refused; those that it emits after that."""

    def made(service: Any) -> list[Any]:
        left, emitted = [1, 2], []

        def emit(*event: Any) -> None:
            if left:
                raise RuntimeError(f"refused {left.pop()}")
            emitted.append(event)

        monkeypatch.setattr(service.bar, "emit", emit)
        return emitted

    return made


def test_a_change_whose_function_fails_twice_has_its_event_and_resumes_its_order(
    service: Service, failing_twice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = service("manager")
    emitted, resumed = failing_twice(manager), []
    monkeypatch.setattr(manager, "_resume", lambda *what: resumed.append(what))
    order = {"pk": ORDER, "userId": GUEST, "number": "7", "baristaUserId": BARISTA, "token": "t"}
    change = record({**order, "state": "MAKING"}, {**order, "state": "COMPLETED"})
    for _ in range(2):
        with pytest.raises(RuntimeError):
            manager.handler(change, None)
    assert (emitted, resumed) == ([], [])
    manager.handler(change, None)
    assert [kind for kind, _ in emitted] == ["OrderManager.OrderCompleted"]
    assert resumed == [("t", {"state": "COMPLETED"})]


def test_an_order_whose_end_cannot_be_emitted_keeps_its_capacity_until_it_is(
    service: Service, failing_twice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = service("processor")
    emitted = failing_twice(processor)
    claim = {"pk": f"order#{ORDER}", "execution": "e", "user": GUEST}
    monkeypatch.setattr(processor, "_claims", lambda orders: dict.fromkeys(orders, claim))
    monkeypatch.setattr(processor, "_runs", lambda execution: False)
    table = processor.bar.table()
    table.put_item(Item=claim)
    table.put_item(Item={**processor.SHOP, "running": {ORDER}, "waiting": {ORDER}})
    for _ in range(2):
        with pytest.raises(RuntimeError):
            processor.handler({"due": "reconcile"}, None)
        assert table.get_item(Key=processor.SHOP)["Item"]["running"] == {ORDER}
    processor.handler({"due": "reconcile"}, None)
    assert [kind for kind, _ in emitted] == ["OrderProcessor.orderFinished"]
    assert table.get_item(Key=processor.SHOP)["Item"].keys() == {"pk"}


# Metrics.


def test_an_order_is_counted_once_and_its_times_are_measured(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = service("metrics")

    def happened(kind: str, second: int, barista: str = "", order: str = "o1") -> dict[str, int]:
        """What is measured of an event that comes twice."""
        detail = {"orderId": order, "baristaUserId": barista}
        event = {"detail-type": kind, "detail": detail, "time": f"2027-01-15T12:00:{second:02}Z"}
        for _ in range(2):
            metrics.handler(event, None)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(lines) <= 1
        if not lines:
            return {}
        (directive,) = lines[0]["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == ("presso/nyc/core", [[]])
        return {each["Name"]: lines[0][each["Name"]] for each in directive["Metrics"]}

    assert happened("Validator.NewOrder", 1) == {"Scanned": 1}
    assert happened("OrderManager.WaitingCompletion", 2) == {"Ordered": 1}
    assert happened("OrderManager.MakeOrder", 12, BARISTA) == {"WaitingTime": 10}
    assert happened("OrderManager.MakeOrder", 13) == {}
    assert happened("OrderManager.MakeOrder", 20, COLLEAGUE) == {}
    assert happened("OrderManager.OrderCompleted", 50) == {"Completed": 1, "MakingTime": 30}
    assert happened("OrderProcessor.OrderTimeOut", 51) == {"TimedOut": 1}
    # The same times are measured when the events come in another order.
    assert happened("OrderManager.OrderCompleted", 50, order="o2") == {"Completed": 1}
    assert happened("OrderManager.MakeOrder", 20, BARISTA, order="o2") == {"MakingTime": 30}
    assert happened("OrderManager.WaitingCompletion", 2, order="o2") == {"Ordered": 1, "WaitingTime": 18}
    # An admin sees the sums of today, by the hours of New York.
    assert ask(metrics, "GET /figures", GUEST)[0] == 403
    assert ask(metrics, "GET /figures", "boss", "admin") == (
        200,
        {
            **{"eventId": "nyc", "day": "2027-01-15"},
            "hours": [
                {
                    **{"hour": 7, "Scanned": 1, "Ordered": 2, "Completed": 2, "TimedOut": 1},
                    **{"WaitingTime": 28, "Waited": 2, "MakingTime": 60, "Made": 2},
                }
            ],
        },
    )


def test_another_item_than_the_settings_is_not_announced(code: Callable[[str], Any]) -> None:
    # A batch that fails is tried again for a quarter of an hour, and no change after it is heard of.
    config = code("config")
    assert config.announced({}, {"pk": "another"}) is None
    assert config.announced({}, {"pk": "config", "row": {"storeOpen": True}})["NewImage"] == {
        "storeOpen": True
    }


# Publisher.


@pytest.fixture
def live(service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The publisher; `sent` has what it sends to connections, those in `gone` are not there."""
    publisher = service("publisher")
    publisher.sent, publisher.gone = [], set()

    def send(connection: str, message: dict[str, Any]) -> bool:
        publisher.sent.append((connection, message))
        return connection not in publisher.gone

    monkeypatch.setattr(publisher, "_send", send)
    return publisher


def connects(publisher: Any, connection: str, user: str, *groups: str) -> None:
    url = ask(publisher, "GET /live", user, *groups)[1]["url"]
    assert socket(publisher, connection, "$connect", ticket=url.partition("ticket=")[2]) == 200


def socket(publisher: Any, connection: str, route: str, body: str = "", **query: str) -> int:
    context = {"connectionId": connection, "routeKey": route}
    event = {"requestContext": context, "queryStringParameters": query or None, "body": body}
    return int(publisher.handler(event, None)["statusCode"])


def published(publisher: Any, kind: str, identifier: str, **detail: Any) -> dict[str, list[Any]]:
    """What each connection hears of an event."""
    publisher.sent.clear()
    event = {"id": identifier, "time": "2026-05-01T09:30:00Z", "detail-type": kind, "detail": detail}
    publisher.handler(event, None)
    heard: dict[str, list[Any]] = {}
    for connection, message in publisher.sent:
        heard.setdefault(connection, []).append(message)
    return heard


def test_each_connection_hears_what_it_may_and_stale_ones_are_dropped(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects(live, "guest", GUEST)
    connects(live, "other", "other")
    connects(live, "bar", BARISTA, "barista")
    connects(live, "screen", "screen", "display")
    ids = {"orderId": "o1", "userId": GUEST, "eventId": "nyc"}
    assert published(live, "OrderProcessor.WorkflowStarted", "e1", **ids, TaskToken="t").keys() == {"guest"}
    drink = {"drink": "Espresso", "userId": GUEST}
    heard = published(live, "OrderManager.WaitingCompletion", "e2", **ids, orderNumber="7", drinkOrder=drink)
    assert heard.keys() == {"guest", "bar", "screen"}
    assert "drinkOrder" not in heard["screen"][0]
    heard = published(live, "OrderManager.MakeOrder", "e3", **ids, baristaUserId=BARISTA)
    (screen,) = heard["screen"]
    assert (screen["orderNumber"], screen["making"]) == ("7", True)
    assert screen["time"] == "2026-05-01T09:30:00Z"
    assert heard["bar"][0]["baristaUserId"] == BARISTA
    assert BARISTA not in json.dumps(heard["guest"])
    assert GUEST not in json.dumps(screen)
    assert BARISTA not in json.dumps(screen)
    live.gone.add("bar")
    # One that is only being made is not there either, and must hear what comes next.
    published(live, "OrderManager.OrderCompleted", "e4", **ids)
    assert "bar" in published(live, "OrderManager.OrderCompleted", "e4", **ids)
    monkeypatch.setattr("time.time", lambda: 1_800_036_150 + 60)
    published(live, "OrderManager.OrderCompleted", "e4", **ids)
    assert "bar" not in published(live, "OrderProcessor.orderFinished", "e5", **ids)
    assert socket(live, "screen", "$disconnect") == 200
    assert published(live, "OrderProcessor.orderFinished", "e6", **ids).keys() == {"guest"}


def test_a_ticket_is_for_one_connection_and_a_minute(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = [ask(live, "GET /live", GUEST)[1]["url"].partition("ticket=")[2] for _ in range(2)]
    assert [socket(live, "c", "$connect", ticket=tickets[0]) for _ in range(2)] == [200, 403]
    assert [socket(live, "c", "$connect"), socket(live, "c", "$connect", ticket="x")] == [403, 403]
    # Longer than a key of DynamoDB, and half a character.
    assert [socket(live, "c", "$connect", ticket=text) for text in ("x" * 3000, "\ud800")] == [403, 403]
    monkeypatch.setattr("time.time", lambda: 1_800_036_150 + 3600)
    assert socket(live, "c", "$connect", ticket=tickets[1]) == 403


def test_a_page_that_was_away_hears_what_it_missed_once_and_only_its_own(live: Any) -> None:
    connects(live, "guest", GUEST)
    ids = {"orderId": "o1", "userId": GUEST, "eventId": "nyc"}
    numbers = []
    for identifier in ("e1", "e1", "e2", "e3"):  # one comes twice
        ((message,),) = published(
            live, "OrderManager.MakeOrder", identifier, **ids, baristaUserId=""
        ).values()
        numbers.append(message["number"])
    assert numbers == [1, 1, 2, 3]
    channel = f"user#{GUEST}"
    live.sent.clear()
    asked = json.dumps({"action": "since", "channels": {channel: 1, "queue": 0}})
    assert socket(live, "guest", "since", asked) == 200
    ((_, answer),) = live.sent
    assert ([each["number"] for each in answer["missed"]], answer["complete"]) == ([2, 3], True)
    for number, complete in ((3, True), (4, False), (-1, False)):
        socket(live, "guest", "since", json.dumps({"channels": {channel: number}}))
        assert live.sent[-1][1]["complete"] is complete
    assert {
        socket(live, "guest", "since", body)
        for body in (
            *("[]", "{", '{"channels": null}'),
            *('{"channels": {"user#guest": ' + each + "}}" for each in ('"x"', "null", "1e999", "9" * 2000)),
        )
    } == {400}


def test_what_was_missed_comes_in_answers_that_a_connection_takes_and_is_an_hour_old_at_most(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects(live, "guest", GUEST)
    ids = {"orderId": "o1", "userId": GUEST, "baristaUserId": ""}
    old, moment = live.time.time, 1_800_036_150 - 7200  # not yet deleted by DynamoDB
    monkeypatch.setattr("time.time", lambda: moment)
    for number in range(60):
        published(live, "OrderManager.MakeOrder", f"old{number}", **ids)
    monkeypatch.setattr("time.time", old)
    for number in range(4):
        published(live, "OrderManager.MakeOrder", f"e{number}", **ids, Message="é" * 8000)
    heard, last = [], 0
    while last < 64:
        live.sent.clear()
        socket(live, "guest", "since", json.dumps({"channels": {f"user#{GUEST}": last}}))
        ((_, answer),) = live.sent
        assert len(json.dumps(answer)) < 128 * 1024
        heard += [each["number"] for each in answer["missed"]]
        last = heard[-1]
    assert heard == [61, 62, 63, 64]


def test_of_the_settings_pages_hear_what_fits_a_message(live: Any) -> None:
    connects(live, "bar", BARISTA, "barista")
    row = {"storeOpen": True, "version": 7, "menu": [{"drink": "x"}]}
    (messages,) = published(live, "ConfigService.ConfigChanged", "e1", NewImage=row).values()
    assert messages[0]["settings"] == {"storeOpen": True, "version": 7}


def test_the_average_time_of_a_drink_is_for_displays_alone(live: Any) -> None:
    connects(live, "display", "d", "display")
    connects(live, "barista", BARISTA, "barista")
    average = {"drink": "Espresso", "duration": 61000, "eventId": "nyc"}
    (messages,) = published(live, "OrderManager.DrinkAverageTime", "e1", **average).items()
    connection, (message,) = messages
    assert connection == "display"
    assert {name: message[name] for name in ("event", "drink", "duration")} == {
        "event": "OrderManager.DrinkAverageTime",
        "drink": "Espresso",
        "duration": 61000,
    }


# Staff.


@pytest.fixture
def staff(service: Service, aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The service, with a pool that has an admin, anna, and a guest, mallory."""
    users = aws("cognito-idp")
    kinds = ("Lowercase", "Numbers", "Symbols", "Uppercase")
    rules = {"MinimumLength": 24, **{f"Require{kind}": False for kind in kinds}}
    policies = {"PasswordPolicy": rules}
    pool = users.create_user_pool(PoolName="p", Policies=policies)["UserPool"]["Id"]
    monkeypatch.setenv("POOL", pool)
    for group in ("admin", "barista", "display"):
        users.create_group(UserPoolId=pool, GroupName=group)
    for name in ("anna", "mallory"):
        users.admin_create_user(UserPoolId=pool, Username=name, TemporaryPassword="x" * 24)
    users.admin_add_user_to_group(UserPoolId=pool, Username="anna", GroupName="admin")
    return service("staff")


def changed(staff: Any, route: str, name: str, **parameters: str) -> Any:
    status, answer = ask(staff, route, "a", "admin", name=name, **parameters)
    return answer if status == 200 else (status, answer["type"].rpartition(":")[2])


def test_an_admin_adds_and_removes_baristas_and_displays(staff: Any) -> None:
    added = changed(staff, "PUT /staff/{name}", "ben", group="barista")
    assert (added["groups"], len(added.pop("password"))) == (["barista"], 32)
    # A second group, and the same again: the password stays.
    for _ in range(2):
        again = changed(staff, "PUT /staff/{name}", "ben", group="display")
        assert again == {"name": "ben", "groups": ["barista", "display"]}
    assert ask(staff, "GET /staff", "a", "admin") == (200, [{"name": "anna", "groups": ["admin"]}, again])
    assert changed(staff, "DELETE /staff/{name}", "ben") == again
    assert changed(staff, "DELETE /staff/{name}", "ben") == (404, "unknown-member")


def test_an_admin_makes_no_admin_and_changes_none_and_makes_no_guest_staff(staff: Any) -> None:
    for group, fault in (("admin", (422, "invalid-request")), ("guest", (422, "invalid-request"))):
        assert changed(staff, "PUT /staff/{name}", "ben", group=group) == fault
    assert changed(staff, "PUT /staff/{name}", "anna", group="barista") == (409, "owners-only")
    assert changed(staff, "DELETE /staff/{name}", "anna") == (409, "owners-only")
    assert changed(staff, "PUT /staff/{name}", "mallory", group="barista") == (409, "name-taken")
    assert changed(staff, "DELETE /staff/{name}", "mallory") == (404, "unknown-member")
    for name in ("", "..", "a/b", "<b>", "x" * 51):
        assert changed(staff, "PUT /staff/{name}", name, group="barista") == (422, "invalid-request")
    assert ask(staff, "GET /staff", "a", "admin") == (200, [{"name": "anna", "groups": ["admin"]}])


def test_a_member_who_gets_no_group_is_not_left_as_a_guest(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = staff.bar.client("cognito-idp")

    def fails(**_: Any) -> None:
        raise RuntimeError("throttled")

    monkeypatch.setattr(users, "admin_add_user_to_group", fails)
    with pytest.raises(RuntimeError, match="throttled"):
        changed(staff, "PUT /staff/{name}", "ben", group="barista")
    with pytest.raises(users.exceptions.UserNotFoundException):
        users.admin_get_user(UserPoolId=staff.os.environ["POOL"], Username="ben")


# Requests, and the story of an order.


@pytest.mark.parametrize(
    ("body", "encoded", "status"),
    [
        ("{", False, 400),
        ("x" * 32769, False, 413),
        ("ü" * 20000, False, 413),
        ("%%%", True, 400),
        ("[" * 4000, False, 400),
        ('{"maxOrdersInQueue": NaN}', False, 400),
        ('{"maxOrdersInQueue": 1e999}', False, 400),
        (r'{"menu": [{"drink": "\ud800", "available": true}]}', False, 400),
    ],
    ids=["no JSON", "too long", "too many bytes", "no base64", "too deep", "no number", "too large", "half"],
)
def test_a_body_that_is_none_is_refused(
    code: Callable[[str], Any], body: str, encoded: bool, status: int
) -> None:
    event = {**request("PUT /config", "a", "admin"), "body": body, "isBase64Encoded": encoded}
    assert code("config").handler(event, None)["statusCode"] == status


def test_the_story_has_each_event_once_for_the_customer_and_baristas_alone(service: Service) -> None:
    journey = service("journey")
    order = str(uuid.uuid4())
    begun = "OrderProcessor.WorkflowStarted"
    for number, kind in enumerate(("Validator.NewOrder", begun, begun, "OrderManager.MakeOrder")):
        detail = {"orderId": order, "userId": GUEST, "TaskToken": "t", "Message": kind}
        detail |= {"baristaUserId": BARISTA} if kind == "OrderManager.MakeOrder" else {}
        event = {
            "id": kind,
            "time": "2026-05-01T09:30:00Z",
            "source": "s",
            "detail-type": kind,
            "detail": detail,
        }
        journey.handler({**event, "received": number}, None)
    for user, groups, status in ((GUEST, (), 200), (BARISTA, ("barista",), 200), ("other", (), 404)):
        assert ask(journey, "GET /orders/{id}/journey", user, *groups, id=order)[0] == status
    story = ask(journey, "GET /orders/{id}/journey", GUEST, id=order)[1]["events"]
    assert [line["event"] for line in story] == ["Validator.NewOrder", begun, "OrderManager.MakeOrder"]
    assert "TaskToken" not in json.dumps(story)
    # Who made it is for baristas alone.
    assert story[-1]["detail"] == {"Message": "OrderManager.MakeOrder", "making": True}
    story = ask(journey, "GET /orders/{id}/journey", BARISTA, "barista", id=order)[1]["events"]
    assert story[-1]["detail"]["baristaUserId"] == BARISTA
