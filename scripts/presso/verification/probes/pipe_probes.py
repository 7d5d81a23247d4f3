"""Pipes, DynamoDB, SNS, Cognito, API Gateway, Logs, and services that the local AWS lacks."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from presso.verification.bench import Bench
from presso.verification.call_guard import CouldNotTry
from presso.verification.claims import probe


@probe("Pipes", "from queues and DynamoDB streams", aws='{"drink": "tea"}', seconds=240)
def pipe_filters_and_transforms(bench: Bench) -> str:
    """A pipe from a queue delivers what its filter wants, as its input template has it."""
    source, target = bench.queue("source"), bench.queue("target")
    bench.retried(
        bench.client("pipes").create_pipe,
        Name=bench.name("p"),
        RoleArn=bench.worker(),
        Source=source.arn,
        Target=target.arn,
        SourceParameters={
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]}
        },
        TargetParameters={"InputTemplate": '{"drink": <$.body.drink>}'},
    )
    pipes = bench.client("pipes")
    bench.wait(lambda: pipes.describe_pipe(Name=bench.name("p"))["CurrentState"] == "RUNNING", 120)
    for body in ({"kind": "other", "drink": "milk"}, {"kind": "order", "drink": "tea"}):
        bench.client("sqs").send_message(QueueUrl=source.url, MessageBody=json.dumps(body))
    return str(bench.received(target).get("Body", "nothing"))


@probe("Pipes", "no enrichment, and no other sources", aws="enriched", local="order", seconds=240)
def pipe_has_an_enrichment(bench: Bench) -> str:
    """A pipe hands its target what a function makes of its events."""
    source, target = bench.queue("source"), bench.queue("target")
    function = bench.function("def handle(events, context): return ['enriched']\n")
    ends = {"Source": source.arn, "Target": target.arn, "Enrichment": function}
    template = {
        "EnrichmentParameters": {"InputTemplate": "<$.body>"},
        "TargetParameters": {"InputTemplate": "<$>"},
    }
    pipes, name = bench.client("pipes"), bench.name("p")
    bench.retried(pipes.create_pipe, Name=name, RoleArn=bench.worker(), **ends, **template)
    bench.wait(lambda: pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING", 120)
    bench.client("sqs").send_message(QueueUrl=source.url, MessageBody="order")
    found = str(bench.received(target).get("Body", "nothing"))
    return "enriched" if "enriched" in found else "order"


@probe("DynamoDB", "another attribute for time to live", aws="refused")
def time_to_live_has_one_attribute(bench: Bench) -> str:
    """Another attribute for time to live is refused while one is enabled."""
    bench.table()
    change = bench.client("dynamodb").update_time_to_live
    first, second = ({"Enabled": True, "AttributeName": name} for name in ("gone", "expires"))
    change(TableName=bench.name("t"), TimeToLiveSpecification=first)
    return bench.tried(change, TableName=bench.name("t"), TimeToLiveSpecification=second)


@probe("DynamoDB, EventBridge, Scheduler, SNS", "a table's warm throughput", aws="['c'], removed")
def tags_and_filters_are_removed(bench: Bench) -> str:
    """Several tags of a group of schedules go at once; the filter policy `{}` removes a subscription's."""
    scheduler, sns = bench.client("scheduler"), bench.client("sns")
    tags = [{"Key": key, "Value": "1"} for key in ("a", "b", "c")]
    group = scheduler.create_schedule_group(Name=bench.name("g"), Tags=tags)["ScheduleGroupArn"]
    scheduler.untag_resource(ResourceArn=group, TagKeys=["a", "b"])
    left = [tag["Key"] for tag in scheduler.list_tags_for_resource(ResourceArn=group)["Tags"]]
    own = sorted(key for key in left if ":" not in key)
    topic = sns.create_topic(Name=bench.name("topic"))["TopicArn"]
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=bench.queue().arn,
        Attributes={"FilterPolicy": '{"a":["b"]}'},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    kept = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    return f"{own}, {'kept' if kept.get('FilterPolicy') else 'removed'}"


