"""What a function answers with when it does not fail, as AWS's runtimes answer."""

import json
from collections.abc import Callable
from typing import Any

from tests.presso.local_aws.conftest import created_function

PYTHON = """
from decimal import Decimal

def handler(event, context):
    return {"cups": Decimal(event["cups"]), "price": Decimal("3.5"), "lost": Decimal("1e2")}
"""
NODE = """
let calls = 0;
export const handler = (event) => {
  calls++;
  if (event.later) return new Promise((done) => setTimeout(() => done(calls), 5));
  if (event.now) return calls;
};
"""


def created(aws: Callable[[str], Any], runtime: str, file: str, code: str) -> Callable[[Any], Any]:
    created_function(aws, runtime, file, code)

    def call(event: Any) -> Any:
        answer = aws("lambda").invoke(FunctionName="f", Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.loads(answer["Payload"].read())

    return call


def test_numbers_of_tables_are_numbers_of_the_answer(aws: Callable[[str], Any]) -> None:
    call = created(aws, "python3.13", "handler.py", PYTHON)
    assert json.dumps(call({"cups": "2"})) == '{"cups": 2, "price": 3.5, "lost": 100}'


def test_a_function_that_returns_nothing_ends_when_nothing_is_left_to_do(aws: Callable[[str], Any]) -> None:
    call = created(aws, "nodejs22.x", "handler.mjs", NODE)
    assert [call({}), call({"later": True}), call({}), call({"now": True})] == [None, 2, None, 4]
