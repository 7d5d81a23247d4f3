"""The functions of the core, imported as Lambda does, each with a table of its own on the local AWS."""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from presso.local_aws import Running

FUNCTIONS = Path(__file__).parents[3] / "modules/core/functions"
TENANT = "nyc"
# In the middle of a code's five minutes, of a day in UTC and of one in New York.
NOW = 1_800_036_150
# The settings of a tenant's file, as modules/core gives them to the service config.
FIRST = {
    **{"menu": [{"drink": "Espresso", "available": True}], "drinksPerBarcode": 10},
    **{"maxOrdersPerUser": 1, "maxOrdersInQueue": 10, "maxOrdersRunning": 20},
    **{"customerSeconds": 300, "baristaSeconds": 900},
}


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Import a file of the functions by its name; forgotten after the test."""
    own = {path.stem for path in FUNCTIONS.glob("*.py")}
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(FUNCTIONS))
    for name in own & sys.modules.keys():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("TENANT", TENANT)
    yield import_module
    for name in own & sys.modules.keys():
        del sys.modules[name]


@pytest.fixture
def service(
    code: Callable[[str], Any], local_aws: Running, account: str, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], ModuleType]:
    """A service's code, with its table; what it emits is kept in `emitted`, not put on a bus.

    Its clock begins at `NOW`, a millisecond later each time it is read: a test that crosses from one
    code or day to the next sets the time itself.
    """

    def made(name: str) -> ModuleType:
        reads = count()
        monkeypatch.setattr("time.time", lambda: NOW + next(reads) / 1000)
        for variable, value in local_aws.environment(account).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the account of another test
        monkeypatch.setenv("TABLE", name)
        monkeypatch.setenv("TIME_ZONE", "America/New_York")
        monkeypatch.setenv("SOCKET", "wss://live.example/bar")
        monkeypatch.setenv("FIRST", json.dumps(FIRST))
        indexes = {"manager": [("state", "S"), ("userId", "S")]}.get(name, [])
        attributes = {"pk": "S", **({"sk": "S"} if name in ("journey", "publisher") else {})}
        keys = [
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(attributes, ("HASH", "RANGE"), strict=False)
        ]
        more: dict[str, Any] = (
            {"GlobalSecondaryIndexes": [_index(key) for key, _ in indexes]} if indexes else {}
        )
        attributes |= {**dict(indexes), "TS": "N"} if indexes else {}
        aws("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=keys,
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": kind} for key, kind in attributes.items()
            ],
            **more,
        )
        module: Any = code(name)
        module.bar.emitted = []
        monkeypatch.setattr(module.bar, "emit", lambda *event: module.bar.emitted.append(event))
        return module  # type: ignore[no-any-return]

    return made


def _index(key: str) -> dict[str, Any]:
    return {
        "IndexName": key,
        "KeySchema": [
            {"AttributeName": key, "KeyType": "HASH"},
            {"AttributeName": "TS", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }


@pytest.fixture(scope="session")
def catalog(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, dict[str, Any]], list[str]]:
    """What is wrong with an event of the core, by the catalog; warnings too."""
    from presso.catalog.events import Catalog
    from presso.catalog.validation import Checker
    from presso.workspace import Workspace

    checker = Checker(Catalog.load(Workspace(checkout, tmp_path_factory.mktemp("catalog"))))

    def faults(kind: str, detail: dict[str, Any]) -> list[str]:
        return [str(fault) for fault in checker.check({"detail-type": kind, "detail": detail})]

    return faults
