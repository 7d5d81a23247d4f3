"""A function that does not start reports why in its log and its answer, as on AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.presso.local_aws.conftest import created_function

PYTHON, NODE = "python3.13", "nodejs22.x"
# What a handler's file holds, and what its log then has; a handler's name, if not handler.handler.
CASES = {
    "an import": (
        PYTHON,
        "import json\nimport a_library\n",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'handler': No module named 'a_library'",
        '  File "/var/task/handler.py", line 2, in <module>',
    ),
    "a name": (
        PYTHON,
        "from json import nothing\n",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'handler': cannot import name 'nothing'",
        '  File "/var/task/handler.py", line 1, in <module>',
    ),
    "syntax": (
        PYTHON,
        "\ndef handler(event, context:\n    pass\n",
        "[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'handler': '(' was never closed "
        "(handler.py, line 2)",
        '  File "/var/task/handler.py" Line 2',
    ),
    "another handler": (
        PYTHON,
        "def handle(event, context):\n    pass\n",
        "[ERROR] Runtime.HandlerNotFound: Handler 'handler' missing on module 'handler'",
        "",
    ),
    "an exception": (
        PYTHON,
        "import os\nTABLE = os.environ['NO_SUCH']\n",
        "[ERROR] KeyError: 'NO_SUCH'",
        '  File "/var/task/handler.py", line 2, in <module>',
    ),
    "an exit": (PYTHON, "import sys\nsys.exit(3)\n", "[ERROR] Runtime.ExitError: ", "line 2, in <module>"),
    "a module": (
        NODE,
        "import 'a-library';\nexport const handler = () => 1;\n",
        '"errorMessage": "Cannot find package \'a-library\' imported from /var/task/handler.mjs"',
        "ERR_MODULE_NOT_FOUND",
    ),
    "syntax of JavaScript": (
        NODE,
        "\nexport const handler = ( => 1;\n",
        '"errorType": "Runtime.UserCodeSyntaxError", "errorMessage": "SyntaxError: ',
        "/var/task/handler.mjs:2",
    ),
    "another handler in JavaScript": (
        NODE,
        "export const handle = () => 1;\nexport default handle;\n",
        '"errorType": "Runtime.HandlerNotFound", "errorMessage": "handler.handler is undefined',
        "",
    ),
    "an exception in JavaScript": (
        NODE,
        "\n\nundefined.table;\nexport const handler = () => 1;\n",
        '"errorType": "TypeError", "errorMessage": "Cannot read properties of undefined',
        "/var/task/handler.mjs:3",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_why_a_function_does_not_start_is_in_its_log_and_its_answer(
    case: str, aws: Callable[[str], Any]
) -> None:
    runtime, code, line, place = CASES[case]
    created_function(aws, runtime, "handler.py" if runtime == PYTHON else "handler.mjs", code)
    answer = aws("lambda").invoke(FunctionName="f", Payload="{}")
    assert answer["FunctionError"] == "Unhandled"
    body = json.loads(answer["Payload"].read())
    pages = aws("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/f")
    said = "\n".join(event["message"] for page in pages for event in page["events"])
    assert line in said
    assert place in said
    assert body["errorType"] in said
    assert body["errorMessage"] in said


def test_a_function_has_the_sdk_only_when_it_imports_it_and_then_counts_its_calls(
    aws: Callable[[str], Any],
) -> None:
    code = """
import sys
before = "botocore" in sys.modules
import boto3
from botocore.handlers import BUILTIN_HANDLERS
def handler(event, context):
    return [before, [handler.__name__ for name, handler, *_ in BUILTIN_HANDLERS[-1:]]]
"""
    created_function(aws, PYTHON, "handler.py", code)
    answer = aws("lambda").invoke(FunctionName="f", Payload="{}")
    assert json.loads(answer["Payload"].read()) == [False, ["_ms_add_invoke_depth"]]
