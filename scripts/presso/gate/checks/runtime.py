"""Checks of what the extension did in the sandbox, which only running it shows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from presso.gate.arn_patterns import WITHOUT_RESOURCE, included
from presso.gate.check import check, declare
from presso.gate.checks.policies import allowing
from presso.gate.model import Hit, Level, Model, Place
from presso.gate.run_record import Refusal

_RUN: tuple[Level, ...] = ("sandbox",)
_MOST_NAMED = 5


def _place(model: Model, arn: str) -> Place:
    """The place where the resource with this ARN is written."""
    found = next((r for r in model.managed if r.values.get("arn") == arn), None)
    return found.place if found else Place("main.tf")


def _address(model: Model, arn: str) -> str:
    found = next((r for r in model.managed if r.values.get("arn") == arn), None)
    return found.address if found else arn


@check(
    "P1-025",
    "It emits events only with its own source and on its own tenant's bus",
    why="Consumers trust an event's source to identify its sender. Text and plan do not show which source "
    "code will set.",
    fix="Emit with the source in var.context.event_source, on the bus var.context.bus_name.",
    bad='events.put_events(Entries=[{"Source": "awsserverlessda.serverlesspresso", …}])',
    good='events.put_events(Entries=[{"Source": os.environ["EVENT_SOURCE"], …}])',
    levels=_RUN,
)
def forged(model: Model) -> Iterator[Hit]:
    """Yield events with a foreign source or on another bus, and attempts to emit them."""
    for event, count in model.record.emitted.items():
        what = f"it emitted {event.detail_type} {count} times with the source {event.source}"
        if event.source != model.facts.event_source:
            yield Hit(Place("main.tf"), what)
        elif event.bus != model.facts.tenant:
            yield Hit(Place("main.tf"), f"{what} on another tenant's bus")
    for call, count in model.record.refused.items():
        if call.action == "events:PutEvents":
            how = f"{call.role} was denied emitting an event {count} times"
            yield Hit(
                _role(model, call.role), f"{how}: with another source, on another bus, or without permission"
            )


@check(
    "P1-026",
    "It makes no calls to others' resources",
    why="The boundary denied the call here and denies it on AWS; but code that makes it either does not keep "
    "the promise or has a wrong name. Code that signs with other credentials than its role's, or sends what "
    "no SDK sends, looks for a way around its role.",
    fix="In code, use only names that the extension's own Terraform passes to it, and the AWS SDK as it is.",
    bad='table = f"{tenant}--order-metrics--counters"',
    good='table = os.environ["TABLE"]',
    levels=_RUN,
)
def tried(model: Model) -> Iterator[Hit]:
    """Yield calls that were denied on others' resources, and requests that no role signed."""
    for call, count in model.record.refused.items():
        if call.action != "events:PutEvents" and not _own(model, call):
            what = f"{call.role} was denied {call.action} on {call.resource} {count} times"
            yield Hit(_role(model, call.role), what)
    for request, count in model.record.forged.most_common(_MOST_NAMED):
        yield Hit(Place("main.tf"), f"a function sent {count} times what its role did not sign: {request}")


@check(
    "P1-027",
    "Others' resources stay unchanged",
    why="The sandbox plays the same events to a tenant with the extension and to one without it: the "
    "extension causes the differences.",
    fix="Write only to the extension's own tables, queues and names.",
    levels=_RUN,
)
def disturbed(model: Model) -> Iterator[Hit]:
    """Yield changes of others' resources while the extension was deployed."""
    for what in model.record.disturbed:
        yield Hit(Place("main.tf"), f"while it was deployed, this was added, removed or changed: {what}")


@check(
    "P1-028",
    "Its deployed policies reach no resource of others",
    why="A plan only predicts policies; after the apply they are known. The sandbox matches them against "
    "the ARNs of all resources of the core and the neighbours there.",
    fix="Name the extension's own resources by reference.",
    levels=_RUN,
)
def foreign_access(model: Model) -> Iterator[Hit]:
    """Yield policies that allow actions on others' resources."""
    for policy, arn in model.record.foreign_access:
        yield Hit(Place("main.tf"), f"the {policy} reaches {arn}")


@check(
    "P2-009",
    "Every rule matches an event that is played",
    why="A rule that matches none of the catalog's examples, no event generated from its schema, and none "
    "built for its pattern, waits for events that never arrive on this tenant's bus.",
    fix="Compare the pattern with the examples of `presso catalog show`; they have the tenant's own name.",
    bad='detail = { eventId = ["sfo"] }',
    levels=_RUN,
)
def fires(model: Model) -> Iterator[Hit]:
    """Yield enabled rules that matched no event."""
    if not model.record.played or model.record.lacking:
        return
    for resource in model.of("aws_cloudwatch_event_rule"):
        if resource.values.get("event_pattern") and resource.values.get("arn") not in model.record.fired:
            yield Hit(
                resource.at("event_pattern"),
                f"{resource.address} matched none of {sum(model.record.played.values())} events",
            )


