"""Python classes of events take what the schema allows, give it back, and report faults in the rest."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest
from tests.presso.catalog.bindings.conftest import SHAPES, shaped

from presso.catalog.bindings import generate
from presso.catalog.events import Catalog, CatalogEvent, Example
from presso.catalog.generation import generated
from presso.errors import UsageError

pytestmark = pytest.mark.slow

ClassOf = Callable[[CatalogEvent], Any]
PLACED = "OrderManager.WaitingCompletion"


@pytest.fixture(scope="session")
def python_code(everything: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package `events` with the code of all events."""
    folder = tmp_path_factory.mktemp("python") / "events"
    folder.mkdir()
    for name, text in generate(everything, everything.names, "python").items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def package(python_code: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, imported; forgotten afterwards."""
    monkeypatch.syspath_prepend(str(python_code.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield import_module("events")
    for name in [name for name in sys.modules if name.split(".")[0] == "events"]:
        del sys.modules[name]


@pytest.fixture
def class_of(package: ModuleType) -> Callable[[CatalogEvent], Any]:
    """An event's class."""
    from presso.catalog.openapi import component

    return lambda event: getattr(package, component(event))


def test_every_example_and_random_events_come_back_as_they_went_in(
    catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    for event in catalog.events:
        for whole in chain(event.samples(), generated(event, 100, seed=11)):
            read = package.parse(class_of(event), json.dumps(whole))
            assert json.loads(package.as_json(read)) == whole
            assert package.parse(class_of(event), package.as_dict(read)) == read


@pytest.mark.parametrize("shape", SHAPES)
def test_details_of_every_shape_come_back_as_they_went_in(
    shape: str, package: ModuleType, class_of: ClassOf
) -> None:
    event = shaped(shape)
    for whole in event.samples():
        assert jsonschema_rs.Draft202012Validator(event.schema).is_valid(whole["detail"])
        assert package.as_dict(package.parse(class_of(event), whole)) == whole


def test_fields_have_pythons_names_and_types(
    catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    event = catalog.find(PLACED)
    read = package.parse(class_of(event), event.samples()[0])
    assert (read.detail_type, read.detail.drink_order.drink, read.detail.ts) == (
        PLACED,
        "Caffe Latte",
        1793527200000,
    )
    assert read.detail.drink_order.modifiers == ("Oat",)
    assert read.replay_name is None


def test_any_event_is_read_as_its_detail_type(
    everything: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    for event in everything.events:
        for whole in event.samples():
            assert package.parse_any(json.dumps(whole)) == package.parse(class_of(event), whole)


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"detail-type": "Bar.Burnt"}, 'detail-type: expected "ConfigService.ConfigChanged" or '),
        ({"source": "me"}, 'source: expected the source of such an event, found "me"'),
        ({"detail": {}}, "detail.orderId: is missing"),
    ],
)
def test_an_event_that_is_none_of_them_is_reported(
    changes: dict[str, Any], reported: str, catalog: Catalog, package: ModuleType
) -> None:
    event = catalog.find(PLACED)
    with pytest.raises(package.WrongEventError) as caught:
        package.parse_any({**event.samples()[0], **changes})
    assert str(caught.value).startswith(reported)


