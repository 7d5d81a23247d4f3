"""Many checks at a time, planned as one: Terraform's start is most of what the plan of an extension takes.

Each check runs in a thread of its own, as `presso check` does. When all of them wait for a plan, one is made:
there each extension is a module of its own, for a tenant of its own, and each check gets its part.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.gate import planner as gate_planner
from presso.gate import predictions
from presso.gate.elsewhere import Elsewhere, suffix
from presso.gate.gate import Gate
from presso.gate.model import ExtensionText, Facts
from presso.gate.planner import Planner
from presso.gate.report import Report
from presso.packages import packages
from presso.terraform.confined_terraform import Refused
from presso.terraform.json_stream import Transcript
from presso.units.unit_folder import TREE
from presso.workspace import Workspace

_MOST_SECONDS = 600.0  # so that no thread is left when a test is stopped
_OF_ONE = re.compile(r"\btree_(\d+)[/.]")


@dataclass
class _Asked:
    """A plan that a check waits for.

    Args:
        root: The extension's folder.
        tenants: Those that it is planned for, by the names that its modules have in a plan of its own.
        alone: Makes that plan.
    """

    root: Path
    tenants: Mapping[str, Elsewhere]
    alone: Callable[[], dict[str, Any]]
    plan: Future[dict[str, Any]] = field(default_factory=Future)


class _Asking(Planner):
    """The planner of the checks: it hands on what they ask for."""

    def __init__(self, planner: Planner, asked: SimpleQueue[_Asked | None]) -> None:
        self._planner = planner
        self._asked = asked

    def plan(
        self,
        root: Path,
        facts: Facts,
        modules: ExtensionTree | None = None,
        text: ExtensionText | None = None,
        *,
        others: bool = False,
    ) -> dict[str, Any]:
        tenants = {"": Elsewhere(facts), **(predictions.others(facts) if others else {})}
        return self._wait(
            root,
            {f"extension{end}": tenant for end, tenant in tenants.items()},
            lambda: self._planner.plan(root, facts, modules, text, others=others),
        )

    def plan_beside(self, root: Path, others: Sequence[Elsewhere], text: ExtensionText) -> dict[str, Any]:
        return self._wait(
            root,
            {f"extension{suffix(number)}": other for number, other in enumerate(others)},
            lambda: self._planner.plan_beside(root, others, text),
        )

    def _wait(
        self, root: Path, tenants: Mapping[str, Elsewhere], alone: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        asked = _Asked(root, tenants, alone)
        self._asked.put(asked)
        return asked.plan.result(_MOST_SECONDS)


def checked(workspace: Workspace, planner: Planner, roots: Sequence[Path]) -> list[Report]:
    """The reports of `presso check --level plan` on many extensions."""
    events: SimpleQueue[_Asked | None] = SimpleQueue()
    gate = Gate(workspace, "plan", _Asking(planner, events))
    _ = (
        gate.checkout.catalog,
        gate.checkout.rules_of_others,
        gate.checkout.tenants,
    )  # read once, not in each thread

    def check(root: Path) -> Report:
        try:
            return gate.check(str(root))
        finally:
            events.put(None)

    with ThreadPoolExecutor(len(roots)) as pool:
        reports = [pool.submit(check, root) for root in roots]
        busy = len(roots)
        while busy:
            asked = [each for each in [events.get() for _ in range(busy)] if each]
            try:
                _answer(planner, asked)
            finally:
                for each in asked:
                    each.plan.cancel()  # where this was stopped
            busy = len(asked)
    return [report.result() for report in reports]


def _answer(planner: Planner, asked: Sequence[_Asked]) -> None:
    """Give each check its plan, or the reason why there is none."""
    found = _planned_together(planner, asked) if len(asked) > 1 else {}
    for number, each in enumerate(asked):
        try:
            each.plan.set_result(found[number] if number in found else each.alone())
        except Exception as error:
            each.plan.set_exception(error)


def _planned_together(planner: Planner, asked: Sequence[_Asked]) -> dict[int, dict[str, Any]]:
    """The plans by number, without those that Terraform refuses and those whose data sources wait."""
    with _staged(planner, asked) as (unit, kept):
        terraform = planner._terraform(unit)
        terraform = replace(terraform, seconds=planner.seconds * len(asked))
        plan = unit / "plan"
        while kept:
            plan.unlink(missing_ok=True)
            try:
                whole = json.loads(terraform.run(unit, gate_planner._INIT, *gate_planner._PLAN))
            except Refused:
                errors = (unit / "output").read_text()
                refused = {number for number in _refused(errors) if number in kept}
                if not refused:
                    return {}
                for number in refused:
                    del kept[number]
                    (unit / f"tree_{number}.tf.json").unlink()
                if None in _refused(errors) or not plan.exists():
                    continue
                # What Terraform could plan of the others is complete: no module refers to another.
                whole = json.loads(terraform.run(unit, gate_planner._PLAN[-1]))
            parts = {
                number: _part(whole, number, {f"{name}_{number}": name for name in each.tenants})
                for number, each in kept.items()
            }
            return {number: part for number, part in parts.items() if not gate_planner.waits(part)}
    return {}


@contextmanager
def _staged(planner: Planner, asked: Sequence[_Asked]) -> Iterator[tuple[Path, dict[int, _Asked]]]:
    """A unit with a copy of each extension that can be staged, and a file for each."""
    place = Path(tempfile.mkdtemp(prefix="unit-", dir=planner.folder))
    kept = {}
    try:
        unit = place / "unit"
        unit.mkdir()
        (unit / "main.tf.json").write_text(json.dumps({"terraform": gate_planner._REQUIRED}))
        for number, each in enumerate(asked):
            given = next(iter(each.tenants.values())).facts.given
            tree = ExtensionTree.read(each.root)
            with suppress(PressoError):
                built = packages.of_extension(planner.workspace, tree, given)
                files = {package.path: package.file for package in built}
                tree.stage(unit / f"tree_{number}", planner.workspace.modules, files)
                (unit / f"tree_{number}.tf.json").write_text(json.dumps(_document(number, each)))
                kept[number] = each
        yield unit, kept
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _document(number: int, asked: _Asked) -> dict[str, Any]:
    """The configuration for one of several extensions."""
    source = f"./tree_{number}/extensions/{asked.root.name}"
    tenants = {f"{name.removeprefix('extension')}_{number}": each for name, each in asked.tenants.items()}
    return gate_planner._calls_for(tenants, source, f"contexts_{number}")


def _refused(output: str) -> Iterator[int | None]:
    """The number of the extension in which each of Terraform's errors is; None where it is in none."""
    for error in Transcript.of(output).errors:
        found = _OF_ONE.search(error.file) or _OF_ONE.search(error.detail)
        yield int(found[1]) if found else None


