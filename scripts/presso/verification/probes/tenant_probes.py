"""What the modules of a tenant depend on: the deploy role's session policy, the event player."""

from __future__ import annotations

from presso.names import LONGEST
from presso.tenants import partition_of
from presso.units.deploy_role import SESSION_TAG, session_policy
from presso.units.unit import Unit
from presso.verification.bench import Bench
from presso.verification.claims import probe

# Of a tenant and of an extension.
_LONGEST = (LONGEST, LONGEST)


@probe("", aws="accepted", seconds=120)
def longest_session_policy_is_accepted(bench: Bench) -> str:
    """STS takes the session policy of the deploy role for the longest names of a tenant and an extension."""
    tenant, extension = ("x" * length for length in _LONGEST)
    policy = session_policy(Unit(tenant, extension), partition_of(bench.region))
    bench.say(f"{len(policy)} characters")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": bench.root},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    allowed = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    arn = bench.role_for("deploy", [trust], [allowed])
    assume = bench.client("sts").assume_role
    tags = [{"Key": SESSION_TAG, "Value": extension}]
    bench.retried(assume, RoleArn=arn, RoleSessionName="probe")
    return bench.tried(assume, RoleArn=arn, RoleSessionName="probe", Policy=policy, Tags=tags)


@probe("", aws="every event, once", seconds=300, needs_platform=True)
def player_replays_a_scenario(bench: Bench) -> str:
    """An applied tenant's player reads its scenario by ranges of bytes, and the log has each event."""
    from presso.simulation.event_log import EventLog
    from presso.simulation.player import Player

    log = EventLog(bench.client("logs"), bench.tenant, 0)
    replay = Player(bench.client, bench.tenant).play("one-order", 60)
    found: list[str] = []

    def all_there() -> bool:
        found.extend(event.id for event in log.poll())
        return len(found) >= replay.sent

    bench.wait(all_there, 120)
    bench.absent(all_there, 5, local=0)
    whole = len(found) == len({*found}) == replay.sent
    return "every event, once" if whole else f"{len(found)} of {replay.sent}"
