"""Step Functions, and what only several executions at once show of DynamoDB."""

from __future__ import annotations

import json
from typing import Any

from presso.verification.bench import Bench, Queue, in_jsonata, in_turn, task
from presso.verification.claims import probe

_WAIT = {"Type": "Wait", "Seconds": 2}
_FAIL = {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}
_DONE = {"Type": "Succeed"}


def _put(bus: str, **entry: Any) -> dict[str, Any]:
    whole = {"Source": "cafe", "DetailType": "Order", "Detail": {}, "EventBusName": bus, **entry}
    return task("events:putEvents", Entries=[whole])


def _send(queue: Queue) -> dict[str, Any]:
    return task("sqs:sendMessage", QueueUrl=queue.url, MessageBody="late")


@probe("DynamoDB", "a conditional write is atomic", aws="1 of 8")
def one_of_many_conditional_writes_wins(bench: Bench) -> str:
    """Of conditional writes of executions that run at once, one finds its condition true."""
    bench.table()
    write = task(
        "dynamodb:putItem",
        TableName=bench.name("t"),
        Item={"id": {"S": "one"}},
        ConditionExpression="attribute_not_exists(id)",
    )
    machine = bench.machine(in_jsonata(write))
    executions = [bench.started(machine) for _ in range(8)]
    won = sum(bench.ended(execution)["status"] == "SUCCEEDED" for execution in executions)
    return f"{won} of 8"


@probe("Step Functions", "executions end when their state machine is deleted", aws="ended", seconds=180)
def executions_end_with_their_machine(bench: Bench) -> str:
    """Executions end when their state machine is deleted."""
    queue, states = bench.queue(), bench.client("stepfunctions")
    machine = bench.machine(in_jsonata(_WAIT, _send(queue)))
    bench.started(machine)
    states.delete_state_machine(stateMachineArn=machine)
    return "ended" if not bench.received(queue, 15 if bench.real else 12) else "went on"


@probe("Step Functions", "`events:putEvents` fails with", aws="EventBridge.FailedEntry")
def failed_entry_fails_the_task(bench: Bench) -> str:
    """`events:putEvents` fails when an entry failed."""
    return str(bench.executed(in_jsonata(_put(bench.bus(), Source="aws.x"))).get("error", "none"))


@probe("Step Functions", "`StopExecution` stops everything", aws="ABORTED, nothing sent")
def stopping_stops_everything(bench: Bench) -> str:
    """`StopExecution` stops everything in the execution, and nothing is sent afterwards."""
    queue = bench.queue()
    branches = {"Type": "Parallel", "Branches": [in_turn(_WAIT, _send(queue)), in_turn(_WAIT, _WAIT)]}
    execution = bench.started(bench.machine(in_jsonata(branches)))
    states = bench.client("stepfunctions")
    states.stop_execution(executionArn=execution)
    sent = bench.received(queue, 12)
    return f"{bench.ended(execution)['status']}, {'sent' if sent else 'nothing sent'}"


@probe("Step Functions", "when an item of a map or a branch", aws="Broken, nothing sent")
def failed_branch_stops_the_others(bench: Bench) -> str:
    """When a branch of a parallel state fails, the others stop."""
    queue = bench.queue()
    branches = {"Type": "Parallel", "Branches": [in_turn(_FAIL), in_turn(_WAIT, _send(queue))]}
    error = bench.executed(in_jsonata(branches)).get("error")
    return f"{error}, {'sent' if bench.received(queue, 12) else 'nothing sent'}"


@probe("Step Functions", "the events of `events:putEvents` name", aws="named")
def events_name_their_execution(bench: Bench) -> str:
    """The events of `events:putEvents` name the execution as a resource."""
    bus, queue = bench.bus(), bench.queue()
    bench.rule(bus, {"Arn": queue.arn})
    execution = bench.executed(in_jsonata(_put(bus)))["executionArn"]
    body = json.loads(bench.received(queue).get("Body", "{}"))
    return "named" if execution in body.get("resources", []) else "not named"


@probe("Step Functions", "`Items`, `ItemSelector`, the arguments", aws="[10, 20]", seconds=120)
def distributed_map_takes_expressions(bench: Bench) -> str:
    """A distributed map takes its items and its selector from expressions in JSONata."""
    item = in_turn({"Type": "Pass", "Output": "{% $states.input.size %}"})
    item["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    each = {
        "Type": "Map",
        "Items": "{% $states.input.sizes %}",
        "ItemSelector": {"size": "{% $states.context.Map.Item.Value * 10 %}"},
        "ItemProcessor": item,
    }
    given = {"Type": "Pass", "Output": {"sizes": [1, 2]}}
    found = bench.executed(in_jsonata(given, each))
    return str(found.get("output", found.get("error")))


