"""Lambda: how functions start, fail and answer, and what calls them."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from presso.verification.bench import Bench
from presso.verification.claims import probe

_FAILING = "def handle(event, context):\n    print('called')\n    raise ValueError('sold out')\n"


@probe("Lambda", "a function's log is complete", aws="complete")
def log_is_complete(bench: Bench) -> str:
    """The log of an invocation has its last line when the invocation has ended."""
    bench.function("def handle(event, context):\n    print('the last line')\n")
    answer = bench.client("lambda").invoke(FunctionName=bench.name("f"), LogType="Tail")
    tail = base64.b64decode(answer.get("LogResult", "")).decode()
    return "complete" if "the last line" in tail else "incomplete"


def _error(bench: Bench, code: str, **settings: Any) -> str:
    """Return the type of the error that a function answers with, and the text of the emulator's own type."""
    bench.function(code, **settings)
    found = bench.invoked()
    kind = str(found.get("errorType", "none")) if isinstance(found, dict) else "none"
    return f"{kind}: {found['errorMessage']}" if kind == "Runtime.HandlerError" else kind


@probe("Lambda", "a function that does not start answers", aws="Runtime.ImportModuleError")
def function_says_why_it_does_not_start(bench: Bench) -> str:
    """A function that imports what is not there answers with `Runtime.ImportModuleError`."""
    return _error(bench, "import a_library\ndef handle(event, context): pass\n")


@probe("Lambda", "a function that fails answers and logs why", aws="Sold")
def exception_has_its_own_type(bench: Bench) -> str:
    """A function that fails answers with its exception's own type."""
    return _error(bench, "class Sold(Exception): pass\ndef handle(event, context): raise Sold('out')\n")


@probe("Lambda", "a function has ten seconds for its start", aws="fails", seconds=90)
def start_of_a_function_is_limited(bench: Bench) -> str:
    """A function that takes longer than ten seconds to start fails where its timeout is as short."""
    bench.function("import time\ntime.sleep(30)\ndef handle(event, context): return 1\n", Timeout=2)
    return "answers" if bench.invoked() == 1 else "fails"


@probe("Lambda", "a function that takes more memory", aws="Runtime.OutOfMemory")
def memory_is_limited(bench: Bench) -> str:
    """A function that takes more memory than its `memory_size` fails with `Runtime.OutOfMemory`."""
    return _error(bench, "def handle(event, context): return len(b'x' * (200 << 20))\n", MemorySize=128)


@probe("Lambda", "a function in Node.js whose promise", aws="Runtime.NodeJsExit")
def unsettled_promise_fails(bench: Bench) -> str:
    """A function in Node.js whose promise is never settled fails with `Runtime.NodeJsExit`."""
    code = "export const handle = async () => { await new Promise(() => {}); };\n"
    return _error(bench, code, runtime="nodejs22.x")


@probe("Lambda", "with `nodejs20.x` and `nodejs22.x`", aws="Runtime.UserCodeSyntaxError")
def js_file_is_no_module_by_itself(bench: Bench) -> str:
    """With `nodejs22.x`, a file `.js` without a package.json is not an ES module."""
    code = "export const handle = async () => 1;\n"
    return _error(bench, code, runtime="nodejs22.x", file="handler.js")


@probe("Lambda", "`AWS_EXECUTION_ENV` names the runtime", aws="AWS_Lambda_python3.13")
def environment_names_the_runtime(bench: Bench) -> str:
    """`AWS_EXECUTION_ENV` names the runtime."""
    variable = "os.environ.get('AWS_EXECUTION_ENV')"
    bench.function(f"import os\ndef handle(event, context): return {variable}\n")
    return str(bench.invoked())


@probe("Lambda", "numbers of DynamoDB's tables", aws="[2, 3.5]")
def numbers_of_tables_are_numbers(bench: Bench) -> str:
    """`Decimal`, the numbers of DynamoDB's tables, are numbers of a result in Python."""
    numbers = "[Decimal('2'), Decimal('3.5')]"
    bench.function(f"from decimal import Decimal\ndef handle(event, context): return {numbers}\n")
    return json.dumps(bench.invoked())


