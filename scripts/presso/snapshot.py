"""A snapshot: every resource in one account and region, by name, with its configuration.

Two snapshots compare byte for byte, so they prove that an extension's deployment and removal leave the rest
unchanged, and they list what is left after a destroy. Counters that change by use alone (messages in a queue,
items in a table, the bytes of a log group) are left out; configuration is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from presso.aws_access import listed_items

Client = Callable[[str], Any]
Snapshot = dict[str, Any]
Items = Iterator[tuple[str, Any]]

_BY_USE = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "EventCount",
    "ItemCount",
    "LastDecreaseDateTime",
    "LastProcessingResult",
    "NumberOfDecreasesToday",
    "ResponseMetadata",
    "RoleLastUsed",
    "SizeBytes",
    "TableSizeBytes",
    "storedBytes",
}
# The services' error codes for a missing resource, such as AWS.SimpleQueueService.NonExistentQueue.
_GONE = re.compile("NotFound|NonExistent|DoesNotExist|NoSuch")
_MOST_GONE = 9


def take(client: Client) -> Snapshot:
    """Every resource in the client's account and region.

    Args:
        client: Returns a boto3 client for a service's name; the account and region are the client's.

    Returns:
        Each resource's kind and name (`rule nyc/nyc--event-log`) → its configuration, as plain JSON values.

    Raises:
        botocore.exceptions.ClientError: AWS rejected a listing.
    """
    clients = {service: client(service) for service in _SERVICES}
    with ThreadPoolExecutor(len(_LISTINGS)) as pool:
        found = list(pool.map(lambda listing: _listed(listing, clients.__getitem__), _LISTINGS))
    return {name: _plain(value) for name, value in sorted(pair for pairs in found for pair in pairs)}


def _listed(listing: Callable[[Client], Items], client: Client) -> list[tuple[str, Any]]:
    """Return the result of a listing; list again when a resource disappears before it is described."""
    from botocore.exceptions import ClientError

    for _ in range(_MOST_GONE):
        try:
            return list(listing(client))
        except ClientError as error:
            if not _GONE.search(error.response["Error"]["Code"]):
                raise
    return list(listing(client))


def text(snapshot: Snapshot) -> str:
    """The snapshot in its one canonical form, for byte comparison and for reading."""
    return json.dumps(snapshot, indent=1, sort_keys=True)


def outside(snapshot: Snapshot, prefix: str) -> Snapshot:
    """The resources without this name prefix (`nyc--wait-times--`), which do not belong to the extension."""
    own = re.compile(rf"[ /]{re.escape(prefix)}")
    return {name: value for name, value in snapshot.items() if not own.search(name)}


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Resources that were added, removed or changed, one per line; empty when both are equal."""
    lines = [f"gone: {name}" for name in before.keys() - after.keys()]
    lines += [f"new: {name}" for name in after.keys() - before.keys()]
    lines += [f"changed: {name}" for name in before.keys() & after.keys() if before[name] != after[name]]
    return sorted(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in sorted(value.items()) if key not in _BY_USE}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _all(kind: str, service: str, operation: str, item: str, name: str) -> Callable[[Client], Items]:
    """A listing whose items are what there is to know of each resource."""

    def listing(client: Client) -> Items:
        for each in listed_items(client(service), operation, item):
            yield f"{kind} {each[name]}", each

    return listing


def _buses(client: Client) -> Items:
    events = client("events")
    for bus in listed_items(events, "list_event_buses", "EventBuses"):
        if bus["Name"] != "default":
            yield f"bus {bus['Name']}", bus
        for rule in listed_items(events, "list_rules", "Rules", EventBusName=bus["Name"]):
            targets = list(
                listed_items(
                    events, "list_targets_by_rule", "Targets", Rule=rule["Name"], EventBusName=bus["Name"]
                )
            )
            yield f"rule {bus['Name']}/{rule['Name']}", {**rule, "Targets": targets}


