"""What AWS refuses and Terraform's provider accepts."""

from __future__ import annotations

import json
from typing import Any

from presso.verification.bench import Bench
from presso.verification.claims import probe


@probe("Lambda", "functions of retired runtimes", aws="refused, refused, refused, refused, refused")
def wrong_functions_are_refused(bench: Bench) -> str:
    """Refused: a retired runtime, a reserved variable, a log level of a log that is text, wrong positions."""
    create = bench.client("lambda").create_function
    wrong: list[dict[str, Any]] = [
        {"Runtime": "python3.7"},
        {"Environment": {"Variables": {"AWS_REGION": "x"}}},
        {"LoggingConfig": {"LogFormat": "Text", "ApplicationLogLevel": "INFO"}},
    ]
    code = "def handle(event, context): pass\n"
    answers = [
        bench.tried(create, **{**bench.function_arguments(code, of=f"w{number}"), **settings})
        for number, settings in enumerate(wrong)
    ]
    bench.function(code)
    queue, name = bench.queue(VisibilityTimeout="60"), bench.name("f")
    table = bench.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    mapping = bench.client("lambda").create_event_source_mapping
    answers.append(
        bench.tried(mapping, FunctionName=name, EventSourceArn=queue.arn, StartingPosition="LATEST")
    )
    answers.append(bench.tried(mapping, FunctionName=name, EventSourceArn=table["LatestStreamArn"]))
    return ", ".join(answers)


_PIPES = "refused are a pipe from a table's stream"


@probe("Pipes, Scheduler, SSM, Step Functions", _PIPES, aws="refused")
def pipe_without_a_position_is_refused(bench: Bench) -> str:
    """A pipe from a table's stream without a starting position is refused."""
    table = bench.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    words = {"Source": table["LatestStreamArn"], "Target": bench.queue().arn}
    return bench.tried(
        bench.client("pipes").create_pipe, Name=bench.name("p"), RoleArn=bench.worker(), **words
    )


@probe("Pipes, Scheduler, SSM, Step Functions", _PIPES, aws="refused, refused, refused")
def contradicting_schedules_are_refused(bench: Bench) -> str:
    """Refused: a window with mode `OFF`, none with `FLEXIBLE`, an end before the start."""
    windows: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"Mode": "OFF", "MaximumWindowInMinutes": 5}, {}),
        ({"Mode": "FLEXIBLE"}, {}),
        ({"Mode": "OFF"}, {"StartDate": "2031-01-02T00:00:00Z", "EndDate": "2031-01-01T00:00:00Z"}),
    ]
    target = {"Arn": bench.queue().arn, "RoleArn": bench.worker()}
    create = bench.client("scheduler").create_schedule
    return ", ".join(
        bench.tried(
            create,
            Name=bench.name(f"s{number}"),
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow=window,
            Target=target,
            **dates,
        )
        for number, (window, dates) in enumerate(windows)
    )


@probe("Pipes, Scheduler, SSM, Step Functions", _PIPES, aws="refused")
def parameter_matches_its_pattern(bench: Bench) -> str:
    """A parameter whose value does not match its `AllowedPattern` is refused."""
    put = bench.client("ssm").put_parameter
    return bench.tried(put, Name=bench.name("p"), Type="String", Value="abc", AllowedPattern=r"^\d+$")


@probe("Pipes, Scheduler, SSM, Step Functions", _PIPES, aws="refused, refused")
def workflow_logs_to_one_group(bench: Bench) -> str:
    """A workflow with a log level needs one destination that ends in `:*`."""
    group = {"logGroupArn": bench.log_group()}
    destinations: list[list[Any]] = [[], [{"cloudWatchLogsLogGroup": group}]]
    return ", ".join(
        bench.tried(
            bench.client("stepfunctions").create_state_machine,
            name=bench.name(f"m{len(found)}"),
            definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
            roleArn=bench.worker(),
            loggingConfiguration={"level": "ALL", "destinations": found},
        )
        for found in destinations
    )


@probe("SQS", "a dead-letter queue of the other type", aws="refused, refused")
def wrong_queues_are_refused(bench: Bench) -> str:
    """A FIFO queue's dead-letter queue is a FIFO queue, and a limit by message group needs that scope."""
    letters, create = bench.queue("letters"), bench.client("sqs").create_queue
    policy = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 3})
    other = {"FifoQueue": "true", "RedrivePolicy": policy}
    limit = {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}
    return ", ".join(
        bench.tried(create, QueueName=f"{bench.name(str(number))}.fifo", Attributes=attributes)
        for number, attributes in enumerate((other, limit))
    )
