"""The calls of state machines, and the events that state machines, schedules and pipes emit.

A definition is walked as AWS runs it: every task, the readers and writers of its maps, in all branches.
`CALLS` lists the calls that a task may make and the arguments that name the resource: those must be written
out (decision 0019). Everything else that a task passes is data.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html,
https://states-language.net/spec.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presso.gate.model import Facts, Model, Resource
from presso.hcl.values import Unknown
from presso.json_text import NotJson, loads

_READERS_OF_OBJECTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")
# The kinds of arguments: `own`, a resource of the extension; `bus`, the tenant's; `source`, the extension's;
# `metrics`, its namespace; `text`, anything written out; `dynamic`, known at run time and limited by the
# role; `query`, a query whose beginning is written out and does not choose log groups itself (SOURCE);
# `absent`, must not be there: it leads past the others, to a bus in another region, a phone, a reader
# of the object. In paths, `[]` is each item of a list, `{}` each key of a mapping, `*` each of its values;
# `|` separates alternatives.
CALLS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("cloudwatch", "PutMetricData", {"Namespace": "metrics"}),
    (
        "dynamodb",
        "DeleteItem DescribeTable GetItem PutItem Query Scan UpdateItem",
        {"TableName": "own"},
    ),
    ("dynamodb", "BatchGetItem BatchWriteItem", {"RequestItems.{}": "own"}),
    ("dynamodb", "TransactGetItems TransactWriteItems", {"TransactItems.[].*.TableName": "own"}),
    (
        "events",
        "PutEvents",
        {
            "Entries.[].DetailType": "text",
            "Entries.[].EventBusName": "bus",
            "Entries.[].Source": "source",
            "EndpointId": "absent",
        },
    ),
    ("events", "DescribeRule DisableRule EnableRule", {"EventBusName": "bus", "Name": "own"}),
    ("http", "Invoke", {"Authentication.ConnectionArn|InvocationConfig.ConnectionArn": "own"}),
    ("lambda", "GetFunction GetFunctionConfiguration Invoke", {"FunctionName": "own"}),
    (
        "logs",
        "CreateLogStream DescribeLogStreams FilterLogEvents GetLogEvents PutLogEvents",
        {"LogGroupIdentifier|LogGroupName": "own"},
    ),
    (
        "logs",
        "StartQuery",
        {"LogGroupIdentifiers.[]|LogGroupName|LogGroupNames.[]": "own", "QueryString": "query"},
    ),
    (
        "s3",
        "DeleteObject DeleteObjects GetObject GetObjectTagging HeadObject ListObjectsV2 PutObjectTagging",
        {"Bucket": "own"},
    ),
    ("s3", "PutObject", {"Bucket": "own", **dict.fromkeys(_READERS_OF_OBJECTS, "absent")}),
    ("scheduler", "DeleteSchedule GetSchedule", {"GroupName": "own", "Name": "dynamic"}),
    ("secretsmanager", "DescribeSecret GetSecretValue PutSecretValue", {"SecretId": "own"}),
    ("sns", "Publish", {"TopicArn": "own", "PhoneNumber": "absent", "TargetArn": "absent"}),
    ("sns", "PublishBatch", {"TopicArn": "own"}),
    (
        "sqs",
        "ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch"
        " GetQueueAttributes ReceiveMessage SendMessage SendMessageBatch",
        {"QueueUrl": "own"},
    ),
    ("sqs", "GetQueueUrl", {"QueueName": "own", "QueueOwnerAWSAccountId": "absent"}),
    ("ssm", "DeleteParameter GetParameter GetParameterHistory PutParameter", {"Name": "own"}),
    ("ssm", "DeleteParameters GetParameters", {"Names.[]": "own"}),
    ("ssm", "GetParametersByPath", {"Path": "own"}),
    ("states", "SendTaskFailure SendTaskHeartbeat SendTaskSuccess", {}),
    (
        "states",
        "DescribeStateMachine ListExecutions StartExecution StartSyncExecution",
        {"StateMachineArn": "own"},
    ),
    (
        "states",
        "DescribeExecution GetExecutionHistory RedriveExecution StopExecution",
        {"ExecutionArn": "dynamic"},
    ),
)
_ARGUMENTS = {
    (service, action.lower()): named for service, actions, named in CALLS for action in actions.split()
}
# Names that differ between SDK integrations and IAM.
_SDK = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "states"}
_INTEGRATION = re.compile(r"(aws-sdk:)?([a-z0-9]+):([A-Za-z0-9]+)(?:\.(?:sync(?::2)?|waitForTaskToken))?")
# Expressions for the state machine's own ARN.
_ITSELF = ("$$.StateMachine.Id", "{% $states.context.StateMachine.Id %}")


class InvalidDefinition(Exception):
    """A definition that AWS would reject, or read differently than the gate; the message states why."""


@dataclass(frozen=True)
class StateCall:
    """The call of one state.

    Args:
        state: The state's name.
        resource: Its `Resource`.
        arguments: Its arguments; None for none.
        credentials: The role of the call, if it sets one.
    """

    state: str
    resource: Any
    arguments: Any = None
    credentials: Any = None


@dataclass(frozen=True)
class Dynamic:
    """An argument that is known only at run time: its expression, if there is one."""

    text: str


def definition(machine: Resource) -> dict[str, Any]:
    """A state machine's definition; {} where it is unknown.

    Raises:
        Unreadable: It is not a JSON object, or has a name twice.
    """
    text = machine.values.get("definition")
    if isinstance(text, str):
        try:
            text = loads(text, _once)
        except NotJson as error:
            raise InvalidDefinition(f"it is not JSON: {error}") from None
        if not isinstance(text, dict):
            raise InvalidDefinition("it is not a JSON object")
    return text if isinstance(text, dict) else {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise InvalidDefinition(f"it has {twice} twice in one object")
    return found


def states(machine: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state of a definition by its name, in all its branches.

    Raises:
        Unreadable: A part of it is not valid Amazon States Language.
    """
    listed = machine.get("States") if isinstance(machine, dict) else machine
    if isinstance(machine, Unknown) or isinstance(listed, Unknown):
        return
    if not isinstance(listed, dict):
        raise InvalidDefinition("a state machine in it has no States")
    for name, state in listed.items():
        if isinstance(state, Unknown):
            continue
        if not isinstance(state, dict):
            raise InvalidDefinition(f"the state {name} is not an object")
        yield name, state
        branches = state.get("Branches") or []
        if not isinstance(branches, list | Unknown):
            raise InvalidDefinition(f"the branches of the state {name} are not a list")
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for each in [*inner, *(branches if isinstance(branches, list) else ())]:
            yield from states(each)


