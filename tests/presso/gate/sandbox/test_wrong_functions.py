"""What is wrong with a function is in its log, in a failing test's message and in the sandbox's report."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.config import Config
from tests.presso.gate.conftest import needs_boxes

from presso import aws_access
from presso.gate.sandbox.sandbox_environment import Stack
from presso.simulation import function_faults
from presso.workspace import Workspace

pytestmark = [needs_boxes, pytest.mark.slow]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/default"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ],
}
PYTHON, NODE = "python3.13", "nodejs22.x"


@dataclass(frozen=True)
class Wrong:
    """A function with a fault.

    Args:
        code: Its file, handler.py or handler.mjs.
        cause: The error and its place.
        settings: Of the function.
        file: The name of its file, if another one.
    """

    code: str
    cause: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def runtime(self) -> str:
        return NODE if "=>" in self.code or "export" in self.code else PYTHON


def python(body: str, before: str = "") -> str:
    return f"{before}\ndef handler(event, context):\n    {body}\n"


def node(body: str, before: str = "") -> str:
    return f"{before}\nexport const handler = async (event) => {{\n  {body}\n}};\n"


WRONG = {
    "an import": Wrong(
        "import a_library\n",
        "Runtime.ImportModuleError: Unable to import module 'handler': No module named 'a_library' "
        "(handler.py, line 1)",
    ),
    "an import in the handler": Wrong(
        python("import a_library"), "ModuleNotFoundError: No module named 'a_library' (handler.py, line 3)"
    ),
    "syntax": Wrong(
        "\ndef handler(event, context:\n    pass\n",
        "Runtime.UserCodeSyntaxError: Syntax error in module 'handler': '(' was never closed (handler.py,"
        " line 2)",
    ),
    "another handler": Wrong(
        "def handle(event, context):\n    pass\n",
        "Runtime.HandlerNotFound: Handler 'handler' missing on module 'handler'",
    ),
    "a handler without a file": Wrong(
        python("pass"),
        "Runtime.ImportModuleError: Unable to import module 'count': No module named 'count'",
        {"Handler": "count.handler"},
    ),
    "a handler without a point": Wrong(
        python("pass"),
        "Runtime.MalformedHandlerName: Bad handler 'handler': not enough values to unpack (expected 2, "
        "got 1)",
        {"Handler": "handler"},
    ),
    "a setting at the start": Wrong(
        "import os\nTABLE = os.environ['NO_SUCH']\n", "KeyError: 'NO_SUCH' (handler.py, line 2)"
    ),
    "an end at the start": Wrong(
        "import os\nos._exit(4)\n", "Runtime.ExitError: Runtime exited with error: exit status 4"
    ),
    "too long at the start": Wrong(
        "import time\ntime.sleep(3600)\n",
        "Task timed out after 10.00 seconds, while it started (handler.py, line 2)",
    ),
    "an exception": Wrong(python("return event['drink']"), "KeyError: 'drink' (handler.py, line 3)"),
    "a call too deep": Wrong(
        python("return handler(event, context)"),
        "RecursionError: maximum recursion depth exceeded (handler.py, line 3)",
    ),
    "too long": Wrong(
        python("time.sleep(3600)", "import time"),
        "Task timed out after 1.00 seconds (handler.py, line 3)",
        {"Timeout": 1},
    ),
    "an endless loop": Wrong(
        python("while True: pass"), "Task timed out after 1.00 seconds (handler.py, line 3)", {"Timeout": 1}
    ),
    "too much memory": Wrong(
        python("return len(b'x' * (200 << 20))"),
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory (handler.py, line 2)",
    ),
    "memory that grows": Wrong(
        python("while True: cups.append(bytearray(1 << 20))", "cups = []"),
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory (handler.py, line 2)",
    ),
    "memory that grows at the start": Wrong(
        "cups = []\nwhile True: cups.append(bytearray(1 << 20))\n",
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory",
    ),
    "memory that the system has not": Wrong(
        python("return bytearray(1 << 46)"), "MemoryError (handler.py, line 3)"
    ),
    "a denied call": Wrong(
        python("boto3.client('dynamodb').get_item(TableName='t', Key={'id': {'S': '1'}})", "import boto3"),
        "ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation: User:"
        " arn:aws:sts::123456789012:assumed-role/default/a-denied-call is not authorized to perform: "
        "dynamodb:GetItem because no identity-based policy allows the dynamodb:GetItem action "
        "(handler.py, line 3)",
    ),
    "a file that cannot be written": Wrong(
        python("open('/var/task/x', 'w')"),
        "FileNotFoundError: [Errno 2] No such file or directory: '/var/task/x' (handler.py, line 3)",
    ),
    "a file beside the code": Wrong(
        python("open('x', 'w')"), "OSError: [Errno 30] Read-only file system: 'x' (handler.py, line 3)"
    ),
    "a result that is not JSON": Wrong(
        python("return {1, 2}"),
        "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable "
        "(handler.py, line 2)",
    ),
    "a result that is too large": Wrong(
        python("return 'x' * (7 << 20)"),
        "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes). (handler.py, line 2)",
    ),
    "a handler that is asynchronous": Wrong(
        "async def handler(event, context):\n    return 1\n",
        "Runtime.MarshalError: Unable to marshal response: Object of type coroutine is not JSON "
        "serializable (handler.py, line 1)",
    ),
    "an exit": Wrong(
        python("sys.exit('sold out')", "import sys"),
        "Runtime.ExitError: Runtime exited with error: exit status 1 (handler.py, line 3)",
    ),
    "an end": Wrong(
        python("os._exit(4)", "import os"), "Runtime.ExitError: Runtime exited with error: exit status 4"
    ),
    "a crash": Wrong(
        python("ctypes.string_at(0)", "import ctypes"),
        "Runtime.ExitError: Runtime exited with error: signal: segmentation fault (handler.py, line 3)",
    ),
    "a module": Wrong(
        "import 'a-library';\nexport const handler = () => 1;\n",
        "Error: Cannot find package 'a-library' imported from /var/task/handler.mjs (handler.mjs, line 1)",
    ),
    "a name of a module": Wrong(
        "import { nothing } from 'node:fs';\nexport const handler = () => 1;\n",
        "Runtime.UserCodeSyntaxError: SyntaxError: The requested module 'node:fs' does not provide an "
        "export named 'nothing' (handler.mjs, line 1)",
    ),
    "syntax of JavaScript": Wrong(
        "\nexport const handler = ( => 1;\n",
        "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token '=>' (handler.mjs, line 2)",
    ),
    "an ES module by its content": Wrong(
        "import fs from 'node:fs';\nexport const handler = () => fs;\n",
        "Runtime.UserCodeSyntaxError: SyntaxError: Cannot use import statement outside a module "
        "(handler.js, line 1)",
        file="handler.js",
    ),
    "another handler in JavaScript": Wrong(
        "export const handle = () => 1;\n",
        "Runtime.HandlerNotFound: handler.handler is undefined or not exported",
    ),
    "an exception in JavaScript": Wrong(
        node("return event.order.drink;"),
        "TypeError: Cannot read properties of undefined (reading 'drink') (handler.mjs, line 3)",
    ),
    "no error": Wrong(node("throw 'sold out';"), "string: sold out"),
    "no reason": Wrong(node("await Promise.reject();"), "string: handled"),
    "an error with its cause": Wrong(
        node("throw new Error('not sent', { cause: new TypeError('no address') });"),
        "Error: not sent: TypeError: no address (handler.mjs, line 3)",
    ),
    "too long in JavaScript": Wrong(
        node("await new Promise((go) => setTimeout(go, 60000));"),
        "Task timed out after 1.00 seconds",
        {"Timeout": 1},
    ),
    "an endless loop in JavaScript": Wrong(
        node("for (;;);"), "Task timed out after 1.00 seconds", {"Timeout": 1}
    ),
    "a promise that is never settled": Wrong(
        node("await new Promise(() => {});"),
        "Runtime.NodeJsExit: The Lambda runtime client detected an unexpected Node.js exit code. This is "
        "most commonly caused by a Promise that was never settled. For more information, see "
        "https://nodejs.org/docs/latest/api/process.html#exit-codes",
    ),
    "a promise that is never settled at the start": Wrong(
        "await new Promise(() => {});\nexport const handler = () => 1;\n",
        "Runtime.ExitError: Runtime exited with error: exit status 13; it awaits a promise that is never "
        "settled",
    ),
    "a heap that is full": Wrong(
        node("const cups = []; for (;;) cups.push(new Array(1000).fill(1.5));"),
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory",
    ),
    "a heap that is full at the start": Wrong(
        "const cups = []; for (;;) cups.push(new Array(1000).fill(1.5));\nexport const handler = () => 1;\n",
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory",
    ),
    "buffers that grow": Wrong(
        node("const cups = []; for (;;) cups.push(Buffer.alloc(1 << 20, 'x'));"),
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory",
    ),
    "too much memory in JavaScript": Wrong(
        node("return Buffer.alloc(200 << 20, 'x').length;"),
        "Runtime.OutOfMemory: Runtime exited with error: signal: killed; it took more than its 128 MB of "
        "memory",
    ),
    "a denied call in JavaScript": Wrong(
        node(
            "await new DynamoDBClient().send(new GetItemCommand({TableName: 't', Key: {id: {S: '1'}}}));",
            "import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';",
        ),
        "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/default/a-denied-call-in-"
        "JavaScript is not authorized to perform: dynamodb:GetItem because no identity-based policy "
        "allows the dynamodb:GetItem action (handler.mjs, line 3)",
    ),
    "a result that is not JSON in JavaScript": Wrong(
        node("return 1n;"), "Error: Unable to stringify response body: Do not know how to serialize a BigInt"
    ),
    "a circle in JavaScript": Wrong(
        node("const cup = {}; cup.cup = cup; return cup;"),
        "Error: Unable to stringify response body: Converting circular structure to JSON",
    ),
    "a promise that is not awaited": Wrong(
        node("brew(); return 1;", "const brew = async () => { throw new Error('cold'); };"),
        "Runtime.UnhandledPromiseRejection: Error: cold (handler.mjs, line 1)",
    ),
    "an exception in a timer": Wrong(
        node("await new Promise(() => setTimeout(() => { throw new Error('late'); }, 1));"),
        "Error: late (handler.mjs, line 3)",
    ),
    "an exit in JavaScript": Wrong(
        node("process.exit(3);"),
        "Runtime.ExitError: Runtime exited with error: exit status 3 (handler.mjs, line 3)",
    ),
}
# As the scaffold's code does with the messages of a batch.
CAUGHT = Wrong(
    python(
        "try: event['drink']\n    except KeyError as error: "
        "print(json.dumps({'messageId': 'm-1', 'why': f'{type(error).__name__}: {error}'}))\n"
        "    return {'batchItemFailures': [{'itemIdentifier': 'm-1'}]}",
        "import json",
    ),
    "it reported 1 messages as failed: KeyError: 'drink'",
)


@pytest.fixture(scope="module")
def stack(workspace: Workspace) -> Iterator[Stack]:
    with Stack(workspace) as started:
        yield started


def test_the_cause_of_each_wrong_function_is_in_its_log_and_in_the_report(stack: Stack) -> None:
    client = aws_access.local_access(stack.running.endpoint, ACCOUNT).client
    client("iam").create_role(RoleName="default", AssumeRolePolicyDocument=json.dumps(TRUST))
    functions = client("lambda", config=Config(read_timeout=170, retries={"total_max_attempts": 1}))

    def call(name: str, wrong: Wrong) -> bool:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            name_of_file = wrong.file or ("handler.py" if wrong.runtime == PYTHON else "handler.mjs")
            archive.writestr(name_of_file, wrong.code)
        functions.create_function(
            FunctionName=name.replace(" ", "-"),
            Runtime=wrong.runtime,
            Role=ROLE,
            Code={"ZipFile": packed.getvalue()},
            **{"Handler": "handler.handler", "Timeout": 30, **wrong.settings},
        )
        answer = functions.invoke(FunctionName=name.replace(" ", "-"), Payload="{}")
        return answer.get("FunctionError") == "Unhandled"

    assert not call("caught", CAUGHT)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(call, WRONG, WRONG.values()))
    # What a failing test and `presso watch` show, and what the sandbox's report does.
    logged = {fault.function: str(fault) for fault in function_faults.read(client("logs"), "")}
    reported = {
        entry["function"].rpartition(":")[2]: entry["error"].removeprefix("it did not start: ")
        for entry in stack.journal(0)[0]
        if entry["kind"] == "returned"
    }
    called = {name.replace(" ", "-"): wrong.cause for name, wrong in WRONG.items()}
    assert reported == {**called, "caught": CAUGHT.cause}
    assert logged == {name: f"{name}: {cause}" for name, cause in called.items()}
