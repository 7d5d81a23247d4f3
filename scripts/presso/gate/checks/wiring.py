"""Promise 2: how an extension's own things are wired: nothing feeds itself, and what is fed is on.

Which way what is handed on goes is AWS's: a mapping waits for its function's answer, so destinations of the
function are for what is handed to it without waiting.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presso.gate import workflow_paths, workflows
from presso.gate.check import check
from presso.gate.model import Hit, Model, Resource
from presso.gate.ownership import pointed
from presso.hcl.values import Unknown

# By type: where what arrives comes from ("" is the resource itself), and where it goes on to.
_HANDS_ON: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_lambda_event_source_mapping": (
        ("event_source_arn", "destination_config.on_failure.destination_arn"),
    ),
    "aws_lambda_function": (("", "dead_letter_config.target_arn"),),
    "aws_lambda_function_event_invoke_config": (
        ("function_name", "destination_config.on_failure.destination"),
        ("function_name", "destination_config.on_success.destination"),
    ),
    "aws_pipes_pipe": (
        ("source", "target"),
        ("source", "source_parameters.dynamodb_stream_parameters.dead_letter_config.arn"),
    ),
    "aws_s3_bucket_notification": tuple(
        ("bucket", path)
        for path in ("lambda_function.lambda_function_arn", "queue.queue_arn", "topic.topic_arn")
    ),
    "aws_sns_topic_subscription": (
        ("topic_arn", "endpoint"),
        ("topic_arn", "redrive_policy|deadLetterTargetArn"),
    ),
    "aws_sqs_queue": (("", "redrive_policy|deadLetterTargetArn"),),
    "aws_sqs_queue_redrive_policy": (("queue_url", "redrive_policy|deadLetterTargetArn"),),
}
_Edge = tuple[str, str, Resource, str]
# Calls of a workflow that start something else, and the argument that names it.
_STARTS: Mapping[tuple[str, str], str] = {
    ("dynamodb", "batchwriteitem"): "RequestItems.{}",
    ("dynamodb", "putitem"): "TableName",
    ("dynamodb", "transactwriteitems"): "TransactItems.[].*.TableName",
    ("dynamodb", "updateitem"): "TableName",
    ("lambda", "invoke"): "FunctionName",
    ("s3", "putobject"): "Bucket",
    ("sns", "publish"): "TopicArn",
    ("sns", "publishbatch"): "TopicArn",
    ("sqs", "sendmessage"): "QueueUrl",
    ("sqs", "sendmessagebatch"): "QueueUrl",
    ("states", "startexecution"): "StateMachineArn",
    ("states", "startsyncexecution"): "StateMachineArn",
}
# Behind a table's ARN: what is written to it reaches consumers of its stream that filter nothing.
_CHANGES = "#changes"
_FILTER = "source_parameters.filter_criteria.filter"


@check(
    "P2-013",
    "No resource feeds itself",
    why="A message that comes back to where it started goes round without end, and AWS bills each round: a "
    "queue that is its own dead-letter queue, a pipe back to its source, a function whose result invokes it, "
    "a workflow that starts itself.",
    fix="End every path in a table, a function, or a dead-letter queue that nothing empties automatically. "
    "Let a workflow decide by a Choice state whether it goes on.",
    bad="source = aws_sqs_queue.default.arn\ntarget = aws_sqs_queue.default.arn",
    levels=("plan",),
)
def circles(model: Model) -> Iterator[Hit]:
    """Yield a way that leads back, once for each circle."""
    edges = list(_edges(model))
    onward: dict[str, set[str]] = {}
    for start, end, _, _ in edges:
        onward.setdefault(start, set()).add(end)
    reported: set[str] = set()
    for start, end, resource, attribute in edges:
        if start not in reported and start in (reached := _reached(onward, end)):
            reported |= {place for place in reached if start in _reached(onward, place)}
            what = f"{attribute} of {resource.address} leads back to {start.removesuffix(_CHANGES)}"
            yield Hit(resource.at(attribute), what)
    for machine in model.of("aws_sfn_state_machine"):
        for circle in workflow_paths.circles(_definition(machine)):
            way = " → ".join([*circle, circle[0]])
            yield Hit(machine.at("definition"), f"no execution of {machine.address} leaves {way}")


def _reached(onward: Mapping[str, set[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        more = onward.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def _edges(model: Model) -> Iterator[_Edge]:
    for resource in model.of(*_HANDS_ON):
        for begin, path in _HANDS_ON[resource.type]:
            starts = [resource.values.get("arn")] if not begin else list(resource.all(begin))
            for start in starts:
                for attribute, end in pointed(resource, (path,)):
                    if isinstance(start, str) and isinstance(end, str) and not _waits(resource, path):
                        place, goal = _thing(model, start), _thing(model, end)
                        yield place, goal, resource, attribute
                        if "/stream/" in start and not list(resource.all(_FILTER)):
                            yield f"{place}{_CHANGES}", goal, resource, attribute
    for machine in model.of("aws_sfn_state_machine"):
        own = machine.values.get("arn")
        if isinstance(own, str):
            yield from ((own, end, machine, "definition") for end in _started(model, machine))


def _started(model: Model, machine: Resource) -> Iterator[str]:
    """What every execution of a workflow starts, sends to or writes to."""
    definition = _definition(machine)
    names = workflow_paths.always(definition)
    for call in workflows.state_calls(definition) if definition else ():
        called = workflows.integration(str(call.resource), model.facts)
        if call.state not in names or called is None:
            continue
        action = (called[0], called[1].lower())
        for _, value in (
            workflows.arguments_at(call.arguments, _STARTS.get(action, "")) if action in _STARTS else ()
        ):
            if isinstance(value, workflows.Dynamic) and workflows.is_itself(value):
                yield str(machine.values.get("arn"))
            elif isinstance(value, str):
                yield _goal(model, action[0], value)


def _goal(model: Model, service: str, named: str) -> str:
    facts = model.facts
    if service == "dynamodb":
        table = named.rpartition("/")[2]
        return f"arn:{facts.partition}:dynamodb:{facts.region}:{facts.account}:table/{table}{_CHANGES}"
    if service == "states":
        return ":".join(named.split(":")[:7])  # without a version or an alias
    return _thing(model, named)


def _definition(machine: Resource) -> dict[str, Any]:
    """A workflow's definition; {} for one that P1-029 refuses."""
    try:
        found = workflows.definition(machine)
        list(workflows.state_calls(found or {"States": {}}))
    except workflows.InvalidDefinition:
        return {}
    return found