def _part(plan: Mapping[str, Any], number: int, names: Mapping[str, str]) -> dict[str, Any]:
    """The part of a plan that is of one extension, with the names that it has in a plan of its own."""
    calls = plan["configuration"]["root_module"]["module_calls"]
    root = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    children = root.get("child_modules", ())
    part = {
        "resource_changes": [
            renamed
            for change in plan.get("resource_changes", ())
            if (renamed := _renamed(change, names)) is not None
        ],
        "configuration": {
            "root_module": {"module_calls": {name: calls[called] for called, name in names.items()}}
        },
        "prior_state": {
            "values": {
                "root_module": {
                    "child_modules": [
                        renamed for child in children if (renamed := _renamed(child, names)) is not None
                    ]
                }
            }
        },
    }
    alone: dict[str, Any] = json.loads(json.dumps(part).replace(f"tree_{number}/", f"{TREE}/"))
    return alone


def _renamed(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """A change, a resource or a module with what is in it; None when it is in no module of these names."""
    called, point, rest = str(found.get("address", "")).removeprefix("module.").partition(".")
    if called not in names:
        return None
    new = {**found, "address": f"module.{names[called]}{point}{rest}"}
    if "module_address" in found:
        _, point, rest = found["module_address"].removeprefix("module.").partition(".")
        new["module_address"] = f"module.{names[called]}{point}{rest}"
    for key in ("resources", "child_modules"):
        if key in found:
            new[key] = [_renamed(each, names) for each in found[key]]
    return new