def state_calls(machine: Any) -> Iterator[StateCall]:
    """The calls of a definition.

    Raises:
        Unreadable: It cannot be read.
    """
    for name, state in states(machine):
        if "Resource" in state:
            yield StateCall(name, state["Resource"], _arguments(name, state), state.get("Credentials"))
        for part in ("ItemReader", "ResultWriter"):
            inner = state.get(part)
            if isinstance(inner, dict) and (inner.keys() - {"WriterConfig"}):
                yield StateCall(f"{name} ({part})", inner.get("Resource"), _arguments(name, inner))
            elif inner is not None and not isinstance(inner, dict | Unknown):
                raise InvalidDefinition(f"{part} of the state {name} is not an object")


def _arguments(name: str, state: Mapping[str, Any]) -> Any:
    given = [state[key] for key in ("Arguments", "Parameters") if key in state]
    if len(given) > 1:
        raise InvalidDefinition(f"the state {name} has Arguments and Parameters")
    return given[0] if given else None


def integration(resource: str, facts: Facts) -> tuple[str, str] | None:
    """The service, in IAM's spelling, and the action of a `Resource`; None if it is not an integration."""
    found = _INTEGRATION.fullmatch(resource.removeprefix(facts.integrations))
    if found is None or not resource.startswith(facts.integrations):
        return None
    service = found[2].lower()
    return _SDK.get(service, service) if found[1] else service, found[3]