@probe("Lambda", "functions in Node.js find the AWS SDK v3", aws="function")
def sdk_is_there_in_javascript(bench: Bench) -> str:
    """Functions in Node.js find the AWS SDK v3 as ES modules."""
    code = 'import { SQSClient as found } from "@aws-sdk/client-sqs";\n'
    code += "export const handle = async () => typeof found;\n"
    bench.function(code, runtime="nodejs22.x")
    return str(bench.invoked())


@probe("Lambda", "an asynchronous call that the function's reserved", aws="3 calls", seconds=180)
def throttled_call_waits(bench: Bench) -> str:
    """An asynchronous call that reserved concurrency throttles waits until a call has ended."""
    bench.function("import time\ndef handle(event, context):\n    time.sleep(0.3)\n    print('ran')\n")
    lambdas, name = bench.client("lambda"), bench.name("f")
    lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    lambdas.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    for _ in range(3):
        lambdas.invoke(FunctionName=name, InvocationType="Event")

    def ran() -> int:
        return bench.lines(f"/aws/lambda/{name}").count("ran")

    bench.wait(lambda: ran() == 3, 120 if bench.real else 20)
    return f"{ran()} calls"


@probe("Lambda", "in a function's dead-letter queue, a message is the event", aws="the event", seconds=120)
def dead_letter_is_the_event(bench: Bench) -> str:
    """A message in a function's dead-letter queue is the event, with the error as an attribute."""
    letters = bench.queue()
    bench.function(_FAILING, DeadLetterConfig={"TargetArn": letters.arn})
    lambdas, name = bench.client("lambda"), bench.name("f")
    lambdas.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    lambdas.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"order": 1}')
    found = bench.received(letters)
    why = found.get("MessageAttributes", {}).get("ErrorMessage", {}).get("StringValue")
    same = json.loads(found.get("Body", "null")) == {"order": 1}
    return "the event" if same and why == "sold out" else "something else"


@probe("Lambda", "a function that has been deleted", aws="1 call", seconds=240)
def deleted_function_is_not_called_again(bench: Bench) -> str:
    """A function that fails and is deleted is not called again."""
    bench.function(_FAILING)
    lambdas, name = bench.client("lambda"), bench.name("f")
    lambdas.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    def calls() -> int:
        return bench.lines(f"/aws/lambda/{name}").count("called")

    bench.wait(calls)
    lambdas.delete_function(FunctionName=name)
    bench.wait(lambda: calls() > 1, 90 if bench.real else 2)
    return f"{calls()} call{'s' if calls() > 1 else ''}"


@probe("Lambda", "a second mapping of a queue", aws="refused, refused")
def mappings_of_queues_are_checked(bench: Bench) -> str:
    """A second mapping of a queue is refused, and one whose visibility timeout is too short."""
    bench.function("def handle(event, context): pass\n", Timeout=10)
    create = bench.client("lambda").create_event_source_mapping
    hasty = bench.queue("hasty", VisibilityTimeout="5")
    first = bench.tried(create, FunctionName=bench.name("f"), EventSourceArn=hasty.arn)
    queue = bench.queue("q")
    bench.retried(create, FunctionName=bench.name("f"), EventSourceArn=queue.arn)
    return f"{bench.tried(create, FunctionName=bench.name('f'), EventSourceArn=queue.arn)}, {first}"


@probe("Lambda", "a batch from a queue fails as a whole", aws="again", seconds=240)
def batch_with_a_wrong_report_comes_again(bench: Bench) -> str:
    """A batch comes again if its report has an identifier that none of its messages has."""
    code = """def handle(event, context):
    print("called")
    return {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
"""
    bench.function(code, Timeout=1)
    queue = bench.queue("q", VisibilityTimeout="1")
    return _twice(
        bench, queue.arn, lambda: bench.client("sqs").send_message(QueueUrl=queue.url, MessageBody="m")
    )


