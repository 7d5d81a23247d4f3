"""The demo: the whole story on one machine, every sentence of it checked.

Two tenants are applied, an extension is deployed to both, one of them replays a quarter of an hour, the other
is silent, the extension goes from one without a trace on the other, and everything is gone. It has a home of
its own (`.presso/demo`), so it never changes what is deployed in the checkout's.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presso import platform_settings, snapshot, terminal
from presso.awake_clock import AwakeClock
from presso.aws_access import Access, local_access
from presso.demo import demo_site
from presso.demo.step_printer import StepPrinter
from presso.demo.story import Story, own
from presso.local_aws import LocalAws
from presso.simulation import scenarios
from presso.workspace import Workspace, program

PLAYED, SILENT = "nyc", "sfo"
TENANTS = {PLAYED: "AWS Summit New York", SILENT: "AWS Summit San Francisco"}
EXTENSION = "order-metrics"
SCENARIO = "quarter-hour"
SPEED = 90.0
_PATIENCE_SECONDS = 30.0


@dataclass
class Demo:
    """One run of the demo.

    Args:
        workspace: The demo's own: its home, and its own two tenants.
        printer: Prints the steps.
        story: What it shows.

    Attributes:
        checks: What was checked, in words → whether it held.
        seconds: Phase → how long it took.
        heard: Tenant → events in its log after the replay.
        probed: Whether the silent tenant's log heard the probe.
        counted: Tenant → what the extension counted → how often.
    """

    workspace: Workspace
    printer: StepPrinter
    story: Story
    checks: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    sent: int = 0
    expected: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    probed: bool = False
    counted: dict[str, dict[str, int]] = field(default_factory=dict)

    def run(self, *, keep: bool) -> None:
        """Run the whole story.

        Args:
            keep: Leave the two tenants and the local AWS as they are after the replay.

        Raises:
            PressoError: A step could not be done at all; what was made is gone with the local AWS.
        """
        self.printer.opening(*self.story.opening())
        aws = self._start(keep=keep)
        self._stand_up(aws)
        if self.story.extension:
            self._extend(aws)
        self._replay(aws)
        if not keep:
            if self.story.extension:
                self._take_away(aws)
            self._tear_down(aws)

    def ok(self) -> bool:
        """Whether every check held."""
        return bool(self.checks) and all(self.checks.values())

    def leaked(self, tenant: str) -> int:
        """Events in a tenant's log that were not sent there."""
        return max(0, self.heard.get(tenant, 0) - (self.sent if tenant == self.story.played else 0))

    def _start(self, *, keep: bool) -> Access:
        with self._phase("start"):
            home = self.workspace.local
            running = (LocalAws(home) if keep else LocalAws.of_this_process(home)).ensure()
            aws = local_access(running.endpoint)
            self._nothing_else = snapshot.take(aws.client)
        self._say("start", "a local AWS answers on this machine: no account, no internet")
        return aws

    def _stand_up(self, aws: Access) -> None:
        with self._phase("tenants"):
            made = demo_site.change(self.workspace, "apply", [*self.story.tenants])
        self._say(
            "tenants",
            f"tenants {' and '.join(self.story.tenants)} are deployed: bus, event log, archive, player "
            f"({made} resources)",
        )

    def _extend(self, aws: Access) -> None:
        with self._phase("extension"):
            before = snapshot.take(aws.client)
            made = demo_site.change(self.workspace, "apply", [f"*/{self.story.extension}"])
            after = snapshot.take(aws.client)
        self._say(
            "extension",
            f"extension {self.story.extension} is deployed in both, with separate states ({made} resources)",
        )
        self._check(
            "both cores are the same as before, byte for byte",
            snapshot.text(self._without(after, *self.story.tenants)) == snapshot.text(before),
        )

    def _replay(self, aws: Access) -> None:
        from presso.simulation.player import Player

        story, source = self.story, self.story.platform.sources.default
        played, silent, name = story.played, story.silent, story.scenario
        scenario = scenarios.find(scenarios.folder(self.workspace.root), name, source)
        self.expected = story.expected(scenario)
        with self._phase("replay"):
            began = time.time()
            with self.printer.counting(f"{played} replays {name}") as progress:
                self.sent = Player(aws.client, played, source).play(name, story.speed, progress=progress).sent
            self._listen(aws, began)
        minutes = f"{scenario.minutes} minute{'s'[: scenario.minutes != 1]}"
        self._say("replay", f"{played} replayed {name}: {minutes} at {story.speed:g} times the speed")
        self._check(
            f"all {self.sent} events sent to {played} were delivered there, each once",
            self.sent == len(scenario.events) and self.heard[played] == self.sent,
        )
        if proof := story.proof():
            self._check(proof, story.is_complete(self.counted[played], self.expected))
        self._check(story.silence(), self.probed and self.heard[silent] == 0 and not self.counted[silent])
        self._check("no dead letters and no unread messages in either", self._stuck(aws) == 0)

    def _listen(self, aws: Access, began: float) -> None:
        """Wait for what must come, then look at what must not have."""
        from presso.simulation.event_log import EventLog

        story = self.story
        logs = {tenant: EventLog(aws.client("logs"), tenant, began) for tenant in story.tenants}
        self.heard = dict.fromkeys(story.tenants, 0)
        # Silence proves something only on a log that hears: so the silent tenant gets a probe, last.
        probe = {"Source": "presso.demo", "DetailType": "Probe", "Detail": "{}", "EventBusName": story.silent}
        aws.client("events").put_events(Entries=[probe])
        clock, since = AwakeClock(), 0.0
        while (now := clock.seconds()) < _PATIENCE_SECONDS:
            for tenant, log in logs.items():
                for event in log.poll():
                    if tenant == story.silent and event.source == probe["Source"]:
                        self.probed = True
                    elif tenant == story.silent or not event.source.startswith(story.platform.sources.prefix):
                        self.heard[tenant] += 1
            counted = {tenant: story.counted(aws, tenant) for tenant in story.tenants}
            if counted != self.counted:
                self.counted, since = counted, now
            heard = self.probed and self.heard[story.played] >= self.sent
            complete = story.is_complete(self.counted[story.played], self.expected)
            # A message is counted a moment before it is deleted from its queue.
            settled = now - since >= story.settles
            if heard and complete and settled and not self._stuck(aws):
                return
            time.sleep(0.1)

    def _stuck(self, aws: Access) -> int:
        """Messages in all queues of both tenants, work queues and dead letters alike."""
        sqs = aws.client("sqs")
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(
            int(count)
            for url in sqs.list_queues().get("QueueUrls", [])
            for count in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"].values()
        )

    def _take_away(self, aws: Access) -> None:
        with self._phase("removal"):
            before = snapshot.take(aws.client)
            gone = demo_site.change(
                self.workspace, "destroy", [f"{self.story.played}/{self.story.extension}"]
            )
            after = snapshot.take(aws.client)
        played, silent, extension = self.story.played, self.story.silent, self.story.extension
        self._say("removal", f"{extension} is gone from {played} ({gone} resources)")
        self._check(
            f"both cores and {silent}'s {extension} are the same as before, byte for byte",
            snapshot.text(after) == snapshot.text(self._without(before, played)),
        )

    def _tear_down(self, aws: Access) -> None:
        with self._phase("teardown"):
            gone = demo_site.change(self.workspace, "destroy", [*self.story.tenants], with_extensions=True)
            left = snapshot.differences(self._nothing_else, snapshot.take(aws.client))
        self._say("teardown", f"everything else is destroyed ({gone} resources)")
        self._check("nothing is left in the account" + (f": {'; '.join(left)}" if left else ""), not left)

    def _without(self, found: snapshot.Snapshot, *tenants: str) -> snapshot.Snapshot:
        for tenant in tenants:
            found = snapshot.outside(found, f"{tenant}--{self.story.extension}--")
        return found

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        with self.printer.working(name):
            yield
        self.seconds[name] = round(time.monotonic() - start, 2)

    def _say(self, phase: str, sentence: str) -> None:
        self.printer.sentence(self.seconds[phase], sentence)

    def _check(self, sentence: str, held: bool) -> None:
        self.checks[sentence] = held
        self.printer.check(sentence, held)