@probe("Step Functions", "`TimeoutSeconds` of a task that waits for a token", aws="States.Timeout")
def timeout_of_a_token_is_an_expression(bench: Bench) -> str:
    """`TimeoutSeconds` of a task that waits for a token may be an expression."""
    message = "{% $states.context.Task.Token %}"
    waiting = task("sqs:sendMessage.waitForTaskToken", QueueUrl=bench.queue().url, MessageBody=message)
    return str(bench.executed(in_jsonata({**waiting, "TimeoutSeconds": "{% 1 + 0 %}"})).get("error"))


@probe("Step Functions", "an expression in JSONata fails when it has computed", aws="fails")
def long_expression_fails(bench: Bench) -> str:
    """An expression in JSONata that computes for more than a second fails."""
    endless = "{% ($f := function($n) { $n > 0 ? $f($n - 1) + $f($n - 1) : 1 }; $f(40)) %}"
    found = bench.executed(in_jsonata({"Type": "Pass", "Output": endless}))
    return "fails" if found["status"] == "FAILED" else found["status"].lower()


@probe("Step Functions", "a path (JSONPath) that leads to nothing", aws="States.Runtime")
def path_to_nothing_fails(bench: Bench) -> str:
    """A path in JSONPath that leads to nothing fails the execution."""
    nothing = {"Type": "Pass", "Parameters": {"b.$": "$.a.b"}, "End": True}
    return str(bench.executed({"StartAt": "S", "States": {"S": nothing}}).get("error"))


@probe("Step Functions", "`aws-sdk:s3:getObject`, also of a range", aws='"ü", bytes 1-4/9')
def range_of_an_object_is_read(bench: Bench) -> str:
    """`aws-sdk:s3:getObject` reads a range of bytes; `Body` is the text. The event player depends on it."""
    bucket = bench.bucket()
    bench.client("s3").put_object(
        Bucket=bucket, Key="a b.json", Body='["ü", 1]'.encode(), ContentType="text/plain"
    )
    read = task("aws-sdk:s3:getObject", Bucket=bucket, Key="a b.json", Range="bytes=1-4")
    found = bench.executed(in_jsonata(read))
    output = json.loads(found.get("output", "{}"))
    return f"{output.get('Body')}, {output.get('ContentRange')}"


@probe("Step Functions", "definitions are not checked", aws="refused", local="accepted")
def definitions_are_checked(bench: Bench) -> str:
    """A definition without states is refused."""
    create = bench.client("stepfunctions").create_state_machine
    return bench.tried(create, name=bench.name("m"), definition="{}", roleArn=bench.worker())


@probe("Step Functions", "definitions are not checked", aws="TIMED_OUT", local="SUCCEEDED")
def timeout_of_a_machine_ends_it(bench: Bench) -> str:
    """A machine's own `TimeoutSeconds` ends its executions."""
    definition = {**in_jsonata(_WAIT, _WAIT), "TimeoutSeconds": 1}
    return str(bench.executed(definition)["status"])


@probe("Step Functions", "definitions are not checked", aws="its output", local="ignored")
def succeed_has_an_output(bench: Bench) -> str:
    """The `Output` of a `Succeed` state is the execution's."""
    found = bench.executed(in_jsonata({**_DONE, "Output": {"done": True}}))
    return "its output" if json.loads(found["output"]) == {"done": True} else "ignored"


@probe("Step Functions", "no task `http:invoke`", aws="called", local="States.Runtime", seconds=120)
def workflow_calls_a_webhook(bench: Bench) -> str:
    """`http:invoke` calls an HTTPS endpoint (here AWS's own SQS, unsigned) by a connection."""
    events, name = bench.client("events"), bench.name("c")
    key = {"ApiKeyName": "x-probe", "ApiKeyValue": "none"}
    connection = events.create_connection(
        Name=name, AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": key}
    )["ConnectionArn"]
    bench.wait(lambda: events.describe_connection(Name=name)["ConnectionState"] == "AUTHORIZED", 60)
    secret = events.describe_connection(Name=name).get("SecretArn", "*")
    role = bench.role(
        "web",
        {"Effect": "Allow", "Action": "states:InvokeHTTPEndpoint", "Resource": "*"},
        {"Effect": "Allow", "Action": "events:RetrieveConnectionCredentials", "Resource": connection},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret},
        {"Effect": "Allow", "Action": "secretsmanager:DescribeSecret", "Resource": secret},
    )
    endpoint = f"https://sqs.{bench.region}.amazonaws.com/"
    call = task(
        "http:invoke", ApiEndpoint=endpoint, Method="GET", Authentication={"ConnectionArn": connection}
    )
    found = bench.executed(in_jsonata(call), role=role)
    error = str(found.get("error", ""))
    return "called" if found["status"] == "SUCCEEDED" or error.startswith("States.Http") else error


@probe("Step Functions", "the role is not checked", aws="fails", local="succeeds")
def role_of_a_machine_is_checked(bench: Bench) -> str:
    """A task fails that the role of its state machine does not allow."""
    role = bench.role("none", {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
    found = bench.executed(in_jsonata(_put(bench.bus())), role=role)
    return "succeeds" if found["status"] == "SUCCEEDED" else "fails"
