"""How many units run at a time without `--parallel`."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from presso.deployment import parallelism
from presso.deployment.command import Command
from presso.deployment.progress import Silent
from presso.deployment.unit_selection import Selection
from presso.tenants import Target, Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace

GB = 1e9


@pytest.mark.parametrize("cores", [2, 4, 16])
@pytest.mark.parametrize("targets", [{"local"}, {"aws", "local"}, set[str]()])
def test_units_that_compute_run_by_cores(targets: set[str], cores: int) -> None:
    assert parallelism.default(targets, cores, 64 * GB) == cores


@pytest.mark.parametrize(
    ("cores", "memory", "units"),
    [
        pytest.param(2, 32 * GB, 20, id="as many as keep two cores busy"),
        pytest.param(4, 8 * GB, 6, id="as many as memory holds"),
        pytest.param(32, 64 * GB, 32, id="no fewer than cores"),
        pytest.param(4, 2 * GB, 4, id="no fewer than cores, though memory is small"),
        pytest.param(1, 0, 2, id="two on an unknown machine"),
    ],
)
def test_units_on_aws_wait_and_more_of_them_run(cores: int, memory: float, units: int) -> None:
    assert parallelism.default({"aws"}, cores, memory) == units


@pytest.mark.parametrize(
    ("units", "parallel", "cores", "one"),
    [
        pytest.param(3, 2, 2, True, id="as many at a time as cores"),
        pytest.param(40, 20, 2, True, id="more at a time than cores"),
        pytest.param(2, 2, 2, False, id="an extension waits for its platform, which has all cores"),
        pytest.param(40, 1, 2, False, id="one at a time"),
        pytest.param(40, 4, 8, False, id="cores to spare"),
    ],
)
def test_a_terraform_computes_on_one_core_where_others_have_the_rest(
    units: int, parallel: int, cores: int, one: bool
) -> None:
    found = parallelism.of_terraform({"HOME": "/root"}, units, parallel, cores)
    assert found == {"HOME": "/root"} | ({"GOMAXPROCS": "1"} if one else {})


def test_a_callers_own_number_of_cores_stays() -> None:
    assert parallelism.of_terraform({"GOMAXPROCS": "3"}, 40, 20, 2) == {"GOMAXPROCS": "3"}


def test_this_machine_has_a_core_and_memory() -> None:
    assert parallelism.cores() >= 1
    assert parallelism.memory() > 1e8


@pytest.mark.parametrize(("target", "given", "units"), [("aws", 0, 12), ("local", 0, 3), ("aws", 2, 2)])
def test_a_command_has_the_default_of_its_units(
    target: Target, given: int, units: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallelism, "cores", lambda: 3)
    monkeypatch.setattr(parallelism, "memory", lambda: 16 * GB)
    tenant = replace(Tenant(name="nyc", title="NYC"), target=target)
    selection = Selection([Unit("nyc")], {"nyc": tenant}, frozenset())
    workspace = Workspace(Path("/checkout"), Path("/home"))
    command = Command(workspace, selection, "apply", cast("Any", None), Silent(), parallel=given)
    assert command.parallel == units