@probe("Cognito", "a group of users can be updated", aws="kept, 2")
def group_of_users_is_updated(bench: Bench) -> str:
    """An update of a group keeps what it does not name."""
    cognito = bench.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=bench.name("pool"))["UserPool"]["Id"]
    group = {"UserPoolId": pool, "GroupName": "staff"}
    cognito.create_group(**group, Description="Those who work", Precedence=1)
    cognito.update_group(**group, Precedence=2)
    found = cognito.get_group(**group)["Group"]
    return f"{'kept' if found.get('Description') == 'Those who work' else 'lost'}, {found['Precedence']}"


@probe("API Gateway, Cognito", "a request without credentials finds", aws="found")
def client_of_a_pool_is_found_by_its_id(bench: Bench) -> str:
    """A request without credentials finds a user pool's client by its id alone."""
    cognito = bench.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=bench.name("pool"))["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName=bench.name("client"))[
        "UserPoolClient"
    ]
    sign_up = {"ClientId": client["ClientId"], "Username": "guest", "Password": "Secret-secret-1"}
    return "found" if bench.tried(cognito.sign_up, **sign_up) == "accepted" else "not found"


@probe("API Gateway", "throttling of a stage", aws="throttled", local="not throttled", seconds=120)
def stage_throttles(bench: Bench) -> str:
    """A stage with a limit of one request a second refuses some of forty at once."""
    function = bench.function("def handle(event, context): return 'ok'\n")
    gateway = bench.client("apigatewayv2")
    api = gateway.create_api(Name=bench.name("api"), ProtocolType="HTTP", Target=function)
    stage = {
        "RouteSettings": {},
        "DefaultRouteSettings": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1},
    }
    gateway.create_stage(ApiId=api["ApiId"], StageName="slow", AutoDeploy=True, **stage)
    base = (
        f"{bench.access.endpoint}/_aws/execute-api/{api['ApiId']}"
        if bench.access.endpoint
        else api["ApiEndpoint"]
    )
    bench.absent(lambda: False, 10, local=0)

    def status(_: int) -> int:
        try:
            with urllib.request.urlopen(f"{base}/slow/", timeout=10) as answer:  # noqa: S310 -- http(s) alone
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            raise CouldNotTry(f"the API does not answer: {error}") from error

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(status, range(40 if bench.real else 8)))
    return "throttled" if 429 in found else "not throttled"


@probe("Logs", "`FilterLogEvents` answers with 10,000", aws="a token", local="no token", seconds=120)
def page_of_a_log_has_a_token(bench: Bench) -> str:
    """A page of `FilterLogEvents` that does not have all has a token for the next."""
    logs, now = bench.client("logs"), int(time.time() * 1000)
    group = f"/{bench.name('log')}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for _ in range(2):
        lines = [{"timestamp": now, "message": "x"}] * 6_000
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=lines)
    bench.wait(lambda: logs.filter_log_events(logGroupName=group, limit=1)["events"], 60)
    return "a token" if logs.filter_log_events(logGroupName=group).get("nextToken") else "no token"


@probe("EventBridge Schemas", "not available", aws="accepted", local="refused")
def registry_takes_a_schema(bench: Bench) -> str:
    """A schema registry takes a JSON Schema of an event."""
    schemas, name = bench.client("schemas"), bench.name("registry")
    if bench.tried(schemas.list_registries) == "refused":
        return "refused"
    schemas.create_registry(RegistryName=name)
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}
    create = {"SchemaName": "cafe@Order", "Type": "JSONSchemaDraft4", "Content": json.dumps(schema)}
    return bench.tried(schemas.create_schema, RegistryName=name, **create)


@probe("all", "only the services that extensions and tenants", aws="accepted", local="refused")
def other_services_answer(bench: Bench) -> str:
    """A service that no extension uses answers."""
    return bench.tried(bench.client("polly").describe_voices)
