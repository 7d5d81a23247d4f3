"""Checks of Amazon States Language, as Step Functions makes them when a state machine is created.

Source: https://states-language.net and the Step Functions API's ValidateStateMachineDefinition. The emulator
accepts any text, so this is where a definition that AWS would refuse is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_TYPES = {"Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait"}
_ENDS = {"Choice", "Fail", "Succeed"}  # these have neither Next nor End
_MOST = 1_048_576
_MACHINE = {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version", "ProcessorConfig"}
_ANY = {"Assign", "Comment", "End", "InputPath", "Next", "Output", "OutputPath", "QueryLanguage", "Type"}
_WORK = {"Arguments", "Catch", "Parameters", "ResultPath", "ResultSelector", "Retry"}
_FIELDS = {
    "Choice": {"Choices", "Default"},
    "Fail": {"Cause", "CausePath", "Error", "ErrorPath"},
    "Map": {
        *_WORK,
        *("ItemBatcher", "ItemProcessor", "ItemReader", "ItemSelector", "Items", "ItemsPath", "Iterator"),
        *("Label", "MaxConcurrency", "MaxConcurrencyPath", "ResultWriter", "ToleratedFailureCount"),
        *("ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    },
    "Parallel": {*_WORK, "Branches"},
    "Pass": {"Parameters", "Result", "ResultPath"},
    "Succeed": set(),
    "Task": {
        *_WORK,
        *("Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath", "Resource"),
        *("TimeoutSeconds", "TimeoutSecondsPath"),
    },
    "Wait": {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
}
_JSONATA = {"Arguments", "Items", "Output"}
_JSONPATH = {"InputPath", "ItemsPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector"}
_OF_OTHERS = {"Branches", "Comment", "ItemProcessor", "Iterator"}
_TEMPLATES = ("ItemSelector", "Parameters", "ResultSelector")
_MOST_PARSED, _MOST_SHOWN = 8_000, 200
_COMPARISON = re.compile(r"^(Boolean|Numeric|String|Timestamp)[A-Z]|^Is[A-Z]")


def definition(value: Any) -> str | None:
    """A text that Step Functions would take as a definition; what is wrong first, with the state's path."""
    if len(value) > _MOST:
        return f"expected length to be in the range (0 - {_MOST}), got {len(value)}"
    try:
        machine = json.loads(value)
    except ValueError as error:
        return f"contains invalid JSON: {error}"
    if not isinstance(machine, dict):
        return "INVALID_JSON_DESCRIPTION: expected an object with StartAt and States"
    return next(_machine(machine, "", machine.get("QueryLanguage", "JSONPath")), None)


def _machine(machine: dict[str, Any], path: str, language: str) -> Iterator[str]:
    if language not in ("JSONPath", "JSONata"):
        yield f"SCHEMA_VALIDATION_FAILED: QueryLanguage {language}, not JSONPath nor JSONata at {path or '/'}"
    yield from (
        f"SCHEMA_VALIDATION_FAILED: The field '{name}' is not supported by Step Functions at {path}/{name}"
        for name in machine.keys() - _MACHINE
    )
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield f"SCHEMA_VALIDATION_FAILED: expected States with at least one state at {path or '/'}"
        return
    start = machine.get("StartAt")
    if start not in states:
        yield f"MISSING_TRANSITION_TARGET: StartAt {start!r} is not a state at {path}/StartAt"
    reached = {start}
    for name, state in states.items():
        where = f"{path}/States/{name}"
        if len(name) > 80:
            yield f"SCHEMA_VALIDATION_FAILED: a state's name has at most 80 characters at {where}"
        if not isinstance(state, dict):
            yield f"SCHEMA_VALIDATION_FAILED: expected an object at {where}"
            continue
        yield from _state(state, where, state.get("QueryLanguage", language))
        for target, key in _transitions(state):
            reached.add(target)
            if target not in states:
                yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {where}/{key}"
    for name in states:
        if name not in reached:
            yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable at {path}/States/{name}'


def _state(state: dict[str, Any], where: str, language: str) -> Iterator[str]:
    kind = state.get("Type")
    if kind not in _TYPES:
        yield f"SCHEMA_VALIDATION_FAILED: Type {kind!r}, expected one of {sorted(_TYPES)} at {where}"
        return
    if kind not in _ENDS and ("Next" in state) == bool(state.get("End")):
        yield f"SCHEMA_VALIDATION_FAILED: expected exactly one of Next and End at {where}"
    if kind in _ENDS and ("Next" in state or "End" in state):
        yield f"SCHEMA_VALIDATION_FAILED: a {kind} state has neither Next nor End at {where}"
    yield from _own(kind, state, where)
    yield from _fields(kind, state, where, language)
    yield from _handlers(state, where)
    yield from _expressions(state, where) if language == "JSONata" else _references(state, where)
    if kind == "Choice":
        yield from _choices(state, where, language)
    for index, branch in enumerate(state.get("Branches") or ()):
        yield from _machine(branch, f"{where}/Branches[{index}]", language)
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(key), dict):
            yield from _machine(state[key], f"{where}/{key}", language)


