"""A tenant's resources in its account, listed by type: what has the tenant's name prefix, or its tags.

Ids are Terraform's, so that they compare with those in states. The order of `KINDS` is one in which resources
can be deleted.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from presso.aws import Access
from presso.names import PLATFORM
from presso.units.unit import Unit

# Name and id of each resource of a tenant; other resources may be among them.
Listed = Iterator[tuple[str, str]]
_AT_A_TIME = 8


@dataclass(frozen=True)
class Kind:
    """A type of resources.

    Args:
        type: Terraform's.
        listed: Lists the type; gets a tenant's name.
        command: The command of the AWS CLI that deletes one; `{name}` and `{id}` are filled in.
        remove: Deletes one, by name and id.
        tags: Returns the tags of one; None for a type without tags.
    """

    type: str
    listed: Callable[[Access, str], Listed]
    command: str
    remove: Callable[[Access, str, str], object]
    tags: Callable[[Access, str, str], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Resource:
    """A resource in a tenant's account.

    Args:
        kind: Its type.
        name: Its name.
        id: Terraform's id.
        unit: The unit that it belongs to.
        marked: Whether it has the tags of that unit; for a type without tags, its prefix is enough.
    """

    kind: Kind
    name: str
    id: str
    unit: Unit
    marked: bool

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in states."""
        return key(self.kind.type, self.id)

    @property
    def command(self) -> str:
        """The command that deletes it."""
        return self.kind.command.format(name=shlex.quote(self.name), id=shlex.quote(self.id))


@dataclass(frozen=True)
class Found:
    """The result of a listing.

    Args:
        resources: In the order of `KINDS`.
        denied: The types that AWS did not list, each with its error.
    """

    resources: list[Resource]
    denied: list[str]


def key(kind: str, identifier: str) -> tuple[str, str]:
    """Return what identifies a resource in states; the host in a queue's URL may change."""
    if kind == "aws_sqs_queue":
        return kind, "/".join(identifier.rsplit("/", 2)[-2:])
    return kind, identifier


def look(access: Access, tenant: str) -> Found:
    """List a tenant's resources."""
    from botocore.exceptions import ClientError

    for kind in KINDS:
        access.client(kind.command.split()[1])  # clients must not be created in threads

    def listed(kind: Kind) -> list[Resource] | str:
        try:
            return [
                _resource(access, kind, name, identifier, unit)
                for name, identifier in kind.listed(access, tenant)
                if (unit := unit_of(tenant, name))
            ]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return [] if "NotFound" in code else f"{kind.type}: {code}"

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = list(pool.map(listed, KINDS))
    return Found(
        [each for part in found if not isinstance(part, str) for each in part],
        [part for part in found if isinstance(part, str)],
    )


def tenants_by_tags(access: Access) -> set[str]:
    """Return the tenants whose tags are in the account, as far as AWS's tagging API knows them."""
    pages = access.client("resourcegroupstaggingapi").get_paginator("get_resources")
    found = pages.paginate(TagFilters=[{"Key": "presso:tenant"}])
    tags = [tag for page in found for each in page["ResourceTagMappingList"] for tag in each["Tags"]]
    return {tag["Value"] for tag in tags if tag["Key"] == "presso:tenant"}


def remove(access: Access, resource: Resource) -> None:
    """Delete a resource; it may be gone already.

    Raises:
        botocore.exceptions.ClientError: AWS denies it.
    """
    from botocore.exceptions import ClientError

    try:
        resource.kind.remove(access, resource.name, resource.id)
    except ClientError as error:
        if not re.search("NotFound|NoSuch|NonExistent|DoesNotExist", error.response["Error"]["Code"]):
            raise


def empty(access: Access, resource: Resource) -> None:
    """Remove what prevents AWS from deleting a resource: targets of a rule, policies of a role."""
    if resource.kind.type == "aws_cloudwatch_event_rule":
        _remove_targets(access, resource.id)
    elif resource.kind.type == "aws_iam_role":
        _remove_policies(access, resource.name)


