"""A role that is assumed may do what its policies say, as AWS reads them, when IAM is enforced.

Each probe has a role with one statement and calls that it allows and denies. The pages: service authorization
reference of EventBridge (service-authorization/latest/reference/list_amazoneventbridge.html) and IAM
(list_awsidentityandaccessmanagementiam.html); EventBridge user guide, "Using IAM policy conditions"
(eb-use-conditions.html); IAM user guide, "Variables and tags" (reference_policies_variables.html),
"Permissions boundaries" (access_policies_boundaries.html), "Granting a user permissions to pass a role to an
AWS service" (id_roles_use_passrole.html).
"""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

Aws = Callable[[str], Any]

VERSION = "2012-10-17"
TRUST = {
    "Version": VERSION,
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
ENTRY = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": "nyc"}


class Enforced:
    """An account where requests need permissions.

    Args:
        endpoint: Of the emulator.
        account: Its root makes what is needed.
    """

    def __init__(self, endpoint: str, account: str) -> None:
        self.endpoint = endpoint
        self.account = account
        self.root = self._clients(account, "local")
        self.root("events").create_event_bus(Name="nyc")

    def _clients(self, key: str, secret: str, token: str | None = None) -> Aws:
        import boto3

        session = boto3.Session(
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name="us-east-1",
        )
        return lambda service: session.client(service, endpoint_url=self.endpoint)

    def role(self, name: str, **more: Any) -> str:
        """The ARN of a new role."""
        trust = json.dumps(TRUST)
        made = self.root("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        return str(made["Role"]["Arn"])

    def policy(self, name: str) -> str:
        """The ARN of a new policy that allows everything."""
        document = json.dumps(
            {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        )
        made = self.root("iam").create_policy(PolicyName=name, PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def rule(self, name: str, bus: str = "nyc") -> None:
        self.root("events").put_rule(Name=name, EventBusName=bus, EventPattern='{"source": ["cafe"]}')

    def as_role(self, *statements: dict[str, Any], version: str = VERSION, **tags: str) -> Aws:
        """Clients of a new role that has these statements; `ACCOUNT` in them is the account."""
        document = {"Version": version, "Statement": [{"Effect": "Allow", **each} for each in statements]}
        arn = self.role("barista", Tags=[{"Key": name, "Value": value} for name, value in tags.items()])
        text = json.dumps(document).replace("ACCOUNT", self.account)
        self.root("iam").put_role_policy(RoleName="barista", PolicyName="p", PolicyDocument=text)
        made = self.root("sts").assume_role(RoleArn=arn, RoleSessionName="shift")["Credentials"]
        return self._clients(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def allows(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether a call is allowed; it may fail for another reason."""
    from botocore.exceptions import ClientError

    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException")
    return True


def statement(action: str, resource: str = "*", **conditions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Action": action, "Resource": resource}
    return {**found, "Condition": {key.replace("_", ":"): each for key, each in conditions.items()}}


def puts(aws: Aws, *sources: str, **changed: str) -> bool:
    return allows(
        aws("events").put_events, Entries=[{**ENTRY, "Source": source, **changed} for source in sources]
    )


def knows_the_sources_of_events(here: Enforced) -> bool:
    own = statement(
        "events:PutEvents",
        "arn:aws:events:us-east-1:ACCOUNT:event-bus/nyc",
        ForAllValues_StringEquals={"events:source": "cafe"},
        Null={"events:source": "false"},
    )
    aws = here.as_role(own)
    answers = [puts(aws, "cafe"), puts(aws, "cafe", "cafe"), puts(aws, "bank"), puts(aws, "cafe", "bank")]
    return [*answers, puts(aws, "")] == [True, True, False, False, False]


def knows_the_sources_for_every_bus(here: Enforced) -> bool:
    here.root("events").create_event_bus(Name="sf")
    aws = here.as_role(statement("events:PutEvents", StringEquals={"events:source": "cafe"}))
    entries = [ENTRY, {**ENTRY, "EventBusName": "sf"}]
    other = [ENTRY, {**ENTRY, "EventBusName": "sf", "Source": "bank"}]
    put = aws("events").put_events
    return (allows(put, Entries=entries), allows(put, Entries=other)) == (True, False)


def knows_the_detail_types_of_events(here: Enforced) -> bool:
    aws = here.as_role(statement("events:PutEvents", StringLike={"events:detail-type": "Order*"}))
    return (puts(aws, "cafe"), puts(aws, "cafe", DetailType="Payment")) == (True, False)


def knows_that_events_are_put(here: Enforced) -> bool:
    aws = here.as_role(statement("events:PutEvents", Bool={"events:eventBusInvocation": "false"}))
    return puts(aws, "cafe")


def knows_the_sources_of_patterns(here: Enforced) -> bool:
    # The tables of "Defining multiple sources that can be used in an event pattern individually".
    aws = here.as_role(statement("events:PutRule", StringEquals={"events:source": ["cafe", "bank"]}))
    patterns = [["cafe"], ["bank"], ["shop"], ["cafe", "bank"], [{"prefix": "cafe"}], None]
    answers = [
        allows(
            aws("events").put_rule,
            Name="r",
            EventBusName="nyc",
            EventPattern=json.dumps({"source": source} if source else {"detail-type": ["Order"]}),
        )
        for source in patterns
    ]
    return answers == [True, True, False, False, False, False]


def knows_lists_of_sources_of_patterns(here: Enforced) -> bool:
    # "Defining a list of allowed sources in an event pattern with multiple sources".
    allowed = {"events:source": ["cafe", "bank"], "events:detail-type": ["Order"]}
    aws = here.as_role(
        statement("events:PutRule", ForAllValues_StringEquals=allowed, Null={"events:source": "false"})
    )

    def put(**pattern: list[str]) -> bool:
        named = json.dumps({name.replace("_", "-"): each for name, each in pattern.items()})
        return allows(aws("events").put_rule, Name="r", EventBusName="nyc", EventPattern=named)

    answers = [put(source=["cafe", "bank"], detail_type=["Order"]), put(source=["cafe", "shop"])]
    return [*answers, put(detail_type=["Order"])] == [True, False, False]


def knows_the_targets(here: Enforced) -> bool:
    here.rule("r")
    aws = here.as_role(
        statement("events:PutTargets", ArnLike={"events:TargetArn": "arn:aws:sqs:*:ACCOUNT:*"})
    )

    def put(account: str) -> bool:
        target = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{account}:q"}
        return allows(aws("events").put_targets, Rule="r", EventBusName="nyc", Targets=[target])

    return (put(here.account), put("999999999999")) == (True, False)


def knows_who_has_made_a_rule(here: Enforced) -> bool:
    here.rule("r")
    made = statement("events:DisableRule", StringEquals={"events:creatorAccount": "${aws:PrincipalAccount}"})
    aws = here.as_role(made)
    disable = aws("events").disable_rule
    return (allows(disable, Name="r", EventBusName="nyc"), allows(disable, Name="none")) == (True, False)


def asks_for_rules_by_their_arn(here: Enforced) -> bool:
    here.rule("own")
    here.rule("foreign")
    arns = "arn:aws:events:us-east-1:ACCOUNT:rule/nyc/own*"
    aws = here.as_role(statement("events:*", arns))
    target = [{"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{here.account}:q"}]

    def answers(name: str) -> list[bool]:
        events, bus = aws("events"), {"EventBusName": "nyc"}
        return [
            allows(events.put_targets, Rule=name, Targets=target, **bus),
            allows(events.list_targets_by_rule, Rule=name, **bus),
            allows(events.remove_targets, Rule=name, Ids=["t"], **bus),
            allows(events.describe_rule, Name=name, **bus),
            allows(events.put_rule, Name=name, EventPattern='{"source": ["a"]}', **bus),
        ]

    return (answers("own"), answers("foreign")) == ([True] * 5, [False] * 5)


def names_rules_of_the_default_bus_without_it(here: Enforced) -> bool:
    aws = here.as_role(statement("events:PutRule", "arn:aws:events:us-east-1:ACCOUNT:rule/own"))
    return allows(aws("events").put_rule, Name="own", EventPattern='{"source": ["a"]}')


def asks_for_buses_by_their_arn(here: Enforced) -> bool:
    aws = here.as_role(statement("events:*EventBus", "arn:aws:events:us-east-1:ACCOUNT:event-bus/nyc*"))
    create = aws("events").create_event_bus
    return (allows(create, Name="nyc-2"), allows(create, Name="sf")) == (True, False)


def knows_the_boundary_of_a_new_role(here: Enforced) -> bool:
    boundary, other = here.policy("boundary"), here.policy("other")
    aws = here.as_role(statement("iam:CreateRole", StringEquals={"iam:PermissionsBoundary": boundary}))

    def create(**more: str) -> bool:
        trust = json.dumps(TRUST)
        return allows(aws("iam").create_role, RoleName="new", AssumeRolePolicyDocument=trust, **more)

    answers = [create(), create(PermissionsBoundary=other), create(PermissionsBoundary=boundary)]
    return answers == [False, False, True]


def knows_the_boundary_of_a_role(here: Enforced) -> bool:
    boundary, other = here.policy("boundary"), here.policy("other")
    here.role("bounded", PermissionsBoundary=boundary)
    here.role("unbounded")
    aws = here.as_role(statement("iam:*Role*", StringEquals={"iam:PermissionsBoundary": boundary}))
    iam = aws("iam")

    def answers(name: str) -> list[bool]:
        inline = {"RoleName": name, "PolicyName": "p"}
        document = json.dumps({"Version": VERSION, "Statement": statement("sqs:*") | {"Effect": "Allow"}})
        return [
            allows(iam.put_role_policy, PolicyDocument=document, **inline),
            allows(iam.delete_role_policy, **inline),
            allows(iam.attach_role_policy, RoleName=name, PolicyArn=other),
            allows(iam.detach_role_policy, RoleName=name, PolicyArn=other),
            allows(iam.delete_role_permissions_boundary, RoleName=name),
        ]

    put = iam.put_role_permissions_boundary
    changed = [allows(put, RoleName="unbounded", PermissionsBoundary=each) for each in (other, boundary)]
    allows(here.root("iam").delete_role_permissions_boundary, RoleName="unbounded")
    return (changed, answers("unbounded"), answers("bounded")) == ([False, True], [False] * 5, [True] * 5)


def knows_the_policy_that_is_attached(here: Enforced) -> bool:
    wanted, other = here.policy("wanted"), here.policy("other")
    here.role("r")
    aws = here.as_role(statement("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": wanted}))
    attach = aws("iam").attach_role_policy
    return [allows(attach, RoleName="r", PolicyArn=each) for each in (wanted, other)] == [True, False]


def knows_the_namespace_of_metrics(here: Enforced) -> bool:
    own = statement("cloudwatch:PutMetricData", StringEquals={"cloudwatch:namespace": "presso/nyc/own"})
    put = here.as_role(own)("cloudwatch").put_metric_data
    data = [{"MetricName": "drinks", "Value": 1}]
    names = ["presso/nyc/own", "presso/nyc/other"]
    return [allows(put, Namespace=name, MetricData=data) for name in names] == [True, False]


def fills_in_variables_in_resources(here: Enforced) -> bool:
    aws = here.as_role(
        statement("sqs:CreateQueue", "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team}-*"), team="bar"
    )
    create = aws("sqs").create_queue
    return (allows(create, QueueName="bar-q"), allows(create, QueueName="shop-q")) == (True, False)


def fills_in_variables_in_conditions(here: Enforced) -> bool:
    source = {"events:source": "${aws:PrincipalAccount}.${aws:PrincipalTag/team}"}
    aws = here.as_role(statement("events:PutEvents", StringEquals=source), team="bar")
    return (puts(aws, f"{here.account}.bar"), puts(aws, f"{here.account}.shop")) == (True, False)


def fills_in_who_asks(here: Enforced) -> bool:
    aws = here.as_role(statement("events:PutEvents", StringEquals={"events:source": "${aws:userid}"}))
    return (puts(aws, aws("sts").get_caller_identity()["UserId"]), puts(aws, "cafe")) == (True, False)


def fills_in_defaults(here: Enforced) -> bool:
    queue = "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team, 'none'}"
    aws = here.as_role(statement("sqs:CreateQueue", queue))
    create = aws("sqs").create_queue
    return (allows(create, QueueName="none"), allows(create, QueueName="q")) == (True, False)


def function(role: str) -> dict[str, Any]:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("handler.py", "")
    named = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "handler.handle", "Role": role}
    return {**named, "Code": {"ZipFile": archive.getvalue()}}


def machine(role: str) -> dict[str, Any]:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    return {"name": "m", "definition": definition, "roleArn": role}


def target(role: str) -> dict[str, Any]:
    arn = "arn:aws:states:us-east-1:111111111111:stateMachine:m"
    return {"Rule": "r", "EventBusName": "nyc", "Targets": [{"Id": "t", "Arn": arn, "RoleArn": role}]}


def schedule(role: str) -> dict[str, Any]:
    arn = "arn:aws:sqs:us-east-1:111111111111:q"
    when = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return {"Name": "s", **when, "Target": {"Arn": arn, "RoleArn": role}}


PASSES: dict[str, tuple[str, str, str, Callable[[str], dict[str, Any]]]] = {
    "function": ("lambda", "create_function", "lambda.amazonaws.com", function),
    "state machine": ("stepfunctions", "create_state_machine", "states.amazonaws.com", machine),
    "target": ("events", "put_targets", "events.amazonaws.com", target),
    "schedule": ("scheduler", "create_schedule", "scheduler.amazonaws.com", schedule),
}


def passing(kind: str) -> Callable[[Enforced], bool]:
    """A probe: a role is passed only if it may be, and to this service."""
    service, operation, principal, arguments = PASSES[kind]

    def asks_for_the_role_that_is_passed(here: Enforced) -> bool:
        here.rule("r")
        roles = [here.role("own-worker"), here.role("other")]
        every = statement(f"{'states' if service == 'stepfunctions' else service}:*")
        passed = statement(
            "iam:PassRole",
            "arn:aws:iam::ACCOUNT:role/own-*",
            StringEquals={"iam:PassedToService": principal},
        )
        call = getattr(here.as_role(every, passed)(service), operation)
        return [allows(call, **arguments(role)) for role in roles] == [True, False]

    return asks_for_the_role_that_is_passed


FILLED: dict[str, Callable[[Enforced], bool]] = {
    "events have sources": knows_the_sources_of_events,
    "events have sources on every bus": knows_the_sources_for_every_bus,
    "events have detail types": knows_the_detail_types_of_events,
    "events are put, not forwarded": knows_that_events_are_put,
    "patterns have sources": knows_the_sources_of_patterns,
    "patterns have lists of sources": knows_lists_of_sources_of_patterns,
    "targets have ARNs": knows_the_targets,
    "rules have a creator": knows_who_has_made_a_rule,
    "rules have ARNs": asks_for_rules_by_their_arn,
    "rules of the default bus have short ARNs": names_rules_of_the_default_bus_without_it,
    "buses have ARNs": asks_for_buses_by_their_arn,
    "new roles have a boundary": knows_the_boundary_of_a_new_role,
    "roles have a boundary": knows_the_boundary_of_a_role,
    "policies are attached by their ARN": knows_the_policy_that_is_attached,
    "metrics have a namespace": knows_the_namespace_of_metrics,
    "variables in resources": fills_in_variables_in_resources,
    "variables in conditions": fills_in_variables_in_conditions,
    "variables of who asks": fills_in_who_asks,
    "variables with defaults": fills_in_defaults,
    **{f"passing a role to a {kind}": passing(kind) for kind in PASSES},
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(enforcing: str, account: str, behaves: Callable[[Enforced], bool]) -> None:
    assert behaves(Enforced(enforcing, account))


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(
    alone_enforcing: str, account: str, behaves: Callable[[Enforced], bool]
) -> None:
    assert not behaves(Enforced(alone_enforcing, account))


class TestVariables:
    def test_are_text_in_policies_of_the_old_version(self, enforcing: str, account: str) -> None:
        queue = "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team}"
        aws = Enforced(enforcing, account).as_role(
            statement("sqs:CreateQueue", queue), version="2008-10-17", team="bar"
        )
        assert not allows(aws("sqs").create_queue, QueueName="bar")

    def test_without_a_value_make_a_statement_void(self, enforcing: str, account: str) -> None:
        every = statement("sqs:*")
        denied = {
            **statement("sqs:*", StringNotEquals={"aws:RequestedRegion": "${aws:PrincipalTag/region}"}),
            "Effect": "Deny",
        }
        aws = Enforced(enforcing, account).as_role(every, denied)
        assert allows(aws("sqs").create_queue, QueueName="q")

    def test_may_stand_for_characters(self, enforcing: str, account: str) -> None:
        source = {"events:source": "${$}${*}"}
        aws = Enforced(enforcing, account).as_role(statement("events:PutEvents", StringEquals=source))
        assert [puts(aws, "$*"), puts(aws, "cafe")] == [True, False]


class TestDenials:
    def test_of_passing_a_role_name_it(self, enforcing: str, account: str) -> None:
        from botocore.exceptions import ClientError

        here = Enforced(enforcing, account)
        role = here.role("worker")
        aws = here.as_role(statement("states:*"))
        with pytest.raises(ClientError) as caught:
            aws("stepfunctions").create_state_machine(**machine(role))
        error = caught.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        who = f"arn:aws:sts::{account}:assumed-role/barista/shift"
        assert error["Message"] == (
            f"User: {who} is not authorized to perform: iam:PassRole on resource: {role} "
            "because no identity-based policy allows the iam:PassRole action"
        )

    def test_of_something_else_do_not(self, enforcing: str, account: str) -> None:
        from botocore.exceptions import ClientError

        here = Enforced(enforcing, account)
        aws = here.as_role(statement("sqs:*"))
        with pytest.raises(ClientError, match="states:CreateStateMachine"):
            aws("stepfunctions").create_state_machine(**machine(here.role("worker")))

    def test_come_from_the_boundary_too(self, enforcing: str, account: str) -> None:
        here = Enforced(enforcing, account)
        aws = here.as_role(statement("events:PutEvents"))
        assert puts(aws, "bank")
        own = statement("events:PutEvents", StringEquals={"events:source": "cafe"}) | {"Effect": "Allow"}
        made = here.root("iam").create_policy(
            PolicyName="fence", PolicyDocument=json.dumps({"Version": VERSION, "Statement": own})
        )
        boundary = made["Policy"]["Arn"]
        here.root("iam").put_role_permissions_boundary(RoleName="barista", PermissionsBoundary=boundary)
        assert [puts(aws, "cafe"), puts(aws, "bank")] == [True, False]
