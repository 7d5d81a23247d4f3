"""The simulated coffee bar: its events must be such as the services could have emitted."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presso.errors import UsageError
from presso.simulation import scenarios, simulator
from presso.simulation.scenarios import Event, Scenario

# The fields of every detail, as in Serverlesspresso's own events; `Message` is in all of them.
FIELDS = {
    "ConfigService.ConfigChanged": {"NewImage"},
    "OrderManager.MakeOrder": {"orderId", "baristaUserId", "eventId", "userId"},
    "OrderManager.OrderCancelled": {"orderId", "userId", "eventId", "ORDERSTATE"},
    "OrderManager.OrderCompleted": {"orderId", "userId", "eventId", "ORDERSTATE"},
    "OrderManager.WaitingCompletion": {
        *("orderId", "orderNumber", "state", "drinkOrder", "userId", "robot", "eventId", "TS")
    },
    "OrderProcessor.OrderTimeOut": {"orderId", "userId", "eventId", "cause"},
    "OrderProcessor.ShopUnavailable": {"userId", "eventId"},
    "OrderProcessor.WaitingCompletion": {"TaskToken", "orderId", "orderNumber", "userId", "eventId"},
    "OrderProcessor.WorkflowStarted": {"TaskToken", "orderId", "userId", "eventId"},
    "OrderProcessor.orderFinished": {"orderId", "userId", "eventId"},
    "OrderRobot.FulfillOrder": {"orderId", "eventId", "baristaUserId", "action"},
    "ProducerRobot.FulfillOrder": {"orderId", "eventId", "baristaUserId", "action", "body"},
    "Validator.NewOrder": {"orderId", "userId", "bucket"},
}
PLACED = ["OrderProcessor.WaitingCompletion", "OrderManager.WaitingCompletion"]
ENDS = {"OrderProcessor.orderFinished", "OrderProcessor.OrderTimeOut"}

days = st.builds(
    simulator.simulate,
    minutes=st.integers(10, 40),
    orders=st.integers(1, 60),
    seed=st.integers(0, 10**9),
)


@pytest.fixture(scope="module")
def quarter_hour() -> Scenario:
    return simulator.simulate(15, 84, 1)


@pytest.fixture(scope="module")
def hour() -> Scenario:
    return simulator.simulate(60, 200, 7)


def stories(scenario: Scenario) -> dict[str, list[Event]]:
    """The events of each order, by its id."""
    reported: dict[str, list[Event]] = defaultdict(list)
    for event in scenario.events:
        if "orderId" in event.detail:
            reported[event.detail["orderId"]].append(event)
    return reported


def started(scenario: Scenario) -> list[list[Event]]:
    return [
        story
        for story in stories(scenario).values()
        if any(event.detail_type == "OrderProcessor.WorkflowStarted" for event in story)
    ]


def first(story: list[Event], detail_type: str) -> Event | None:
    return next((event for event in story if event.detail_type == detail_type), None)


def at(story: list[Event], detail_type: str) -> int:
    found = first(story, detail_type)
    assert found, f"no {detail_type} in {story}"
    return found.at


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, other = (simulator.simulate(20, 50, 3) for _ in range(2))
    assert scenarios.dumps(one) == scenarios.dumps(other)


def test_another_seed_is_another_day() -> None:
    assert simulator.simulate(20, 50, 3).events != simulator.simulate(20, 50, 4).events


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_every_event_has_exactly_its_fields(scenario: Scenario) -> None:
    for event in scenario.events:
        assert set(event.detail) == FIELDS[event.detail_type] | {"Message"}


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_as_many_orders_start_as_were_asked_for(scenario: Scenario) -> None:
    assert len(started(scenario)) == scenario.orders


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_a_story_goes_on_to_its_end_or_to_the_scenarios(scenario: Scenario) -> None:
    end = scenario.minutes * 60
    for story in started(scenario):
        types = [event.detail_type for event in story]
        assert types[:2] == ["Validator.NewOrder", "OrderProcessor.WorkflowStarted"]
        ends = [kind for kind in types if kind in ENDS]
        assert len(ends) <= 1
        assert types[-1] in ENDS if ends else story[-1].at > end - 400


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_the_bar_never_has_more_orders_than_it_can_take(scenario: Scenario) -> None:
    running = 0
    for event in scenario.events:
        running += event.detail_type == "OrderProcessor.WorkflowStarted"
        running -= event.detail_type in ENDS
        assert 0 <= running <= simulator.MAX_RUNNING


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_a_barista_makes_one_order_at_a_time(scenario: Scenario) -> None:
    making: dict[str, str] = {}
    for event in scenario.events:
        order = event.detail.get("orderId")
        if event.detail_type == "OrderManager.MakeOrder":
            barista = event.detail["baristaUserId"]
            making = {who: what for who, what in making.items() if what != order}
            if barista and not barista.endswith("300000000000"):
                assert barista not in making
                making[barista] = order
        elif event.detail_type == "OrderProcessor.orderFinished":
            making = {who: what for who, what in making.items() if what != order}


@given(days)
@settings(deadline=None, max_examples=25)
def test_on_any_day_a_code_gives_no_more_drinks_than_it_may(scenario: Scenario) -> None:
    limit = scenario.events[0].detail["NewImage"]["drinksPerBarcode"]
    tickets = [e.detail["bucket"] for e in scenario.events if e.detail_type == "Validator.NewOrder"]
    for bucket, count in Counter(ticket["bucket"] for ticket in tickets).items():
        left = [ticket["availableTokens"] for ticket in tickets if ticket["bucket"] == bucket]
        assert left == list(range(limit - 1, limit - 1 - count, -1))
        assert left[-1] >= 0


def test_the_quarter_hour_has_at_least_sixty_orders_and_four_hundred_events(quarter_hour: Scenario) -> None:
    assert quarter_hour.orders >= 60
    assert len(quarter_hour.events) >= 400


def test_in_the_quarter_hour_every_story_has_its_end(quarter_hour: Scenario) -> None:
    assert all(story[-1].detail_type in ENDS for story in started(quarter_hour))


def test_customers_take_from_ten_to_sixty_seconds(quarter_hour: Scenario) -> None:
    placed = [story for story in started(quarter_hour) if first(story, PLACED[0])]
    waits = [at(story, PLACED[0]) - at(story, "OrderProcessor.WorkflowStarted") for story in placed]
    assert 10 <= min(waits) < max(waits) <= 60


def test_baristas_take_from_thirty_to_a_hundred_and_eighty_seconds(quarter_hour: Scenario) -> None:
    made = [s for s in started(quarter_hour) if first(s, "OrderManager.OrderCompleted")]
    by_hand = [story for story in made if not first(story, "ProducerRobot.FulfillOrder")]
    waits = [at(story, "OrderManager.OrderCompleted") - at(story, PLACED[0]) for story in by_hand]
    assert 30 <= min(waits) < max(waits) <= 180


def test_about_a_tenth_is_cancelled(quarter_hour: Scenario) -> None:
    cancelled = scenarios.counts(quarter_hour.events).detail_types["OrderManager.OrderCancelled"]
    assert 0.07 <= cancelled / quarter_hour.orders <= 0.13


def test_every_kind_of_event_and_every_drink_of_the_menu_is_in_the_quarter_hour(
    quarter_hour: Scenario,
) -> None:
    counts = scenarios.counts(quarter_hour.events)
    assert set(counts.detail_types) == set(FIELDS)
    assert set(counts.drinks) == set(simulator.MENU)


def test_orders_are_numbered_by_a_counter(quarter_hour: Scenario) -> None:
    numbers = [e.detail["orderNumber"] for e in quarter_hour.events if e.detail_type == PLACED[1]]
    assert numbers == [str(number + 1) for number in range(len(numbers))]


def test_only_a_latte_has_a_kind_of_milk(quarter_hour: Scenario) -> None:
    orders = [e.detail["drinkOrder"] for e in quarter_hour.events if e.detail_type == PLACED[1]]
    assert {m for order in orders if order["drink"] == "Caffe Latte" for m in order["modifiers"]} == {
        "Regular",
        "Oat",
    }
    assert not any(order["modifiers"] for order in orders if order["drink"] != "Caffe Latte")


def test_an_order_put_back_is_made_by_a_barista_later(quarter_hour: Scenario) -> None:
    put_back = 0
    for story in started(quarter_hour):
        baristas = [e.detail["baristaUserId"] for e in story if e.detail_type == "OrderManager.MakeOrder"]
        if "" in baristas:
            put_back += 1
            assert baristas[baristas.index("") + 1]
    assert put_back


def test_a_robots_order_is_ordered_and_made_by_robots(quarter_hour: Scenario) -> None:
    robots = [s for s in started(quarter_hour) if first(s, "ProducerRobot.FulfillOrder")]
    assert robots
    for story in robots:
        placed = first(story, PLACED[1])
        assert placed
        assert placed.detail["robot"] is True
        actions = [e.detail["action"] for e in story if e.detail_type == "OrderRobot.FulfillOrder"]
        assert actions in (["make", "complete"], ["make", "cancel"])


def test_once_the_shop_is_closed_who_scans_is_refused(quarter_hour: Scenario) -> None:
    closed = [e for e in quarter_hour.events if e.detail_type == "ConfigService.ConfigChanged"][1]
    assert closed.detail["NewImage"]["storeOpen"] is False
    late = [event for event in quarter_hour.events if event.at > closed.at]
    counts = scenarios.counts(late).detail_types
    assert counts["Validator.NewOrder"] == counts["OrderProcessor.ShopUnavailable"] > 0
    assert "OrderProcessor.WorkflowStarted" not in counts


def test_a_customer_who_orders_nothing_times_out_after_five_minutes(quarter_hour: Scenario) -> None:
    outs = [s for s in started(quarter_hour) if s[-1].detail_type == "OrderProcessor.OrderTimeOut"]
    assert outs
    for story in outs:
        assert story[-1].detail["cause"] == "Customer timedout"
        assert story[-1].at - at(story, "OrderProcessor.WorkflowStarted") == 300


def test_in_an_hour_an_order_that_is_not_made_times_out_after_fifteen_minutes(hour: Scenario) -> None:
    outs = [s for s in started(hour) if s[-1].detail.get("cause") == "Barista timedout"]
    assert outs
    for story in outs:
        assert story[-1].at - at(story, PLACED[0]) == 900


def test_ids_and_tokens_are_the_replays_own(quarter_hour: Scenario) -> None:
    for event in quarter_hour.events:
        for key in ("orderId", "userId", "baristaUserId", "TaskToken"):
            assert event.detail.get(key, "") == "" or event.detail[key].startswith("{run}")
        assert event.detail.get("eventId", "{tenant}") == "{tenant}"


def test_the_scenarios_of_the_module_are_what_the_simulator_makes(checkout: Path) -> None:
    folder = scenarios.folder(checkout)
    for name in scenarios.names(folder):
        kept = scenarios.load(folder / f"{name}.json")
        made = simulator.simulate(
            kept.minutes, kept.orders, kept.seed, name=name, title=kept.title, kind=kept.kind
        )
        assert scenarios.dumps(made) == (folder / f"{name}.json").read_text()


@pytest.mark.parametrize(
    ("minutes", "orders", "fault"),
    [
        (1, 5, "from 2 to 1440 minutes, not 1"),
        (1441, 5, "not 1441"),
        (15, 0, "from 1 to 1000 orders, not 0"),
        (15, 1001, "not 1001"),
        (120, 400, "400 orders make 3002 events within 120 minutes, which exceed a player's limit"),
        (15, 400, "400 orders are more than the bar can serve in 15 minutes"),
    ],
)
def test_numbers_that_make_no_day_are_refused(minutes: int, orders: int, fault: str) -> None:
    with pytest.raises(UsageError) as refused:
        simulator.simulate(minutes, orders, 1)
    assert fault in refused.value.message


def test_an_unknown_kind_of_day_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(UsageError) as refused:
        simulator.simulate(15, 10, 1, kind="rushh")
    assert "Did you mean rush?" in refused.value.hint


def kept(checkout: Path, name: str) -> Scenario:
    return scenarios.find(scenarios.folder(checkout), name)


def test_the_rush_hour_has_ten_times_the_guests_and_the_events_of_the_quarter_hour(checkout: Path) -> None:
    rush, usual = kept(checkout, "rush-hour"), kept(checkout, "quarter-hour")
    assert (rush.minutes, rush.orders) == (usual.minutes, 10 * usual.orders)
    assert 9.5 <= len(rush.events) / len(usual.events) <= 12


def test_in_the_rush_hour_the_bar_is_full_and_most_find_no_place(checkout: Path) -> None:
    rush = kept(checkout, "rush-hour")
    counts = scenarios.counts(rush.events).detail_types
    assert counts["OrderProcessor.ShopUnavailable"] > 3 * counts["OrderProcessor.WorkflowStarted"]
    running, most = 0, 0
    for event in rush.events:
        running += event.detail_type == "OrderProcessor.WorkflowStarted"
        running -= event.detail_type in ENDS
        most = max(most, running)
    assert most == simulator.MAX_RUNNING


def test_the_quiet_quarter_hour_has_a_tenth_of_the_guests(checkout: Path) -> None:
    quiet = kept(checkout, "quiet")
    counts = scenarios.counts(quiet.events).detail_types
    assert quiet.orders == 8
    assert "OrderProcessor.ShopUnavailable" not in counts


def test_at_closing_time_orders_are_made_and_newcomers_refused(checkout: Path) -> None:
    closing = kept(checkout, "closing-time")
    types = [event.detail_type for event in closing.events]
    (closed,) = [
        number
        for number, event in enumerate(closing.events)
        if event.detail.get("NewImage", {}).get("storeOpen") is False
    ]
    after = Counter(types[closed:])
    assert "OrderProcessor.WorkflowStarted" not in after
    assert after["OrderManager.OrderCompleted"] >= 3
    assert after["Validator.NewOrder"] == after["OrderProcessor.ShopUnavailable"] >= 15


def test_both_time_outs_happen_in_timeouts_when_they_are_due(checkout: Path) -> None:
    causes = Counter()
    for story in started(kept(checkout, "timeouts")):
        if story[-1].detail_type == "OrderProcessor.OrderTimeOut":
            cause = story[-1].detail["cause"]
            since = "OrderProcessor.WorkflowStarted" if cause.startswith("Customer") else PLACED[0]
            assert story[-1].at - at(story, since) == (300 if cause.startswith("Customer") else 900)
            causes[cause] += 1
    assert min(causes["Customer timedout"], causes["Barista timedout"]) >= 5


def happened(event: Event) -> str:
    return f"{event.at - event.late} {event.detail_type} {event.detail}"


def test_in_chaos_nothing_else_happens_than_without(checkout: Path) -> None:
    chaos = kept(checkout, "chaos")
    calm = simulator.simulate(chaos.minutes, chaos.orders, chaos.seed)
    assert {happened(event) for event in chaos.events} == {happened(event) for event in calm.events}


def test_in_chaos_events_come_twice_late_and_out_of_order(checkout: Path) -> None:
    events = kept(checkout, "chaos").events
    copies = len(events) - len({happened(event) for event in events})
    assert 0.08 <= copies / len(events) <= 0.16
    assert sum(event.late > 0 for event in events) / len(events) >= 0.15
    assert any(event.late >= 30 for event in events)
    order = [event.at - event.late for event in events]
    assert order != sorted(order)
    finished = {
        story[0].detail["orderId"]
        for story in started(kept(checkout, "chaos"))
        if story[0].detail_type != "Validator.NewOrder"
    }
    assert finished  # an order's later event came before its first
