"""Where IAM is enforced, a rule needs permissions for its targets, as on AWS.

EventBridge user guide, "Using resource-based policies" (eb-use-resource-based.html) and "Using IAM roles"
(eb-events-iam-roles.html).
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import created_function

from presso.processes import wait_until

pytestmark = pytest.mark.slow

Aws = Callable[[str], Any]

VERSION = "2012-10-17"
ENTRY = {"Source": "cafe", "DetailType": "Order", "Detail": '{"id": 1}', "EventBusName": "nyc"}
WORLD = {
    "Version": VERSION,
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
}


def queue(aws: Aws, name: str, policy: dict[str, Any] | None = None) -> tuple[str, str]:
    """A new queue's URL and ARN."""
    attributes = {"Policy": json.dumps(policy)} if policy else {}
    url = aws("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def role(
    aws: Aws, service: str = "events.amazonaws.com", action: str | None = None, name: str = "starter"
) -> str:
    """The ARN of a new role of a service, which may do this."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    made = aws("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": VERSION, "Statement": trust})
    )
    if action:
        document = {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
        aws("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    return str(made["Role"]["Arn"])


def admit(aws: Aws, rule: str, action: str, resource: str) -> dict[str, Any]:
    """The policy that AWS documents: this rule may do this here."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return {"Version": VERSION, "Statement": [statement]}


