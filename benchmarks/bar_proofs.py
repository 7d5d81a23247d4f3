"""What must hold after a load: of events on the bus, tables, metrics, logs and the API's answers."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from bar_guests import Crowd

from presso.aws_access import Access
from presso.bar.owned_bar import OwnedBar
from presso.simulation.event_log import EventLog
from presso.units.dead_letters import DeadLetters

_FULL_PAGE = 10_000
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of orders, users and events
SERVICES = ("config", "journey", "manager", "metrics", "processor", "publisher", "validator")
OPEN = ("STARTED", "ORDERED", "CREATED", "MAKING")
SCANNED, BEGUN = "Validator.NewOrder", "OrderProcessor.WorkflowStarted"
FINISHED = "OrderProcessor.orderFinished"
PLACED, COMPLETED = "OrderManager.WaitingCompletion", "OrderManager.OrderCompleted"
CANCELLED, CLAIMED = "OrderManager.OrderCancelled", "OrderManager.MakeOrder"


@dataclass
class Traces:
    """What a bar's orders have left.

    Args:
        events: Of the bus, in the order of their times.
        tables: Service → the items of its table.
        logs: Group → the lines of its log.
        listed: Order → the order, as the API lists it for its guest.
        waiting: What the API lists of orders that are not over.
        dead_letters: How many there are.
    """

    events: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]]
    logs: dict[str, list[str]]
    listed: dict[str, dict[str, Any]]
    waiting: list[Any]
    dead_letters: int

    @classmethod
    async def of(cls, access: Access, tenant: str, crowd: Crowd, since: float) -> Traces:
        """Read them."""
        listed = {}
        for guest in crowd.guests:
            for order in (await guest.user.ask("GET", "/myOrders"))[1]:
                listed[order["orderId"]] = {**order, "of": guest.user.name}
        barista = crowd.baristas[0].user
        waiting = [each for state in OPEN for each in (await barista.ask("GET", f"/orders?state={state}"))[1]]
        logs = access.client("logs")
        names = [f"/aws/lambda/{tenant}--core--{name}" for name in (*SERVICES, "signup")]
        return cls(
            [event.document for event in EventLog(logs, tenant, since).poll()],
            {service: _items(access, f"{tenant}--core--{service}") for service in SERVICES},
            {name: _lines(logs, name) for name in names},
            listed,
            waiting,
            sum(letters.count for letters in DeadLetters(OwnedBar(access, tenant)).all()),
        )

    @property
    def invocations(self) -> int:
        """How often the bar's functions ran."""
        return sum(line.startswith("REPORT ") for lines in self.logs.values() for line in lines)

    def text(self, crowd: Crowd) -> str:
        """All of it, and all that the clients have heard, as one text."""
        parts = [self.events, self.tables, self.logs, self.listed]
        return "\n".join([*(json.dumps(part, default=str) for part in parts), *crowd.load.said])


def _items(access: Access, table: str) -> list[dict[str, Any]]:
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    pages = access.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [{key: read(value) for key, value in item.items()} for page in pages for item in page["Items"]]


def _lines(logs: Any, group: str) -> list[str]:
    """All lines of a log, by time: the local AWS answers without a token for the next."""
    lines: list[str] = []
    since = 0
    while True:
        page = logs.filter_log_events(logGroupName=group, startTime=since, limit=_FULL_PAGE)["events"]
        full = len(page) == _FULL_PAGE
        since = page[-1]["timestamp"] if full else since
        lines += [event["message"] for event in page if not full or event["timestamp"] < since]
        if not full:
            return lines


