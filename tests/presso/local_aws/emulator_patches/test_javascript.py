"""Functions in JavaScript: they run, and find the AWS SDK that Lambda's runtimes bring."""

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from ministack.services import lambda_svc
from tests.presso.local_aws.conftest import created_function

from presso.local_aws import nodejs
from presso.local_aws.emulator_patches import javascript

Aws = Callable[[str], Any]

WRITES = """
import { %(names)s } from "@aws-sdk/client-dynamodb";
const client = new DynamoDBClient({});
const put = (input) => client.send(new PutItemCommand(input));
export const handler = async ({ id }) => {
  const input = {
    TableName: "notes",
    Item: { pk: { S: id } },
    ConditionExpression: "attribute_not_exists(pk)",
  };
  await put(input);
  try {
    await put(input);
  } catch (error) {
    return { name: error.name, known: error instanceof ConditionalCheckFailedException };
  }
};
"""
NAMES = "ConditionalCheckFailedException, DynamoDBClient, PutItemCommand"


def function(aws: Aws, code: str, file: str = "handler.mjs") -> None:
    created_function(aws, "nodejs22.x", file, code)


def answer(aws: Aws, event: object) -> Any:
    answered = aws("lambda").invoke(FunctionName="f", Payload=json.dumps(event))
    return json.loads(answered["Payload"].read())


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("handler.mjs", WRITES % {"names": NAMES}),
        (
            "handler.js",
            WRITES.replace("import { %(names)s } from", "const { %(names)s } = require(").replace(
                '-dynamodb"', '-dynamodb")'
            )
            % {"names": NAMES}
            + "exports.handler = handler;",
        ),
    ],
    ids=["an ES module", "CommonJS"],
)
def test_a_function_uses_the_sdk_and_catches_its_exceptions_by_their_class(
    aws: Aws, file: str, code: str
) -> None:
    aws("dynamodb").create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    function(
        aws, code.replace("export const handler", "const handler") if file.endswith(".js") else code, file
    )
    assert answer(aws, {"id": "n-1"}) == {"name": "ConditionalCheckFailedException", "known": True}
    assert aws("dynamodb").scan(TableName="notes")["Items"] == [{"pk": {"S": "n-1"}}]


def test_a_function_knows_its_runtime_and_may_have_modules_by_their_content(aws: Aws) -> None:
    code = (
        "import process from 'node:process';\nexport const handler = () => process.env.AWS_EXECUTION_ENV;\n"
    )
    function(aws, code, "handler.js")
    assert "outside a module" in answer(aws, {})["errorMessage"]
    variables = {"NODE_OPTIONS": "--experimental-detect-module --experimental-require-module"}
    aws("lambda").update_function_configuration(FunctionName="f", Environment={"Variables": variables})
    assert answer(aws, {}) == "AWS_Lambda_nodejs22.x"
    logged = aws("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert not [event for event in logged if "DeprecationWarning" in event["message"]]


def test_a_function_emits_an_event_with_a_time(aws: Aws) -> None:
    aws("sqs").create_queue(QueueName="heard")
    events = aws("events")
    events.create_event_bus(Name="nyc")
    events.put_rule(Name="all", EventBusName="nyc", EventPattern='{"source": ["cafe"]}')
    account = aws("sts").get_caller_identity()["Account"]
    queue = f"arn:aws:sqs:us-east-1:{account}:heard"
    events.put_targets(Rule="all", EventBusName="nyc", Targets=[{"Id": "q", "Arn": queue}])
    function(
        aws,
        """
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
export async function handler(event) {
  const entry = { Source: "cafe", DetailType: "Noted", Detail: JSON.stringify(event), EventBusName: "nyc" };
  const Entries = [{ ...entry, Time: new Date("2026-05-01T09:30:00Z") }];
  return (await new EventBridgeClient().send(new PutEventsCommand({ Entries }))).FailedEntryCount;
}
""",
    )
    assert answer(aws, {"cup": 1}) == 0
    url = aws("sqs").get_queue_url(QueueName="heard")["QueueUrl"]
    [message] = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    heard = json.loads(message["Body"])
    assert (heard["time"], heard["detail"]) == ("2026-05-01T09:30:00Z", {"cup": 1})


def test_every_package_of_the_substitute_is_called_as_in_the_sdk() -> None:
    assert [javascript._package(service)[0] for service in javascript.SERVICES] == [
        "client-dynamodb",
        "client-eventbridge",
        "client-kms",
        "client-cloudwatch-logs",
        "client-secrets-manager",
        "client-sqs",
        "client-ssm",
        "client-sfn",
    ]


def test_without_node_a_function_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodejs, "find", lambda: None)
    create = partial(javascript._create_function, lambda_svc._create_function)
    code = {"ZipFile": base64.b64encode(b"").decode()}
    status, _, body = create({"FunctionName": "f", "Runtime": "nodejs22.x", "Code": code})
    assert status == 400
    assert "there is none. Install Node.js" in json.loads(body)["message"]
