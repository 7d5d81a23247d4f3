"""What AWS's documentation requires of roles of event sources, targets and integrations is allowed."""

import pytest

from presso.gate.arn_patterns import BOUNDARY, WITHOUT_RESOURCE, overlap, within

_PREFIX = "nyc--drinks--"
_STREAM = f"table/{_PREFIX}orders/stream/2026-11-27T10:00:00.000"
_GUIDE = "https://docs.aws.amazon.com"
# What needs them, the service, the actions, the resource (after the account in its ARN), and the source.
NEEDED = [
    (
        "a function that reads a stream",
        "dynamodb",
        "DescribeStream GetRecords GetShardIterator ListStreams",
        _STREAM,
        f"{_GUIDE}/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html",
    ),
    (
        "a pipe that reads a stream",
        "dynamodb",
        "DescribeStream GetRecords GetShardIterator ListStreams",
        _STREAM,
        f"{_GUIDE}/eventbridge/latest/userguide/eb-pipes-permissions.html",
    ),
    (
        "a function that reads a queue",
        "sqs",
        "ReceiveMessage DeleteMessage GetQueueAttributes ChangeMessageVisibility",
        f"{_PREFIX}orders",
        f"{_GUIDE}/lambda/latest/dg/services-sqs-configure.html",
    ),
    (
        "a pipe that reads a queue",
        "sqs",
        "ReceiveMessage DeleteMessage GetQueueAttributes",
        f"{_PREFIX}orders",
        f"{_GUIDE}/eventbridge/latest/userguide/eb-pipes-permissions.html",
    ),
    (
        "what keeps its failures in a queue",
        "sqs",
        "SendMessage",
        f"{_PREFIX}failed",
        f"{_GUIDE}/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    (
        "what keeps its failures in a topic",
        "sns",
        "Publish",
        f"{_PREFIX}failed",
        f"{_GUIDE}/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    (
        "a pipe, schedule or workflow that starts a function",
        "lambda",
        "InvokeFunction",
        f"function:{_PREFIX}count",
        f"{_GUIDE}/eventbridge/latest/userguide/eb-pipes-event-target.html",
    ),
    (
        "a rule, pipe or schedule that starts a workflow",
        "states",
        "StartExecution",
        f"stateMachine:{_PREFIX}flow",
        f"{_GUIDE}/eventbridge/latest/userguide/eb-events-iam-roles.html",
    ),
    (
        "a pipe or workflow that waits for an express workflow",
        "states",
        "StartSyncExecution",
        f"stateMachine:{_PREFIX}flow",
        f"{_GUIDE}/eventbridge/latest/userguide/eb-pipes-event-target.html",
    ),
    (
        "a function that answers a workflow",
        "states",
        "SendTaskSuccess SendTaskFailure SendTaskHeartbeat",
        f"stateMachine:{_PREFIX}flow",
        f"{_GUIDE}/step-functions/latest/dg/connect-to-resource.html",
    ),
    (
        "a distributed map",
        "states",
        "StartExecution",
        f"stateMachine:{_PREFIX}flow",
        f"{_GUIDE}/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    ),
    (
        "a distributed map",
        "states",
        "DescribeExecution StopExecution RedriveExecution",
        f"execution:{_PREFIX}flow/map:8a6e",
        f"{_GUIDE}/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    ),
    (
        "a map over the objects of a bucket, which writes its results there",
        "s3",
        "GetObject ListBucket PutObject ListMultipartUploadParts AbortMultipartUpload",
        f"{_PREFIX}menu/results",
        f"{_GUIDE}/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    ),
    (
        "a workflow that calls a webhook",
        "states",
        "InvokeHTTPEndpoint",
        f"stateMachine:{_PREFIX}flow",
        f"{_GUIDE}/step-functions/latest/dg/call-https-apis.html",
    ),
    (
        "a workflow that calls a webhook",
        "events",
        "RetrieveConnectionCredentials",
        f"connection/{_PREFIX}hook/8a6e",
        f"{_GUIDE}/step-functions/latest/dg/call-https-apis.html",
    ),
    (
        "a workflow that calls a webhook",
        "secretsmanager",
        "GetSecretValue DescribeSecret",
        f"secret:events!connection/{_PREFIX}hook/8a6e-AbCdEf",
        f"{_GUIDE}/step-functions/latest/dg/call-https-apis.html",
    ),
    (
        "a rule or pipe that calls a webhook",
        "events",
        "InvokeApiDestination",
        f"api-destination/{_PREFIX}hook/8a6e",
        f"{_GUIDE}/eventbridge/latest/userguide/eb-api-destinations.html",
    ),
    (
        "a workflow that uses a table",
        "dynamodb",
        "GetItem PutItem UpdateItem DeleteItem Query Scan BatchGetItem BatchWriteItem ConditionCheckItem",
        f"table/{_PREFIX}orders",
        f"{_GUIDE}/step-functions/latest/dg/connect-ddb.html",
    ),
    (
        "a pipe that writes to a log group, or a function with a log",
        "logs",
        "CreateLogStream PutLogEvents",
        f"log-group:/aws/lambda/{_PREFIX}count:log-stream:2026",
        f"{_GUIDE}/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    ),
    (
        "an encrypted queue, topic or table",
        "kms",
        "Decrypt GenerateDataKey",
        "",  # its ARN has no name: the check takes the extension's own keys
        f"{_GUIDE}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
]
# These have no resource in IAM.
ANYWHERE = [
    (
        "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery"
        " logs:ListLogDeliveries",
        f"{_GUIDE}/step-functions/latest/dg/cw-logs.html",
    ),
    (
        "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets",
        f"{_GUIDE}/step-functions/latest/dg/concepts-xray-tracing.html",
    ),
    ("cloudwatch:PutMetricData", f"{_GUIDE}/AmazonCloudWatch/latest/monitoring/publishingMetrics.html"),
]


@pytest.mark.parametrize(
    ("service", "actions", "resource"),
    [case[1:4] for case in NEEDED],
    ids=[f"{case[0]}: {case[1]} {case[2].split()[0]}" for case in NEEDED],
)
def test_what_aws_requires_is_within_the_boundary(service: str, actions: str, resource: str) -> None:
    allowed, resources = BOUNDARY[service]
    for action in actions.split():
        assert any(within(action, (pattern,)) for pattern in allowed), action
    names = [pattern.format(prefix=_PREFIX, tenant="nyc") for pattern in resources]
    assert within(resource, names) or not names


@pytest.mark.parametrize("actions", [actions for actions, _ in ANYWHERE])
def test_what_has_no_resource_is_allowed_anywhere(actions: str) -> None:
    for action in actions.split():
        assert any(overlap(action, pattern) for pattern in WITHOUT_RESOURCE), action
