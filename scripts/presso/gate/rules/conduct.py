"""What only running an extension tells: what it did in the sandbox."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from presso.gate.model import Hit, Level, Model, Place
from presso.gate.rule import declare, rule

_RUN: tuple[Level, ...] = ("sandbox",)
_MOST_NAMED = 5


def _place(model: Model, arn: str) -> Place:
    """Where the thing with this ARN is written."""
    found = next((r for r in model.managed if r.values.get("arn") == arn), None)
    return found.place if found else Place("main.tf")


def _address(model: Model, arn: str) -> str:
    found = next((r for r in model.managed if r.values.get("arn") == arn), None)
    return found.address if found else arn


@rule(
    "P1-025",
    "It emits nothing in another's name, and nothing to others' buses",
    why="Everybody who listens takes an event's source for its sender, whatever computed it: the text and "
    "the plan cannot know what code will put there.",
    fix="Emit with the source that var.fence.event_source gives, on the bus of var.tenant.",
    bad='events.put_events(Entries=[{"Source": "awsserverlessda.serverlesspresso", …}])',
    good='events.put_events(Entries=[{"Source": os.environ["EVENT_SOURCE"], …}])',
    levels=_RUN,
)
def forged(model: Model) -> Iterator[Hit]:
    """Yield events that came under a foreign source or on another bus, and attempts at it."""
    for event, count in model.deeds.emitted.items():
        what = f"it emitted {event.detail_type} {count} times under the source {event.source}"
        if event.source != model.facts.event_source:
            yield Hit(Place("main.tf"), what)
        elif event.bus != model.facts.tenant:
            yield Hit(Place("main.tf"), f"{what} on another tenant's bus")
    for call, count in model.deeds.refused.items():
        if call.action == "events:PutEvents":
            how = f"{call.role} was denied to emit an event {count} times"
            yield Hit(
                _role(model, call.role), f"{how}: with another source, on another bus, or without permission"
            )


@rule(
    "P1-026",
    "It asks for nothing that is not its own",
    why="The fence denied it here and denies it on AWS; but what tries to get at others' things does not "
    "mean to keep the promise, or has a name wrong.",
    fix="Let code use only what its own Terraform gives it the name of.",
    bad='table = f"{tenant}--order-metrics--counters"',
    good='table = os.environ["TABLE"]',
    levels=_RUN,
)
def tried(model: Model) -> Iterator[Hit]:
    """Yield calls that were denied on what is not its own."""
    for call, count in model.deeds.refused.items():
        if call.action != "events:PutEvents" and not _own(model, call.resource):
            what = f"{call.role} was denied {call.action} on {call.resource} {count} times"
            yield Hit(_role(model, call.role), what)


@rule(
    "P1-027",
    "What is outside stays as it is",
    why="The sandbox plays the same events in a tenant where the extension is and in one where it is not: "
    "what differs is its doing.",
    fix="Write to the extension's own tables, queues and names only.",
    levels=_RUN,
)
def disturbed(model: Model) -> Iterator[Hit]:
    """Yield what of others changed while it was there."""
    for what in model.deeds.disturbed:
        yield Hit(Place("main.tf"), f"while it stood, this came, went or changed: {what}")


@rule(
    "P1-028",
    "No policy of it, as it stands in AWS, reaches what stands beside it",
    why="What a plan can only foresee is known once it is applied: the policies are held against the ARN of "
    "everything that the core and the neighbours have there.",
    fix="Name the extension's own resources by reference.",
    levels=_RUN,
)
def reaching(model: Model) -> Iterator[Hit]:
    """Yield policies that allow something on what is outside."""
    for policy, arn in model.deeds.reaching:
        yield Hit(Place("main.tf"), f"the {policy} reaches {arn}")


@rule(
    "P2-009",
    "Every rule takes an event that is played",
    why="A rule that takes none of the catalog's examples, no event made from its schema, and none that is "
    "shaped for its pattern, waits for what never comes on this tenant's bus.",
    fix="Compare the pattern with the examples of `presso catalog show`; eventId is the tenant's own name.",
    bad='detail = { eventId = ["sfo"] }',
    levels=_RUN,
)
def fires(model: Model) -> Iterator[Hit]:
    """Yield enabled rules that took no event."""
    if not model.deeds.played or model.deeds.lacking:
        return
    for resource in model.of("aws_cloudwatch_event_rule"):
        if resource.values.get("event_pattern") and resource.values.get("arn") not in model.deeds.fired:
            yield Hit(
                resource.at("event_pattern"),
                f"{resource.address} took none of {sum(model.deeds.played.values())} events",
            )


@rule(
    "P2-010",
    "What is handed to it is done",
    why="A rule that cannot deliver, a function that raises, a workflow that fails: the event is lost or "
    "goes in circles, and nothing of what the extension promises happens.",
    fix="Look at what it said; try the catalog's examples in a test of the function.",
    levels=_RUN,
)
def works(model: Model) -> Iterator[Hit]:
    """Yield failed deliveries, invocations, executions, and dead letters."""
    deeds = model.deeds
    for (arn, fault), count in deeds.undelivered.items():
        yield Hit(_place(model, arn), f"{_address(model, arn)} could not deliver {count} events: {fault}")
    for arn, errors in deeds.returned.items():
        for error, count in Counter(filter(None, errors)).most_common(_MOST_NAMED):
            what = f"{_address(model, arn)} failed {count} of {len(errors)} times: {_line(error)}"
            yield Hit(_place(model, arn), what)
    for arn, ends in deeds.ended.items():
        bad = Counter(end for end in ends if end not in ("SUCCEEDED", "RUNNING"))
        for end, count in bad.most_common(_MOST_NAMED):
            what = f"{count} of {len(ends)} executions of {_address(model, arn)} ended {_line(end)}"
            yield Hit(_place(model, arn), what)
    for queue, count in deeds.dead_letters.items():
        if not any(error for errors in deeds.returned.values() for error in errors):
            yield Hit(_queue(model, queue), f"{count} messages are in the dead-letter queue {queue}")


@rule(
    "P2-011",
    "What it begins it ends",
    why="What never ends is paid for without end, and keeps the next event waiting.",
    fix="Give functions a short timeout and workflows an end; wait in a Wait state, not in code.",
    levels=_RUN,
)
def ends(model: Model) -> Iterator[Hit]:
    """Yield what still ran or waited after the time for playing."""
    for what, count in Counter(model.deeds.unfinished).most_common(_MOST_NAMED):
        yield Hit(Place("main.tf"), f"when its time was over, this was still there: {what}, {count} times")


@rule(
    "P2-012",
    "Its roles may do what its code does",
    why="Code that is denied something on its own things fails on AWS as it did here.",
    fix="Add the action to the role's policy.",
    severity="warning",
    levels=_RUN,
)
def lacks_permission(model: Model) -> Iterator[Hit]:
    """Yield calls that were denied on its own things."""
    for call, count in model.deeds.refused.items():
        if call.action != "events:PutEvents" and _own(model, call.resource):
            what = f"{call.role} was denied {call.action} on {call.resource} {count} times"
            yield Hit(_role(model, call.role), what)


@rule(
    "P3-006",
    "It is applied and destroyed without a hand",
    why="What AWS refuses to make, or to delete, stops the tenant's apply or leaves a half behind.",
    fix="Read what Terraform said; `presso apply` in a tenant of your own says it too.",
    levels=_RUN,
)
def applies(model: Model) -> Iterator[Hit]:
    """Yield why it was not applied or not destroyed."""
    if model.deeds.broken:
        yield Hit(Place("main.tf"), model.deeds.broken)


@rule(
    "P3-007",
    "A second plan has nothing to change",
    why="What changes in every plan is made anew with every apply, and hides what really changed.",
    fix="Leave out what is different every time, or what AWS writes another way.",
    levels=_RUN,
)
def settled(model: Model) -> Iterator[Hit]:
    """Yield what a second plan would change."""
    for change in model.deeds.replanned:
        address = change.partition(" ")[2].removeprefix("module.extension.")
        found = next((r for r in model.managed if r.address == address), None)
        yield Hit(found.place if found else Place("main.tf"), f"planned again, it would {change}")


@rule(
    "P3-008",
    "Nothing is left when it is destroyed",
    why="What code makes while it runs Terraform does not know of: nobody deletes it, somebody pays for it, "
    "and the next deployment finds it.",
    fix="Make it in Terraform, and let code only fill it.",
    bad='ssm.put_parameter(Name=f"/{prefix}last-order", …)',
    levels=_RUN,
)
def left(model: Model) -> Iterator[Hit]:
    """Yield what was left, or had changed, after the destroy; what had not ended may still make things."""
    for what in () if model.deeds.unfinished else model.deeds.left:
        yield Hit(Place("main.tf"), f"after it was destroyed: {what}")


@rule(
    "M-008",
    "What it emits is what it says",
    why="Who listens to an event relies on its schema; what differs from it breaks others, and only running "
    "shows what code puts into a detail.",
    fix="Correct the code, or the schema under emits in extension.yaml.",
    levels=_RUN,
)
def declared(model: Model) -> Iterator[Hit]:
    """Yield emitted events that are not declared, or not valid."""
    for event, count in model.deeds.emitted.items():
        if event.fault and event.source == model.facts.event_source:
            what = f"it emitted {event.detail_type} {count} times, and {event.fault}"
            yield Hit(model.metadata_place("emits"), what)


declare(
    "S-012",
    "The sandbox has what it needs to run it",
    why="Where nothing can be run, nothing is proven: this says something of the machine, not of the "
    "extension.",
    fix="Install what is missing, or check it where it is there. The local AWS runs Python and Node.js.",
)


def _own(model: Model, arn: str) -> bool:
    name = model.facts.prefix
    return arn in ("*", "") or bool(re.search(rf"[:/]{re.escape(name)}", arn))


def _role(model: Model, name: str) -> Place:
    found = next((r for r in model.of("aws_iam_role") if r.values.get("name") == name), None)
    return found.place if found else Place("main.tf")


def _queue(model: Model, name: str) -> Place:
    found = next((r for r in model.of("aws_sqs_queue") if r.values.get("name") == name), None)
    return found.place if found else Place("main.tf")


def _line(text: str) -> str:
    return json.dumps(" ".join(text.split())[:300], ensure_ascii=False)[1:-1]
