"""Where IAM is enforced, a permission for one thing is none for another, however a request names it.

Each probe has a role that may do one thing with what is called `own…`. The pages: service authorization
reference, "Resource types defined by" each service.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.patience import PATIENCE
from tests.presso.local_aws.emulator_patches.test_passed_roles import function, schedule, statement

from presso.processes import wait_until

pytestmark = pytest.mark.slow

Arguments = Callable[[str], dict[str, Any]]

TAG = {"Key": "round", "Value": "2"}
ENDPOINT = "https://example.org"
HERE = "us-east-1:ACCOUNT"
KEYS = {"ApiKeyName": "x", "ApiKeyValue": "x"}
MESSAGES = [{"Id": "1", "Message": "x"}]
BODIES = [{"Id": "1", "MessageBody": "x"}]

# What the role may do, to what, and the call that names it.
PROBES: dict[str, tuple[str, str, str, str, Arguments]] = {
    "a new policy": (
        "iam:CreatePolicy", "arn:aws:iam::ACCOUNT:policy/own*", "iam", "create_policy",
        lambda name: {"PolicyName": name, "PolicyDocument": "{}"},
    ),
    "a new function": (
        "lambda:CreateFunction", f"arn:aws:lambda:{HERE}:function:own*", "lambda", "create_function",
        lambda name: {**function("arn:aws:iam::111111111111:role/r"), "FunctionName": name},
    ),
    "a layer by its ARN": (
        "lambda:GetLayerVersion", f"arn:aws:lambda:{HERE}:layer:own*", "lambda", "get_layer_version",
        lambda name: {"LayerName": f"arn:aws:lambda:us-east-1:000000000001:layer:{name}", "VersionNumber": 1},
    ),
    "a schedule in a group": (
        "scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/own/*",
        "scheduler", "create_schedule",
        lambda name: {**schedule("arn:aws:iam::111111111111:role/r"), "GroupName": name},
    ),
    "a connection": (
        "events:CreateConnection", f"arn:aws:events:{HERE}:connection/own*", "events", "create_connection",
        lambda name: {
            "Name": name, "AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": KEYS},
        },
    ),
    "a key's alias": (
        "kms:CreateAlias", f"arn:aws:kms:{HERE}:alias/own*", "kms", "create_alias",
        lambda name: {"AliasName": f"alias/{name}", "TargetKeyId": "1234"},
    ),
    "a dashboard": (
        "cloudwatch:PutDashboard", "arn:aws:cloudwatch::ACCOUNT:dashboard/own*",
        "cloudwatch", "put_dashboard",
        lambda name: {"DashboardName": name, "DashboardBody": "{}"},
    ),
    "a topic's tags": (
        "sns:TagResource", f"arn:aws:sns:{HERE}:own*", "sns", "tag_resource",
        lambda name: {"ResourceArn": f"arn:aws:sns:us-east-1:000000000001:{name}", "Tags": [TAG]},
    ),
    "a table's tags": (
        "dynamodb:ListTagsOfResource", f"arn:aws:dynamodb:{HERE}:table/own*",
        "dynamodb", "list_tags_of_resource",
        lambda name: {"ResourceArn": f"arn:aws:dynamodb:us-east-1:000000000001:table/{name}"},
    ),
    "a state machine's tags": (
        "states:ListTagsForResource", f"arn:aws:states:{HERE}:stateMachine:own*",
        "stepfunctions", "list_tags_for_resource",
        lambda name: {"resourceArn": f"arn:aws:states:us-east-1:000000000001:stateMachine:{name}"},
    ),
    "parameters": (
        "ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/own*", "ssm", "get_parameters",
        lambda name: {"Names": ["/own", name]},
    ),
    "parameters that are deleted": (
        "ssm:DeleteParameters", f"arn:aws:ssm:{HERE}:parameter/own*", "ssm", "delete_parameters",
        lambda name: {"Names": [f"/{name}/one"]},
    ),
    "parameters below a path": (
        "ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/own*", "ssm", "get_parameters_by_path",
        lambda name: {"Path": f"/{name}"},
    ),
    "a parameter by its ARN": (
        "ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/own*", "ssm", "get_parameter",
        lambda name: {"Name": f"arn:aws:ssm:us-east-1:000000000001:parameter/{name}"},
    ),
    "a batch for a topic": (
        "sns:Publish", f"arn:aws:sns:{HERE}:own*", "sns", "publish_batch",
        lambda name: {
            "TopicArn": f"arn:aws:sns:us-east-1:000000000001:{name}", "PublishBatchRequestEntries": MESSAGES,
        },
    ),
    "a batch for a queue": (
        "sqs:SendMessage", f"arn:aws:sqs:{HERE}:own*", "sqs", "send_message_batch",
        lambda name: {"QueueUrl": f"http://localhost:1/000000000001/{name}", "Entries": BODIES},
    ),
    "messages that are moved": (
        "sqs:StartMessageMoveTask", f"arn:aws:sqs:{HERE}:own*", "sqs", "start_message_move_task",
        lambda name: {"SourceArn": f"arn:aws:sqs:us-east-1:000000000001:{name}"},
    ),
    "a statement": (
        "dynamodb:PartiQLSelect", f"arn:aws:dynamodb:{HERE}:table/own*", "dynamodb", "execute_statement",
        lambda name: {"Statement": f'SELECT * FROM "{name}"'},
    ),
    "statements": (
        "dynamodb:PartiQLDelete", f"arn:aws:dynamodb:{HERE}:table/own*",
        "dynamodb", "batch_execute_statement",
        lambda name: {
            "Statements": [{"Statement": f"DELETE FROM {each} WHERE pk = 'x'"} for each in ("own", name)],
        },
    ),
    "statements of a transaction": (
        "dynamodb:PartiQLInsert", f"arn:aws:dynamodb:{HERE}:table/own*", "dynamodb", "execute_transaction",
        lambda name: {"TransactStatements": [{"Statement": f"INSERT INTO {name} VALUE {{'pk': 'x'}}"}]},
    ),
    "streams of a table": (
        "dynamodb:ListStreams", f"arn:aws:dynamodb:{HERE}:table/own*", "dynamodbstreams", "list_streams",
        lambda name: {"TableName": name},
    ),
    "a stream": (
        "dynamodb:DescribeStream", f"arn:aws:dynamodb:{HERE}:table/own*",
        "dynamodbstreams", "describe_stream",
        lambda name: {"StreamArn": f"arn:aws:dynamodb:us-east-1:000000000001:table/{name}/stream/2026"},
    ),
    "a query of log groups": (
        "logs:StartQuery", f"arn:aws:logs:{HERE}:log-group:own*", "logs", "start_query",
        lambda name: {
            "logGroupNames": ["own", name], "startTime": 0, "endTime": 1, "queryString": "fields @message",
        },
    ),
    "entries of a log group by its ARN": (
        "logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:own*", "logs", "filter_log_events",
        lambda name: {"logGroupIdentifier": f"arn:aws:logs:us-east-1:000000000001:log-group:{name}"},
    ),
    "what is in a log group": (
        "logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:own:*", "logs", "filter_log_events",
        lambda name: {"logGroupName": name},
    ),
    "executions of a distributed map": (
        "states:DescribeMapRun", f"arn:aws:states:{HERE}:mapRun:own/*", "stepfunctions", "describe_map_run",
        lambda name: {"mapRunArn": f"arn:aws:states:us-east-1:000000000001:mapRun:{name}/one:two"},
    ),
    "a mapping, by its function": (
        "lambda:CreateEventSourceMapping", "*", "lambda", "create_event_source_mapping",
        lambda name: {"FunctionName": name, "EventSourceArn": "arn:aws:sqs:us-east-1:111111111111:q"},
    ),
}  # fmt: skip


def distinguishes_own_from_other(here: Any, probe: str) -> bool:
    action, resource, service, operation, arguments = PROBES[probe]
    conditions = {} if resource != "*" else OWN_FUNCTION
    call = getattr(
        here.as_role(statement(action, resource, **conditions), statement("iam:PassRole"))(service), operation
    )

    def allowed(name: str) -> bool:
        given = {key: own_account(value, here.account) for key, value in arguments(name).items()}
        try:
            call(**given)
        except ClientError as error:  # SNS and DynamoDB also deny what is not there
            return "identity-based policy" not in error.response["Error"]["Message"]
        return True

    return [allowed("own"), allowed("other")] == [True, False]


OWN_FUNCTION = {"ArnLike": {"lambda:FunctionArn": f"arn:aws:lambda:{HERE}:function:own*"}}


def own_account(value: Any, account: str) -> Any:
    """An argument with this test's account."""
    return value.replace("000000000001", account) if isinstance(value, str) else value


