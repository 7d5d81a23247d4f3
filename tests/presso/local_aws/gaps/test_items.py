"""DynamoDB: of writes at once each is held against what the one before it wrote."""

import json
from collections.abc import Callable
from typing import Any

from presso.local_aws.processes import wait_until

Aws = Callable[[str], Any]


def put_at_once(aws: Aws, times: int) -> list[str]:
    """Write one new item so many times in one execution, all at once; what became of each attempt."""
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    aws("dynamodb").create_table(
        TableName="claims",
        KeySchema=[key],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Arguments": {
            "TableName": "claims",
            "Item": {"pk": {"S": "one"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        },
        "Output": "first",
        "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Late"}],
        "End": True,
    }
    late = {"Type": "Pass", "Output": "late", "End": True}
    each = {"StartAt": "Put", "States": {"Put": put, "Late": late}}
    machine = aws("stepfunctions").create_state_machine(
        name="m",
        roleArn="arn:aws:iam::111111111111:role/worker",
        definition=json.dumps(
            {
                "QueryLanguage": "JSONata",
                "StartAt": "All",
                "States": {
                    "All": {
                        "Type": "Map",
                        "Items": f"{{% [1..{times}] %}}",
                        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **each},
                        "End": True,
                    }
                },
            }
        ),
    )["stateMachineArn"]
    started = aws("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]

    def found() -> Any:
        return aws("stepfunctions").describe_execution(executionArn=started)

    assert wait_until(lambda: found()["status"] != "RUNNING", 30)
    results: list[str] = json.loads(found()["output"])
    return results


def test_one_of_many_conditional_writes_at_once_is_the_first(aws: Aws) -> None:
    results = put_at_once(aws, 200)
    assert (results.count("first"), results.count("late")) == (1, 199)
