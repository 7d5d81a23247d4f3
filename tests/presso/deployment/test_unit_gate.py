"""Kept verdicts: an apply uses what a check has passed, while nothing has changed that it depends on."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from presso import tenants
from presso.deployment.unit_gate import CommandGate, UnitGate, keep_checked, key_of_checkout, together
from presso.errors import PressoError
from presso.gate.case import Case
from presso.gate.judge import Judge, Verdict
from presso.gate.plan_comparison import PredictedPlan
from presso.gate.tenant_verdicts import TenantVerdict
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

UNIT = Unit("nyc", "drinks")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name, text in {
        "extensions/drinks/main.tf": "",
        "modules/event-queue/main.tf": "",
        "tenants/nyc/tenant.yaml": "name: nyc\ntitle: NY\naccount: '123456789012'\nextensions: [drinks]\n",
        "waivers.yaml": "waivers: []\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Workspace(tmp_path, tmp_path / ".presso")


def unit_gate(workspace: Workspace) -> UnitGate:
    """The gate of a new command, for the unit."""
    command, tenant = CommandGate(workspace, Trees(workspace)), tenants.load(workspace, "nyc")
    case = command.case(UNIT, tenant)
    return UnitGate(command, UNIT, case, command.key(case), tenant.is_local)


@pytest.mark.parametrize("file", ["waivers.yaml", "modules/event-queue/main.tf", "extensions/other/main.tf"])
def test_a_verdict_is_not_used_if_something_changes_during_its_check(workspace: Workspace, file: str) -> None:
    case, before = unit_gate(workspace).case, key_of_checkout(workspace)
    verdict = TenantVerdict(case.facts, case.quotas, case.tree.tree.digest, PredictedPlan({}, {}))
    keep_checked(workspace, [verdict], before)
    assert unit_gate(workspace).known()

    (workspace.root / file).parent.mkdir(exist_ok=True)
    (workspace.root / file).write_text("# changed\n")
    keep_checked(workspace, [verdict], before)
    assert not unit_gate(workspace).known()


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 100_000])
def test_a_verdict_that_cannot_be_read_is_none(workspace: Workspace, text: str) -> None:
    gate = unit_gate(workspace)
    gate._file.parent.mkdir(parents=True)
    gate._file.write_text(text)
    assert not gate.known()


def test_a_pipe_in_place_of_a_verdict_is_none(workspace: Workspace) -> None:
    gate = unit_gate(workspace)
    gate._file.parent.mkdir(parents=True)
    os.mkfifo(gate._file)
    assert not gate.known()


class JudgeOfSfo(Judge):
    """Passes everything; of cases that are judged together, those of sfo."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.alone: list[str] = []

    def judge_together(
        self, groups: Sequence[Sequence[Case]], parallel: int
    ) -> Iterator[tuple[Case, Verdict]]:
        self.groups = [[case.facts.tenant for case in group] for group in groups]
        for case in (case for group in groups for case in group if case.facts.tenant == "sfo"):
            yield case, Verdict((), PredictedPlan({}, {"together": True}))
        raise ValueError("a fault of the gate")

    def judge(self, case: Case) -> Verdict:
        self.alone.append(case.facts.tenant)
        return Verdict((), PredictedPlan({}, {}))


def test_tenants_with_the_same_files_and_variables_are_judged_together_and_the_rest_alone(
    workspace: Workspace,
) -> None:
    for tenant, use in {"sfo": "drinks", "rio": "drinks", "ams": "{name: drinks, variables: {a: b}}"}.items():
        file = workspace.tenants / tenant / "tenant.yaml"
        file.parent.mkdir()
        file.write_text(f"name: {tenant}\ntitle: T\naccount: '{len(tenant):012}'\nextensions: [{use}]\n")
    command, judge = CommandGate(workspace, Trees(workspace)), JudgeOfSfo()
    known = tenants.load_all(workspace)
    gates = [command.of(Unit(name, "drinks"), tenant) for name, tenant in known.items()]
    groups = [[gate.case for gate in group] for group in together(gates)]
    verdicts = {case.facts.tenant: verdict for case, verdict in judge.judge_all(groups, 2)}
    assert [sorted(group) for group in judge.groups] == [["nyc", "rio", "sfo"]]
    assert sorted(judge.alone) == ["ams", "nyc", "rio"]
    assert verdicts.keys() == {"ams", "nyc", "rio", "sfo"}
    assert verdicts["sfo"] == Verdict((), PredictedPlan({}, {"together": True}))


def test_of_a_fleet_few_are_read_at_a_time(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presso.deployment.unit_gate._MOST_TOGETHER", 2)
    monkeypatch.setattr("presso.gate.judge._MOST_PLANS", 1)
    tenant = tenants.load(workspace, "nyc")
    judge, calls = JudgeOfSfo(), list[int]()

    def judge_together(groups: Sequence[Sequence[Case]], parallel: int) -> Iterator[tuple[Case, Verdict]]:
        calls.append(sum(map(len, groups)))
        yield from ((case, Verdict((), PredictedPlan({}, {}))) for group in groups for case in group)

    monkeypatch.setattr(judge, "judge_together", judge_together)
    command = CommandGate(workspace, Trees(workspace))
    names = [f"bar{number}" for number in range(6)]
    fleet = [command.of(Unit(name, "drinks"), replace(tenant, name=name)) for name in names]
    judged = [*judge.judge_all([[gate.case for gate in group] for group in together(fleet)], 2)]
    assert [case.facts.tenant for case, _ in judged] == names
    assert calls == [2, 2, 2]
    assert judge.alone == []


def test_a_verdict_that_was_put_away_is_taken_up_unless_it_is_another_one_now(workspace: Workspace) -> None:
    gate = unit_gate(workspace)
    gate.predicted = PredictedPlan({}, {"a": 1}, {("b", "c"): 2})
    gate.put_away()
    assert gate.predicted is None
    gate.take_up()
    assert gate.predicted == PredictedPlan({}, {"a": 1}, {("b", "c"): 2})
    gate.put_away()
    other = unit_gate(workspace)
    other.predicted = PredictedPlan({}, {"a": 2}, {})
    other.keep()
    with pytest.raises(PressoError, match="nyc/drinks: another run has judged the extension meanwhile"):
        gate.take_up()


def test_a_verdict_lasts_a_day_of_the_clock_by_which_waivers_expire(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = []
    for day in (1, 1, 2):
        monkeypatch.setattr(tenants, "today", partial(date, 2026, 6, day))
        keys.append(key_of_checkout(workspace))
    assert keys[0] == keys[1] != keys[2]