def named(service: str, action: str) -> Mapping[str, str] | None:
    """The arguments of an action that name its resources, with their kinds; None for one not listed."""
    return _ARGUMENTS.get((service, action.lower()))


def forbidden_arguments(kinds: Mapping[str, str], arguments: Any) -> list[str]:
    """The arguments of a call that must be absent, by the kinds of its action's arguments, and are not."""
    given = {key.removesuffix(".$") for key in arguments} if isinstance(arguments, dict) else set()
    return [name for name, kind in kinds.items() if kind == "absent" and name in given]


def arguments_at(arguments: Any, path: str) -> list[tuple[str, Any]]:
    """The values of arguments at a path: where, and a text, `Dynamic`, or None where it is missing."""
    ways = [list(_at(arguments, way.split("."), "")) for way in path.split("|")]
    there = [found for way in ways for found in way if found[1] is not None]
    return there or [(path.replace(".[]", "").replace("|", " or "), None)]


def _at(value: Any, steps: list[str], trail: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Unknown):
        yield trail, value
    elif isinstance(value, str) and (steps or "{%" in value):
        yield trail or "all of it", Dynamic(value.strip())
    elif not steps:
        yield trail, value if isinstance(value, str) else Dynamic("")
    elif steps[0] == "[]":
        if not isinstance(value, list):
            yield trail, Dynamic("")
        for item in value if isinstance(value, list) else ():
            yield from _at(item, steps[1:], trail)
    else:
        yield from _inside(value, steps, trail)


def _inside(value: Any, steps: list[str], trail: str) -> Iterator[tuple[str, Any]]:
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict):
        yield trail, None if value is None else Dynamic("")
    elif step == "{}":
        yield from ((trail, Dynamic(key) if key.endswith(".$") else key) for key in value)
    elif step == "*":
        for key, item in value.items():
            below = f"{trail}.{key}".removeprefix(".")
            yield from [(below, Dynamic(str(item)))] if key.endswith(".$") else _at(item, rest, below)
    else:
        below = f"{trail}.{step}".removeprefix(".")
        if f"{step}.$" in value:
            yield below, Dynamic(str(value[f"{step}.$"]))
        elif value.get(step) is None:
            yield below, None
        else:
            yield from _at(value[step], rest, below)


def entries(model: Model) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """Every event emitted without code: the resource, the attribute, and what is written out."""
    for machine in model.of("aws_sfn_state_machine"):
        try:
            found = list(state_calls(definition(machine) or {"States": {}}))
        except InvalidDefinition:
            continue  # P1-029 reports why
        for call in found:
            called = integration(call.resource, model.facts) if isinstance(call.resource, str) else None
            if called and (called[0], called[1].lower()) == ("events", "putevents"):
                listed = call.arguments.get("Entries") if isinstance(call.arguments, dict) else None
                for entry in listed if isinstance(listed, list) else ():
                    if isinstance(entry, dict):
                        yield (
                            machine,
                            "definition",
                            {key: v for key, v in entry.items() if not _is_dynamic(v)},
                        )
    yield from _others(model)


def _is_dynamic(value: Any) -> bool:
    return isinstance(value, str) and "{%" in value


def _others(model: Model) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """The events that schedules and pipes put on the bus, including unspecified ones: AWS decides these."""
    for kind, target, path in (
        ("aws_scheduler_schedule", "target.arn", "target.eventbridge_parameters"),
        ("aws_pipes_pipe", "target", "target_parameters.eventbridge_event_bus_parameters"),
    ):
        for resource in model.of(kind):
            said = [found for found in resource.all(path) if isinstance(found, dict)]
            if not said and resource.get(target) == model.facts.bus_arn:
                said = [{}] if not any(isinstance(found, Unknown) for found in resource.all(path)) else []
            for found in said:
                entry = {"Source": found.get("source"), "DetailType": found.get("detail_type")}
                yield resource, path.split(".")[0], entry


def is_itself(argument: Dynamic) -> bool:
    """Whether an expression is the state machine's own ARN, from the context object."""
    return argument.text in _ITSELF
