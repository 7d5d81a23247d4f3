"""What state machines, schedules and pipes do: what they point at, and the events that they emit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presso.gate.model import Model, Resource
from presso.json_text import NotJson, loads

# Arguments of Step Functions' integrations that name what is acted on.
NAMED = frozenset(
    {
        "Bucket",
        "EventBusName",
        "FunctionName",
        "QueueUrl",
        "SecretId",
        "StateMachineArn",
        "TableName",
        "TargetArn",
        "TopicArn",
    }
)


def definition(resource: Resource) -> dict[str, Any]:
    """A state machine's definition; {} where it is not known, or no JSON (Terraform says so)."""
    text = resource.values.get("definition")
    if isinstance(text, dict):
        return text
    try:
        found = loads(text) if isinstance(text, str) else {}
    except NotJson:
        return {}
    return found if isinstance(found, dict) else {}


def states(node: Any) -> Iterator[dict[str, Any]]:
    """Every state of a definition, in all its branches."""
    if isinstance(node, dict):
        if isinstance(node.get("Type"), str):
            yield node
        for value in node.values():
            yield from states(value)
    elif isinstance(node, list):
        for item in node:
            yield from states(item)


def arguments(state: dict[str, Any]) -> dict[str, Any]:
    """What a task hands over, in either query language."""
    for name in ("Arguments", "Parameters"):
        if isinstance(state.get(name), dict):
            found: dict[str, Any] = state[name]
            return found
    return {}


def entries(model: Model) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """Every event that something without code emits: who, in which attribute, and the entry."""
    for machine in model.of("aws_sfn_state_machine"):
        for state in states(definition(machine)):
            called = str(state.get("Resource", "")).lower()
            if "events:putevents" in called or "eventbridge:putevents" in called:
                listed = arguments(state).get("Entries")
                for entry in listed if isinstance(listed, list) else [listed]:
                    if isinstance(entry, dict):
                        yield machine, "definition", entry
    for kind, path in (
        ("aws_scheduler_schedule", "target.eventbridge_parameters"),
        ("aws_pipes_pipe", "target_parameters.eventbridge_event_bus_parameters"),
    ):
        for resource in model.of(kind):
            for found in resource.all(path):
                if isinstance(found, dict):
                    entry = {"Source": found.get("source"), "DetailType": found.get("detail_type")}
                    yield resource, path.split(".")[0], entry
