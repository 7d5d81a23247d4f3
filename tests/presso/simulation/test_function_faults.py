"""Why a function failed is read from its log, as AWS and the local AWS write it."""

import pytest

from presso.simulation import function_faults

UNCAUGHT = (
    '{"errorType": "Runtime.UserCodeSyntaxError", "errorMessage": "SyntaxError: Unexpected token", '
    '"stack": ["/var/task/handler.mjs:2", "export const handler = ( => 1;"]}'
)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            [
                "START RequestId: 1",
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'count': No module named 'a'",
                "Traceback (most recent call last):",
                '  File "/var/task/count.py", line 2, in <module>',
                "    import a",
                "END RequestId: 1",
            ],
            "f: Runtime.ImportModuleError: Unable to import module 'count': No module named 'a' "
            "(count.py, line 2)",
            id="an import",
        ),
        pytest.param(
            [
                "[ERROR] KeyError: 'drink'\rTraceback (most recent call last):\r\u00a0\u00a0File "
                '"/var/task/handler.py", line 7, in handler\r\u00a0\u00a0\u00a0\u00a0x["drink"]\n'
            ],
            "f: KeyError: 'drink' (handler.py, line 7)",
            id="an exception on AWS",
        ),
        pytest.param(
            [
                "Traceback (most recent call last):",
                '  File "/x/tmp/ministack-lambda-f-1/_worker.py", line 140, in run',
                '  File "/x/tmp/ministack-lambda-f-1/code/inner/work.py", line 4, in work',
                "    raise ValueError('no')",
                "ValueError: no",
            ],
            "f: ValueError: no (inner/work.py, line 4)",
            id="an exception in the local AWS",
        ),
        pytest.param(
            [f"2026-05-01T09:30:00.000Z\tundefined\tERROR\tUncaught Exception \t{UNCAUGHT}"],
            "f: Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token (handler.mjs, line 2)",
            id="JavaScript",
        ),
        pytest.param(
            [
                "TypeError: x is not a function",
                "    at inner (file:///x/code/node_modules/a/index.js:1:1)",
                "    at handler (file:///x/code/handler.mjs:3:7)",
            ],
            "f: TypeError: x is not a function (handler.mjs, line 3)",
            id="an exception in JavaScript",
        ),
        pytest.param(
            ["2026-05-01T09:30:00.000Z 1 Task timed out after 3.00 seconds"],
            "f: Task timed out after 3.00 seconds",
            id="too long",
        ),
    ],
)
def test_the_cause_and_its_place_are_found(messages: list[str], expected: str) -> None:
    assert [str(fault) for fault in function_faults.of("f", messages)] == [expected]


def test_other_lines_are_not_faults() -> None:
    messages = ["START RequestId: 1", '{"level": "ERROR", "message": "it is fine"}', "Error rate: 0", "END"]
    assert function_faults.of("f", messages) == []