def test_what_is_read_cannot_be_changed(catalog: Catalog, package: ModuleType, class_of: ClassOf) -> None:
    event = catalog.find(PLACED)
    read = package.parse(class_of(event), event.samples()[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.detail.drink_order.drink = "Espresso"
    assert hash(read) == hash(package.parse(class_of(event), event.samples()[0]))


def test_unknown_fields_are_passed_over(catalog: Catalog, package: ModuleType, class_of: ClassOf) -> None:
    event = catalog.find(PLACED)
    whole = event.samples()[0]
    order = {**whole["detail"]["drinkOrder"], "size": "large"}
    more = {**whole, "trace": "1-2", "detail": {**whole["detail"], "drinkOrder": order, "loyalty": 5}}
    assert package.as_dict(package.parse(class_of(event), more)) == whole


def test_a_detail_alone_is_read_and_written_for_put_events(
    catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    event = catalog.find("OrderManager.MakeOrder")
    detail = sys.modules[class_of(event).__module__].Detail
    made = detail(order_id="o", barista_user_id="b", event_id="nyc", user_id="u")
    assert json.loads(package.as_json(made)) == {
        "orderId": "o", "baristaUserId": "b", "eventId": "nyc", "userId": "u",
    }  # fmt: skip
    assert package.parse(detail, package.as_json(made)) == made


def _changed(event: CatalogEvent, path: str, value: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(event.samples()[0]))
    *above, name = path.split(".")
    here = whole
    for step in above:
        here = here[step]
    here.pop(name) if value is ... else here.update({name: value})
    return whole


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("detail.orderId", ..., "detail.orderId: is missing"),
        ("detail", ..., "detail: is missing"),
        ("time", ..., "time: is missing"),
        ("detail.drinkOrder.drink", 5, "detail.drinkOrder.drink: expected text, found 5"),
        ("detail.drinkOrder.drink", None, "detail.drinkOrder.drink: expected text, found null"),
        ("detail.drinkOrder.modifiers", {}, "detail.drinkOrder.modifiers: expected a list, found {}"),
        ("detail.drinkOrder.modifiers", ["a", 1], "detail.drinkOrder.modifiers[1]: expected text, found 1"),
        ("detail.drinkOrder", [1], "detail.drinkOrder: expected an object, found [1]"),
        ("detail.TS", "soon", 'detail.TS: expected a whole number, found "soon"'),
        ("detail.TS", 1.5, "detail.TS: expected a whole number, found 1.5"),
        ("detail.TS", True, "detail.TS: expected a whole number, found true"),
        ("detail.robot", 1, "detail.robot: expected true or false, found 1"),
        ("detail.Message", 1, "detail.Message: expected text or null, found 1"),
        ("detail-type", "Other", f'detail-type: expected "{PLACED}", found "Other"'),
        ("detail.state", {"a": "b" * 100}, f'detail.state: expected text, found {{"a": "{"b" * 73}…'),
    ],
)
def test_what_is_wrong_is_reported_with_its_place(
    path: str, value: Any, reported: str, catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    event = catalog.find(PLACED)
    with pytest.raises(package.WrongEventError) as caught:
        package.parse(class_of(event), _changed(event, path, value))
    assert str(caught.value) == reported
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("{", "the event: is not JSON: "),
        (b"\xff", "the event: is not JSON: "),
        ("[]", "the event: expected an object, found []"),
        ("null", "the event: expected an object, found null"),
        ('"text"', 'the event: expected an object, found "text"'),
    ],
)
def test_what_is_not_an_event_is_reported(
    text: str | bytes, reported: str, catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    with pytest.raises(package.WrongEventError) as caught:
        package.parse(class_of(catalog.find(PLACED)), text)
    assert str(caught.value).startswith(reported)


def test_a_number_that_is_whole_is_one_however_it_is_written(
    catalog: Catalog, package: ModuleType, class_of: ClassOf
) -> None:
    event = catalog.find(PLACED)
    read = package.parse(class_of(event), _changed(event, "detail.TS", 5.0))
    assert read.detail.ts == 5
    assert isinstance(read.detail.ts, int)


def test_the_code_needs_nothing_but_python(python_code: Path) -> None:
    # -S leaves out everything that is installed.
    begin = f"import sys; sys.path.insert(0, {str(python_code.parent)!r}); "
    script = f"{begin}import events; print(len(events.__all__))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > len(SHAPES)


def test_the_code_passes_mypy_strict_and_ruff(python_code: Path, checkout: Path, tmp_path: Path) -> None:
    settings = str(checkout / "pyproject.toml")
    for tool in (
        ["mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path)],
        # Without D301: a backslash in an author's description.
        ["ruff", "check", "--config", settings, "--no-cache", "--ignore", "D301"],
        ["ruff", "format", "--check", "--diff", "--config", settings, "--no-cache"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *tool, str(python_code)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_is_the_same_wherever_it_is_made(checkout: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "presso",
        "--home",
        str(tmp_path),
        "catalog",
        "code",
        "OrderRobot.FulfillOrder",
    ]
    (tmp_path / "pyproject.toml").write_text(
        "[tool.black]\nline-length = 20\n[tool.datamodel-codegen]\nno-alias = true\n"
    )
    reported = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=place, check=True, capture_output=True
        ).stdout
        for seed, place in (("1", checkout), ("2", tmp_path))
    }
    assert len(reported) == 1


def test_the_words_of_the_catalog_are_in_the_code(python_code: Path) -> None:
    text = " ".join((python_code / "order_manager_waiting_completion.py").read_text().split())
    assert "ts: When the order was placed, in milliseconds since 1970." in text


def test_an_event_that_is_not_there_is_an_error_that_names_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UsageError) as caught:
        generate(catalog, ["OrderManager.MakeOder"], "python")
    assert "OrderManager.MakeOrder" in caught.value.hint


def test_two_events_that_would_be_called_the_same_are_refused(catalog: Catalog) -> None:
    one, other = (
        dataclasses.replace(shaped("maps"), name=name, examples=(Example("", {}),)) for name in ("A.b", "A-b")
    )
    with pytest.raises(UsageError, match="would both be called AB"):
        generate(dataclasses.replace(catalog, events=(one, other)), ["A.b", "A-b"], "python")