class Bar:
    """A bus with a rule, and a queue for its dead letters."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        aws("events").create_event_bus(Name="nyc")
        made = aws("events").put_rule(Name="r", EventBusName="nyc", EventPattern='{"source": ["cafe"]}')
        self.rule: str = made["RuleArn"]
        self.dead_url, self.dead_arn = queue(aws, "dead-letters", WORLD)

    def send_to(self, arn: str, **more: str) -> str | None:
        """Put an event for this target: why it is a dead letter, or None."""
        target = {"Id": "t", "Arn": arn, "DeadLetterConfig": {"Arn": self.dead_arn}, **more}
        self.aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[target])
        assert not self.aws("events").put_events(Entries=[ENTRY])["FailedEntryCount"]
        found = self.aws("sqs").receive_message(QueueUrl=self.dead_url, MessageAttributeNames=["All"])
        for message in found.get("Messages", []):
            return str(message["MessageAttributes"]["ERROR_CODE"]["StringValue"])
        return None

    def function(self) -> str:
        code, own = "def handler(event, context): return 1", role(self.aws, "lambda.amazonaws.com")
        return created_function(self.aws, "python3.13", "handler.py", code, Role=own)

    def machine(self) -> str:
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        made = self.aws("stepfunctions").create_state_machine(
            name="m", definition=definition, roleArn=role(self.aws, "states.amazonaws.com", name="m")
        )
        return str(made["stateMachineArn"])


@pytest.fixture
def bar(aws_enforcing: Aws) -> Bar:
    return Bar(aws_enforcing)


def test_the_emulator_alone_delivers_without(aws_alone_enforcing: Aws) -> None:
    bar = Bar(aws_alone_enforcing)
    url, arn = queue(bar.aws, "q")
    assert bar.send_to(arn) is None
    assert len(bar.aws("sqs").receive_message(QueueUrl=url)["Messages"]) == 1


class TestAQueue:
    def test_admits_the_rule_that_its_policy_names(self, bar: Bar) -> None:
        url, arn = queue(bar.aws, "q")
        policy = json.dumps(admit(bar.aws, bar.rule, "sqs:SendMessage", arn))
        bar.aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        assert bar.send_to(arn) is None
        assert len(bar.aws("sqs").receive_message(QueueUrl=url)["Messages"]) == 1

    def test_admits_no_other_rule(self, bar: Bar) -> None:
        url, arn = queue(bar.aws, "q")
        policy = json.dumps(admit(bar.aws, f"{bar.rule}-2", "sqs:SendMessage", arn))
        bar.aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        assert bar.send_to(arn) == "NO_PERMISSIONS"
        assert "Messages" not in bar.aws("sqs").receive_message(QueueUrl=url)

    def test_admits_none_without_a_policy(self, bar: Bar) -> None:
        assert bar.send_to(queue(bar.aws, "q")[1]) == "NO_PERMISSIONS"

    def test_for_dead_letters_needs_a_policy_too(self, bar: Bar) -> None:
        bar.dead_url, bar.dead_arn = queue(bar.aws, "closed")
        assert bar.send_to(queue(bar.aws, "q")[1]) is None


class TestAFunction:
    def test_needs_a_permission_for_the_rule(self, bar: Bar) -> None:
        arn = bar.function()
        assert bar.send_to(arn) == "NO_PERMISSIONS"
        bar.aws("sqs").purge_queue(QueueUrl=bar.dead_url)
        bar.aws("lambda").add_permission(
            FunctionName="f",
            StatementId="own-rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=bar.rule,
        )
        assert bar.send_to(arn) is None


class TestALogGroup:
    @pytest.mark.parametrize("own", [True, False], ids=["of the group", "of the account"])
    def test_needs_a_policy(self, bar: Bar, own: bool) -> None:
        logs = bar.aws("logs")
        logs.create_log_group(logGroupName="g")
        arn = logs.describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
        assert bar.send_to(arn) == "NO_PERMISSIONS"
        bar.aws("sqs").purge_queue(QueueUrl=bar.dead_url)
        policy = json.dumps(admit(bar.aws, bar.rule, "logs:PutLogEvents", f"{arn}:*:*"))
        logs.put_resource_policy(
            policyDocument=policy, **({"resourceArn": arn} if own else {"policyName": "events"})
        )
        assert bar.send_to(arn) is None
        assert len(logs.filter_log_events(logGroupName="g")["events"]) == 1


class TestAStateMachine:
    def test_is_started_by_a_role_that_may(self, bar: Bar) -> None:
        arn = bar.machine()
        assert bar.send_to(arn, RoleArn=role(bar.aws, action="states:StartExecution")) is None
        assert len(bar.aws("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 1

    def test_is_not_started_by_a_role_that_may_not(self, bar: Bar) -> None:
        assert bar.send_to(bar.machine(), RoleArn=role(bar.aws, action="sqs:*")) == "NO_PERMISSIONS"

    def test_is_not_started_by_a_role_of_another_service(self, bar: Bar) -> None:
        starter = role(bar.aws, "lambda.amazonaws.com", "states:StartExecution")
        assert bar.send_to(bar.machine(), RoleArn=starter) == "FAILED_TO_ASSUME_ROLE"

    def test_is_not_started_by_a_role_that_is_not_there(self, bar: Bar) -> None:
        gone = f"arn:aws:iam::{bar.rule.split(':')[4]}:role/gone"
        assert bar.send_to(bar.machine(), RoleArn=gone) == "FAILED_TO_ASSUME_ROLE"


class TestWhatStays:
    def test_the_conditions_of_a_role_s_trust_are_not_looked_at(self, bar: Bar) -> None:
        starter = role(bar.aws, action="states:StartExecution")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}},
        }
        document = json.dumps({"Version": VERSION, "Statement": trust})
        bar.aws("iam").update_assume_role_policy(RoleName="starter", PolicyDocument=document)
        assert bar.send_to(bar.machine(), RoleArn=starter) is None

    def test_a_state_machine_s_role_is_not_asked_for(self, bar: Bar) -> None:
        url, arn = queue(bar.aws, "q", WORLD)
        assert bar.send_to(arn) is None
        states = bar.aws("stepfunctions")
        put = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True}
        entry = {**ENTRY, "Detail": {"id": 2}}
        definition = {"StartAt": "A", "States": {"A": {**put, "Parameters": {"Entries": [entry]}}}}
        machine = states.create_state_machine(
            name="m",
            definition=json.dumps(definition),
            roleArn=role(bar.aws, "states.amazonaws.com", name="may-nothing"),
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        describe = states.describe_execution
        assert wait_until(lambda: describe(executionArn=execution)["status"] != "RUNNING", PATIENCE)
        assert describe(executionArn=execution)["status"] == "SUCCEEDED"
        found = bar.aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert len(found) == 2

    def test_a_bus_policy_is_not_enforced(self, bar: Bar) -> None:
        url, arn = queue(bar.aws, "q", WORLD)
        denied = {**WORLD["Statement"], "Sid": "a", "Effect": "Deny"}
        policy = json.dumps({"Version": VERSION, "Statement": [denied]})
        bar.aws("events").put_permission(EventBusName="nyc", Policy=policy)
        assert bar.send_to(arn) is None
        assert len(bar.aws("sqs").receive_message(QueueUrl=url)["Messages"]) == 1