def _waits(resource: Resource, path: str) -> bool:
    """Whether a pipe waits for the function that it hands to: then the function hands nothing on."""
    way = resource.get("target_parameters.lambda_function_parameters.invocation_type")
    return (
        resource.type == "aws_pipes_pipe"
        and path == "target"
        and (":lambda:" in str(resource.get("target")) and way != "FIRE_AND_FORGET")
    )


def _thing(model: Model, named: str) -> str:
    """One text for a thing, however it is named: its ARN without a stream, version or alias."""
    facts = model.facts
    if named.startswith("https://"):
        return f"arn:{facts.partition}:sqs:{facts.region}:{facts.account}:{named.rpartition('/')[2]}"
    service, _, rest = named.partition(":lambda:")
    if rest:
        return f"{service}:lambda:{':'.join(rest.split(':')[:4])}"
    if not named.startswith("arn:"):  # a function's name, or a bucket's
        buckets = {bucket.values.get("bucket") for bucket in model.of("aws_s3_bucket")}
        place = f"lambda:{facts.region}:{facts.account}:function" if named not in buckets else "s3::"
        return f"arn:{facts.partition}:{place}:{named}"
    return named.partition("/stream/")[0]


@check(
    "P2-014",
    "Mappings, pipes and functions are enabled",
    why="A rule routes nothing if the mapping or pipe behind its target is off, or its function may not run.",
    fix="Remove it, or create it only when it is needed: count = var.digest ? 1 : 0.",
    bad="enabled = false",
)
def off(model: Model) -> Iterator[Hit]:
    """Yield mappings, pipes and functions that are switched off."""
    switches = {
        "aws_lambda_event_source_mapping": ("enabled", False),
        "aws_lambda_function": ("reserved_concurrent_executions", 0),
        "aws_pipes_pipe": ("desired_state", "STOPPED"),
    }
    for resource in model.of(*switches):
        attribute, wrong = switches[resource.type]
        found = resource.values.get(attribute)
        if not isinstance(found, Unknown) and found == wrong and found is not None:
            yield Hit(resource.at(attribute), f"{resource.address} has {attribute} = {str(found).lower()}")