def _kinds(traces: Traces) -> dict[str, Counter[str]]:
    """The types of each order's events. One may come twice, as always with EventBridge."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for event in traces.events:
        if "orderId" in event["detail"]:
            kinds[event["detail"]["orderId"]][event["detail-type"]] += 1
    return kinds


def _states(traces: Traces) -> dict[str, str]:
    return {item["pk"]: item["state"] for item in traces.tables["manager"] if "userId" in item}


def of_orders(traces: Traces, crowd: Crowd) -> dict[str, list[str]]:
    """What must hold of the orders of one tenant → why it does not, empty where it does."""
    load, kinds, states = crowd.load, _kinds(traces), _states(traces)
    placed = [event["detail"] for event in traces.events if event["detail-type"] == PLACED]
    numbers = sorted({(int(detail["orderNumber"]), detail["orderId"]) for detail in placed})
    return {
        "every client's requests and connections worked": load.failed[:5],
        f"{load.orders} orders, each scanned once, none lost and none more": _unless(
            len(load.scanned) == load.orders and load.scanned.keys() == kinds.keys() == states.keys(),
            f"{len(load.scanned)} scanned, {len(kinds)} on the bus, {len(states)} in the table",
        ),
        "each order has all of its events, and one end": [
            f"{order}: {dict(found)}" for order, found in kinds.items() if not _whole(found)
        ][:3],
        "no order is left open, by the table, the API, the capacity or a guest's open orders": [
            *(f"{order} is {state}" for order, state in states.items() if state in OPEN),
            *(f"the API lists {order}" for order in traces.waiting),
            *_held(traces),
        ][:5],
        "each guest's page heard of the end of each order": _unless(
            load.ends.keys() == load.scanned.keys(), f"{len(load.ends)} ends"
        ),
        "order numbers are 1, 2, 3, …, without a gap or a repetition": _unless(
            [number for number, _ in numbers] == [*range(1, len(numbers) + 1)], f"{numbers}"
        ),
        "each order was handed over by the barista who had claimed it": [
            f"{order}: {state}"
            for order, state in states.items()
            if state == "COMPLETED" and order not in load.baristas
        ],
    }


def of_agreement(traces: Traces, crowd: Crowd) -> dict[str, list[str]]:
    """Where events, tables, metrics, pages and the API must agree → why they do not."""
    kinds, states = _kinds(traces), _states(traces)
    total, ended = Counter(kind for found in kinds.values() for kind in found), Counter(states.values())
    lines = [(group, line) for group, found in traces.logs.items() for line in found]
    return {
        "events, table and the API's answers agree on each order's end": _unless(
            (total[COMPLETED], total[CANCELLED]) == (ended["COMPLETED"], ended["CANCELLED"])
            and states == {order: found["state"] for order, found in traces.listed.items()},
            f"{dict(total)}; {dict(ended)}; {len(traces.listed)} listed",
        ),
        "metrics agree with the events": _metrics(traces, total),
        "the story of each order has all its events": _stories(traces, kinds),
        "each page heard each message of its channels": [
            f"{channel}: {sorted(found)}"
            for user in crowd.users
            for channel, found in user.numbers.items()
            if found and len({*found}) != max(found) - min(found) + 1
        ][:3],
        "no dead letters, and no function failed": [
            *_unless(not traces.dead_letters, f"{traces.dead_letters} dead letters"),
            *(f"{group}: {line[:300]}" for group, line in lines if _fault(line)),
        ][:5],
    }


def _fault(line: str) -> bool:
    return any(word in line for word in ("Traceback", "[ERROR]", "Task timed out"))


def _whole(found: Counter[str]) -> bool:
    """Whether an order has all its events, and one end."""
    begun = {SCANNED, BEGUN, FINISHED} <= found.keys()
    made = COMPLETED not in found or {PLACED, CLAIMED} <= found.keys()
    return begun and made and len({COMPLETED, CANCELLED} & found.keys()) == 1


def _held(traces: Traces) -> list[str]:
    """Orders that still have a place of the capacity, or are among a guest's open ones."""
    shop: dict[str, Any] = next((item for item in traces.tables["processor"] if item["pk"] == "shop"), {})
    users = [item for item in traces.tables["validator"] if item["pk"].startswith("user#")]
    return [
        *(f"{order} is {name}" for name in ("running", "waiting") for order in shop.get(name, ())),
        *(f"{order} is open for {user['pk']}" for user in users for order in user.get("orders") or ()),
    ]


def _metrics(traces: Traces, total: Counter[str]) -> list[str]:
    group = next(name for name in traces.logs if name.endswith("--metrics"))
    measured: Counter[str] = Counter()
    for line in traces.logs[group]:
        if "_aws" in line:
            values = json.loads(line)
            for metric in values["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                measured[metric["Name"]] += 1
    expected = {
        "Scanned": total[SCANNED],
        "Ordered": total[PLACED],
        "Completed": total[COMPLETED],
        "Cancelled": total[CANCELLED],
        "MakingTime": total[COMPLETED],
    }
    return _unless({name: measured[name] for name in expected} == expected, f"{dict(measured)}, {expected}")


def _stories(traces: Traces, kinds: dict[str, Counter[str]]) -> list[str]:
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for line in traces.tables["journey"]:
        told[line["pk"]][line["what"]] += 1
    # An event that the core sends twice has two ids; one that arrives twice has one.
    return [f"{order}: {told[order]}" for order in kinds if told[order] != kinds[order]][:3]


def of_isolation(one: Traces, other: Traces, crowd: Crowd, another: Crowd) -> dict[str, list[str]]:
    """What must hold of a tenant and another one: nothing of the second is anywhere in the first."""
    seen = {*_ID.findall(one.text(crowd))}
    ids = [
        *another.load.scanned,
        *(event["id"] for event in other.events),
        *(str(order["userId"]) for order in other.listed.values()),
    ]
    return {
        "no id, event or message of the other tenant": [
            each for each in ids if each in seen or not _ID.fullmatch(each)
        ][:3],
    }


def _unless(held: bool, why: str) -> list[str]:
    return [] if held else [why]