@check(
    "P2-010",
    "It processes what it receives",
    why="When a rule cannot deliver, a function raises or a workflow fails, the event is lost or "
    "retried, and the extension does not do its work.",
    fix="Read its error message; try the catalog's examples in a test of the function.",
    levels=_RUN,
)
def works(model: Model) -> Iterator[Hit]:
    """Yield failed deliveries, invocations, executions, and dead letters."""
    record = model.record
    for (arn, fault), count in record.undelivered.items():
        yield Hit(_place(model, arn), f"{_address(model, arn)} could not deliver {count} events: {fault}")
    for arn, errors in record.returned.items():
        for error, count in Counter(filter(None, errors)).most_common(_MOST_NAMED):
            what = f"{_address(model, arn)} failed {count} of {len(errors)} times: {_line(error)}"
            yield Hit(_place(model, arn), what)
    for arn, ends in record.ended.items():
        bad = Counter(end for end in ends if end not in ("SUCCEEDED", "RUNNING"))
        for end, count in bad.most_common(_MOST_NAMED):
            what = f"{count} of {len(ends)} executions of {_address(model, arn)} ended {_line(end)}"
            yield Hit(_place(model, arn), what)
    for queue, count in record.dead_letters.items():
        if not any(error for errors in record.returned.values() for error in errors):
            yield Hit(_queue(model, queue), f"{count} messages are in the dead-letter queue {queue}")


@check(
    "P2-011",
    "Functions, workflows and queues finish",
    why="Work that never ends costs money without end, and keeps the next event waiting.",
    fix="Give functions a short timeout and workflows an end; wait in a Wait state, not in code.",
    levels=_RUN,
)
def ends(model: Model) -> Iterator[Hit]:
    """Yield what still ran or waited after the time for playing."""
    for what, count in Counter(model.record.unfinished).most_common(_MOST_NAMED):
        yield Hit(Place("main.tf"), f"still there at the end of its time: {what}, {count} times")


@check(
    "P2-012",
    "Its roles may make the calls of its code",
    why="A call that is denied on the extension's own resources here fails on AWS too.",
    fix="Add the action to the role's policy.",
    severity="warning",
    levels=_RUN,
)
def lacks_permission(model: Model) -> Iterator[Hit]:
    """Yield calls that were denied on its own resources."""
    for call, count in model.record.refused.items():
        if call.action != "events:PutEvents" and _own(model, call):
            what = f"{call.role} was denied {call.action} on {call.resource} {count} times"
            yield Hit(_role(model, call.role), what)


@check(
    "P3-006",
    "It can be applied and destroyed without manual steps",
    why="When AWS rejects a create or a delete, the tenant's apply stops or leaves resources behind.",
    fix="Read Terraform's message; `presso apply` in a tenant of your own shows it too.",
    levels=_RUN,
)
def applies(model: Model) -> Iterator[Hit]:
    """Yield why it could not be applied or destroyed."""
    if model.record.broken:
        yield Hit(Place("main.tf"), model.record.broken)


@check(
    "P3-007",
    "A second plan has nothing to change",
    why="A change in every plan is applied again with every apply, and hides real changes.",
    fix="Leave out values that differ at each run, or that AWS stores in another form.",
    levels=_RUN,
)
def settled(model: Model) -> Iterator[Hit]:
    """Yield the changes of a second plan."""
    for change in model.record.replanned:
        address = change.partition(" ")[2].removeprefix("module.extension.")
        found = next((r for r in model.managed if r.address == address), None)
        yield Hit(found.place if found else Place("main.tf"), f"planned again, it would {change}")


@check(
    "P3-008",
    "Destroy leaves nothing behind",
    why="Terraform does not know what code creates at run time: it is never deleted, costs money, and is "
    "in the way of the next deployment.",
    fix="Create it in Terraform, and let code only write data.",
    bad='ssm.put_parameter(Name=f"/{prefix}last-order", …)',
    levels=_RUN,
)
def left(model: Model) -> Iterator[Hit]:
    """Yield what is left or changed after the destroy; code that still runs may create more."""
    unreal = {f"new: log group {name}" for name in model.log_groups_of_the_emulator}
    for what in () if model.record.unfinished else (each for each in model.record.left if each not in unreal):
        yield Hit(Place("main.tf"), f"after the destroy: {what}")


@check(
    "M-008",
    "Its events match their schemas",
    why="Consumers rely on an event's schema; a different detail breaks them, and only running the code "
    "shows the detail.",
    fix="Correct the code, or the schema under emits in extension.yaml.",
    levels=_RUN,
)
def declared(model: Model) -> Iterator[Hit]:
    """Yield emitted events that are not declared, or not valid."""
    for event, count in model.record.emitted.items():
        if event.fault and event.source == model.facts.event_source:
            what = f"it emitted {event.detail_type} {count} times, and {event.fault}"
            yield Hit(model.metadata_place("emits"), what)


declare(
    "S-012",
    "The sandbox can run it",
    why="Without running it the sandbox proves nothing. This is about the machine, not about the extension.",
    fix="Install what is missing, or use a machine that has it. The local AWS runs Python and Node.js; its "
    "pipes do not enrich.",
)


def _own(model: Model, call: Refusal) -> bool:
    """Whether a call concerned the extension's own things.

    Where it names none, it does if IAM knows no resource for it, or the extension may make it for its own.
    """
    if call.resource not in ("*", ""):
        return bool(re.search(rf"[:/]{re.escape(model.facts.prefix)}", call.resource))
    allowed = (action for _, _, statement in allowing(model) for action in statement.texts("action"))
    return any(included(call.action.lower(), known.lower()) for known in (*WITHOUT_RESOURCE, *allowed))


def _role(model: Model, name: str) -> Place:
    found = next((r for r in model.of("aws_iam_role") if r.values.get("name") == name), None)
    return found.place if found else Place("main.tf")


def _queue(model: Model, name: str) -> Place:
    found = next((r for r in model.of("aws_sqs_queue") if r.values.get("name") == name), None)
    return found.place if found else Place("main.tf")


def _line(text: str) -> str:
    return json.dumps(" ".join(text.split())[:300], ensure_ascii=False)[1:-1]
