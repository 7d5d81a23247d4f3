"""Prints replays of scenarios and a tenant's events."""

import contextlib
import itertools
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from presso import platform_settings, terminal
from presso.errors import PressoError
from presso.simulation import scenarios
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.aws_access import Access

# Seconds between two looks at functions' logs. AWS limits how often logs are searched.
_FAULTS_EVERY = {"local": 2.0, "aws": 15.0}


def play(
    workspace: Workspace, tenant: str, scenario: str, speed: str, *, json_wanted: bool, quiet: bool
) -> None:
    """Replay a scenario on a tenant's player and print what was sent.

    Raises:
        PressoError: As `player.play`, `tenants.load` and `aws_access.access`.
    """
    from rich.console import Console

    from presso.simulation import scenario_check
    from presso.simulation.player import Player, checked_speed
    from presso.simulation.player import play as replay

    checked_speed(speed)  # before anything is started for it
    access = _access(workspace, tenant)
    console = Console(stderr=True, quiet=quiet)

    def check(events: Sequence[scenarios.Event]) -> None:
        what = f"The scenario {scenario} on the player of {tenant}"
        hint = f"To bring the checkout's scenarios to the player: presso apply {tenant}"
        scenario_check.check(workspace, what, events, strict=False, hint=hint)

    player = Player(access.client, tenant, platform_settings.load(workspace).sources.default)
    with _end_reported(workspace, access, tenant):
        player.scenarios()  # that there is no player comes first
        if others := len(player.running()):
            terminal.say(f"{others} other replay(s) of {tenant} are running: its bus gets the events of all.")
        done = replay(player, scenario, speed, console, check)
    if json_wanted:
        terminal.as_json({key: value for key, value in asdict(done).items() if key != "drinks" or value})
        return
    terminal.result(f"{done.sent} events of {scenario} on {tenant} in {done.seconds:.1f} s (run {done.run})")
    rows = [[name, str(count)] for name, count in sorted(done.detail_types.items())]
    terminal.result(terminal.table(["event", "sent"], rows, right=(1,)))


def watch(workspace: Workspace, tenant: str, *, json_wanted: bool, quiet: bool) -> None:
    """Print a tenant's events until Ctrl-C, one a line.

    Raises:
        PressoError: As `event_log.EventLog`, `tenants.load` and `aws_access.access`.
        KeyboardInterrupt: At Ctrl-C.
    """
    from rich.console import Console

    from presso.simulation.event_log import EventLog, json_line, line

    access, sources = _access(workspace, tenant), platform_settings.load(workspace).sources
    log = EventLog(access.client("logs"), tenant)
    if not quiet:
        first = log.poll()  # fails for a tenant that is not deployed, before anything is printed
    terminal.say(f"Events of {tenant}, live; stop with Ctrl-C.")
    console = Console(file=sys.stdout)
    with _end_reported(workspace, access, tenant), _faults_shown(access, tenant):
        for event in itertools.chain(first, log.follow()):
            if json_wanted:
                terminal.result(json_line(event))
            else:
                console.print(line(event, sources), soft_wrap=not console.is_terminal)
                console.file.flush()


@contextlib.contextmanager
def _faults_shown(access: "Access", tenant: str) -> Iterator[None]:
    """Print meanwhile why functions of a tenant's extensions fail: each cause once, on stderr."""
    from botocore.exceptions import BotoCoreError, ClientError

    from presso.simulation import function_faults

    stop, since, logs = threading.Event(), int(time.time() * 1000), access.client("logs")
    every = _FAULTS_EVERY["aws" if access.endpoint is None else "local"]

    def look() -> None:
        shown: set[str] = set()
        while not stop.wait(every):
            with contextlib.suppress(BotoCoreError, ClientError):  # the events' own reader reports it
                for fault in function_faults.read(logs, f"{tenant}--", since):
                    if str(fault) not in shown:
                        shown.add(str(fault))
                        terminal.say(f"{terminal.styled('failed', 'red', sys.stderr)}  {fault}")

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        stop.set()


@contextlib.contextmanager
def _end_reported(workspace: Workspace, access: "Access", tenant: str) -> Iterator[None]:
    """Print a note when the end of the local AWS caused an error."""
    try:
        yield
    except PressoError as error:
        from presso.local_aws import LocalAws

        local = LocalAws(workspace.local)
        if access.endpoint is None or local.running() is not None:
            raise
        log = workspace.shown(local.log("emulator"))
        raise PressoError(
            f"The local AWS stopped during the command; see {log}. {error.message}",
            hint=f"Apply the tenant again, then repeat the command: presso apply {tenant}",
        ) from error


def _access(workspace: Workspace, name: str) -> "Access":
    from presso import tenants
    from presso.aws_access import access

    return access(workspace, tenants.load(workspace, name))
