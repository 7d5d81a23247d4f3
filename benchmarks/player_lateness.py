"""How late a replay is: the time it takes, as a ratio to the time within which its events are due.

A tenant on a local AWS of its own; the second it takes to begin, and rounding to seconds, are in the ratio.

Run: .venv/bin/python benchmarks/player_lateness.py [SCENARIO [SPEED]]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from presso.aws_access import local_access
from presso.deployment import runs, unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.local_aws import LocalAws
from presso.simulation import scenarios
from presso.simulation.event_log import EventLog
from presso.simulation.player import Player
from presso.workspace import Workspace

ROOT = Path(__file__).parents[1]
TARGET_RATIO = 1.15


def main() -> int:
    """Measure, print, and return 1 when events are lost or a replay takes longer than the target."""
    name = sys.argv[1] if len(sys.argv) > 1 else "rush-hour"
    speed = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    scenario = scenarios.find(scenarios.folder(ROOT), name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tenants", "nyc", "tenant.yaml")
        file.parent.mkdir(parents=True)
        file.write_text("name: nyc\ntitle: Benchmark\nextensions: []\n", encoding="utf-8")
        workspace = Workspace(ROOT, Path(folder, "home"), file.parents[1])
        running = LocalAws.of_this_process(workspace.local).ensure()
        selection = unit_selection.select(workspace, "apply", ["nyc"])
        environments = Environments.under(workspace, selection.targets())
        runs.Runs(workspace, selection, "apply", environments.of, Silent()).execute()
        client = local_access(running.endpoint).client
        began = time.time()
        replay = Player(client, "nyc").play(name, speed)
        log = EventLog(client("logs"), "nyc", began)
        heard = log.wait_for(lambda events: len(events) >= replay.sent, 60)
        # The time within an event is when it was due; the log's line says when it was put, to the second.
        late = [
            event.at.timestamp() - int(event.detail["TS"] / 1000)
            for event in heard
            if event.at and "TS" in event.detail
        ]
        LocalAws(workspace.local).stop()
    due = scenario.events[-1].at / speed
    ratio = replay.seconds / due
    print(f"{name} at speed {speed:g}: {len(scenario.events)} events, {len(heard)} delivered")
    print(f"late by whole seconds: median {statistics.median(late):.0f}, at most {max(late):.0f}")
    took = f"{replay.seconds:.1f} s for what is due within {due:.1f} s"
    print(f"{took}: ratio {ratio:.2f} (target {TARGET_RATIO})")
    return int(len(heard) != len(scenario.events) or ratio > TARGET_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