def _queues(client: Client) -> Items:
    sqs = client("sqs")
    for url in listed_items(sqs, "list_queues", "QueueUrls"):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield f"queue {url.rsplit('/', 1)[-1]}", attributes


def _functions(client: Client) -> Items:
    functions = client("lambda")
    for function in listed_items(functions, "list_functions", "Functions"):
        name = function["FunctionName"]
        try:
            policy = functions.get_policy(FunctionName=name)["Policy"]
        except functions.exceptions.ResourceNotFoundException:
            policy = None
        yield f"function {name}", {**function, "Policy": policy}


def _mappings(client: Client) -> Items:
    for mapping in listed_items(client("lambda"), "list_event_source_mappings", "EventSourceMappings"):
        function = mapping["FunctionArn"].split(":")[6]  # an alias or a version may follow it
        yield f"event source mapping {function} {mapping['UUID']}", mapping


def _buckets(client: Client) -> Items:
    s3 = client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        yield f"bucket {name}", bucket
        for found in listed_items(s3, "list_objects_v2", "Contents", Bucket=name):
            yield f"object {name}/{found['Key']}", {key: found.get(key) for key in ("ETag", "Size")}


def _tables(client: Client) -> Items:
    dynamodb = client("dynamodb")
    for name in listed_items(dynamodb, "list_tables", "TableNames"):
        yield f"table {name}", dynamodb.describe_table(TableName=name)["Table"]


def _machines(client: Client) -> Items:
    states = client("stepfunctions")
    for machine in listed_items(states, "list_state_machines", "stateMachines"):
        described = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        yield f"state machine {machine['name']}", described


def _roles(client: Client) -> Items:
    iam = client("iam")
    for role in listed_items(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        if role.get("Path", "/").startswith("/aws-service-role/"):
            continue
        inline = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in listed_items(iam, "list_role_policies", "PolicyNames", RoleName=name)
        }
        attached = list(listed_items(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name))
        described = iam.get_role(RoleName=name)["Role"]
        yield f"role {name}", {**described, "Inline": inline, "Attached": attached}


def _policies(client: Client) -> Items:
    iam = client("iam")
    for policy in listed_items(iam, "list_policies", "Policies", Scope="Local"):
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        yield f"policy {policy['PolicyName']}", {**policy, "Document": version["PolicyVersion"]["Document"]}


def _topics(client: Client) -> Items:
    sns = client("sns")
    for topic in listed_items(sns, "list_topics", "Topics"):
        arn = topic["TopicArn"]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        subscriptions = list(listed_items(sns, "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn))
        yield f"topic {arn.rpartition(':')[2]}", {**attributes, "Subscriptions": subscriptions}


def _schedules(client: Client) -> Items:
    scheduler = client("scheduler")
    for schedule in listed_items(scheduler, "list_schedules", "Schedules"):
        yield f"schedule {schedule['GroupName']}/{schedule['Name']}", schedule


def _alarms(client: Client) -> Items:
    for alarm in listed_items(client("cloudwatch"), "describe_alarms", "MetricAlarms"):
        yield f"alarm {alarm['AlarmName']}", {"AlarmActions": alarm.get("AlarmActions", [])}


_SERVICES = (
    *("cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "s3", "scheduler", "secretsmanager"),
    *("sns", "sqs", "ssm", "stepfunctions"),
)
_LISTINGS: tuple[Callable[[Client], Items], ...] = (
    _alarms,
    _buckets,
    _buses,
    _functions,
    _machines,
    _mappings,
    _policies,
    _queues,
    _roles,
    _schedules,
    _tables,
    _topics,
    _all("API destination", "events", "list_api_destinations", "ApiDestinations", "Name"),
    _all("archive", "events", "list_archives", "Archives", "ArchiveName"),
    _all("connection", "events", "list_connections", "Connections", "Name"),
    _all("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    _all("parameter", "ssm", "describe_parameters", "Parameters", "Name"),
    _all("secret", "secretsmanager", "list_secrets", "SecretList", "Name"),
)
