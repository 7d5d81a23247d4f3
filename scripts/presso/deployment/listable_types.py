"""The types of resources that presso can list in an account, delete there, and read the tags of.

Ids are Terraform's, so that they compare with those in states.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presso.aws_access import Access, listed_items

# Name and id of each resource of a tenant; other resources may be among them.
Listed = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Deletion:
    """The call that deletes a resource, and the same as a command of the AWS CLI.

    Args:
        service: As boto3 names it.
        operation: As boto3 names it.
        arguments: `{name}`, `{id}` and `{parent}`, what an id has before its slash, are filled in.
        shown: The command, where it is another.
        unless: The error for a resource that AWS deletes itself later.
    """

    service: str
    operation: str
    arguments: Mapping[str, str | list[str] | bool]
    shown: str = ""
    unless: str = "-"

    def call(self, access: Access, name: str, identifier: str) -> None:
        """Delete a resource, by its name and id."""
        from botocore.exceptions import ClientError

        try:
            getattr(access.client(self.service), self.operation)(**_filled(self.arguments, name, identifier))
        except ClientError as error:
            if error.response["Error"]["Code"] != self.unless:
                raise

    def command(self, name: str, identifier: str) -> str:
        """Return the command for a resource."""
        from botocore import xform_name

        name, identifier = shlex.quote(name), shlex.quote(identifier)
        if self.shown:
            return self.shown.format(name=name, id=identifier)
        words = ["aws", self.service, self.operation.replace("_", "-")]
        for argument, value in _filled(self.arguments, name, identifier).items():
            words.append(f"--{xform_name(argument, '-')}")
            words += [] if value is True else value if isinstance(value, list) else [value]
        return " ".join(words)


@dataclass(frozen=True)
class ListableType:
    """A type of resources.

    Args:
        type: Terraform's.
        listed: Lists the type; gets a tenant's name.
        deletion: Deletes one.
        tags: Returns the tags of one; None for a type without tags.
        prepare: Removes what prevents AWS from deleting one.
        note: What the command needs before, as a comment.
    """

    type: str
    listed: Callable[[Access, str], Listed]
    deletion: Deletion
    tags: Callable[[Access, str, str], Mapping[str, str]] | None = None
    prepare: Callable[[Access, str, str], object] = lambda access, name, identifier: None
    note: str = ""


def _filled(arguments: Mapping[str, Any], name: str, identifier: str) -> dict[str, Any]:
    words = {"name": name, "id": identifier, "parent": identifier.partition("/")[0]}
    return {
        argument: value
        if value is True
        else [each.format_map(words) for each in value]
        if isinstance(value, list)
        else value.format_map(words)
        for argument, value in arguments.items()
    }


def _deletion(service: str, operation: str, /, **arguments: str | list[str] | bool) -> Deletion:
    return Deletion(service, operation, arguments)


def _pages(access: Access, service: str, operation: str, item: str, **arguments: Any) -> Iterator[Any]:
    return listed_items(access.client(service), operation, item, **arguments)


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags by key; services name the members `Key`, `key` or `TagKey`."""
    lower = [{name.lower().removeprefix("tag"): text for name, text in tag.items()} for tag in tags]
    return {tag["key"]: tag["value"] for tag in lower}


def _by(
    service: str,
    operation: str,
    item: str,
    name: str,
    identifier: str = "",
    prefix: str = "",
    **more: str,
) -> Callable[[Access, str], Listed]:
    """Return a listing by one call.

    Args:
        service: As boto3 names it.
        operation: The call.
        item: The list in its answer.
        name: The member of an item with its name; "" where the item is the name.
        identifier: The member with Terraform's id; the name by default.
        prefix: The argument for the start of names.
        more: Other arguments.
    """

    def listed(access: Access, tenant: str) -> Listed:
        arguments = {prefix: f"{tenant}--", **more} if prefix else more
        for found in _pages(access, service, operation, item, **arguments):
            called = found[name] if name else found
            yield called, found[identifier] if identifier else called

    return listed


def _rules(access: Access, tenant: str) -> Listed:
    for rule in _pages(access, "events", "list_rules", "Rules", EventBusName=tenant):
        if not rule.get("ManagedBy"):
            yield rule["Name"], f"{tenant}/{rule['Name']}"


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


