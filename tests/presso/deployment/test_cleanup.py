"""What runs that were cut short have left is deleted only while no run elsewhere works on the unit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from presso.deployment import cleanup, tenant_resources, unfinished, unmanaged
from presso.deployment.outcome import Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.tenant_resources import TenantResource
from presso.deployment.unmanaged import Unmanaged
from presso.errors import PressoError
from presso.tenants import StateBucket, Tenant
from presso.units import state_bucket
from presso.units.unit import Unit
from presso.workspace import Workspace

CUPS = Unit("nyc", "cups")
NYC = Tenant(name="nyc", title="T", target="aws", state=StateBucket(bucket="acme", region="us-east-1"))
ENVIRONMENT = cast("TargetEnvironment", SimpleNamespace(access=lambda tenant: object()))


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in this order; "lock" fails if that is in it beforehand."""
    found: list[str] = []

    @contextmanager
    def locked(*_: object) -> Iterator[bool]:
        if "lock" in found:
            yield False
            return
        found.append("lock")
        yield True
        found.append("unlock")

    left = cast("TenantResource", SimpleNamespace(marked=True, name="nyc--cups--queue"))
    monkeypatch.setattr(state_bucket, "locked", locked)
    monkeypatch.setattr(
        state_bucket, "lock", lambda *_: {"Who": "ada@far", "Operation": "OperationTypeApply"}
    )
    monkeypatch.setattr(unmanaged, "of_tenant", lambda *_: Unmanaged([left]))
    monkeypatch.setattr(tenant_resources, "remove", lambda access, each: found.append(each.name))
    return found


def destroy(workspace: Workspace) -> int:
    return cleanup.before_destroy(workspace, CUPS, NYC, ENVIRONMENT)


def test_it_is_deleted_under_the_lock_of_the_state(tmp_path: Path, done: list[str]) -> None:
    assert destroy(Workspace(tmp_path, tmp_path)) == 1
    assert done == ["lock", "nyc--cups--queue", "unlock"]


def test_nothing_is_deleted_under_a_run_elsewhere(tmp_path: Path, done: list[str]) -> None:
    done.append("lock")
    with pytest.raises(PressoError, match="nyc/cups is locked by ada@far: apply") as raised:
        destroy(Workspace(tmp_path, tmp_path))
    assert "presso state unlock nyc/cups" in raised.value.hint
    assert done == ["lock"]


@pytest.mark.parametrize("elsewhere", [True, False])
def test_after_a_destroy_it_is_left_to_the_next_run_while_one_works_elsewhere(
    tmp_path: Path, done: list[str], elsewhere: bool
) -> None:
    workspace = Workspace(tmp_path, tmp_path)
    unfinished.begin(workspace, CUPS, "apply")
    began = unfinished.begin(workspace, CUPS, "destroy")
    done += ["lock"] if elsewhere else []
    outcome: Any = Outcome(CUPS, "destroyed")
    cleanup.after(workspace, CUPS, NYC, ENVIRONMENT, began, outcome)
    assert unfinished.units(workspace) == ([CUPS] if elsewhere else [])
    assert done == (["lock"] if elsewhere else ["lock", "nyc--cups--queue", "unlock"])