def _own(kind: str, state: dict[str, Any], where: str) -> Iterator[str]:
    """What each type of state must have."""
    waits = [key for key in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if key in state]
    if kind == "Task" and not isinstance(state.get("Resource"), str):
        yield f"SCHEMA_VALIDATION_FAILED: a Task state has a Resource at {where}"
    if kind == "Choice" and not state.get("Choices"):
        yield f"SCHEMA_VALIDATION_FAILED: a Choice state has at least one choice at {where}/Choices"
    if kind == "Wait" and len(waits) != 1:
        yield (
            "SCHEMA_VALIDATION_FAILED: a Wait state has exactly one of Seconds, SecondsPath, Timestamp and "
            f"TimestampPath at {where}"
        )
    if kind == "Parallel" and not state.get("Branches"):
        yield f"SCHEMA_VALIDATION_FAILED: a Parallel state has at least one branch at {where}/Branches"
    if kind == "Map" and not (state.get("ItemProcessor") or state.get("Iterator")):
        yield f"SCHEMA_VALIDATION_FAILED: a Map state has an ItemProcessor at {where}"


def _fields(kind: str, state: dict[str, Any], where: str, language: str) -> Iterator[str]:
    """Which fields a state may have, and those whose type is easily got wrong."""
    for key, value in state.items():
        at = f"at {where}/{key}"
        if key not in _ANY | _FIELDS[kind]:
            yield f"SCHEMA_VALIDATION_FAILED: The field '{key}' is not supported by Step Functions {at}"
        elif language == "JSONata" and (key in _JSONPATH or key.endswith("Path")):
            yield f"SCHEMA_VALIDATION_FAILED: {key} is of JSONPath, not of JSONata {at}"
        elif language == "JSONPath" and key in _JSONATA:
            yield f"SCHEMA_VALIDATION_FAILED: {key} is of JSONata, not of JSONPath {at}"
        elif key in ("HeartbeatSeconds", "Seconds", "TimeoutSeconds"):
            computed = language == "JSONata" and isinstance(value, str) and value.startswith("{%")
            if not computed and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                yield f"SCHEMA_VALIDATION_FAILED: {key} takes a whole number, got {value!r} {at}"


def _handlers(state: dict[str, Any], where: str) -> Iterator[str]:
    """Retry and Catch."""
    for key in ("Retry", "Catch"):
        for index, item in enumerate(state.get(key) or ()):
            names = item.get("ErrorEquals") if isinstance(item, dict) else None
            if not isinstance(names, list) or not names:
                at = f"{where}/{key}[{index}]"
                yield f"SCHEMA_VALIDATION_FAILED: expected ErrorEquals, a list of names at {at}"


def _expressions(value: Any, where: str) -> Iterator[str]:
    """The expressions of a state in JSONata.

    https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    """
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in _OF_OTHERS:
                yield from _expressions(part, f"{where}/{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _expressions(part, f"{where}[{index}]")
    elif isinstance(value, str) and value.startswith("{%"):
        if not value.endswith("%}") or len(value) < len("{%%}"):
            yield f"SCHEMA_VALIDATION_FAILED: an expression begins with {{% and ends with %}} at {where}"
        elif fault := _unparsable(value[2:-2]):
            yield f"SCHEMA_VALIDATION_FAILED: The JSONata expression is not valid: {fault} at {where}"


@lru_cache(maxsize=1_000)
def _unparsable(expression: str) -> str:
    """Why an expression in JSONata cannot be parsed; "" where it can, or is too long to be parsed in time."""
    from jsonata.jexception import JException
    from jsonata.parser import Parser

    if len(expression) > _MOST_PARSED:
        return ""
    try:
        Parser().parse(expression)
    except JException as error:
        return str(error)[:_MOST_SHOWN]
    except RecursionError:
        return ""
    return ""


def _references(state: dict[str, Any], where: str) -> Iterator[str]:
    """The paths and intrinsic functions of a state in JSONPath."""
    for key, value in state.items():
        if key.endswith("Path") and value is not None and not _refers(value):
            at = f"{where}/{key}"
            yield f"SCHEMA_VALIDATION_FAILED: {key} is a path that begins with $, got {value!r} at {at}"
    for key in _TEMPLATES:
        yield from _dynamic(state.get(key), f"{where}/{key}")


def _dynamic(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _dynamic(part, f"{where}[{index}]")
    for key, part in value.items() if isinstance(value, dict) else ():
        if not key.endswith(".$"):
            yield from _dynamic(part, f"{where}/{key}")
        elif not _refers(part):
            yield (
                f"SCHEMA_VALIDATION_FAILED: The value for the field '{key}' must be a valid JSONPath or a "
                f"valid intrinsic function call, got {part!r} at {where}/{key}"
            )


def _refers(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return value.startswith("$") or (
        value.startswith("States.") and "(" in value and value.rstrip().endswith(")")
    )


def _choices(state: dict[str, Any], where: str, language: str) -> Iterator[str]:
    for index, rule in enumerate(state.get("Choices") or ()):
        if not _decides(rule, language):
            right = "Condition" if language == "JSONata" else "And, Or, Not, or Variable and one comparison"
            yield f"SCHEMA_VALIDATION_FAILED: expected {right} at {where}/Choices[{index}]"


def _decides(rule: Any, language: str) -> bool:
    if not isinstance(rule, dict) or language == "JSONata":
        return isinstance(rule, dict) and "Condition" in rule
    inner = rule.get("And") or rule.get("Or") or ([rule["Not"]] if "Not" in rule else None)
    if inner is not None:
        return isinstance(inner, list) and all(_decides(item, language) for item in inner)
    return "Variable" in rule and sum(bool(_COMPARISON.match(key)) for key in rule) == 1


def _transitions(state: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    for key in ("Next", "Default"):
        if key in state:
            yield state[key], key
    for key in ("Choices", "Catch"):
        for index, item in enumerate(state.get(key) or ()):
            if isinstance(item, dict):
                yield item.get("Next"), f"{key}[{index}]"