def _tags(
    service: str, operation: str, argument: str, arn: str = "{id}", item: str = "Tags", **more: str
) -> Callable[[Access, str, str], Mapping[str, str]]:
    """Return a function that reads tags by one call; `arn` is what it takes: an id, or the rest of an ARN."""

    def tags(access: Access, name: str, identifier: str) -> Mapping[str, str]:
        given = arn.format(name=name, id=identifier)
        if ":" in arn:
            service_of_arn, _, rest = given.partition(":")
            given = access.arn(service_of_arn, rest)
        found = getattr(access.client(service), operation)(**{argument: given}, **more).get(item, {})
        return found if isinstance(found, dict) else _pairs(found)

    return tags


def _remove_targets(access: Access, name: str, rule: str) -> None:
    bus = rule.partition("/")[0]
    found = _pages(access, "events", "list_targets_by_rule", "Targets", Rule=name, EventBusName=bus)
    if ids := [target["Id"] for target in found]:
        access.client("events").remove_targets(Rule=name, EventBusName=bus, Ids=ids)


def _remove_policies(access: Access, role: str, _: str) -> None:
    iam = access.client("iam")
    for attached in _pages(access, "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
        iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    for name in _pages(access, "iam", "list_role_policies", "PolicyNames", RoleName=role):
        iam.delete_role_policy(RoleName=role, PolicyName=name)


def _remove_versions(access: Access, _: str, arn: str) -> None:
    iam = access.client("iam")
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def _remove_objects(access: Access, name: str, _: str) -> None:
    access.session.resource("s3", endpoint_url=access.endpoint).Bucket(name).object_versions.delete()


# The order is one in which resources can be deleted.
TYPES = (
    ListableType(
        "aws_lambda_event_source_mapping",
        _mappings,
        _deletion("lambda", "delete_event_source_mapping", UUID="{id}"),
        _tags("lambda", "list_tags", "Resource", "lambda:event-source-mapping:{id}"),
    ),
    ListableType(
        "aws_pipes_pipe",
        _by("pipes", "list_pipes", "Pipes", "Name", prefix="NamePrefix"),
        _deletion("pipes", "delete_pipe", Name="{name}"),
        _tags("pipes", "list_tags_for_resource", "resourceArn", "pipes:pipe/{name}", "tags"),
    ),
    ListableType(
        "aws_scheduler_schedule",
        _schedules,
        _deletion("scheduler", "delete_schedule", Name="{name}", GroupName="{parent}"),
    ),
    ListableType(
        "aws_scheduler_schedule_group",
        _by("scheduler", "list_schedule_groups", "ScheduleGroups", "Name", prefix="NamePrefix"),
        Deletion(
            *("scheduler", "delete_schedule_group", {"Name": "{name}"}), unless="ConflictException"
        ),  # it still has schedules
        _tags("scheduler", "list_tags_for_resource", "ResourceArn", "scheduler:schedule-group/{name}"),
    ),
    ListableType(
        "aws_cloudwatch_event_rule",
        _rules,
        _deletion("events", "delete_rule", Name="{name}", EventBusName="{parent}"),
        _tags("events", "list_tags_for_resource", "ResourceARN", "events:rule/{id}"),
        _remove_targets,
        "after events remove-targets",
    ),
    ListableType(
        "aws_cloudwatch_event_api_destination",
        _by("events", "list_api_destinations", "ApiDestinations", "Name", prefix="NamePrefix"),
        _deletion("events", "delete_api_destination", Name="{name}"),
    ),
    ListableType(
        "aws_cloudwatch_event_connection",
        _by("events", "list_connections", "Connections", "Name", prefix="NamePrefix"),
        _deletion("events", "delete_connection", Name="{name}"),
    ),
    ListableType(
        "aws_cloudwatch_event_archive",
        _by("events", "list_archives", "Archives", "ArchiveName", prefix="NamePrefix"),
        _deletion("events", "delete_archive", ArchiveName="{name}"),
    ),
    ListableType(
        "aws_sfn_state_machine",
        _by("stepfunctions", "list_state_machines", "stateMachines", "name", "stateMachineArn"),
        _deletion("stepfunctions", "delete_state_machine", stateMachineArn="{id}"),
        _tags("stepfunctions", "list_tags_for_resource", "resourceArn", item="tags"),
    ),
    ListableType(
        "aws_lambda_function",
        _by("lambda", "list_functions", "Functions", "FunctionName"),
        _deletion("lambda", "delete_function", FunctionName="{name}"),
        _tags("lambda", "list_tags", "Resource", "lambda:function:{name}"),
    ),
    ListableType(
        "aws_iam_role",
        _by("iam", "list_roles", "Roles", "RoleName"),
        _deletion("iam", "delete_role", RoleName="{name}"),
        _tags("iam", "list_role_tags", "RoleName", "{name}"),
        _remove_policies,
        "after iam delete-role-policy and detach-role-policy",
    ),
    ListableType(
        "aws_iam_policy",
        _by("iam", "list_policies", "Policies", "PolicyName", "Arn", Scope="Local"),
        _deletion("iam", "delete_policy", PolicyArn="{id}"),
        _tags("iam", "list_policy_tags", "PolicyArn"),
        _remove_versions,
    ),
    ListableType(
        "aws_sqs_queue",
        _queues,
        _deletion("sqs", "delete_queue", QueueUrl="{id}"),
        _tags("sqs", "list_queue_tags", "QueueUrl"),
    ),
    ListableType(
        "aws_sns_topic",
        _topics,
        _deletion("sns", "delete_topic", TopicArn="{id}"),
        _tags("sns", "list_tags_for_resource", "ResourceArn"),
    ),
    ListableType(
        "aws_dynamodb_table",
        _by("dynamodb", "list_tables", "TableNames", ""),
        _deletion("dynamodb", "delete_table", TableName="{name}"),
        _tags("dynamodb", "list_tags_of_resource", "ResourceArn", "dynamodb:table/{name}"),
    ),
    ListableType(
        "aws_secretsmanager_secret",
        _by("secretsmanager", "list_secrets", "SecretList", "Name", "ARN"),
        _deletion("secretsmanager", "delete_secret", ForceDeleteWithoutRecovery=True, SecretId="{id}"),
        _tags("secretsmanager", "describe_secret", "SecretId"),
    ),
    ListableType(
        "aws_ssm_parameter",
        _parameters,
        _deletion("ssm", "delete_parameter", Name="{name}"),
        _tags(
            *("ssm", "list_tags_for_resource", "ResourceId", "{name}", "TagList"), ResourceType="Parameter"
        ),
    ),
    ListableType(
        "aws_cloudwatch_metric_alarm",
        _by("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", prefix="AlarmNamePrefix"),
        _deletion("cloudwatch", "delete_alarms", AlarmNames=["{name}"]),
        _tags("cloudwatch", "list_tags_for_resource", "ResourceARN", "cloudwatch:alarm:{name}"),
    ),
    ListableType(
        "aws_cloudwatch_dashboard",
        _by(
            *("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
            prefix="DashboardNamePrefix",
        ),
        _deletion("cloudwatch", "delete_dashboards", DashboardNames=["{name}"]),
    ),
    ListableType(
        "aws_cloudwatch_log_group",
        _log_groups,
        _deletion("logs", "delete_log_group", logGroupName="{name}"),
        _tags("logs", "list_tags_for_resource", "resourceArn", "logs:log-group:{name}", "tags"),
    ),
    ListableType(
        "aws_s3_bucket",
        _by("s3", "list_buckets", "Buckets", "Name"),
        Deletion("s3", "delete_bucket", {"Bucket": "{name}"}, shown="aws s3 rb --force s3://{name}"),
        _bucket_tags,
        _remove_objects,
    ),
    ListableType(
        "aws_kms_alias",
        _by("kms", "list_aliases", "Aliases", "AliasName"),
        _deletion("kms", "delete_alias", AliasName="{name}"),
    ),
    ListableType(
        "aws_kms_key",
        _keys,
        _deletion("kms", "schedule_key_deletion", KeyId="{id}"),
        _tags("kms", "list_resource_tags", "KeyId"),
    ),
    ListableType(
        "aws_cloudwatch_event_bus",
        _buses,
        _deletion("events", "delete_event_bus", Name="{name}"),
        _tags("events", "list_tags_for_resource", "ResourceARN", "events:event-bus/{name}"),
    ),
)
