"""What a function writes is in its log when its invocation has ended."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.presso.local_aws.conftest import created_function

CODE = {
    "python3.13": (
        "handler.py",
        "def handler(event, context):\n"
        "    for n in range(event['lines']):\n"
        "        print(n, 'x' * 500)\n"
        "    print('the last one of', event['id'])\n",
    ),
    "nodejs22.x": (
        "handler.mjs",
        "export const handler = async ({ id, lines }) => {\n"
        "  for (let n = 0; n < lines; n++) console.log(n, 'x'.repeat(500));\n"
        "  console.log('the last one of', id);\n"
        "};\n",
    ),
}


@pytest.mark.parametrize("runtime", CODE)
def test_the_last_line_is_there_at_once_and_in_its_own_invocation(
    aws: Callable[[str], Any], runtime: str
) -> None:
    file, code = CODE[runtime]
    created_function(aws, runtime, file, code)
    for number, lines in enumerate([0, 1000, 0, 300]):
        aws("lambda").invoke(FunctionName="f", Payload=json.dumps({"id": number, "lines": lines}))
        pages = aws("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/f")
        said = [event["message"].strip() for page in pages for event in page["events"]]
        own = said[max(n for n, line in enumerate(said) if line.startswith("START")) :]
        assert sum(line.endswith("x" * 500) for line in own) == lines
        assert [line for line in own if line.startswith("the last")] == [f"the last one of {number}"]
