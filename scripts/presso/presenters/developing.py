"""Applies an extension whenever it is saved, and prints what it does: logs of functions, events, failures."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso import interruption, platform_settings, streams, terminal
from presso.errors import PressoError, UsageError
from presso.platform_settings import BAR_EVENTS, EventSettings
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.aws_access import Access
    from presso.tenants import Tenant

_LOOKED_EVERY = 1.0
# Editors write a file in several steps, and one that saves all files writes one after the other.
_SETTLES_MS = 300
_LOOKED_AT_EVERY_MS = 250


def run(workspace: Workspace, name: str, tenant: str, *, quiet: bool) -> None:
    """Apply an extension at once and after each change of its files, until Ctrl-C.

    Args:
        name: The extension.
        tenant: The tenant that it is applied in; "" for the only local one that has it.
        quiet: Print errors only.

    Raises:
        UsageError: There is no such extension, or no such tenant on the target local that has it.
        interruption.Stopped: At Ctrl-C; what was being applied has ended by then.
    """
    chosen = _tenant(workspace, name, tenant)
    folder = workspace.extensions / name
    changes = _changes(folder)
    next(changes)  # from now on nothing is missed
    unit, shown = f"{chosen.name}/{name}", workspace.shown(folder)
    _apply(workspace, [chosen.name, unit], quiet=quiet)
    terminal.say(f"{unit} is applied whenever a file in {shown} is saved; stop with Ctrl-C.")
    with _followed(workspace, chosen, name, quiet=quiet) as following:
        for changed in filter(None, changes):
            terminal.say(terminal.styled(f"saved   {', '.join(changed)}", "dim", sys.stderr))
            following.consumed = _consumed(workspace, name)
            _apply(workspace, [unit], quiet=quiet)
    interruption.wait(1)  # a signal ends the loop before its exception arrives here
    interruption.check()


def _changes(folder: Path) -> Iterator[list[str]]:
    """Yield the files of an extension that have changed, at least each quarter of a second."""
    import logging

    import watchfiles

    from presso.extension_tree import LEFT_OUT_FILES, LEFT_OUT_FOLDERS

    logging.getLogger("watchfiles").setLevel(logging.ERROR)  # it would report Ctrl-C

    def counts(_: Any, path: str) -> bool:
        parts = path.removeprefix(f"{folder}").strip("/").split("/")
        return not ({*parts} & LEFT_OUT_FOLDERS or parts[-1] in LEFT_OUT_FILES)

    for changed in watchfiles.watch(
        folder,
        watch_filter=counts,
        debounce=_SETTLES_MS,
        rust_timeout=_LOOKED_AT_EVERY_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        passing = _passing((change.name, path) for change, path in changed)
        yield sorted({path.removeprefix(f"{folder}/") for _, path in changed if path not in passing})


def _passing(changes: Iterable[tuple[str, str]]) -> set[str]:
    """The files that came and went again: editors write them while they save another."""
    kinds: dict[str, set[str]] = {}
    for kind, path in changes:
        kinds.setdefault(path, set()).add(kind)
    passing = [path for path, found in kinds.items() if {"added", "deleted"} <= found]
    return {path for path in passing if not Path(path).exists()}


def _tenant(workspace: Workspace, name: str, wanted: str) -> Tenant:
    from presso import tenants
    from presso.extensions import names_of
    from presso.suggestions import did_you_mean

    if name not in names_of(workspace):
        hint = did_you_mean(name, names_of(workspace), "extensions")
        raise UsageError(f"There is no extension {name}.", hint=hint)
    if wanted:
        tenant = tenants.load(workspace, wanted)
        if not tenant.is_local:
            raise UsageError(
                f"The tenant {wanted} has target aws; dev needs target local: it does not prompt.",
                hint="Name a tenant with target local.",
            )
        found = [tenant] if name in [use.name for use in tenant.extensions] else []
    else:
        having = tenants.load_all(workspace).values()
        found = [t for t in having if t.is_local and name in [use.name for use in t.extensions]]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(tenant.name for tenant in found)
        raise UsageError(f"Several tenants have {name}: {names}.", hint=f"Name one: --tenant {found[0].name}")
    where = f"tenants/{wanted or 'mine'}/tenant.yaml"
    raise UsageError(
        f"{f'The tenant {wanted}' if wanted else 'No tenant on the target local'} has no extension {name}.",
        hint=f"Add it to extensions in {where}.",
    )


def _apply(workspace: Workspace, patterns: list[str], *, quiet: bool) -> None:
    """Apply units; what goes wrong is printed, and corrected with the next change."""
    from presso.deployment import runs, target_environment, unit_selection
    from presso.deployment.progress import Lines, Silent
    from presso.presenters import units

    try:
        selection = unit_selection.select(workspace, "apply", patterns, everything=False)
        environments = target_environment.Environments.under(
            workspace, selection.targets(), target_environment.provider(None)
        )
        with interruption.deferred(), Silent() if quiet else Lines() as display:
            outcomes = runs.Runs(workspace, selection, "apply", environments.of, display).execute()
            for outcome in outcomes:
                for text in units.explained(outcome, warnings=not quiet):
                    terminal.say(text)
            units.show_end_of_local_aws(outcomes, environments)
    except PressoError as error:
        streams.report(error)


@contextmanager
def _followed(workspace: Workspace, tenant: Tenant, name: str, *, quiet: bool) -> Iterator[Following]:
    """Print meanwhile what the extension does."""
    from presso.aws_access import access

    consumed = _consumed(workspace, name)
    sources = platform_settings.load(workspace).sources
    following = Following(access(workspace, tenant), tenant.name, name, consumed, sources, quiet=quiet)
    stop = threading.Event()
    looking = threading.Thread(target=following.until, args=(stop,), daemon=True)
    looking.start()
    try:
        yield following
    finally:
        stop.set()
        looking.join(_LOOKED_EVERY)


def _consumed(workspace: Workspace, name: str) -> frozenset[str]:
    """The events that an extension consumes; what is wrong with its metadata is printed."""
    from presso.extensions import load

    if not (workspace.extensions / name / "extension.yaml").exists():  # as while it is replaced
        return frozenset()
    try:
        return frozenset(load(workspace, name).consumes)
    except PressoError as error:
        streams.report(error)
        return frozenset()


@dataclass
class Following:
    """What an extension does in a tenant, from now on.

    Args:
        aws: The tenant's account.
        tenant: The tenant's name.
        name: The extension's.
        consumed: The events that it consumes.
        sources: Of the platform.
        quiet: Print failures only.
    """

    aws: Access
    tenant: str
    name: str
    consumed: frozenset[str]
    sources: EventSettings = BAR_EVENTS
    quiet: bool = False
    since: int = field(default_factory=lambda: int(time.time() * 1000))
    _ended: set[str] = field(default_factory=set)

    def until(self, stop: threading.Event) -> None:
        """Print events, lines and failures as they come, until `stop` is set."""
        from botocore.exceptions import BotoCoreError, ClientError

        looks = self.looks()
        while not stop.wait(_LOOKED_EVERY):
            for look in looks:
                try:
                    look()
                except (BotoCoreError, ClientError, PressoError):
                    continue  # not there while it is applied or the local AWS starts

    def looks(self) -> list[Callable[[], None]]:
        """What is done each time."""
        from presso.simulation.event_log import EventLog
        from presso.simulation.function_logs import FunctionLogs

        client = self.aws.client
        events = EventLog(client("logs"), self.tenant, self.since / 1000)
        logs = FunctionLogs(client("logs"), f"{self.tenant}--{self.name}--", self.since)
        return [lambda: self._events(events), lambda: self._lines(logs), self._executions]

    def _events(self, log: Any) -> None:
        from rich.console import Console

        from presso.simulation.event_log import line

        console = Console(file=sys.stdout)
        for event in log.poll():
            own = event.source == self.sources.of(self.name)
            if not self.quiet and (own or event.detail_type in self.consumed):
                console.print(line(event, self.sources), soft_wrap=not console.is_terminal)

    def _lines(self, logs: Any) -> None:
        from presso.simulation import function_faults

        for function, lines in logs.poll().items():
            if not self.quiet:
                short = function.rpartition("--")[2]
                for each in lines:
                    terminal.result(f"{terminal.styled(f'{short:<8}', 'dim', sys.stdout)}  {each}")
            for fault in function_faults.of(function, lines):
                _failed(str(fault))

    def _executions(self) -> None:
        """Print why executions of its workflows failed, each once."""
        states = self.aws.client("stepfunctions")
        for machine in states.list_state_machines()["stateMachines"]:
            if not machine["name"].startswith(f"{self.tenant}--{self.name}--"):
                continue
            found = states.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="FAILED")
            for execution in found["executions"]:
                arn = execution["executionArn"]
                if arn not in self._ended and execution["stopDate"].timestamp() * 1000 >= self.since:
                    self._ended.add(arn)
                    why = states.describe_execution(executionArn=arn)
                    _failed(f"{machine['name']}: {why.get('error', '')}: {why.get('cause', '')}")


def _failed(why: str) -> None:
    terminal.say(f"{terminal.styled('failed', 'red', sys.stderr)}    {terminal.printable(why)[:500]}")
