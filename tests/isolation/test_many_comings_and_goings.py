"""Extensions come and go fifty times, two at once and in random order, while the player plays.

The seed is printed; `PRESSO_TEST_SEED` repeats a run.
"""

import json
import os
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.patience import PATIENCE
from tests.without_gate import WithoutGate

from presso import snapshot
from presso.simulation.player import Player, Replay

if TYPE_CHECKING:
    from tests.isolation.conftest import Stage

ROUNDS = 17  # of three each, two at once
TENANT = "nyc"
# Small ones: Terraform's own time is what the test takes.
GUESTS = ("alpha", "alpha-beta", "beta", "gamma")
ORDER = "OrderManager.WaitingCompletion"
MAIN = """
module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion"]
  }
}
variable "context" {
  type = object({
    tenant = string, region = string, account_id = string, bus_name = string, bus_arn = string,
    prefix = string, boundary_arn = string, event_source = string, tags = map(string)
  })
}
"""


@dataclass
class Replays:
    """Replays, one after the other, in a thread of their own, until it is stopped."""

    player: Player
    replays: list[Replay] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def play(self) -> None:
        """Play until it is over."""
        try:
            while not self.over.is_set():
                self.replays.append(self.player.play("quarter-hour", 30))
        except BaseException as fault:
            self.faults.append(fault)

    def __enter__(self) -> "Replays":
        self._thread = threading.Thread(target=self.play)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()


@pytest.fixture
def guests(stage: "Stage") -> Iterator["Stage"]:
    """The stage, whose tenant lists small extensions that are not deployed yet; none is afterwards."""
    for name in GUESTS:
        folder = stage.workspace.extensions / name
        folder.mkdir()
        (folder / "main.tf").write_text(MAIN)
    file = stage.workspace.tenants / TENANT / "tenant.yaml"
    before = file.read_text()
    file.write_text(re.sub(r"extensions: \[(.*)\]", rf"extensions: [\1, {', '.join(GUESTS)}]", before))
    yield stage
    send_away(stage)
    file.write_text(before)


def send_away(stage: "Stage") -> None:
    """Destroy the extensions that stand."""
    deployed = [f"{TENANT}/{name}" for name in GUESTS if state_of(stage, name).exists()]
    if deployed:
        stage.run("destroy", *deployed)


def state_of(stage: "Stage", name: str) -> Path:
    """The state file of an extension in the tenant."""
    return stage.workspace.home / "state" / TENANT / name / f"{name}.tfstate"


def others(stage: "Stage") -> tuple[str, dict[str, bytes]]:
    """What does not belong to the guests: all that is deployed, and all states."""
    own = re.compile(rf"[ /]{TENANT}--({'|'.join(GUESTS)})--")
    found = {name: value for name, value in stage.snapshot().items() if not own.search(name)}
    states = {path: data for path, data in stage.states().items() if Path(path).stem not in GUESTS}
    return snapshot.text(found), states


def turned(stage: "Stage", name: str) -> str:
    """Apply an extension that does not stand, destroy one that does; what became of it."""
    action = "destroy" if state_of(stage, name).exists() else "apply"
    unit = f"{TENANT}/{name}"
    return stage.run(action, unit, how=WithoutGate)[unit]  # type: ignore[arg-type]


def logged(stage: "Stage", replay: Replay) -> Counter[str]:
    """How many events of each detail-type of a replay are in the event log."""
    lines = stage.aws.client("logs").get_paginator("filter_log_events")
    found: Counter[str] = Counter()
    for page in lines.paginate(logGroupName=f"/aws/events/{TENANT}"):
        for event in page["events"]:
            if replay.execution_arn in event["message"]:
                found[json.loads(event["message"])["detail-type"]] += 1
    return found


def counted(stage: "Stage", name: str) -> int:
    """How many orders an extension next door has counted."""
    items = stage.items(TENANT)
    return sum(count for key, count in items.items() if key.startswith(f"{name} drink "))


@pytest.mark.timeout(900)
def test_fifty_comings_and_goings_change_nothing_else_and_lose_no_event(guests: "Stage") -> None:
    seed = int(os.environ.get("PRESSO_TEST_SEED") or secrets.randbelow(10**6))
    print(f"PRESSO_TEST_SEED={seed}")
    dice = random.Random(seed)
    neighbours = guests.tenants[TENANT]
    guests.heard(TENANT, guests.order(TENANT))
    before, counts = others(guests), {name: counted(guests, name) for name in neighbours}
    results: Counter[str] = Counter()
    with Replays(Player(guests.aws.client, TENANT)) as playing, ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            some = dice.sample(GUESTS, 3)
            results.update(pool.map(lambda name: turned(guests, name), some))
            assert others(guests) == before, f"round {number}: {some}"
    send_away(guests)  # with their queues, which are never read
    guests.heard(TENANT, guests.order(TENANT))

    assert playing.faults == []
    assert results.keys() == {"applied", "destroyed"}
    assert results.total() == 3 * ROUNDS
    assert playing.replays
    orders = 1
    for replay in playing.replays:
        assert logged(guests, replay) == replay.detail_types
        orders += replay.detail_types[ORDER]
    deadline = time.monotonic() + PATIENCE
    wanted = {name: counts[name] + orders for name in neighbours}
    while (found := {name: counted(guests, name) for name in neighbours}) != wanted:
        assert time.monotonic() < deadline, (found, wanted)
        time.sleep(0.2)
