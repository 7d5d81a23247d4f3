"""IAM: what a session of a role may do, by one statement and calls that it allows and denies."""

from __future__ import annotations

import json
from typing import Any

from presso.tenants import partition_of
from presso.verification.bench import VERSION, Bench
from presso.verification.claims import probe


def _answers(*allowed: bool) -> str:
    return ", ".join("allowed" if each else "denied" for each in allowed)


def _statement(action: str, resource: str = "*", **conditions: dict[str, Any]) -> dict[str, Any]:
    """Return a statement; `_` in the name of a condition's operator is a colon."""
    found: dict[str, Any] = {"Action": action, "Resource": resource}
    named = {key.replace("_", ":"): each for key, each in conditions.items()}
    return {**found, "Condition": named} if named else found


@probe("IAM", "policy variables such as", aws="allowed, denied")
def policy_variables_are_replaced(bench: Bench) -> str:
    """`${aws:PrincipalTag/team}` in a resource has the value of the session's tag."""
    pattern = bench.arn("sqs", f"{bench.tenant}--${{aws:PrincipalTag/team}}-*")
    create = (
        bench.session(_statement("sqs:CreateQueue", pattern), tags={"team": "bar"}).client("sqs").create_queue
    )
    names = (f"{bench.tenant}--bar-{bench.number}", f"{bench.tenant}--shop-{bench.number}")
    return _answers(*(bench.allowed(create, QueueName=name) for name in names))


@probe("IAM", "`iam:PermissionsBoundary` of calls", aws="denied, allowed")
def boundary_of_a_new_role_is_known(bench: Bench) -> str:
    """A condition on `iam:PermissionsBoundary` allows a new role only with that boundary."""
    document = {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam = bench.client("iam")
    made = iam.create_policy(PolicyName=bench.name("boundary"), PolicyDocument=json.dumps(document))
    boundary = made["Policy"]["Arn"]
    allowed = [
        _statement("iam:CreateRole", StringEquals={"iam:PermissionsBoundary": boundary}),
        _statement("iam:TagRole"),
    ]
    create = bench.session(*allowed).client("iam").create_role
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": bench.name("new"),
        "AssumeRolePolicyDocument": json.dumps({"Version": VERSION, "Statement": trust}),
    }
    return _answers(
        bench.allowed(create, **role), bench.allowed(create, **role, PermissionsBoundary=boundary)
    )


@probe("IAM", "`aws:SecureTransport` is true", aws="allowed")
def requests_are_secure(bench: Bench) -> str:
    """`aws:SecureTransport` is true for a request of the SDK."""
    bus = bench.bus()
    events = bench.session(_statement("events:PutEvents", Bool={"aws:SecureTransport": "true"})).client(
        "events"
    )
    entry = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": bus}
    return _answers(bench.allowed(events.put_events, Entries=[entry]))


@probe("IAM", "calls that name resources in a list", aws="allowed, denied")
def each_resource_of_a_list_needs_permission(bench: Bench) -> str:
    """A call that names resources in a list needs the permission for each of them."""
    names = [bench.name("own"), bench.name("other")]
    for name in names:
        bench.client("ssm").put_parameter(Name=name, Type="String", Value="x")
    get = bench.session(_statement("ssm:GetParameters", bench.arn("ssm", f"parameter/{names[0]}"))).client(
        "ssm"
    )
    return _answers(*(bench.allowed(get.get_parameters, Names=wanted) for wanted in (names[:1], names)))


@probe("IAM", "`iam:PassRole`, with `iam:PassedToService`", aws="allowed, denied")
def roles_are_passed_with_permission(bench: Bench) -> str:
    """Who makes a state machine needs `iam:PassRole` for its role."""
    own = bench.worker()
    other = bench.role("other", {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
    passed = _statement("iam:PassRole", own, StringEquals={"iam:PassedToService": "states.amazonaws.com"})
    create = bench.session(_statement("states:*"), passed).client("stepfunctions").create_state_machine
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    return _answers(
        *(
            bench.allowed(create, name=bench.name(f"m{number}"), definition=definition, roleArn=role)
            for number, role in enumerate((own, other))
        )
    )


@probe("all", "requests name their resource", aws="allowed, denied")
def requests_name_their_resource(bench: Bench) -> str:
    """A permission for a function's ARN is one for no other function."""
    names = [bench.name("own"), bench.name("other")]
    get = bench.session(_statement("lambda:GetFunction", bench.arn("lambda", f"function:{names[0]}"))).client(
        "lambda"
    )
    return _answers(*(bench.allowed(get.get_function, FunctionName=name) for name in names))


@probe("Lambda", "every operation needs its own permission", aws="allowed, denied")
def operations_need_their_own_permission(bench: Bench) -> str:
    """`lambda:GetFunction` does not permit `GetFunctionConfiguration`."""
    lambdas, name = bench.session(_statement("lambda:GetFunction")).client("lambda"), bench.name("f")
    return _answers(
        bench.allowed(lambdas.get_function, FunctionName=name),
        bench.allowed(lambdas.get_function_configuration, FunctionName=name),
    )


@probe("EventBridge", "`events:source`, `events:detail-type`", aws="allowed, denied")
def sources_of_events_are_conditions(bench: Bench) -> str:
    """A condition on `events:source` holds for all entries of a request."""
    bus = bench.bus()
    put = bench.session(_statement("events:PutEvents", StringEquals={"events:source": "cafe"})).client(
        "events"
    )
    entry = {"DetailType": "Order", "Detail": "{}", "EventBusName": bus}
    requests = [["cafe"], ["cafe", "bank"]]
    return _answers(
        *(
            bench.allowed(put.put_events, Entries=[{**entry, "Source": source} for source in sources])
            for sources in requests
        )
    )


@probe("EventBridge", "the resource of requests for rules", aws="allowed, denied")
def rules_are_resources_of_their_bus(bench: Bench) -> str:
    """The resource of a request for a rule is `rule/<bus>/<rule>`."""
    bus = bench.bus()
    own = bench.arn("events", f"rule/{bus}/own*")
    put = bench.session(_statement("events:PutRule", own)).client("events").put_rule
    pattern = '{"source": ["cafe"]}'
    return _answers(
        *(bench.allowed(put, Name=name, EventBusName=bus, EventPattern=pattern) for name in ("own", "other"))
    )


def _managed(bench: Bench, *names: str) -> str:
    get, start = bench.client("iam").get_policy, f"arn:{partition_of(bench.region)}:iam::aws:policy/"
    return ", ".join(bench.tried(get, PolicyArn=start + name) for name in names)


@probe("IAM", "the managed policies `AWSLambdaENIManagementAccess`", aws="accepted, accepted")
def managed_policies_of_modules_exist(bench: Bench) -> str:
    """The managed policies of functions in networks, and of rules that are traced, exist."""
    return _managed(bench, "service-role/AWSLambdaENIManagementAccess", "AWSXrayWriteOnlyAccess")


@probe("IAM", "some thirty of AWS's managed policies", aws="accepted", local="refused")
def managed_policy_of_another_service_exists(bench: Bench) -> str:
    """The managed policy `AmazonAthenaFullAccess` exists."""
    return _managed(bench, "AmazonAthenaFullAccess")
