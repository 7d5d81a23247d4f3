"""What probes work with: clients limited to the temporary tenant, and the things that many of them need."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from presso import interruption
from presso.aws_access import Access
from presso.tenants import partition_of
from presso.verification.call_guard import CallGuard, CouldNotTry
from presso.verification.redaction import redacted

VERSION = "2012-10-17"
_SERVICES = ("events", "lambda", "pipes", "scheduler", "states")
# AWS takes up to that long until a new role works everywhere.
_ROLE_SECONDS = 15.0
_NOT_YET = (
    "cannot be assumed",
    "not authorized to assume",
    "Cannot assume",
    "AssumeRole",
    "is not in a valid state",
)
# Errors that do not decide a claim.
_NO_ANSWER = (
    "AccessDenied",
    "AuthFailure",
    "Throttl",
    "TooManyRequests",
    "LimitExceeded",
    "ServiceUnavailable",
)


@dataclass(frozen=True)
class Queue:
    """A queue that the services of the account may send to."""

    url: str
    arn: str


@dataclass
class Bench:
    """An account as the probes see it. One for each run; `turn` gives each probe its own.

    Args:
        access: To the account; every call of its session passes the guard.
        guard: Limits the calls.
        real: Whether this is AWS: things take their time there.
        number: The probe's, a part of its names.
    """

    access: Access
    guard: CallGuard
    real: bool
    number: int = 0
    words: list[str] = field(default_factory=list)
    _shared: dict[str, str] = field(default_factory=dict)

    def turn(self, number: int) -> Bench:
        """Return the bench of one probe: its own names and words, and what is shared."""
        return Bench(self.access, self.guard, self.real, number, [], self._shared)

    @property
    def tenant(self) -> str:
        """The name of the temporary tenant."""
        return self.guard.tenant

    @property
    def region(self) -> str:
        """The region of the calls."""
        return str(self.access.session.region_name)

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        return self.access.client(service)

    def name(self, of: str) -> str:
        """Return a name for something of this probe."""
        return f"{self.tenant}--{self.number}-{of}"

    def arn(self, service: str, rest: str) -> str:
        """Return an ARN in this account and region."""
        return self.access.arn(service, rest)

    @property
    def root(self) -> str:
        """The ARN by which policies name the whole account."""
        return self.access.arn("iam", "root", regional=False)

    # Waiting and asking

    def wait(self, condition: Callable[[], Any], seconds: float | None = None) -> Any:
        """Return a condition's first true result, or its last one when the time is over.

        Args:
            condition: Asked again and again.
            seconds: The most to wait; by default as long as the probe may take.

        Raises:
            CouldNotTry: The probe has no time left.
        """
        deadline, pause = time.monotonic() + (self.guard.left if seconds is None else seconds), 0.05
        while not (found := condition()) and time.monotonic() < deadline:
            self.guard.check()
            interruption.wait(min(pause, max(deadline - time.monotonic(), 0.01)))
            pause = min(pause * 1.5, 4.0 if self.real else 0.2)
        return found

    def absent(self, condition: Callable[[], Any], seconds: float = 60, local: float = 1.5) -> bool:
        """Return whether a condition stays false, as long as AWS (or the local AWS) would need."""
        return not self.wait(condition, seconds if self.real else local)

    def tried(self, call: Callable[..., Any], **arguments: Any) -> str:
        """Return `accepted` or `refused`, and keep AWS's words.

        Raises:
            CouldNotTry: The answer does not decide the claim: no permission, a limit, a service is down.
        """
        answer, code = self._answer(call, arguments)
        if self.real and code.startswith(_NO_ANSWER):
            raise CouldNotTry(self.words[-1])
        return answer

    def limited(self, call: Callable[..., Any], **arguments: Any) -> str:
        """Return `accepted` or `refused` where the claim is a limit, and keep AWS's words."""
        return self._answer(call, arguments)[0]

    def _answer(self, call: Callable[..., Any], arguments: dict[str, Any]) -> tuple[str, str]:
        from botocore.exceptions import ClientError

        try:
            call(**arguments)
        except ClientError as error:
            self.say(str(error))
            return "refused", str(error.response["Error"].get("Code", ""))
        return "accepted", ""

    def allowed(self, call: Callable[..., Any], **arguments: Any) -> bool:
        """Return whether a call is permitted; it may fail for another reason."""
        from botocore.exceptions import ClientError

        try:
            call(**arguments)
        except ClientError as error:
            self.say(str(error))
            code = error.response["Error"].get("Code", "")
            return code not in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
        return True

    def say(self, words: str) -> None:
        """Keep AWS's words for the report, without what identifies a person or an account."""
        self.words.append(redacted(words, self.access.account, self.tenant))

    # Things

    def worker(self) -> str:
        """Return the ARN of the role that the tenant's functions, workflows, pipes and schedules have."""
        if "worker" not in self._shared:
            own = f"arn:{partition_of(self.region)}:*:*:*:*{self.tenant}*"
            allowed = {"Effect": "Allow", "Action": "*", "Resource": own}
            self._shared["worker"] = self.role("worker", allowed)
        return self._shared["worker"]

    def role(self, of: str, *statements: dict[str, Any], condition: dict[str, Any] | None = None) -> str:
        """Return the ARN of a new role of the services that have these statements."""
        services = [f"{service}.amazonaws.com" for service in _SERVICES]
        trust: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": services},
            "Action": "sts:AssumeRole",
        }
        trust |= {"Condition": condition} if condition else {}
        return self.role_for(of, [trust], statements)

    def role_for(self, of: str, trust: list[dict[str, Any]], statements: Any, **settings: Any) -> str:
        """Return the ARN of a new role that trusts by these statements and may do what the others allow."""
        iam, name = self.client("iam"), self.name(of)
        document = json.dumps({"Version": VERSION, "Statement": trust})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **settings)
        if statements:
            policy = json.dumps({"Version": VERSION, "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        if self.real:
            self.absent(lambda: False, _ROLE_SECONDS)
        return str(made["Role"]["Arn"])

    def session(self, *statements: dict[str, Any], tags: dict[str, str] | None = None) -> Access:
        """Return access as a new role that may do what the statements allow and has these tags."""
        import boto3

        trust = [{"Effect": "Allow", "Principal": {"AWS": self.root}, "Action": "sts:AssumeRole"}]
        listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        allowed = [{"Effect": "Allow", **statement} for statement in statements]
        arn = self.role_for("caller", trust, allowed, Tags=listed)
        made = self.retried(self.client("sts").assume_role, RoleArn=arn, RoleSessionName="probe")
        keys = made["Credentials"]
        session = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.region,
        )
        self.guard.install(session)
        return Access(session, self.access.endpoint, self.access.account)

    def retried(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Return a call's answer, once what it needs is known everywhere in AWS."""
        from botocore.exceptions import ClientError

        while True:
            try:
                return call(**arguments)
            except ClientError as error:
                if not self.real or not any(words in str(error) for words in _NOT_YET) or self.guard.left < 5:
                    raise
            self.absent(lambda: False, 5)

    def queue(self, of: str = "q", **attributes: str) -> Queue:
        """Return a new queue that the tenant's rules, and roles, may send to."""
        arn = self.arn("sqs", self.name(of))
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": self.arn("events", f"rule/*{self.tenant}*")}},
        }
        policy = json.dumps({"Version": VERSION, "Statement": [statement]})
        created = self.client("sqs").create_queue(
            QueueName=self.name(of), Attributes={"Policy": policy, **attributes}
        )
        return Queue(created["QueueUrl"], arn)

    def received(self, queue: Queue, seconds: float | None = None) -> dict[str, Any]:
        """Return the next message of a queue, {} if none comes.

        Args:
            queue: The queue.
            seconds: The most to wait on AWS; the local AWS gets a quarter of it.
        """
        found: list[dict[str, Any]] = []

        def there() -> bool:
            got = self.client("sqs").receive_message(QueueUrl=queue.url, MessageAttributeNames=["All"])
            found.extend(got.get("Messages", []))
            return bool(found)

        limit = seconds if seconds is None or self.real else max(seconds / 4, 0.3)
        self.wait(there, limit)
        return found[0] if found else {}

    def bus(self, of: str = "bus") -> str:
        """Return the name of a new bus."""
        self.client("events").create_event_bus(Name=self.name(of))
        return self.name(of)

    def rule(self, bus: str, *targets: dict[str, Any], of: str = "r") -> str:
        """Return the ARN of a new rule for events of the source `cafe`, with these targets."""
        events, name = self.client("events"), self.name(of)
        made = events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source": ["cafe"]}')
        if targets:
            named = [{"Id": f"t{number}", **target} for number, target in enumerate(targets)]
            self.retried(events.put_targets, Rule=name, EventBusName=bus, Targets=named)
        if self.real:
            self.absent(lambda: False, 5)  # a new rule matches after a moment
        return str(made["RuleArn"])

    def put(self, bus: str, **changed: Any) -> Any:
        """Put an event on a bus and return the answer."""
        entry = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": bus, **changed}
        return self.client("events").put_events(Entries=[entry])

    def function(self, code: str, **settings: Any) -> str:
        """Return the ARN of a new function of one file; arguments as of `function_arguments`."""
        arguments = self.function_arguments(code, **settings)
        lambdas, name = self.client("lambda"), arguments["FunctionName"]
        self.retried(lambdas.create_function, **arguments)
        self.wait(lambda: lambdas.get_function(FunctionName=name)["Configuration"]["State"] == "Active")
        return self.arn("lambda", f"function:{name}")

    def function_arguments(
        self, code: str, *, runtime: str = "python3.13", file: str = "", of: str = "f", **settings: Any
    ) -> dict[str, Any]:
        """Return the arguments for creating a function of one file; its handler is `handle`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr(file or ("handler.mjs" if runtime.startswith("nodejs") else "handler.py"), code)
        usual = {"Runtime": runtime, "Handler": "handler.handle", "Role": self.worker(), "Timeout": 10}
        return {"FunctionName": self.name(of), "Code": {"ZipFile": archive.getvalue()}, **usual, **settings}

    def invoked(self, of: str = "f", payload: Any = None, **more: Any) -> Any:
        """Return what a function answers; its error's type and message where it fails."""
        answer = self.client("lambda").invoke(
            FunctionName=self.name(of), Payload=json.dumps(payload or {}).encode(), **more
        )
        text = answer["Payload"].read()
        found = json.loads(text) if text else None
        if "FunctionError" in answer:
            self.say(str(found))
        return found

    def machine(self, definition: dict[str, Any], *, of: str = "m", role: str = "", **settings: Any) -> str:
        """Return the ARN of a new state machine."""
        text = json.dumps(definition)
        create = self.client("stepfunctions").create_state_machine
        made = self.retried(
            create, name=self.name(of), definition=text, roleArn=role or self.worker(), **settings
        )
        return str(made["stateMachineArn"])

    def started(self, machine: str, given: Any = None) -> str:
        """Return the ARN of a new execution."""
        start = self.client("stepfunctions").start_execution
        return str(start(stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"])

    def executed(self, definition: dict[str, Any], *, of: str = "m", role: str = "") -> dict[str, Any]:
        """Return the description of an execution of a new state machine, when it has ended."""
        return self.ended(self.started(self.machine(definition, of=of, role=role)))

    def ended(self, execution: str) -> dict[str, Any]:
        """Return the description of an execution, when it has ended."""
        found: dict[str, Any] = {}

        def over() -> bool:
            found.update(self.client("stepfunctions").describe_execution(executionArn=execution))
            return bool(found["status"] != "RUNNING")

        self.wait(over)
        if found.get("error"):
            self.say(f"{found['error']}: {found.get('cause', '')}")
        return found

    def table(self, of: str = "t", **settings: Any) -> dict[str, Any]:
        """Return the description of a new table with the key `id`, when it is active."""
        tables = self.client("dynamodb")
        tables.create_table(
            TableName=self.name(of),
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            **settings,
        )
        found: dict[str, Any] = {}

        def active() -> bool:
            found.update(tables.describe_table(TableName=self.name(of))["Table"])
            return bool(found["TableStatus"] == "ACTIVE")

        self.wait(active)
        return found

    def bucket(self) -> str:
        """Return the name of a new bucket."""
        region = self.region
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.client("s3").create_bucket(Bucket=self.name("b"), **place)
        return self.name("b")

    def log_group(self, of: str = "log") -> str:
        """Return the ARN of a new log group, without the `:*` at its end."""
        name = f"/aws/events/{self.name(of)}"
        self.client("logs").create_log_group(logGroupName=name)
        return self.arn("logs", f"log-group:{name}")

    def lines(self, group: str) -> list[str]:
        """Return the messages of a log group, [] if there is none."""
        logs = self.client("logs")
        try:
            found = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].strip() for event in found]


def in_jsonata(*states: dict[str, Any]) -> dict[str, Any]:
    """Return a state machine in JSONata with these states one after the other."""
    return {"QueryLanguage": "JSONata", **in_turn(*states)}


def in_turn(*states: dict[str, Any]) -> dict[str, Any]:
    """Return these states one after the other."""
    named = {str(number): dict(state) for number, state in enumerate(states)}
    for number, state in enumerate(named.values()):
        if state["Type"] not in ("Fail", "Succeed", "Choice"):
            state.update({"End": True} if number == len(named) - 1 else {"Next": str(number + 1)})
    return {"StartAt": "0", "States": named}


def task(integration: str, **arguments: Any) -> dict[str, Any]:
    """Return a task state in JSONata."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{integration}", "Arguments": arguments}
