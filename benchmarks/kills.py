"""kill -9 at random, seeded moments of apply and destroy: the next run must converge.

Each time presso, its Terraforms, or all of them at once are killed. Then the same command runs again. It must
succeed; after an apply a plan must show no changes, and after a destroy the account must be as it was before
the first apply. No lock and no resource that no state has may be left.

Run: .venv/bin/python benchmarks/kills.py [KILLS [SEED]]
"""

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fleet import PRESSO, checkout

from presso import snapshot
from presso.aws_access import local_access
from presso.local_aws import LocalAws
from presso.processes import descendants, wait_until
from presso.snapshot import Snapshot
from presso.workspace import Workspace

VICTIMS = ("presso", "terraform", "both")
ACCOUNT = "000000000000"  # of the tenant bench-0


@dataclass
class Fleet:
    """One tenant with one extension, and presso on it."""

    workspace: Workspace

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start presso as the leader of a session."""
        env = {**os.environ, "PRESSO_ROOT": str(self.workspace.root), "PRESSO_HOME": str(self.workspace.home)}
        return subprocess.Popen(
            [*PRESSO, *arguments],
            env=env,
            cwd=self.workspace.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run presso to its end."""
        process = self.start(*arguments)
        out, err = process.communicate()
        return process.returncode, out, err

    def resources(self) -> Snapshot:
        """Everything in the tenant's account."""
        running = LocalAws(self.workspace.local).running()
        assert running
        return snapshot.take(local_access(running.endpoint, ACCOUNT).client)

    def locks(self) -> list[Path]:
        """What Terraform leaves beside a state while it has locked it."""
        return list(self.workspace.home.glob("state/*/*/.*.lock.info"))

    def killed(self, action: str, victim: str, after: float) -> str:
        """Start a command and kill a part of it; return what was killed, "" when it had ended before."""
        process = self.start(action, "--all", "--quiet")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=after)
            return ""
        terraforms = [pid for pid in descendants(process.pid) if pid != process.pid]
        if victim == "terraform" and not terraforms:
            victim = "presso"
        for pid in [process.pid] * (victim != "terraform") + terraforms * (victim != "presso"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()
        # Without presso Terraform ends by itself, and saves its state; one may have begun in this moment.
        wait_until(lambda: not of_session(process.pid), 600)
        return victim

    def faults(self, action: str, before: Snapshot) -> list[str]:
        """Run the command again; return what is not as it should be."""
        code, _, err = self.run(action, "--all", "--quiet", "--lock-timeout", "60s")
        found = [f"{action} again: exit code {code}: {err.strip()[-300:]}"] if code else []
        found += [f"lock: {path.name}" for path in self.locks()]
        if action == "apply":
            code, _, _ = self.run("plan", "--all", "--refresh", "--detailed-exitcode", "--quiet")
            found += [f"plan: exit code {code}"] if code else []
        else:
            found += [f"left: {name}" for name in snapshot.differences(before, self.resources())]
            found += [f"state: {path.name}" for path in self.workspace.home.rglob("*.tfstate")]
        _, out, _ = self.run("unmanaged", "--json")
        return found + [f"orphan: {each['id']}" for each in json.loads(out)["unmanaged"]]


def of_session(leader: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()  # a name in parentheses comes first
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(entry.parent.name))
    return found


def main() -> int:
    """Print the result of each kill; 1 when one did not converge."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1_000_000)
    dice, converged, hit = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(checkout(Path(folder).resolve(), 1, ["order-metrics"]))
        local = LocalAws(fleet.workspace.local)
        local.ensure()
        try:
            before, took = fleet.resources(), {}
            for action in ("apply", "destroy") * 2:  # the first one also judges the extension
                since = time.monotonic()
                assert fleet.run(action, "--all", "--quiet")[0] == 0
                took[action] = time.monotonic() - since
            for number in range(kills):
                action, victim = ("apply", "destroy")[number % 2], dice.choice(VICTIMS)
                moment = dice.uniform(0.3, took[action])
                what = fleet.killed(action, victim, moment)
                faults = fleet.faults(action, before)
                converged, hit = converged + (not faults), hit + bool(what)
                print(f"{number + 1}: {action}, {what or 'ended before'} at {moment:.2f} s: {faults or 'ok'}")
        finally:
            local.stop()
    print(f"seed {seed}: {hit} of {kills} hit a run; {converged} of {kills} converged")
    return int(converged < kills)


if __name__ == "__main__":
    sys.exit(main())