def test_a_permission_for_a_key_is_one_by_its_alias(enforced: Any) -> None:
    kms = enforced.root("kms")
    keys = {name: kms.create_key()["KeyMetadata"] for name in ("own", "other")}
    for name, key in keys.items():
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    encrypt = enforced.as_role(statement("kms:GenerateDataKey", keys["own"]["Arn"]))("kms").generate_data_key
    names = ["alias/own", f"arn:aws:kms:us-east-1:{enforced.account}:alias/own", "alias/other"]
    answers = [enforced.allows(encrypt, KeyId=name, KeySpec="AES_256") for name in names]
    assert answers == [True, True, False]


@pytest.mark.parametrize("replicates", [False, True])
def test_a_secret_with_replicas_needs_the_permission_to_replicate(enforced: Any, replicates: bool) -> None:
    actions = ["secretsmanager:CreateSecret", *["secretsmanager:ReplicateSecretToRegions"] * replicates]
    create = enforced.as_role(*map(statement, actions))("secretsmanager").create_secret
    assert enforced.allows(create, Name="alone")
    assert enforced.allows(create, Name="copied", AddReplicaRegions=[{"Region": "eu-west-1"}]) == replicates


def _ended(machines: Any, execution: str) -> bool:
    return bool(machines.describe_execution(executionArn=execution)["status"] != "RUNNING")