def unit_of(tenant: str, name: str) -> Unit | None:
    """Return the unit that a resource belongs to by its name; None for another tenant's, or no prefix."""
    for part in re.split(r"[/:]", name):
        if part == tenant:
            return Unit(tenant)
        if part.startswith(f"{tenant}--"):
            owner, sign, _ = part.removeprefix(f"{tenant}--").partition("--")
            return Unit(tenant, owner if sign else "")
    return None


def tags_of(unit: Unit) -> dict[str, str]:
    """Return the tags that every resource of a unit has, if its type has tags."""
    own = ("presso:extension" if unit.is_extension else "presso:unit", unit.extension or PLATFORM)
    return {"presso:tenant": unit.tenant, own[0]: own[1]}


def _resource(access: Access, kind: Kind, name: str, identifier: str, unit: Unit) -> Resource:
    marked = True
    if kind.tags:
        marked = tags_of(unit).items() <= dict(kind.tags(access, name, identifier)).items()
    return Resource(kind, name, identifier, unit, marked)


def _pages(access: Access, service: str, operation: str, item: str, **arguments: Any) -> Iterator[Any]:
    client = access.client(service)
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(item, [])
        return
    token: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(**arguments, **token)
        yield from page.get(item, [])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _arn(access: Access, service: str, rest: str, *, region: bool = True) -> str:
    from presso.tenants import partition_of

    place = str(access.session.region_name)
    return f"arn:{partition_of(place)}:{service}:{place if region else ''}:{access.account}:{rest}"


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag.get("Key", tag.get("key", "")): tag.get("Value", tag.get("value", "")) for tag in tags}


def _by(
    service: str, operation: str, item: str, name: str, identifier: str = "", prefix: str = ""
) -> Callable[[Access, str], Listed]:
    """Return a listing by one call.

    Args:
        service: As boto3 names it.
        operation: The call.
        item: The list in its answer.
        name: The member of an item with its name; "" where the item is the name.
        identifier: The member with Terraform's id; the name by default.
        prefix: The argument for the start of names.
    """

    def listed(access: Access, tenant: str) -> Listed:
        arguments = {prefix: f"{tenant}--"} if prefix else {}
        for found in _pages(access, service, operation, item, **arguments):
            called = found[name] if name else found
            yield called, found[identifier] if identifier else called

    return listed


def _rules(access: Access, tenant: str) -> Listed:
    for rule in _pages(access, "events", "list_rules", "Rules", EventBusName=tenant):
        if not rule.get("ManagedBy"):
            yield rule["Name"], f"{tenant}/{rule['Name']}"


def _remove_targets(access: Access, rule: str) -> None:
    bus, _, name = rule.partition("/")
    found = _pages(access, "events", "list_targets_by_rule", "Targets", Rule=name, EventBusName=bus)
    if ids := [target["Id"] for target in found]:
        access.client("events").remove_targets(Rule=name, EventBusName=bus, Ids=ids)


def _remove_rule(access: Access, name: str, rule: str) -> None:
    _remove_targets(access, rule)
    access.client("events").delete_rule(Name=name, EventBusName=rule.partition("/")[0])


def _buses(access: Access, tenant: str) -> Listed:
    for bus in _pages(access, "events", "list_event_buses", "EventBuses", NamePrefix=tenant):
        if bus["Name"] == tenant:
            yield tenant, tenant


def _mappings(access: Access, tenant: str) -> Listed:
    for mapping in _pages(access, "lambda", "list_event_source_mappings", "EventSourceMappings"):
        yield mapping["FunctionArn"].split(":")[6], mapping["UUID"]


def _queues(access: Access, tenant: str) -> Listed:
    for url in _pages(access, "sqs", "list_queues", "QueueUrls", QueueNamePrefix=f"{tenant}--"):
        yield url.rpartition("/")[2], url


def _topics(access: Access, tenant: str) -> Listed:
    for topic in _pages(access, "sns", "list_topics", "Topics"):
        yield topic["TopicArn"].rpartition(":")[2], topic["TopicArn"]


