"""Prints scenarios: those of the checkout, and ones that are written."""

from dataclasses import asdict

from presso import platform_settings, terminal
from presso.simulation import scenario_writer, scenarios
from presso.simulation.scenario_writer import Invalid, ScenarioDraft, Traffic, Written
from presso.workspace import Workspace


def make(
    workspace: Workspace, draft: ScenarioDraft, *, minutes: int, orders: int, kind: str, json_wanted: bool
) -> None:
    """Write a simulated scenario, and print what is in it; arguments and errors as `scenario_writer.make`."""
    _print(
        workspace,
        scenario_writer.make(workspace, draft, minutes=minutes, orders=orders, kind=kind),
        json_wanted=json_wanted,
    )


def record(
    workspace: Workspace, draft: ScenarioDraft, traffic: Traffic, *, invalid: Invalid, json_wanted: bool
) -> None:
    """Write a recording, and print what is in it; arguments and errors as `scenario_writer.record`."""
    written = scenario_writer.record(workspace, draft, traffic, invalid=invalid, note=terminal.say)
    _print(workspace, written, json_wanted=json_wanted)


def _print(workspace: Workspace, written: Written, *, json_wanted: bool) -> None:
    made, file = written.scenario, workspace.shown(written.path)
    if json_wanted:
        counts = asdict(scenarios.counts(made.events))
        counts = {key: value for key, value in counts.items() if key != "drinks" or value}
        terminal.as_json({"name": made.name, "file": file, "events": len(made.events), **counts})
        return
    terminal.result(f"{file}: {made.title}, {len(made.events)} events")
    terminal.say("The next apply gives it to the players.")


def list_(workspace: Workspace, *, json_wanted: bool) -> None:
    """Print the scenarios of the checkout.

    Raises:
        UsageError: A scenario's file is broken.
    """
    folder, source = scenarios.folder(workspace.root), platform_settings.load(workspace).sources.default
    found = [scenarios.find(folder, name, source) for name in scenarios.names(folder)]
    if json_wanted:
        summaries = [
            {"name": s.name, "title": s.title, "minutes": s.minutes, "events": len(s.events)} for s in found
        ]
        terminal.as_json(summaries)
        return
    rows = [[s.name, str(s.minutes), str(len(s.events)), s.title] for s in found]
    terminal.result(terminal.table(["scenario", "minutes", "events", "title"], rows, right=(1, 2)))
