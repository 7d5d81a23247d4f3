"""For each type of resource, calls that use or change a thing of it; each is denied on what is another's.

`own` marks those that the boundary lets an extension's roles make on its own things; all others are denied
there as well: nothing at run time makes, changes or deletes what Terraform keeps. A type whose resources are
settings of another's (a queue's policy) has the call that would change it. A new type needs a line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call: the service and boto3's method, and its parameters from a resource's attributes."""

    service: str
    method: str
    parameters: Callable[[Values], dict[str, Any]]
    own: bool = False

    @property
    def action(self) -> str:
        """What a policy calls it, in lower case."""
        name = {"invoke": "invokefunction"}.get(self.method, self.method.replace("_", ""))
        return f"{self.service}:{name}".replace("stepfunctions", "states")

    def on(self, client: Callable[[str], Any], values: Values) -> None:
        """Make it.

        Raises:
            botocore.exceptions.ClientError: It was denied, or something else was wrong with it.
        """
        getattr(client(self.service), self.method)(**self.parameters(values))


def _rule(values: Values) -> dict[str, Any]:
    return {"Name": values["name"], "EventBusName": values["event_bus_name"]}


def _key(values: Values) -> dict[str, Any]:
    names = [values["hash_key"], *filter(None, [values.get("range_key")])]
    kinds = {each["name"]: each["type"] for each in values["attribute"]}
    return {name: {kinds[name]: "1"} for name in names}


def _policy(values: Values) -> str:
    return '{"Version": "2012-10-17", "Statement": []}'


def _machine(arn: str) -> dict[str, Any]:
    return {"stateMachineArn": arn}


_EVENT = {
    "Source": "awsserverlessda.serverlesspresso",
    "DetailType": "OrderManager.MakeOrder",
    "Detail": "{}",
}