def _schedules(access: Access, tenant: str) -> Listed:
    for each in _pages(access, "scheduler", "list_schedules", "Schedules", NamePrefix=f"{tenant}--"):
        yield each["Name"], f"{each['GroupName']}/{each['Name']}"


def _log_groups(access: Access, tenant: str) -> Listed:
    for start in (f"/aws/events/{tenant}", f"/aws/lambda/{tenant}--", f"/aws/vendedlogs/states/{tenant}--"):
        for group in _pages(access, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=start):
            yield group["logGroupName"], group["logGroupName"]
    for group in _pages(access, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=f"{tenant}--"):
        yield group["logGroupName"], group["logGroupName"]


def _parameters(access: Access, tenant: str) -> Listed:
    names = {"Key": "Name", "Option": "Contains", "Values": [f"{tenant}--"]}
    for found in _pages(access, "ssm", "describe_parameters", "Parameters", ParameterFilters=[names]):
        yield found["Name"], found["Name"]


def _policies(access: Access, tenant: str) -> Listed:
    for policy in _pages(access, "iam", "list_policies", "Policies", Scope="Local"):
        yield policy["PolicyName"], policy["Arn"]


def _remove_policies(access: Access, role: str) -> None:
    iam = access.client("iam")
    for attached in _pages(access, "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
        iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    for name in _pages(access, "iam", "list_role_policies", "PolicyNames", RoleName=role):
        iam.delete_role_policy(RoleName=role, PolicyName=name)


def _remove_role(access: Access, name: str, _: str) -> None:
    _remove_policies(access, name)
    access.client("iam").delete_role(RoleName=name)


def _remove_policy(access: Access, _: str, arn: str) -> None:
    iam = access.client("iam")
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def _remove_bucket(access: Access, name: str, _: str) -> None:
    access.session.resource("s3", endpoint_url=access.endpoint).Bucket(name).object_versions.delete()
    access.client("s3").delete_bucket(Bucket=name)


def _bucket_tags(access: Access, name: str, _: str) -> Mapping[str, str]:
    from botocore.exceptions import ClientError

    try:
        return _pairs(access.client("s3").get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def _keys(access: Access, tenant: str) -> Listed:
    """Keys have no names: their tags give the unit."""
    pages = access.client("resourcegroupstaggingapi").get_paginator("get_resources")
    wanted = [{"Key": "presso:tenant", "Values": [tenant]}]
    for page in pages.paginate(TagFilters=wanted, ResourceTypeFilters=["kms:key"]):
        for found in page["ResourceTagMappingList"]:
            identifier = found["ResourceARN"].rpartition("/")[2]
            described = access.client("kms").describe_key(KeyId=identifier)["KeyMetadata"]
            if described["KeyState"] != "PendingDeletion":
                extension = _pairs(found["Tags"]).get("presso:extension")
                yield f"{tenant}--{extension}--" if extension else tenant, identifier


def _call(service: str, operation: str, **arguments: str) -> Callable[[Access, str, str], object]:
    """Return a function that calls an operation with an argument for the name, and one for the id."""

    def call(access: Access, name: str, identifier: str) -> object:
        given = {argument: {"name": name, "id": identifier}[what] for argument, what in arguments.items()}
        return getattr(access.client(service), operation)(**given)

    return call


def _tags(
    service: str, operation: str, argument: str, arn: str = "{id}", item: str = "Tags"
) -> Callable[[Access, str, str], Mapping[str, str]]:
    """Return a function that reads tags by one call; `arn` is what it takes: an id, or the rest of an ARN."""

    def tags(access: Access, name: str, identifier: str) -> Mapping[str, str]:
        given = arn.format(name=name, id=identifier)
        if ":" in arn:
            given = _arn(access, given.partition(":")[0], given.partition(":")[2])
        found = getattr(access.client(service), operation)(**{argument: given}).get(item, {})
        return found if isinstance(found, dict) else _pairs(found)

    return tags


def _parameter_tags(access: Access, name: str, _: str) -> Mapping[str, str]:
    found = access.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return _pairs(found["TagList"])


def _schedule_group(access: Access, name: str, identifier: str) -> None:
    with contextlib.suppress(access.client("scheduler").exceptions.ConflictException):
        access.client("scheduler").delete_schedule_group(Name=name)


def _delete_schedule(access: Access, name: str, identifier: str) -> None:
    access.client("scheduler").delete_schedule(Name=name, GroupName=identifier.partition("/")[0])


KINDS = (
    Kind(
        "aws_lambda_event_source_mapping",
        _mappings,
        "aws lambda delete-event-source-mapping --uuid {id}",
        _call("lambda", "delete_event_source_mapping", UUID="id"),
        _tags("lambda", "list_tags", "Resource", "lambda:event-source-mapping:{id}"),
    ),
    Kind(
        "aws_pipes_pipe",
        _by("pipes", "list_pipes", "Pipes", "Name", prefix="NamePrefix"),
        "aws pipes delete-pipe --name {name}",
        _call("pipes", "delete_pipe", Name="name"),
        _tags("pipes", "list_tags_for_resource", "resourceArn", "pipes:pipe/{name}", "tags"),
    ),
    Kind(
        "aws_scheduler_schedule",
        _schedules,
        "aws scheduler delete-schedule --name {name}",
        _delete_schedule,
    ),
    Kind(
        "aws_scheduler_schedule_group",
        _by("scheduler", "list_schedule_groups", "ScheduleGroups", "Name", prefix="NamePrefix"),
        "aws scheduler delete-schedule-group --name {name}",
        _schedule_group,
        _tags("scheduler", "list_tags_for_resource", "ResourceArn", "scheduler:schedule-group/{name}"),
    ),
    Kind(
        "aws_cloudwatch_event_rule",
        _rules,
        "aws events delete-rule --name {name}  # after events remove-targets",
        _remove_rule,
        _tags("events", "list_tags_for_resource", "ResourceARN", "events:rule/{id}"),
    ),
    Kind(
        "aws_cloudwatch_event_api_destination",
        _by("events", "list_api_destinations", "ApiDestinations", "Name", prefix="NamePrefix"),
        "aws events delete-api-destination --name {name}",
        _call("events", "delete_api_destination", Name="name"),
    ),
    Kind(
        "aws_cloudwatch_event_connection",
        _by("events", "list_connections", "Connections", "Name", prefix="NamePrefix"),
        "aws events delete-connection --name {name}",
        _call("events", "delete_connection", Name="name"),
    ),
    Kind(
        "aws_cloudwatch_event_archive",
        _by("events", "list_archives", "Archives", "ArchiveName", prefix="NamePrefix"),
        "aws events delete-archive --archive-name {name}",
        _call("events", "delete_archive", ArchiveName="name"),
    ),
    Kind(
        "aws_sfn_state_machine",
        _by("stepfunctions", "list_state_machines", "stateMachines", "name", "stateMachineArn"),
        "aws stepfunctions delete-state-machine --state-machine-arn {id}",
        _call("stepfunctions", "delete_state_machine", stateMachineArn="id"),
        _tags("stepfunctions", "list_tags_for_resource", "resourceArn", item="tags"),
    ),
    Kind(
        "aws_lambda_function",
        _by("lambda", "list_functions", "Functions", "FunctionName"),
        "aws lambda delete-function --function-name {name}",
        _call("lambda", "delete_function", FunctionName="name"),
        _tags("lambda", "list_tags", "Resource", "lambda:function:{name}"),
    ),
    Kind(
        "aws_iam_role",
        _by("iam", "list_roles", "Roles", "RoleName"),
        "aws iam delete-role --role-name {name}  # after iam delete-role-policy and detach-role-policy",
        _remove_role,
        _tags("iam", "list_role_tags", "RoleName", "{name}"),
    ),
    Kind(
        "aws_iam_policy",
        _policies,
        "aws iam delete-policy --policy-arn {id}",
        _remove_policy,
        _tags("iam", "list_policy_tags", "PolicyArn"),
    ),
    Kind(
        "aws_sqs_queue",
        _queues,
        "aws sqs delete-queue --queue-url {id}",
        _call("sqs", "delete_queue", QueueUrl="id"),
        _tags("sqs", "list_queue_tags", "QueueUrl"),
    ),
    Kind(
        "aws_sns_topic",
        _topics,
        "aws sns delete-topic --topic-arn {id}",
        _call("sns", "delete_topic", TopicArn="id"),
        _tags("sns", "list_tags_for_resource", "ResourceArn"),
    ),
    Kind(
        "aws_dynamodb_table",
        _by("dynamodb", "list_tables", "TableNames", ""),
        "aws dynamodb delete-table --table-name {name}",
        _call("dynamodb", "delete_table", TableName="name"),
        _tags("dynamodb", "list_tags_of_resource", "ResourceArn", "dynamodb:table/{name}"),
    ),
    Kind(
        "aws_secretsmanager_secret",
        _by("secretsmanager", "list_secrets", "SecretList", "Name", "ARN"),
        "aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {id}",
        lambda access, name, identifier: access.client("secretsmanager").delete_secret(
            SecretId=identifier, ForceDeleteWithoutRecovery=True
        ),
        _tags("secretsmanager", "describe_secret", "SecretId"),
    ),
    Kind(
        "aws_ssm_parameter",
        _parameters,
        "aws ssm delete-parameter --name {name}",
        _call("ssm", "delete_parameter", Name="name"),
        _parameter_tags,
    ),
    Kind(
        "aws_cloudwatch_metric_alarm",
        _by("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", prefix="AlarmNamePrefix"),
        "aws cloudwatch delete-alarms --alarm-names {name}",
        lambda access, name, identifier: access.client("cloudwatch").delete_alarms(AlarmNames=[name]),
        _tags("cloudwatch", "list_tags_for_resource", "ResourceARN", "cloudwatch:alarm:{name}"),
    ),
    Kind(
        "aws_cloudwatch_dashboard",
        _by(
            *("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
            prefix="DashboardNamePrefix",
        ),
        "aws cloudwatch delete-dashboards --dashboard-names {name}",
        lambda access, name, identifier: access.client("cloudwatch").delete_dashboards(DashboardNames=[name]),
    ),
    Kind(
        "aws_cloudwatch_log_group",
        _log_groups,
        "aws logs delete-log-group --log-group-name {name}",
        _call("logs", "delete_log_group", logGroupName="name"),
        _tags("logs", "list_tags_for_resource", "resourceArn", "logs:log-group:{name}", "tags"),
    ),
    Kind(
        "aws_s3_bucket",
        _by("s3", "list_buckets", "Buckets", "Name"),
        "aws s3 rb --force s3://{name}",
        _remove_bucket,
        _bucket_tags,
    ),
    Kind(
        "aws_kms_alias",
        lambda access, tenant: (
            (each["AliasName"], each["AliasName"])
            for each in _pages(access, "kms", "list_aliases", "Aliases")
        ),
        "aws kms delete-alias --alias-name {name}",
        _call("kms", "delete_alias", AliasName="name"),
    ),
    Kind(
        "aws_kms_key",
        _keys,
        "aws kms schedule-key-deletion --key-id {id}",
        _call("kms", "schedule_key_deletion", KeyId="id"),
        lambda access, name, identifier: {
            tag["TagKey"]: tag["TagValue"]
            for tag in access.client("kms").list_resource_tags(KeyId=identifier)["Tags"]
        },
    ),
    Kind(
        "aws_cloudwatch_event_bus",
        _buses,
        "aws events delete-event-bus --name {name}",
        _call("events", "delete_event_bus", Name="name"),
        _tags("events", "list_tags_for_resource", "ResourceARN", "events:event-bus/{name}"),
    ),
)
