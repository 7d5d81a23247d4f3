"""Each gap of the emulator that presso fills, as AWS behaves."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.patience import PATIENCE

Aws = Callable[[str], Any]

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyThisAccount",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": "arn:aws:events:us-east-1:111111111111:event-bus/nyc",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}},
        }
    ],
}


def entry(**changed: Any) -> dict[str, Any]:
    """A PutEvents entry without fault; a change to None leaves the field out."""
    whole = {"Source": "cafe", "DetailType": "Order", "Detail": '{"id": 1}', "EventBusName": "nyc", **changed}
    return {name: value for name, value in whole.items() if value is not None}


@pytest.fixture
def logged(aws: Aws) -> Callable[..., list[dict[str, Any]]]:
    """Makes the bus `nyc` with a rule for all of `cafe` to a log group, and then reads that group."""
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    group = aws("logs").describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
    events = aws("events")
    events.create_event_bus(Name="nyc")
    events.put_rule(Name="log", EventBusName="nyc", EventPattern='{"source": ["cafe"]}')

    def read(*entries: dict[str, Any], **target: Any) -> list[dict[str, Any]]:
        events.put_targets(Rule="log", EventBusName="nyc", Targets=[{"Id": "log", "Arn": group, **target}])
        for each in entries:
            assert events.put_events(Entries=[each])["FailedEntryCount"] == 0
        found: list[dict[str, Any]] = aws("logs").filter_log_events(logGroupName="/aws/events/nyc")["events"]
        return found

    return read


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code and message of the error that a call ends with."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class TestLogGroupTargets:
    def test_an_event_is_one_log_event_of_its_json(self, logged: Callable[..., Any], account: str) -> None:
        before = int(time.time())
        line, other = logged(entry(Resources=["a"]), entry(Detail='{"id": 2}'))
        event = json.loads(line["message"])
        assert set(event) == {
            "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
        }  # fmt: skip
        assert (event["detail"], event["detail-type"], event["resources"]) == ({"id": 1}, "Order", ["a"])
        assert (event["account"], event["region"]) == (account, "us-east-1")
        assert before * 1000 <= line["timestamp"] <= line["ingestionTime"] <= time.time() * 1000
        assert line["logStreamName"] == other["logStreamName"]
        assert json.loads(other["message"])["detail"] == {"id": 2}

    def test_the_time_of_a_line_is_that_of_its_event(self, logged: Callable[..., Any]) -> None:
        then = datetime(2024, 5, 17, 9, 30, tzinfo=UTC)
        (line,) = logged(entry(Time=then))
        assert line["timestamp"] == then.timestamp() * 1000
        assert json.loads(line["message"])["time"] == "2024-05-17T09:30:00Z"

    def test_events_after_one_with_a_time_have_their_own(self, logged: Callable[..., Any]) -> None:
        logged(entry(Time=datetime(2024, 5, 17, tzinfo=UTC)))
        lines = logged(entry(Detail='{"id": 2}'))
        assert abs(lines[-1]["timestamp"] / 1000 - time.time()) < 60

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ({"Input": '{"said": "hello"}'}, '{"said": "hello"}'),
            ({"InputPath": "$.detail"}, '{"id": 1}'),
            (
                {
                    "InputTransformer": {
                        "InputPathsMap": {"id": "$.detail.id", "time": "$.time"},
                        "InputTemplate": '{"timestamp": "<time>", "message": "order <id>"}',
                    }
                },
                "order 1",
            ),
        ],
        ids=["a constant input", "an input path", "an input transformer"],
    )
    def test_what_a_target_asks_for_is_what_is_logged(
        self, logged: Callable[..., Any], target: dict[str, Any], message: str
    ) -> None:
        (line,) = logged(entry(), **target)
        assert line["message"] == message

    def test_an_event_for_a_group_that_is_gone_is_dropped(self, logged: Callable[..., Any], aws: Aws) -> None:
        logged()
        aws("logs").delete_log_group(logGroupName="/aws/events/nyc")
        assert aws("events").put_events(Entries=[entry()])["FailedEntryCount"] == 0
        assert aws("logs").describe_log_groups()["logGroups"] == []

    def test_other_targets_of_the_rule_get_the_event_too(self, logged: Callable[..., Any], aws: Aws) -> None:
        url = aws("sqs").create_queue(QueueName="orders")["QueueUrl"]
        arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        aws("events").put_targets(Rule="log", EventBusName="nyc", Targets=[{"Id": "queue", "Arn": arn}])
        (line,) = logged(entry())
        (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
        assert json.loads(message["Body"]) == json.loads(line["message"])


class TestPutEvents:
    @pytest.mark.parametrize(
        ("changed", "code", "message"),
        [
            (
                {name: nothing},
                "InvalidArgument",
                f"Parameter {name} is not valid. Reason: {name} is a required argument.",
            )
            for name in ("Source", "DetailType", "Detail")
            for nothing in (None, "")
        ]
        + [
            ({"Detail": text}, "MalformedDetail", "Detail is malformed.")
            for text in ("order", "[1]", '"a"', "1", "{", '{"a": NaN}')
        ],
    )
    def test_a_bad_entry_fails_alone(
        self, aws: Aws, changed: dict[str, Any], code: str, message: str
    ) -> None:
        answer = aws("events").put_events(Entries=[entry(), entry(**changed), entry()])
        assert answer["FailedEntryCount"] == 1
        assert answer["Entries"][1] == {"ErrorCode": code, "ErrorMessage": message}
        assert all("EventId" in answer["Entries"][index] for index in (0, 2))

    def test_a_bad_entry_is_not_delivered(self, logged: Callable[..., Any], aws: Aws) -> None:
        logged()
        aws("events").put_events(Entries=[entry(Detail="x"), entry()])
        assert len(logged()) == 1

    def test_entries_that_are_too_large_together_are_refused_together(self, aws: Aws) -> None:
        half = json.dumps({"text": "x" * (128 * 1024)})
        assert refusal(aws("events").put_events, Entries=[entry(Detail=half), entry(Detail=half)]) == (
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        )

    def test_an_event_of_just_the_allowed_size_is_taken(self, aws: Aws) -> None:
        room = 256 * 1024 - len("cafe") - len("Order") - len('{"t": ""}')
        whole = json.dumps({"t": "x" * room})
        assert aws("events").put_events(Entries=[entry(Detail=whole)])["FailedEntryCount"] == 0
        assert (
            refusal(aws("events").put_events, Entries=[entry(Detail=whole, Resources=["a"])])[0]
            == "ValidationException"
        )

    def test_an_event_for_a_bus_that_does_not_exist_is_taken_and_dropped(self, aws: Aws) -> None:
        answer = aws("events").put_events(Entries=[entry(EventBusName="nowhere")])
        assert answer["FailedEntryCount"] == 0
        assert answer["Entries"][0]["EventId"]


class TestPutEventsTask:
    def run(self, aws: Aws, *entries: dict[str, Any]) -> dict[str, Any]:
        """Run a state machine of one task to its end, and describe the execution."""
        role = aws("iam").create_role(RoleName="player", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {"Entries": list(entries)},
            "End": True,
        }
        definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Put", "States": {"Put": task}})
        states = aws("stepfunctions")
        machine = states.create_state_machine(name="player", definition=definition, roleArn=role)[
            "stateMachineArn"
        ]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        deadline = time.monotonic() + PATIENCE
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        result: dict[str, Any] = found
        return result

    def test_a_failed_entry_fails_the_task(self, aws: Aws) -> None:
        found = self.run(aws, entry(), entry(Source="aws.events"))
        assert (found["status"], found["error"]) == ("FAILED", "EventBridge.FailedEntry")
        cause = json.loads(found["cause"])
        assert cause["FailedEntryCount"] == 1
        assert cause["Entries"][1]["ErrorCode"] == "NotAuthorizedForSourceException"

    def test_the_execution_and_its_machine_are_resources_of_the_event(
        self, aws: Aws, logged: Callable[..., Any]
    ) -> None:
        logged()
        found = self.run(aws, entry(Detail={"id": 7}, Resources=["mine"]))
        assert found["status"] == "SUCCEEDED"
        (line,) = logged()
        event = json.loads(line["message"])
        assert event["resources"] == ["mine", found["executionArn"], found["stateMachineArn"]]
        assert event["detail"] == {"id": 7}


class TestBusPolicies:
    def policy(self, aws: Aws) -> Any:
        return json.loads(aws("events").describe_event_bus(Name="nyc").get("Policy", "null"))

    def test_a_whole_document_is_kept_as_given(self, aws: Aws) -> None:
        aws("events").create_event_bus(Name="nyc")
        aws("events").put_permission(EventBusName="nyc", Policy=json.dumps(POLICY))
        assert self.policy(aws) == POLICY

    def test_a_statement_can_be_added_to_it_and_taken_away(self, aws: Aws) -> None:
        aws("events").create_event_bus(Name="nyc")
        single = {**POLICY, "Statement": POLICY["Statement"][0]}
        aws("events").put_permission(EventBusName="nyc", Policy=json.dumps(single))
        aws("events").put_permission(
            EventBusName="nyc", StatementId="other", Action="events:PutEvents", Principal="222222222222"
        )
        assert [each["Sid"] for each in self.policy(aws)["Statement"]] == ["OnlyThisAccount", "other"]
        aws("events").remove_permission(EventBusName="nyc", StatementId="other")
        assert self.policy(aws) == POLICY

    def test_a_bus_that_is_made_again_has_no_policy(self, aws: Aws) -> None:
        aws("events").create_event_bus(Name="nyc")
        aws("events").put_permission(EventBusName="nyc", Policy=json.dumps(POLICY))
        aws("events").delete_event_bus(Name="nyc")
        aws("events").create_event_bus(Name="nyc")
        assert self.policy(aws) is None

    @pytest.mark.parametrize("policy", ["nothing", "[]", "{}"], ids=["no JSON", "a list", "no statement"])
    def test_what_is_not_a_policy_is_refused(self, aws: Aws, policy: str) -> None:
        aws("events").create_event_bus(Name="nyc")
        assert (
            refusal(aws("events").put_permission, EventBusName="nyc", Policy=policy)[0]
            == "ValidationException"
        )

    def test_a_policy_needs_its_bus(self, aws: Aws) -> None:
        refused = refusal(aws("events").put_permission, EventBusName="nowhere", Policy=json.dumps(POLICY))
        assert refused[0] == "ResourceNotFoundException"


class TestRules:
    PATTERN = '{"source": ["cafe"]}'

    def test_a_rule_needs_a_pattern_or_a_schedule(self, aws: Aws) -> None:
        assert refusal(aws("events").put_rule, Name="empty") == (
            "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        )

    def test_only_the_default_bus_has_schedules(self, aws: Aws) -> None:
        aws("events").create_event_bus(Name="nyc")
        aws("events").put_rule(Name="often", ScheduleExpression="rate(1 hour)")
        refused = refusal(
            aws("events").put_rule, Name="often", EventBusName="nyc", ScheduleExpression="rate(1 hour)"
        )
        assert refused == (
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        )

    def test_what_is_left_out_when_a_rule_is_put_again_is_reset(self, aws: Aws) -> None:
        aws("events").put_rule(
            Name="orders", EventPattern=self.PATTERN, Description="Orders", State="DISABLED"
        )
        aws("events").put_rule(Name="orders", EventPattern=self.PATTERN)
        rule = aws("events").describe_rule(Name="orders")
        assert (rule["State"], rule.get("Description")) == ("ENABLED", None)

    def test_a_rule_has_at_most_five_targets(self, aws: Aws) -> None:
        aws("events").put_rule(Name="orders", EventPattern=self.PATTERN)
        targets = [{"Id": f"t{n}", "Arn": f"arn:aws:sqs:us-east-1:111111111111:q{n}"} for n in range(6)]
        aws("events").put_targets(Rule="orders", Targets=targets[:5])
        aws("events").put_targets(Rule="orders", Targets=targets[:1])
        assert (
            refusal(aws("events").put_targets, Rule="orders", Targets=targets[5:])[0]
            == "LimitExceededException"
        )

    def test_a_rule_with_targets_and_a_bus_with_rules_cannot_be_deleted(self, aws: Aws) -> None:
        events = aws("events")
        events.create_event_bus(Name="nyc")
        events.put_rule(Name="orders", EventBusName="nyc", EventPattern=self.PATTERN)
        queue = {"Id": "q", "Arn": "arn:aws:sqs:us-east-1:111111111111:q"}
        events.put_targets(Rule="orders", EventBusName="nyc", Targets=[queue])
        assert refusal(events.delete_rule, Name="orders", EventBusName="nyc") == (
            "ValidationException",
            "Rule can't be deleted since it has targets.",
        )
        assert refusal(events.delete_event_bus, Name="nyc")[0] == "ValidationException"
        events.remove_targets(Rule="orders", EventBusName="nyc", Ids=["q"])
        events.delete_rule(Name="orders", EventBusName="nyc")
        events.delete_event_bus(Name="nyc")


def test_a_log_group_s_own_policy_is_kept_with_it(aws: Aws) -> None:
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    arn = aws("logs").describe_log_groups()["logGroups"][0]["arn"]
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": arn,
                }
            ],
        }
    )
    put = aws("logs").put_resource_policy(resourceArn=arn, policyDocument=policy)
    (found,) = aws("logs").describe_resource_policies(resourceArn=arn, policyScope="RESOURCE")[
        "resourcePolicies"
    ]
    assert (found["policyDocument"], found["resourceArn"], found["policyScope"]) == (policy, arn, "RESOURCE")
    aws("logs").delete_resource_policy(resourceArn=arn, expectedRevisionId=put["revisionId"])
    assert (
        aws("logs").describe_resource_policies(resourceArn=arn, policyScope="RESOURCE")["resourcePolicies"]
        == []
    )
