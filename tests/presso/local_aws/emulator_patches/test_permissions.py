"""Where IAM is enforced, an assumed role may do what its policies allow, as AWS reads them: condition keys.

Each probe has a role with one statement and calls that it allows and denies. The pages: service authorization
reference of EventBridge (service-authorization/latest/reference/list_amazoneventbridge.html) and IAM
(list_awsidentityandaccessmanagementiam.html); EventBridge user guide, "Using IAM policy conditions"
(eb-use-conditions.html); IAM user guide, "Permissions boundaries" (access_policies_boundaries.html).
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ENTRY = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": "nyc"}


def statement(action: str, resource: str = "*", **conditions: dict[str, Any]) -> dict[str, Any]:
    """A statement without its effect; `_` in the name of an operator is a colon."""
    found: dict[str, Any] = {"Action": action, "Resource": resource}
    return {**found, "Condition": {key.replace("_", ":"): each for key, each in conditions.items()}}


def knows_the_sources_of_events(here: Any) -> bool:
    own = statement(
        "events:PutEvents",
        "arn:aws:events:us-east-1:ACCOUNT:event-bus/nyc",
        ForAllValues_StringEquals={"events:source": "cafe"},
        Null={"events:source": "false"},
    )
    aws = here.as_role(own)
    answers = [
        here.puts(aws, "cafe"),
        here.puts(aws, "cafe", "cafe"),
        here.puts(aws, "bank"),
        here.puts(aws, "cafe", "bank"),
    ]
    return [*answers, here.puts(aws, "")] == [True, True, False, False, False]


def knows_the_sources_for_every_bus(here: Any) -> bool:
    here.root("events").create_event_bus(Name="sf")
    aws = here.as_role(statement("events:PutEvents", StringEquals={"events:source": "cafe"}))
    entries = [ENTRY, {**ENTRY, "EventBusName": "sf"}]
    other = [ENTRY, {**ENTRY, "EventBusName": "sf", "Source": "bank"}]
    put = aws("events").put_events
    return (here.allows(put, Entries=entries), here.allows(put, Entries=other)) == (True, False)


def knows_the_detail_types_of_events(here: Any) -> bool:
    aws = here.as_role(statement("events:PutEvents", StringLike={"events:detail-type": "Order*"}))
    return (here.puts(aws, "cafe"), here.puts(aws, "cafe", DetailType="Payment")) == (True, False)


def knows_that_events_are_put(here: Any) -> bool:
    aws = here.as_role(statement("events:PutEvents", Bool={"events:eventBusInvocation": "false"}))
    return here.puts(aws, "cafe")


def takes_requests_for_secure(here: Any) -> bool:
    aws = here.as_role(statement("events:PutEvents", Bool={"aws:SecureTransport": "true"}))
    return here.puts(aws, "cafe")


def knows_the_sources_of_patterns(here: Any) -> bool:
    # The tables of "Defining multiple sources that can be used in an event pattern individually".
    aws = here.as_role(statement("events:PutRule", StringEquals={"events:source": ["cafe", "bank"]}))
    patterns = [["cafe"], ["bank"], ["shop"], ["cafe", "bank"], [{"prefix": "cafe"}], None]
    answers = [
        here.allows(
            aws("events").put_rule,
            Name="r",
            EventBusName="nyc",
            EventPattern=json.dumps({"source": source} if source else {"detail-type": ["Order"]}),
        )
        for source in patterns
    ]
    return answers == [True, True, False, False, False, False]


def knows_lists_of_sources_of_patterns(here: Any) -> bool:
    # "Defining a list of allowed sources in an event pattern with multiple sources".
    allowed = {"events:source": ["cafe", "bank"], "events:detail-type": ["Order"]}
    aws = here.as_role(
        statement("events:PutRule", ForAllValues_StringEquals=allowed, Null={"events:source": "false"})
    )

    def put(**pattern: list[str]) -> bool:
        named = json.dumps({name.replace("_", "-"): each for name, each in pattern.items()})
        return here.allows(aws("events").put_rule, Name="r", EventBusName="nyc", EventPattern=named)

    answers = [put(source=["cafe", "bank"], detail_type=["Order"]), put(source=["cafe", "shop"])]
    return [*answers, put(detail_type=["Order"])] == [True, False, False]


def knows_the_targets(here: Any) -> bool:
    here.rule("r")
    aws = here.as_role(
        statement("events:PutTargets", ArnLike={"events:TargetArn": "arn:aws:sqs:*:ACCOUNT:*"})
    )

    def put(account: str) -> bool:
        target = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{account}:q"}
        return here.allows(aws("events").put_targets, Rule="r", EventBusName="nyc", Targets=[target])

    return (put(here.account), put("999999999999")) == (True, False)


def knows_who_has_made_a_rule(here: Any) -> bool:
    here.rule("r")
    made = statement("events:DisableRule", StringEquals={"events:creatorAccount": "${aws:PrincipalAccount}"})
    aws = here.as_role(made)
    disable = aws("events").disable_rule
    return (here.allows(disable, Name="r", EventBusName="nyc"), here.allows(disable, Name="none")) == (
        True,
        False,
    )


def asks_for_rules_by_their_arn(here: Any) -> bool:
    here.rule("own")
    here.rule("foreign")
    arns = "arn:aws:events:us-east-1:ACCOUNT:rule/nyc/own*"
    aws = here.as_role(statement("events:*", arns))
    target = [{"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{here.account}:q"}]

    def answers(name: str) -> list[bool]:
        events, bus = aws("events"), {"EventBusName": "nyc"}
        return [
            here.allows(events.put_targets, Rule=name, Targets=target, **bus),
            here.allows(events.list_targets_by_rule, Rule=name, **bus),
            here.allows(events.remove_targets, Rule=name, Ids=["t"], **bus),
            here.allows(events.describe_rule, Name=name, **bus),
            here.allows(events.put_rule, Name=name, EventPattern='{"source": ["a"]}', **bus),
        ]

    return (answers("own"), answers("foreign")) == ([True] * 5, [False] * 5)


def names_rules_of_the_default_bus_without_it(here: Any) -> bool:
    aws = here.as_role(statement("events:PutRule", "arn:aws:events:us-east-1:ACCOUNT:rule/own"))
    return here.allows(aws("events").put_rule, Name="own", EventPattern='{"source": ["a"]}')


def asks_for_buses_by_their_arn(here: Any) -> bool:
    aws = here.as_role(statement("events:*EventBus", "arn:aws:events:us-east-1:ACCOUNT:event-bus/nyc*"))
    create = aws("events").create_event_bus
    return (here.allows(create, Name="nyc-2"), here.allows(create, Name="sf")) == (True, False)


def knows_the_boundary_of_a_new_role(here: Any) -> bool:
    boundary, other = here.policy("boundary"), here.policy("other")
    aws = here.as_role(statement("iam:CreateRole", StringEquals={"iam:PermissionsBoundary": boundary}))

    def create(**more: str) -> bool:
        return here.allows(
            aws("iam").create_role, RoleName="new", AssumeRolePolicyDocument=here.trust, **more
        )

    answers = [create(), create(PermissionsBoundary=other), create(PermissionsBoundary=boundary)]
    return answers == [False, False, True]


def knows_the_boundary_of_a_role(here: Any) -> bool:
    boundary, other = here.policy("boundary"), here.policy("other")
    here.role("bounded", PermissionsBoundary=boundary)
    here.role("unbounded")
    aws = here.as_role(statement("iam:*Role*", StringEquals={"iam:PermissionsBoundary": boundary}))
    iam = aws("iam")

    def answers(name: str) -> list[bool]:
        inline = {"RoleName": name, "PolicyName": "p"}
        document = json.dumps(
            {"Version": "2012-10-17", "Statement": statement("sqs:*") | {"Effect": "Allow"}}
        )
        return [
            here.allows(iam.put_role_policy, PolicyDocument=document, **inline),
            here.allows(iam.delete_role_policy, **inline),
            here.allows(iam.attach_role_policy, RoleName=name, PolicyArn=other),
            here.allows(iam.detach_role_policy, RoleName=name, PolicyArn=other),
            here.allows(iam.delete_role_permissions_boundary, RoleName=name),
        ]

    put = iam.put_role_permissions_boundary
    changed = [here.allows(put, RoleName="unbounded", PermissionsBoundary=each) for each in (other, boundary)]
    here.allows(here.root("iam").delete_role_permissions_boundary, RoleName="unbounded")
    return (changed, answers("unbounded"), answers("bounded")) == ([False, True], [False] * 5, [True] * 5)


def knows_the_policy_that_is_attached(here: Any) -> bool:
    wanted, other = here.policy("wanted"), here.policy("other")
    here.role("r")
    aws = here.as_role(statement("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": wanted}))
    attach = aws("iam").attach_role_policy
    return [here.allows(attach, RoleName="r", PolicyArn=each) for each in (wanted, other)] == [True, False]


def knows_the_namespace_of_metrics(here: Any) -> bool:
    own = statement("cloudwatch:PutMetricData", StringEquals={"cloudwatch:namespace": "presso/nyc/own"})
    put = here.as_role(own)("cloudwatch").put_metric_data
    data = [{"MetricName": "drinks", "Value": 1}]
    names = ["presso/nyc/own", "presso/nyc/other"]
    return [here.allows(put, Namespace=name, MetricData=data) for name in names] == [True, False]


def asks_for_event_source_mappings(here: Any) -> bool:
    aws = here.as_role(statement("lambda:UpdateEventSourceMapping"))("lambda")
    calls = (aws.update_event_source_mapping, aws.get_event_source_mapping, aws.delete_event_source_mapping)
    uuid = "00000000-0000-0000-0000-000000000000"
    return [here.allows(call, UUID=uuid) for call in calls] == [True, False, False]


def asks_for_what_scales(here: Any) -> bool:
    aws = here.as_role(statement("application-autoscaling:DescribeScalableTargets"))
    scaling = aws("application-autoscaling")
    calls = (scaling.describe_scalable_targets, scaling.describe_scaling_policies)
    return [here.allows(call, ServiceNamespace="dynamodb") for call in calls] == [True, False]


FILLED: dict[str, Callable[[Any], bool]] = {
    "events have sources": knows_the_sources_of_events,
    "events have sources on every bus": knows_the_sources_for_every_bus,
    "events have detail types": knows_the_detail_types_of_events,
    "events are put, not forwarded": knows_that_events_are_put,
    "requests come by TLS": takes_requests_for_secure,
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
    "event source mappings need permissions": asks_for_event_source_mappings,
    "what scales needs permissions": asks_for_what_scales,
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(enforced: Any, behaves: Callable[[Any], bool]) -> None:
    assert behaves(enforced)


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(enforced_alone: Any, behaves: Callable[[Any], bool]) -> None:
    assert not behaves(enforced_alone)


def test_what_a_boundary_does_not_allow_is_denied(enforced: Any) -> None:
    aws = enforced.as_role(statement("events:PutEvents"))
    assert enforced.puts(aws, "bank")
    own = statement("events:PutEvents", StringEquals={"events:source": "cafe"}) | {"Effect": "Allow"}
    made = enforced.root("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": own})
    )
    boundary = made["Policy"]["Arn"]
    enforced.root("iam").put_role_permissions_boundary(RoleName="barista", PermissionsBoundary=boundary)
    assert [enforced.puts(aws, "cafe"), enforced.puts(aws, "bank")] == [True, False]