CALLS: Mapping[str, tuple[Call, ...]] = {
    "aws_apigatewayv2_api": (Call("apigatewayv2", "delete_api", lambda v: {"ApiId": v["id"]}),),
    "aws_apigatewayv2_authorizer": (
        Call("apigatewayv2", "delete_authorizer", lambda v: {"ApiId": v["api_id"], "AuthorizerId": v["id"]}),
    ),
    "aws_apigatewayv2_integration": (
        Call(
            "apigatewayv2", "delete_integration", lambda v: {"ApiId": v["api_id"], "IntegrationId": v["id"]}
        ),
    ),
    "aws_apigatewayv2_route": (
        Call("apigatewayv2", "delete_route", lambda v: {"ApiId": v["api_id"], "RouteId": v["id"]}),
    ),
    "aws_apigatewayv2_stage": (
        Call("apigatewayv2", "delete_stage", lambda v: {"ApiId": v["api_id"], "StageName": v["name"]}),
    ),
    "aws_cloudwatch_event_api_destination": (
        Call("events", "delete_api_destination", lambda v: {"Name": v["name"]}),
    ),
    "aws_cloudwatch_event_archive": (Call("events", "delete_archive", lambda v: {"ArchiveName": v["name"]}),),
    "aws_cloudwatch_event_bus": (
        Call("events", "put_events", lambda v: {"Entries": [{**_EVENT, "EventBusName": v["name"]}]}),
        Call("events", "put_rule", lambda v: {"Name": "r", "EventBusName": v["name"], "EventPattern": "{}"}),
        Call("events", "delete_event_bus", lambda v: {"Name": v["name"]}),
    ),
    "aws_cloudwatch_event_connection": (Call("events", "delete_connection", lambda v: {"Name": v["name"]}),),
    "aws_cloudwatch_event_permission": (
        Call(
            "events",
            "remove_permission",
            lambda v: {"EventBusName": v["event_bus_name"], "StatementId": v["statement_id"]},
        ),
    ),
    "aws_cloudwatch_event_rule": (
        Call("events", "describe_rule", _rule, own=True),
        Call("events", "put_rule", lambda v: {**_rule(v), "EventPattern": '{"source": ["x"]}'}),
        Call("events", "delete_rule", _rule),
    ),
    "aws_cloudwatch_event_target": (
        Call(
            "events",
            "remove_targets",
            lambda v: {"Rule": v["rule"], "EventBusName": v["event_bus_name"], "Ids": [v["target_id"]]},
        ),
    ),
    "aws_cloudwatch_log_group": (
        Call("logs", "filter_log_events", lambda v: {"logGroupName": v["name"]}, own=True),
        Call("logs", "delete_log_group", lambda v: {"logGroupName": v["name"]}),
    ),
    "aws_cloudwatch_log_resource_policy": (
        Call(
            "logs",
            "put_resource_policy",
            lambda v: {"resourceArn": v["resource_arn"], "policyDocument": _policy(v)},
        ),
    ),
    "aws_cloudwatch_dashboard": (
        Call("cloudwatch", "delete_dashboards", lambda v: {"DashboardNames": [v["dashboard_name"]]}),
    ),
    "aws_cloudwatch_metric_alarm": (
        Call("cloudwatch", "delete_alarms", lambda v: {"AlarmNames": [v["alarm_name"]]}),
    ),
    "aws_cognito_user_group": (
        Call(
            "cognito-idp", "delete_group", lambda v: {"UserPoolId": v["user_pool_id"], "GroupName": v["name"]}
        ),
    ),
    "aws_cognito_user_pool": (
        Call("cognito-idp", "delete_user_pool", lambda v: {"UserPoolId": v["id"]}),
        Call("cognito-idp", "list_users", lambda v: {"UserPoolId": v["id"]}),
    ),
    "aws_cognito_user_pool_client": (
        Call(
            "cognito-idp",
            "delete_user_pool_client",
            lambda v: {"UserPoolId": v["user_pool_id"], "ClientId": v["id"]},
        ),
    ),
    "aws_dynamodb_table": (
        Call("dynamodb", "get_item", lambda v: {"TableName": v["name"], "Key": _key(v)}, own=True),
        Call("dynamodb", "put_item", lambda v: {"TableName": v["name"], "Item": _key(v)}, own=True),
        Call("dynamodb", "delete_table", lambda v: {"TableName": v["name"]}),
    ),
    "aws_iam_policy": (
        Call("iam", "create_policy_version", lambda v: {"PolicyArn": v["arn"], "PolicyDocument": _policy(v)}),
    ),
    "aws_iam_role": (
        Call("sts", "assume_role", lambda v: {"RoleArn": v["arn"], "RoleSessionName": "another"}),
        Call("iam", "delete_role_permissions_boundary", lambda v: {"RoleName": v["name"]}),
    ),
    "aws_iam_role_policy": (
        Call(
            "iam",
            "put_role_policy",
            lambda v: {"RoleName": v["role"], "PolicyName": v["name"], "PolicyDocument": _policy(v)},
        ),
    ),
    "aws_lambda_event_source_mapping": (
        Call("lambda", "update_event_source_mapping", lambda v: {"UUID": v["uuid"], "Enabled": False}),
    ),
    "aws_lambda_function": (
        Call("lambda", "invoke", lambda v: {"FunctionName": v["arn"], "InvocationType": "DryRun"}, own=True),
        Call("lambda", "update_function_configuration", lambda v: {"FunctionName": v["arn"], "Timeout": 1}),
    ),
    "aws_lambda_permission": (
        Call(
            "lambda",
            "remove_permission",
            lambda v: {"FunctionName": v["function_name"], "StatementId": v["statement_id"]},
        ),
    ),
    "aws_s3_bucket": (
        Call("s3", "put_object", lambda v: {"Bucket": v["bucket"], "Key": "k", "Body": b""}, own=True),
        Call("s3", "delete_bucket", lambda v: {"Bucket": v["bucket"]}),
    ),
    "aws_s3_bucket_lifecycle_configuration": (
        Call("s3", "delete_bucket_lifecycle", lambda v: {"Bucket": v["bucket"]}),
    ),
    "aws_s3_bucket_policy": (Call("s3", "delete_bucket_policy", lambda v: {"Bucket": v["bucket"]}),),
    "aws_s3_bucket_public_access_block": (
        Call("s3", "delete_public_access_block", lambda v: {"Bucket": v["bucket"]}),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        Call("s3", "delete_bucket_encryption", lambda v: {"Bucket": v["bucket"]}),
    ),
    "aws_s3_bucket_versioning": (
        Call(
            "s3",
            "put_bucket_versioning",
            lambda v: {"Bucket": v["bucket"], "VersioningConfiguration": {"Status": "Suspended"}},
        ),
    ),
    "aws_s3_object": (
        Call("s3", "get_object", lambda v: {"Bucket": v["bucket"], "Key": v["key"]}, own=True),
        Call("s3", "put_object", lambda v: {"Bucket": v["bucket"], "Key": v["key"], "Body": b""}, own=True),
    ),
    "aws_scheduler_schedule": (
        Call(
            "scheduler",
            "get_schedule",
            lambda v: {"Name": v["name"], "GroupName": v["group_name"]},
            own=True,
        ),
        Call(
            "scheduler",
            "update_schedule",
            lambda v: {
                "Name": v["name"],
                "GroupName": v["group_name"],
                "ScheduleExpression": "rate(1 hour)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": v["target"][0]["arn"], "RoleArn": v["target"][0]["role_arn"]},
            },
        ),
    ),
    "aws_scheduler_schedule_group": (
        Call("scheduler", "delete_schedule_group", lambda v: {"Name": v["name"]}),
    ),
    "aws_secretsmanager_secret": (
        Call("secretsmanager", "describe_secret", lambda v: {"SecretId": v["arn"]}, own=True),
        Call("secretsmanager", "delete_secret", lambda v: {"SecretId": v["arn"]}),
    ),
    "aws_secretsmanager_secret_version": (
        Call("secretsmanager", "get_secret_value", lambda v: {"SecretId": v["secret_id"]}, own=True),
    ),
    "aws_sfn_state_machine": (
        Call("stepfunctions", "list_executions", lambda v: _machine(v["arn"]), own=True),
        Call("stepfunctions", "delete_state_machine", lambda v: _machine(v["arn"])),
    ),
    "aws_sns_topic": (
        Call("sns", "publish", lambda v: {"TopicArn": v["arn"], "Message": "m"}, own=True),
        Call("sns", "delete_topic", lambda v: {"TopicArn": v["arn"]}),
    ),
    "aws_sns_topic_policy": (
        Call(
            "sns",
            "set_topic_attributes",
            lambda v: {"TopicArn": v["arn"], "AttributeName": "Policy", "AttributeValue": _policy(v)},
        ),
    ),
    "aws_sns_topic_subscription": (Call("sns", "unsubscribe", lambda v: {"SubscriptionArn": v["arn"]}),),
    "aws_sqs_queue": (
        Call("sqs", "get_queue_attributes", lambda v: {"QueueUrl": v["url"]}, own=True),
        Call("sqs", "receive_message", lambda v: {"QueueUrl": v["url"], "VisibilityTimeout": 0}, own=True),
        Call("sqs", "purge_queue", lambda v: {"QueueUrl": v["url"]}),
        Call("sqs", "delete_queue", lambda v: {"QueueUrl": v["url"]}),
    ),
    "aws_sqs_queue_policy": (
        Call(
            "sqs",
            "set_queue_attributes",
            lambda v: {"QueueUrl": v["queue_url"], "Attributes": {"Policy": _policy(v)}},
        ),
    ),
    "aws_ssm_parameter": (
        Call("ssm", "get_parameter", lambda v: {"Name": v["name"]}, own=True),
        Call(
            "ssm",
            "put_parameter",
            lambda v: {"Name": v["name"], "Value": "1", "Type": v["type"], "Overwrite": True},
            own=True,
        ),
    ),
}