def run(workspace: Workspace, *, keep: bool, json_wanted: bool, quiet: bool) -> int:
    """Run the demo, print its steps on stdout (or one JSON object), and return the exit code.

    Args:
        workspace: The checkout; the demo makes a home of its own inside its home.
        keep: Keep the tenants deployed and the local AWS running afterwards, and print the next commands.
        json_wanted: One object on stdout: `ok`, `tenants`, `events_sent`, `events_delivered`,
            `events_leaked`, `checks`, `seconds` by phase and more; the story goes nowhere.
        quiet: No story, only the table.

    Raises:
        PressoError: Another demo is running in this checkout, or a step could not be done at all.
    """
    platform = platform_settings.load(workspace)
    bar = Story(TENANTS, EXTENSION, SCENARIO, SPEED)
    story = bar if platform.events is None else own(workspace, platform)
    home = workspace.home / "demo"
    with demo_site.alone(home):
        start = time.monotonic()
        with demo_site.cleared(home, keep=keep):
            printer = StepPrinter(silent=quiet or json_wanted)
            demo = Demo(Workspace(workspace.root, home, _declare(home, story)), printer, story)
            demo.run(keep=keep)
        demo.seconds["total"] = round(time.monotonic() - start, 2)
    terminal.result(json.dumps(_as_json(demo), indent=2) if json_wanted else _ending(demo, keep=keep))
    return 0 if demo.ok() else 1