def test_a_permission_for_a_workflow_is_one_for_its_tasks_that_wait(enforced: Any) -> None:
    aws, machines = enforced.root, enforced.root("stepfunctions")
    url = aws("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    definition = {"StartAt": "Wait", "States": {"Wait": {**task, "Parameters": parameters}}}
    answers: list[bool] = []
    role = enforced.role("workflow")
    send = enforced.as_role(
        statement("states:SendTaskSuccess", f"arn:aws:states:us-east-1:{enforced.account}:stateMachine:own")
    )("stepfunctions").send_task_success
    for name in ("own", "other"):
        made = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        started = machines.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
        token = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"][0]["Body"]
        answers.append(enforced.allows(send, taskToken=token, output="{}"))
        if name == "own":
            # A token whose task is over is refused as such, and not for a lack of permission.
            assert wait_until(lambda: _ended(machines, started), PATIENCE)  # noqa: B023
            with pytest.raises(send.__self__.exceptions.TaskDoesNotExist):
                send(taskToken=token, output="{}")
        machines.delete_state_machine(stateMachineArn=made["stateMachineArn"])
    assert answers == [True, False]


@pytest.mark.parametrize("probe", PROBES)
def test_with_its_gaps_filled(enforced: Any, probe: str) -> None:
    assert distinguishes_own_from_other(enforced, probe)


@pytest.mark.parametrize("probe", PROBES)
def test_the_emulator_alone_still_does_not(enforced_alone: Any, probe: str) -> None:
    assert not distinguishes_own_from_other(enforced_alone, probe)


def test_what_is_done_with_a_mapping_needs_permission(enforced: Any) -> None:
    aws = enforced.as_role(statement("sqs:*"))("lambda")
    number = "00000000-0000-0000-0000-000000000000"
    for call in (
        aws.get_event_source_mapping,
        aws.update_event_source_mapping,
        aws.delete_event_source_mapping,
    ):
        assert not enforced.allows(call, UUID=number)


def test_what_an_accounts_buckets_make_public_needs_permission(enforced: Any) -> None:
    def plain(request: Any, **_: Any) -> None:
        request.url = request.url.replace(f"//{enforced.account}.", "//")

    client = enforced.as_role(statement("s3:PutAccountPublicAccessBlock"))("s3control")
    client.meta.events.register("before-sign.s3-control", plain)
    named = {"AccountId": enforced.account}
    assert enforced.allows(client.put_public_access_block, **named, PublicAccessBlockConfiguration={})
    assert not enforced.allows(client.get_public_access_block, **named)
    assert enforced.allows(client.delete_public_access_block, **named)
