"""Limits the calls of probes: each creates or changes what has the tenant's name, and nothing else.

Every call of the guarded session passes `CallGuard` before it is sent. A call that creates something is
written down first (`Ledger`), so that the thing is removed even if this process is killed in between, and
gets the run's tag. A call that is neither listed here nor only reads is refused.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso import interruption, regular_file

MOST_CALLS = 150
TAG = "presso:verify"
_READS = re.compile(r"(Describe|Filter|Get|List|Query|Receive|Scan|TestEventPattern)")


@dataclass(frozen=True)
class Created:
    """An operation that creates something.

    Args:
        kind: What it creates, by the name in `removal.KINDS`.
        name: The parameter with its name.
        tags: The parameter for tags; "" where the operation takes none.
        key: How the key of a tag is called; "" where tags are a map.
        id: Where the answer has the id by which later calls name it (JMESPath); "" where they use the name.
    """

    kind: str
    name: str
    tags: str = ""
    key: str = ""
    id: str = ""


CREATES: Mapping[str, Created] = {
    "apigatewayv2.CreateApi": Created("API", "Name", "Tags", id="ApiId"),
    "cognito-idp.CreateUserPool": Created("user pool", "PoolName", "UserPoolTags", id="UserPool.Id"),
    "cognito-idp.CreateUserPoolClient": Created("client", "ClientName", id="UserPoolClient.ClientId"),
    "dynamodb.CreateTable": Created("table", "TableName", "Tags", "Key"),
    "events.CreateApiDestination": Created("API destination", "Name"),
    "events.CreateArchive": Created("archive", "ArchiveName"),
    "events.CreateConnection": Created("connection", "Name"),
    "events.CreateEventBus": Created("bus", "Name", "Tags", "Key"),
    "iam.CreatePolicy": Created("policy", "PolicyName", "Tags", "Key"),
    "iam.CreateRole": Created("role", "RoleName", "Tags", "Key"),
    "lambda.CreateEventSourceMapping": Created("mapping", "FunctionName", id="UUID"),
    "lambda.CreateFunction": Created("function", "FunctionName", "Tags"),
    "logs.CreateLogGroup": Created("log group", "logGroupName", "tags"),
    "pipes.CreatePipe": Created("pipe", "Name", "Tags"),
    "s3.CreateBucket": Created("bucket", "Bucket"),
    "scheduler.CreateSchedule": Created("schedule", "Name"),
    "scheduler.CreateScheduleGroup": Created("schedule group", "Name", "Tags", "Key"),
    "schemas.CreateRegistry": Created("registry", "RegistryName", "Tags"),
    "sns.CreateTopic": Created("topic", "Name", "Tags", "Key"),
    "sqs.CreateQueue": Created("queue", "QueueName", "tags"),
    "ssm.PutParameter": Created("parameter", "Name", "Tags", "Key"),
    "stepfunctions.CreateStateMachine": Created("state machine", "name", "tags", "key"),
}
# What changes or uses something: where its name is (JMESPath), which must be the tenant's.
CHANGES: Mapping[str, str] = {
    "apigatewayv2.CreateStage": "ApiId",
    "cognito-idp.CreateGroup": "UserPoolId",
    "cognito-idp.SignUp": "ClientId",
    "cognito-idp.UpdateGroup": "UserPoolId",
    "cloudwatch.PutMetricData": "Namespace",
    "dynamodb.PutItem": "TableName",
    "dynamodb.UpdateTimeToLive": "TableName",
    "events.DeleteEventBus": "Name",
    "events.DeleteRule": "EventBusName",
    "events.PutEvents": "Entries[].EventBusName",
    "events.PutPermission": "EventBusName",
    "events.PutRule": "EventBusName",
    "events.PutTargets": "EventBusName",
    "events.StartReplay": "ReplayName",
    "iam.PutRolePolicy": "RoleName",
    "lambda.AddPermission": "FunctionName",
    "lambda.DeleteFunction": "FunctionName",
    "lambda.Invoke": "FunctionName",
    "lambda.PutFunctionConcurrency": "FunctionName",
    "lambda.PutFunctionEventInvokeConfig": "FunctionName",
    "logs.CreateLogStream": "logGroupName",
    "logs.PutLogEvents": "logGroupName",
    "logs.PutResourcePolicy": "resourceArn",
    "s3.DeleteBucketMetricsConfiguration": "Bucket",
    "s3.PutBucketMetricsConfiguration": "Bucket",
    "s3.PutObject": "Bucket",
    "scheduler.UntagResource": "ResourceArn",
    "schemas.CreateSchema": "RegistryName",
    "sns.PutDataProtectionPolicy": "ResourceArn",
    "sns.SetSubscriptionAttributes": "SubscriptionArn",
    "sns.Subscribe": "TopicArn",
    "sqs.SendMessage": "QueueUrl",
    "sqs.SetQueueAttributes": "QueueUrl",
    "stepfunctions.DeleteStateMachine": "stateMachineArn",
    "stepfunctions.StartExecution": "stateMachineArn",
    "stepfunctions.StopExecution": "executionArn",
    "sts.AssumeRole": "RoleArn",
}


class CouldNotTry(Exception):
    """A probe has come to no observation; the message is the reason."""


class ForbiddenCall(Exception):
    """A probe has called what it must not: a fault of the probe."""


class Ledger:
    """What a run has created, or was about to: one JSON object a line in a file, on disk before the call.

    Args:
        path: The file; made at the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, kind: str, name: str) -> None:
        """Write down what is about to be created."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "name": name}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def created(self) -> list[tuple[str, str]]:
        """Return kinds and names, the newest first, each once; a line that was cut short created nothing."""
        if not self.path.exists():
            return []
        found: dict[tuple[str, str], None] = {}
        for line in regular_file.text(self.path).splitlines():
            try:
                entry = json.loads(line)
                found[(str(entry["kind"]), str(entry["name"]))] = None
            except (ValueError, KeyError, TypeError):
                continue
        return list(reversed(found))


class CallGuard:
    """Checks every call of a session before it is sent.

    Args:
        tenant: The name of the temporary tenant, in each name of what its run creates.
        ledger: Where created things are written down.
        deadline: When the whole run must end, by `time.monotonic`.
    """

    def __init__(self, tenant: str, ledger: Ledger, deadline: float) -> None:
        self.tenant = tenant
        self._ledger = ledger
        self._deadline = deadline
        self._ids: set[str] = set()
        self._calls = 0
        self._until = deadline

    def install(self, session: Any) -> None:
        """Check the calls of all clients that a boto3 session makes from now on."""
        session.events.register("provide-client-params.*.*", self._before)
        session.events.register("after-call.*.*", self._after)

    def begin(self, seconds: float) -> None:
        """Give the next probe its number of calls and seconds."""
        self._calls = 0
        self._until = min(self._deadline, time.monotonic() + seconds)

    @property
    def over(self) -> bool:
        """Whether the whole run has no time left."""
        return time.monotonic() >= self._deadline

    @property
    def left(self) -> float:
        """The seconds that the current probe has left."""
        return self._until - time.monotonic()

    def check(self) -> None:
        """Raise when the probe, or the run, must end.

        Raises:
            CouldNotTry: Its time or its calls are used up.
            Stopped: After a signal.
        """
        interruption.check()
        if self.over:
            raise CouldNotTry("the time limit of the run was reached")
        if self.left <= 0:
            raise CouldNotTry("its time limit was reached")

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        operation = f"{model.service_model.service_name}.{model.name}"
        self.check()
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise CouldNotTry(f"it made {MOST_CALLS} calls")
        if created := CREATES.get(operation):
            return self._recorded(operation, created, params)
        if operation in CHANGES:
            self._require_own(operation, CHANGES[operation], params)
        elif not _READS.match(model.name):
            raise ForbiddenCall(f"{operation} is not a call that probes may make")
        return params

    def _recorded(self, operation: str, created: Created, params: dict[str, Any]) -> dict[str, Any]:
        self._require_own(operation, created.name, params)
        self._ledger.add(created.kind, params[created.name])
        if not created.tags:
            return params
        if created.key:
            value = "value" if created.key == "key" else "Value"
            return {
                **params,
                created.tags: [*params.get(created.tags, []), {created.key: TAG, value: self.tenant}],
            }
        return {**params, created.tags: {**params.get(created.tags, {}), TAG: self.tenant}}

    def _require_own(self, operation: str, path: str, params: dict[str, Any]) -> None:
        import jmespath

        found = jmespath.search(path, params)
        names = found if isinstance(found, list) else [found]
        if not names or not all(name in self._ids or self.tenant in str(name) for name in names):
            raise ForbiddenCall(f"{operation}: {path} is not of {self.tenant}")

    def _after(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        import jmespath

        created = CREATES.get(f"{model.service_model.service_name}.{model.name}")
        if created and created.id and (found := jmespath.search(created.id, parsed)):
            self._ids.add(found)