@probe(
    "Lambda", "`batchItemFailures` of a batch from a table's stream", aws="again", local="once", seconds=240
)
def reported_record_comes_again(bench: Bench) -> str:
    """A record of a stream that a function reports as failed comes again."""
    table = bench.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    code = """def handle(event, context):
    print("called")
    number = event["Records"][0]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": number}]}
"""
    bench.function(code)
    put = bench.client("dynamodb").put_item
    arn = table["LatestStreamArn"]
    item = {"id": {"S": "a"}}
    return _twice(
        bench, arn, lambda: put(TableName=bench.name("t"), Item=item), StartingPosition="TRIM_HORIZON"
    )


def _twice(bench: Bench, source: str, begin: Callable[[], object], **mapping: Any) -> str:
    """Return whether what begins in a source comes again to the function, which reports failures."""
    bench.retried(
        bench.client("lambda").create_event_source_mapping,
        FunctionName=bench.name("f"),
        EventSourceArn=source,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **mapping,
    )
    begin()
    group = f"/aws/lambda/{bench.name('f')}"
    bench.wait(lambda: "called" in bench.lines(group))
    again = bench.wait(lambda: bench.lines(group).count("called") > 1, 180 if bench.real else 4)
    return "again" if again else "once"


@probe("Lambda", "an environment ends with a call that raises", aws="the same", local="another")
def environment_outlives_an_exception(bench: Bench) -> str:
    """The environment of a function is called again after an exception."""
    bench.function(
        "import uuid\nnumber = str(uuid.uuid4())\ndef handle(event, context): raise ValueError(number)\n"
    )
    first, second = (bench.invoked()["errorMessage"] for _ in range(2))
    return "the same" if first == second else "another"


@probe("Lambda", "functions run in presso's own Python", aws="the runtime's", local="presso's own")
def function_runs_in_its_runtime(bench: Bench) -> str:
    """A function runs in the Python that its runtime names."""
    minor = 13 if sys.version_info[1] != 13 else 12
    code = "import sys\ndef handle(event, context): return list(sys.version_info[:2])\n"
    bench.function(code, runtime=f"python3.{minor}")
    return "the runtime's" if bench.invoked() == [3, minor] else "presso's own"


@probe("Lambda", "batches of a table's stream that fail", aws="goes on", local="waits", seconds=240)
def failed_record_lets_the_next_one_pass(bench: Bench) -> str:
    """A record of a stream that fails is left after as many attempts as its mapping allows."""
    table = bench.table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    code = """def handle(event, context):
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["id"]["S"]
        if name == "bad":
            raise ValueError(name)
        print(name)
"""
    bench.function(code)
    bench.retried(
        bench.client("lambda").create_event_source_mapping,
        FunctionName=bench.name("f"),
        EventSourceArn=table["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
        BatchSize=1,
        MaximumRetryAttempts=1,
    )
    for name in ("bad", "good"):
        bench.client("dynamodb").put_item(TableName=bench.name("t"), Item={"id": {"S": name}})
    group = f"/aws/lambda/{bench.name('f')}"
    passed = bench.wait(lambda: "good" in bench.lines(group), 180 if bench.real else 4)
    return "goes on" if passed else "waits"


@probe("CloudWatch", "metrics are of functions alone", aws="a metric", local="none", seconds=300)
def embedded_metrics_are_metrics(bench: Bench) -> str:
    """A line of a log in the embedded metric format makes a metric."""
    namespace = f"{bench.tenant}/{bench.number}"
    metric = {"Namespace": namespace, "Dimensions": [[]], "Metrics": [{"Name": "cups", "Unit": "Count"}]}
    code = f"""import json, time
def handle(event, context):
    about = {{"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{metric!r}]}}
    print(json.dumps({{"_aws": about, "cups": 2}}))
"""
    bench.function(code)
    bench.invoked()
    listed = bench.client("cloudwatch").list_metrics
    found = bench.wait(lambda: listed(Namespace=namespace)["Metrics"], 270 if bench.real else 0.5)
    return "a metric" if found else "none"
