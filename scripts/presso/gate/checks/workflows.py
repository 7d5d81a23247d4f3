"""Promise 1: a workflow's calls are written out, and go to its own resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from presso.gate.check import check
from presso.gate.metric_expressions import chooses_within
from presso.gate.model import Hit, Model, Resource
from presso.gate.ownership import Ownership, names_in
from presso.gate.workflows import (
    Dynamic,
    InvalidDefinition,
    StateCall,
    arguments_at,
    definition,
    forbidden_arguments,
    integration,
    is_itself,
    named,
    state_calls,
)
from presso.hcl.values import Unknown

_Found = Iterator[tuple[bool, str]]
# https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html
_SYNC = re.compile(r":states:startExecution\.sync(:2)?$")
_NO_SYNC = (
    "for which its role must change a rule on the account's default bus: use .waitForTaskToken, an express "
    "workflow by aws-sdk:sfn:startSyncExecution, or a loop of Wait and aws-sdk:sfn:describeExecution"
)
# The beginning of a query that an expression completes.
_QUERY = re.compile(r"""(?:States\.Format\(|\{%)\s*['"](?=\s*[\w#|@`])""")
_SOURCE = re.compile(r"(?:\s|#.*\n)*SOURCE\b", re.IGNORECASE)


def foreign(model: Model) -> Iterator[Hit]:
    """Yield others' resources in a workflow: in its calls, and each ARN, URL or name in its definition."""
    own = Ownership.of(model)
    for machine in model.of("aws_sfn_state_machine"):
        reported = set()
        for written, what in _judged(model, machine):
            if written:
                reported.add(what)
                yield Hit(machine.at("definition"), f"{machine.address} calls {what}")
        for text in _texts(_definition(machine)):
            for found in names_in(text, model.facts.tenant):
                ours = found == model.facts.bus_arn or own.owns(found) or own.covers(found)
                if not ours and not found.startswith(model.facts.integrations) and found not in reported:
                    reported.add(found)
                    yield Hit(machine.at("definition"), f"{machine.address} names {found}")


@check(
    "P1-029",
    "A workflow makes only listed calls, and writes out their resources",
    why="The role limits what a workflow can reach, and a reviewer must see what it means to reach: a "
    "table's name, an event's source or all arguments cannot be reviewed when an expression decides them at "
    "run time. Data is free: keys, items, messages, details, names of single executions.",
    fix="Write the name, ARN or URL as plain text, from the extension's own resource: TableName = "
    "aws_dynamodb_table.default.name. docs/checks.md lists what a workflow may call, and those arguments.",
    bad='"TableName.$" = "$.table"',
    good="TableName = aws_dynamodb_table.default.name",
)
def written_out(model: Model) -> Iterator[Hit]:
    """Yield arguments that are decided only at run time, and calls that are not allowed."""
    for machine in model.of("aws_sfn_state_machine"):
        try:
            list(state_calls(definition(machine) or {"States": {}}))
        except InvalidDefinition as error:
            what = f"the definition of {machine.address} cannot be judged: {error}"
            yield Hit(machine.at("definition"), what)
            continue
        for written, what in dict.fromkeys(_judged(model, machine)):
            if not written:
                yield Hit(machine.at("definition"), f"{machine.address}: {what}")


def _definition(machine: Resource) -> dict[str, Any]:
    try:
        return definition(machine)
    except InvalidDefinition:
        return {}


def _judged(model: Model, machine: Resource) -> _Found:
    """Faults of a machine's calls: whether the argument is written out and another's, and the text."""
    try:
        found = list(state_calls(_definition(machine) or {"States": {}}))
    except InvalidDefinition:
        return
    for call in found:
        yield from _of_call(model, call)


def _of_call(model: Model, call: StateCall) -> _Found:
    own, facts = Ownership.of(model), model.facts
    if call.credentials is not None:
        yield from _argument(model, "RoleArn", call.credentials, "own", f"the state {call.state} acts as")
    if isinstance(call.resource, Unknown) or isinstance(call.arguments, Unknown):
        return
    if not isinstance(call.resource, str):
        yield False, f"the state {call.state} has no Resource"
    elif not call.resource.startswith(facts.integrations):
        if not own.owns(call.resource) or ":function:" not in call.resource:
            yield True, call.resource
    else:
        called = integration(call.resource, facts)
        arguments = named(*called) if called else None
        if arguments is None:
            what = call.resource.removeprefix(facts.integrations)
            yield False, f"the state {call.state} calls {what}, which is not on the list"
            return
        if _SYNC.search(call.resource):
            yield False, f"the state {call.state} waits for another workflow by .sync, {_NO_SYNC}"
        for name in forbidden_arguments(arguments, call.arguments):
            yield False, f"the state {call.state} takes {name}, which is not allowed"
        for path, kind in arguments.items():
            if kind == "absent":
                continue
            yield from _argument(model, path, call.arguments, kind, f"the state {call.state} takes")


def _argument(model: Model, path: str, arguments: Any, kind: str, doing: str) -> _Found:
    for where, value in arguments_at(arguments, path):
        if kind == "query":
            if fault := _of_query(value):
                yield False, f"{doing} {where}, {fault}"
        elif isinstance(value, Unknown) or (
            isinstance(value, Dynamic) and (kind == "dynamic" or is_itself(value))
        ):
            continue
        elif value is None:
            yield False, f"{doing} {where}, which is missing"
        elif isinstance(value, Dynamic):
            yield (
                False,
                f"{doing} {where} from {value.text or 'a value that is not text'}, known only at run time",
            )
        elif not _right(model, where, value, kind):
            yield True, value


def _of_query(value: Any) -> str:
    """What is wrong with a query of CloudWatch Logs Insights; "" for nothing.

    Source: CloudWatch Logs user guide, "SOURCE": a query that begins with it chooses its log groups itself.
    """
    text = value
    if isinstance(value, Dynamic):
        begins = _QUERY.match(value.text)
        if begins is None:
            return "whose beginning is known only at run time"
        text = value.text[begins.end() :]
    if not isinstance(text, str):
        return ""
    if _SOURCE.match(text):
        return "which chooses its log groups by SOURCE"
    return "which reads others by a query or table in it" if chooses_within(text) else ""


def _right(model: Model, where: str, value: str, kind: str) -> bool:
    if kind in ("source", "text"):
        return True  # P1-019 and M-004 report it
    if kind == "bus":
        return value in (model.facts.tenant, model.facts.bus_arn)
    if kind == "metrics":
        return value == model.facts.metrics
    return Ownership.of(model).owns(value, where.lower())


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key != "Comment":
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
