"""The pictures in docs/architecture.md: the packages with their arrows, and four ways through the code.

`python -m presso.project.architecture` draws them; with `--check` it only reports whether they are stale. The
arrows are the code's imports; a step of a way names a function or class, and shows what its docstring begins
with.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from presso.project.generated import ROOT, keep

PAGE = Path("docs", "architecture.md")
SOURCE = ROOT / "scripts"
_PICTURE = re.compile(r"(<!-- picture: ([a-z-]+) -->\n).*?(<!-- /picture -->\n)", re.DOTALL)
_OUTER = ("presso", "offline_aws", "event_patterns")
_FOUNDATION = "foundation"
# Single files that are above packages.
_ALONE = {"__main__": "cli", "aws_access": "aws_access", "cli": "cli", "snapshot": "snapshot"}

# What calls what, and what goes from the one to the other.
Way = tuple[tuple[str, str], ...]
WAYS: dict[str, Way] = {
    "unit": (
        ("presso.commands.units.apply", "units, by pattern"),
        ("presso.deployment.unit_selection.select", "the selected units"),
        ("presso.deployment.runs.Runs", "a unit that is ready"),
        ("presso.deployment.this_machine.ThisMachine", "its folder"),
        ("presso.units.unit_folder.write", "main.tf.json"),
        ("presso.deployment.gated_run.GatedRun", "arguments"),
        ("presso.terraform.terraform_cli.Terraform", "lines of JSON"),
        ("presso.terraform.json_stream.Transcript", "changes, or why it failed"),
        ("presso.deployment.unit_gate.UnitGate", "findings about plan and state"),
        ("presso.deployment.outcome.Outcome", "outcomes"),
        ("presso.presenters.units.show", ""),
    ),
    "check": (
        ("presso.commands.gate.check", "extensions, a level"),
        ("presso.gate.gate.Gate", "a folder"),
        ("presso.gate.folder.read", "blocks of Terraform"),
        ("presso.gate.static_model.resources", "resources, as far as the text gives them"),
        ("presso.gate.planner.Planner", "a unit to plan"),
        ("presso.terraform.confined_terraform.ConfinedTerraform", "the plan"),
        ("presso.gate.plan_model.planned", "resources with planned values"),
        ("presso.gate.check.Check", "findings"),
        ("presso.gate.sandbox.sandbox_run.SandboxRun", "what happened in a tenant of its own"),
        ("presso.gate.report.Report", "findings"),
        ("presso.presenters.gate.show", ""),
    ),
    "plan-request": (
        ("offline_aws.launcher.main", "starts a session"),
        ("offline_aws.server.Server", "a connection"),
        ("offline_aws.protocol.message", "PlanResourceChange"),
        ("offline_aws.provider.Provider", "configuration and prior state"),
        ("offline_aws.registry.resource", "the type's handler"),
        ("offline_aws.planning.plan", "planned values"),
        ("offline_aws.resource.ResourceHandler", ""),
    ),
    "event": (
        ("presso.simulation.scenarios.Scenario", "events with their times"),
        ("presso.simulation.player.Player", "an execution that puts them on the bus"),
        ("presso.local_aws.emulator.main", "PutEvents"),
        ("presso.local_aws.emulator_patches.targets._invoke_target", "rules whose pattern matches"),
        ("presso.local_aws.emulator_patches.deliveries.check", "queues, functions, workflows, the log group"),
        ("presso.simulation.event_log.EventLog", ""),
    ),
}


def page(text: str) -> str:
    """Return the page with its pictures drawn anew.

    Raises:
        LookupError: A step of a way is no longer there; or the page has a picture that nothing draws.
    """
    drawn = {"packages": _packages(), "table": _table(), **{name: _way(way) for name, way in WAYS.items()}}
    return _PICTURE.sub(lambda found: f"{found[1]}{drawn[found[2]]}{found[3]}", text)


def _packages() -> str:
    """The packages and their arrows; one that a longer way implies is left out."""
    arrows = _arrows()
    needed = {
        (start, end)
        for start, ends in arrows.items()
        for end in ends
        if not any(end in _below(arrows, other) for other in ends - {end})
    }
    lines = [f"  {start} --> {end}" for start, end in sorted(needed)]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def _below(arrows: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _arrows() -> dict[str, set[str]]:
    """Each package with those that it imports."""
    import grimp

    graph: Any = grimp.build_graph(*_OUTER, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        start = _package(module)
        ends = {_package(imported) for imported in graph.find_modules_directly_imported_by(module)}
        found.setdefault(start, set()).update(ends - {start})
    return found


def _package(module: str) -> str:
    """The package of a module; single files of presso are its foundation, save those in `_ALONE`."""
    outer, *inner = module.split(".")
    if outer != "presso":
        return outer
    if inner and (SOURCE / "presso" / inner[0]).is_dir():
        return inner[0]
    return _ALONE.get(inner[0], _FOUNDATION) if inner else _FOUNDATION


def _table() -> str:
    rows = []
    for name in sorted(_arrows()):
        place = Path(name) if name in _OUTER else Path("presso", name)
        if not (SOURCE / place).is_dir():
            continue
        first = (ast.get_docstring(_tree(SOURCE / place / "__init__.py")) or "").splitlines()
        rows.append(f"| `scripts/{place.as_posix()}/` | {first[0] if first else ''} |")
    return "\n".join(["| package | holds |", "|---|---|", *rows, ""])


def _way(way: Way) -> str:
    lines = []
    for number, (step, given) in enumerate(way):
        lines.append(f'  {number}["<b>{_short(step)}</b><br>{_described(step)}"]')
        if given:
            lines.append(f'  {number} -- "{given}" --> {number + 1}')
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def _short(step: str) -> str:
    return step.removeprefix("presso.")


def _described(step: str) -> str:
    module, _, name = step.rpartition(".")
    path = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        raise LookupError(f"{PAGE}: there is no module {module}.")
    for node in _definitions(_tree(path)):
        if node.name == name:
            return (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ").replace('"', "'")
    raise LookupError(f"{PAGE}: {module} defines no {name}.")


def _definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Draw the pictures, or with `--check` report whether they are stale."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    return keep(ROOT, PAGE, page(text), "presso.project.architecture", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