def _declare(home: Path, story: Story) -> Path:
    texts = {
        name: f"name: {name}\ntitle: {title}\nextensions: [{story.extension}]\n"
        for name, title in story.tenants.items()
    }
    return demo_site.declare(home, texts)


def _as_json(demo: Demo) -> dict[str, Any]:
    tenants = {
        tenant: {
            "sent": demo.sent if tenant == demo.story.played else 0,
            "delivered": demo.heard.get(tenant, 0),
            "leaked": demo.leaked(tenant),
            "counted": demo.counted.get(tenant, {}),
        }
        for tenant in demo.story.tenants
    }
    return {
        "ok": demo.ok(),
        "scenario": demo.story.scenario,
        "speed": demo.story.speed,
        "extension": demo.story.extension,
        "tenants": tenants,
        "events_sent": demo.sent,
        "events_delivered": demo.heard.get(demo.story.played, 0),
        "events_leaked": sum(tenant["leaked"] for tenant in tenants.values()),
        "checks": [{"what": what, "held": held} for what, held in demo.checks.items()],
        "seconds": demo.seconds,
    }


def _ending(demo: Demo, *, keep: bool) -> str:
    rows = []
    for tenant, facts in _as_json(demo)["tenants"].items():
        counted = (
            ", ".join(f"{count} {what}" for what, count in sorted(facts["counted"].items())) or "nothing"
        )
        rows.append([tenant, *(str(facts[key]) for key in ("sent", "delivered", "leaked")), counted])
    table = terminal.table(
        ["tenant", "sent", "delivered", "leaked", f"{demo.story.extension} counted"], rows, right=(1, 2, 3)
    )
    held = sum(demo.checks.values())
    verdict = f"{held} of {len(demo.checks)} checks held, {demo.seconds['total']:.0f} s in all."
    played = demo.story.played
    again = f"{program()} --home {demo.workspace.shown(demo.workspace.home)}" if keep else program()
    following = [
        f"{again} watch {played}                 its events live; in another terminal:",
        f"{again} play {played} --speed 60       replay it again",
    ]
    if keep:
        following.append(f"{again} down                      stop what this demo kept")
    else:
        following.insert(
            0, f"{again} apply {played} '{played}/*'        a tenant that stays, with its extensions"
        )
    return "\n".join(["", table, "", verdict, "", "Try next:", *(f"  {line}" for line in following)])
