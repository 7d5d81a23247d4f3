"""What the emulator alone does, to notice changes of an upgrade: gaps that presso fills, and those that stay.

The first kind is a table of probes. Each is whether an emulator behaves as AWS: with the gaps filled all of
them do, and without none. One that fails here after an upgrade can be taken out of
presso/local_aws/emulator_patches.
"""

import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import created_function

from presso.local_aws import Running
from presso.processes import wait_until

Aws = Callable[[str], Any]

ROLE = "arn:aws:iam::111111111111:role/player"
PATTERN = '{"source": ["cafe"]}'
ENTRY = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": "nyc"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "a", "Effect": "Deny", "Principal": {"AWS": "111111111111"}, "Action": "events:*"}],
}


def refuses(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether a call ends with an error of the service."""
    from botocore.exceptions import ClientError

    try:
        call(**arguments)
    except ClientError:
        return True
    return False


def queue(aws: Aws, name: str) -> tuple[str, str]:
    """A new queue's URL and ARN; its messages stay invisible as long as a function may take."""
    url = aws("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def failed(aws: Aws, **changed: str) -> int:
    """How many entries of one changed entry fail."""
    count: int = aws("events").put_events(Entries=[{**ENTRY, **changed}])["FailedEntryCount"]
    return count


def execution(aws: Aws, definition: dict[str, Any], name: str = "m") -> Any:
    """The description of an execution of this state machine, once it has ended."""
    states = aws("stepfunctions")
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    assert wait_until(
        lambda: states.describe_execution(executionArn=started)["status"] != "RUNNING", PATIENCE
    )
    return states.describe_execution(executionArn=started)


def function(aws: Aws, source: str, runtime: str = "python3.13", **settings: Any) -> str:
    """The ARN of a new function with this source."""
    usual = {"Handler": "handler.handle", "Role": ROLE}
    return created_function(aws, runtime, "handler.py", source, **usual, **settings)


def invoke(aws: Aws) -> Any:
    """What the function returns."""
    return json.loads(aws("lambda").invoke(FunctionName="f")["Payload"].read())


def put_task(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A state machine that puts these events."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": entries},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Put", "States": {"Put": {**task, "End": True}}}


def logs_events(aws: Aws) -> bool:
    aws("logs").create_log_group(logGroupName="g")
    arn = aws("logs").describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
    aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": arn}])
    aws("events").put_events(Entries=[ENTRY])
    return bool(aws("logs").filter_log_events(logGroupName="g")["events"])


def keeps_the_time_of_an_entry(aws: Aws) -> bool:
    url, arn = queue(aws, "q")
    aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": arn}])
    aws("events").put_events(Entries=[{**ENTRY, "Time": 1}])
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    return bool(json.loads(message["Body"])["time"] == "1970-01-01T00:00:01Z")


def keeps_a_whole_bus_policy(aws: Aws) -> bool:
    aws("events").put_permission(EventBusName="nyc", Policy=json.dumps(POLICY))
    return bool(json.loads(aws("events").describe_event_bus(Name="nyc")["Policy"]) == POLICY)


def writes_a_permission_s_condition_as_a_policy_has_it(aws: Aws) -> bool:
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}
    aws("events").put_permission(
        EventBusName="nyc", StatementId="s", Action="events:PutEvents", Principal="*", Condition=condition
    )
    (statement,) = json.loads(aws("events").describe_event_bus(Name="nyc")["Policy"])["Statement"]
    return bool(statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}})


def keeps_warm_throughput(aws: Aws) -> bool:
    warm = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}
    aws("dynamodb").create_table(
        TableName="warm",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        WarmThroughput=warm,
    )
    kept = aws("dynamodb").describe_table(TableName="warm")["Table"]["WarmThroughput"]
    return bool(warm.items() <= kept.items())


def keeps_a_metric_of_a_bucket(aws: Aws) -> bool:
    s3 = aws("s3")
    s3.create_bucket(Bucket="beans-counted")
    s3.put_bucket_metrics_configuration(Bucket="beans-counted", Id="all", MetricsConfiguration={"Id": "all"})
    kept = s3.get_bucket_metrics_configuration(Bucket="beans-counted", Id="all").get("MetricsConfiguration")
    s3.delete_bucket_metrics_configuration(Bucket="beans-counted", Id="all")
    return bool(
        kept == {"Id": "all"}
        and [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["beans-counted"]
        and refuses(s3.get_bucket_metrics_configuration, Bucket="beans-counted", Id="all")
    )


def keeps_a_query(aws: Aws) -> bool:
    logs = aws("logs")
    if refuses(logs.put_query_definition, name="bar/errors", queryString="fields @message"):
        return False
    return [one["name"] for one in logs.describe_query_definitions()["queryDefinitions"]] == ["bar/errors"]


def keeps_what_scales(aws: Aws) -> bool:
    scaling = aws("application-autoscaling")
    of = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    early = refuses(scaling.put_scaling_policy, PolicyName="p", **of)
    if refuses(scaling.register_scalable_target, **of, MinCapacity=1, MaxCapacity=2):
        return False
    scaling.register_scalable_target(**of, MaxCapacity=3)
    scaling.put_scaling_policy(PolicyName="p", **of)
    (kept,) = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    scaling.deregister_scalable_target(**of)
    gone = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"] == []
    return early and gone and (kept["MinCapacity"], kept["MaxCapacity"]) == (1, 3)


def leaves_a_signed_archive(aws: Aws) -> bool:
    s3, signer, packed = aws("s3"), aws("signer"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "x = 1")
    s3.create_bucket(Bucket="beans-signed")
    s3.put_object(Bucket="beans-signed", Key="code.zip", Body=packed.getvalue())
    arn = signer.put_signing_profile(profileName="beans", platformId="AWSLambda-SHA384-ECDSA")["arn"]
    source = {"bucketName": "beans-signed", "key": "code.zip", "version": "null"}
    job = signer.start_signing_job(
        profileName="beans", source={"s3": source}, destination={"s3": {"bucketName": "beans-signed"}}
    )
    key = signer.describe_signing_job(jobId=job["jobId"])["signedObject"]["s3"]["key"]
    signed = io.BytesIO(s3.get_object(Bucket="beans-signed", Key=key)["Body"].read())
    if not zipfile.is_zipfile(signed):
        return False
    with zipfile.ZipFile(signed) as archive:
        names = archive.namelist()
    signer.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    signer.untag_resource(resourceArn=arn, tagKeys=["a"])
    return "index.py" in names and signer.get_signing_profile(profileName="beans")["tags"] == {"b": "2"}


def needs_a_signing_configuration_that_is_there(aws: Aws) -> bool:
    functions = aws("lambda")
    publishers = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:1:/signing-profiles/a/b"]}
    made = functions.create_code_signing_config(AllowedPublishers=publishers).get("CodeSigningConfig")
    if made is None:
        return False
    named = {"CodeSigningConfigArn": made["CodeSigningConfigArn"]}
    created_function(aws, "python3.12", "handler.py", "", **named)
    used = refuses(functions.delete_code_signing_config, **named)
    functions.delete_function(FunctionName="f")
    functions.delete_code_signing_config(**named)
    return used and refuses(functions.get_code_signing_config, **named)


def shows_the_backup_of_a_delivery_stream(aws: Aws) -> bool:
    place = {"BucketARN": "arn:aws:s3:::beans", "RoleARN": "arn:aws:iam::123456789012:role/r"}
    whole = {**place, "S3BackupMode": "Enabled", "S3BackupConfiguration": place, "FileExtension": ".gz"}
    aws("firehose").create_delivery_stream(DeliveryStreamName="s", ExtendedS3DestinationConfiguration=whole)
    stream = aws("firehose").describe_delivery_stream(DeliveryStreamName="s")["DeliveryStreamDescription"]
    shown = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
    return (shown.get("FileExtension"), shown.get("S3BackupDescription")) == (".gz", place)


def has_a_payer_of_requests(aws: Aws) -> bool:
    s3 = aws("s3")
    s3.create_bucket(Bucket="beans-paid")
    s3.put_bucket_request_payment(Bucket="beans-paid", RequestPaymentConfiguration={"Payer": "Requester"})
    return bool(s3.get_bucket_request_payment(Bucket="beans-paid").get("Payer") == "Requester")


def has_the_managed_policies_of_modules(aws: Aws) -> bool:
    arns = [
        f"arn:aws:iam::aws:policy/{name}"
        for name in ("service-role/AWSLambdaENIManagementAccess", "AWSXrayWriteOnlyAccess")
    ]
    return not any(refuses(aws("iam").get_policy, PolicyArn=arn) for arn in arns)


def renames_users_and_groups_with_all_they_have(aws: Aws) -> bool:
    iam, denied = aws("iam"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    before = iam.create_user(UserName="ann", Tags=[{"Key": "shift", "Value": "early"}])["User"]
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy)
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="ann", Password="Abcdef1!")
    iam.create_group(GroupName="bar")
    iam.put_group_policy(GroupName="bar", PolicyName="own", PolicyDocument=policy)
    iam.add_user_to_group(GroupName="bar", UserName="ann")
    iam.create_user(UserName="Bob")
    if refuses(iam.update_user, UserName="ann", NewUserName="eve", NewPath="/bar/"):
        return False
    iam.update_group(GroupName="bar", NewGroupName="pub")
    after = iam.get_user(UserName="eve")["User"]
    keys = iam.list_access_keys(UserName="eve")["AccessKeyMetadata"]
    return (
        refuses(iam.get_user, UserName="ann")
        and refuses(iam.update_user, UserName="eve", NewUserName="bob")
        and refuses(iam.update_group, GroupName="bar", NewGroupName="pub")
        and after["Arn"] == before["Arn"].replace("user/ann", "user/bar/eve")
        and (after["UserId"], after["Tags"]) == (before["UserId"], [{"Key": "shift", "Value": "early"}])
        and iam.list_user_policies(UserName="eve")["PolicyNames"] == ["own"]
        and [
            each["PolicyArn"] for each in iam.list_attached_user_policies(UserName="eve")["AttachedPolicies"]
        ]
        == [arn]
        and [(each["AccessKeyId"], each["UserName"]) for each in keys] == [(key, "eve")]
        and iam.get_login_profile(UserName="eve")["LoginProfile"]["UserName"] == "eve"
        and [each["UserName"] for each in iam.get_group(GroupName="pub")["Users"]] == ["eve"]
        and iam.list_group_policies(GroupName="pub")["PolicyNames"] == ["own"]
    )


def keeps_an_accounts_public_access(aws: Aws) -> bool:
    client = s3_control(aws)
    wanted = {"BlockPublicAcls": True, "RestrictPublicBuckets": False}
    named = {"AccountId": "111111111111"}
    if refuses(client.put_public_access_block, **named, PublicAccessBlockConfiguration=wanted):
        return False
    kept = client.get_public_access_block(**named)["PublicAccessBlockConfiguration"]
    client.delete_public_access_block(**named)
    return bool(wanted.items() <= kept.items()) and refuses(client.get_public_access_block, **named)


def s3_control(aws: Aws) -> Any:
    """A client whose requests go to the emulator's own address, not to one for an account below it."""
    client = aws("s3control")

    def plain(request: Any, **_: Any) -> None:
        request.url = request.url.replace("//111111111111.", "//")

    client.meta.events.register("before-sign.s3-control", plain)
    return client


def makes_replicas_with_a_secret(aws: Aws) -> bool:
    client = aws("secretsmanager")
    client.create_secret(Name="beans", SecretString="x", AddReplicaRegions=[{"Region": "us-west-2"}])
    made = client.describe_secret(SecretId="beans").get("ReplicationStatus", [])
    if refuses(client.remove_regions_from_replication, SecretId="beans", RemoveReplicaRegions=["us-west-2"]):
        return False
    left = client.describe_secret(SecretId="beans").get("ReplicationStatus", [])
    return [each["Region"] for each in made] == ["us-west-2"] and left == []


def rotates_later_and_cancels(aws: Aws) -> bool:
    client = aws("secretsmanager")
    first = client.create_secret(Name="teas", SecretString="x")["VersionId"]
    arn = "arn:aws:lambda:us-east-1:111111111111:function:f"
    rules = {"AutomaticallyAfterDays": 30}
    client.rotate_secret(SecretId="teas", RotationLambdaARN=arn, RotationRules=rules, RotateImmediately=False)
    rotating = client.describe_secret(SecretId="teas")
    if refuses(client.cancel_rotate_secret, SecretId="teas"):
        return False
    cancelled = client.describe_secret(SecretId="teas")
    kept = list(rotating["VersionIdsToStages"]) == [first]
    return bool(kept and rotating["RotationEnabled"] and not cancelled["RotationEnabled"])


def keeps_the_key_of_a_connection(aws: Aws) -> bool:
    key = "arn:aws:kms:us-east-1:111111111111:key/bar"
    aws("events").create_connection(
        Name="bar",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}},
        KmsKeyIdentifier=key,
    )
    return bool(aws("events").describe_connection(Name="bar").get("KmsKeyIdentifier") == key)


def removes_several_tags_of_schedules(aws: Aws) -> bool:
    tags = [{"Key": key, "Value": "1"} for key in ("a", "b", "c")]
    group = aws("scheduler").create_schedule_group(Name="hourly", Tags=tags)["ScheduleGroupArn"]
    aws("scheduler").untag_resource(ResourceArn=group, TagKeys=["a", "b"])
    left = aws("scheduler").list_tags_for_resource(ResourceArn=group)["Tags"]
    return bool([tag["Key"] for tag in left] == ["c"])


def removes_a_filter_policy(aws: Aws) -> bool:
    topic = aws("sns").create_topic(Name="filtered")["TopicArn"]
    _, endpoint = queue(aws, "filtered")
    subscription = aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=endpoint,
        Attributes={"FilterPolicy": '{"a":["b"]}'},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    aws("sns").set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    kept = aws("sns").get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    return "FilterPolicy" not in kept


def refuses_machines_that_log_nowhere(aws: Aws) -> bool:
    group = {"logGroupArn": "arn:aws:logs:us-east-1:111111111111:log-group:g"}
    destinations: list[list[Any]] = [[], [{"cloudWatchLogsLogGroup": group}]]
    return all(
        refuses(
            aws("stepfunctions").create_state_machine,
            name=f"m{len(found)}",
            definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
            roleArn=ROLE,
            loggingConfiguration={"level": "ALL", "destinations": found},
        )
        for found in destinations
    )


def refuses_functions(aws: Aws, name: str, **settings: Any) -> bool:
    wanted = {"runtime": "python3.13", "FunctionName": name, **settings}
    return refuses(created_function, aws=aws, file="handler.py", code="", **wanted)


def refuses_wrong_starting_positions(aws: Aws) -> bool:
    name = function(aws, "")
    _, source = queue(aws, "source")
    create = aws("lambda").create_event_source_mapping
    stream = "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2026-01-01T00:00:00.000"
    return refuses(create, FunctionName=name, EventSourceArn=source, StartingPosition="LATEST") and refuses(
        create, FunctionName=name, EventSourceArn=stream
    )


def refuses_a_pipe_without_a_position(aws: Aws) -> bool:
    stream = "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2026-01-01T00:00:00.000"
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    return refuses(aws("pipes").create_pipe, Name="p", RoleArn=ROLE, Source=stream, Target=topic)


def refuses_dead_letters_of_another_type(aws: Aws) -> bool:
    _, letters = queue(aws, "letters")
    policy = json.dumps({"deadLetterTargetArn": letters, "maxReceiveCount": 3})
    fifo = {"FifoQueue": "true", "RedrivePolicy": policy}
    return refuses(aws("sqs").create_queue, QueueName="a.fifo", Attributes=fifo)


def refuses_a_limit_without_its_scope(aws: Aws) -> bool:
    attributes = {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}
    return refuses(aws("sqs").create_queue, QueueName="b.fifo", Attributes=attributes)


def refuses_another_attribute_for_time_to_live(aws: Aws) -> bool:
    aws("dynamodb").create_table(
        TableName="expiring",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    change = aws("dynamodb").update_time_to_live
    first, second = ({"Enabled": True, "AttributeName": name} for name in ("gone", "expires"))
    change(TableName="expiring", TimeToLiveSpecification=first)
    return refuses(change, TableName="expiring", TimeToLiveSpecification=second)


def refuses_a_schedule(aws: Aws, window: dict[str, Any], **dates: str) -> bool:
    return refuses(
        aws("scheduler").create_schedule,
        Name=f"s{len(dates)}-{window['Mode']}",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow=window,
        Target={"Arn": "arn:aws:sqs:us-east-1:111111111111:q", "RoleArn": ROLE},
        **dates,
    )


def forgets_the_policy_of_a_deleted_bus(aws: Aws) -> bool:
    events = aws("events")
    events.create_event_bus(Name="b")
    events.put_permission(EventBusName="b", StatementId="s", Action="events:PutEvents", Principal="*")
    events.delete_event_bus(Name="b")
    events.create_event_bus(Name="b")
    return "Policy" not in events.describe_event_bus(Name="b")


def resets_what_is_left_out_of_a_rule(aws: Aws) -> bool:
    aws("events").put_rule(Name="r", EventBusName="nyc", EventPattern=PATTERN, Description="d")
    aws("events").put_rule(Name="r", EventBusName="nyc", EventPattern=PATTERN)
    return "Description" not in aws("events").describe_rule(Name="r", EventBusName="nyc")


def refuses_a_sixth_target(aws: Aws) -> bool:
    targets = [{"Id": f"t{n}", "Arn": f"arn:aws:sqs:us-east-1:111111111111:q{n}"} for n in range(6)]
    return refuses(aws("events").put_targets, Rule="r", EventBusName="nyc", Targets=targets)


def refuses_to_delete_a_rule_with_targets(aws: Aws) -> bool:
    target = {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:111111111111:q"}
    aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[target])
    return refuses(aws("events").delete_rule, Name="r", EventBusName="nyc")


def names_the_execution_as_a_resource(aws: Aws) -> bool:
    url, arn = queue(aws, "q")
    aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": arn}])
    found = execution(aws, put_task([ENTRY]))
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    return found["executionArn"] in json.loads(message["Body"])["resources"]


def get_task(bucket: str, **more: str) -> dict[str, Any]:
    """A state machine that reads an object."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": bucket, "Key": "a b.json", **more},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Get", "States": {"Get": {**task, "End": True}}}


def reads_an_object_by_its_bytes(aws: Aws) -> bool:
    bucket = f"b-{aws('sts').get_caller_identity()['Account']}"
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="a b.json", Body='["ü", 1]'.encode(), ContentType="text/plain")
    whole, part = (
        json.loads(execution(aws, get_task(bucket, **more), name).get("output", "{}"))
        for name, more in (("whole", {}), ("part", {"Range": "bytes=1-4"}))
    )
    reported = (part.get("Body"), part.get("ContentLength"), part.get("ContentRange"))
    return (whole.get("Body"), *reported) == ('["ü", 1]', '"ü"', 4, "bytes 1-4/9")


def fails_for_a_missing_object(aws: Aws) -> bool:
    bucket = f"b-{aws('sts').get_caller_identity()['Account']}"
    aws("s3").create_bucket(Bucket=bucket)
    return execution(aws, get_task(bucket)).get("error") == "S3.NoSuchKeyException"


def keeps_the_event_itself_as_a_dead_letter(aws: Aws) -> bool:
    function(aws, "def handle(event, context): raise ValueError('sold out')")
    queue = aws("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    functions = aws("lambda")
    functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": arn})
    functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"order": 1}')
    found: list[Any] = []

    def kept() -> bool:
        messages = aws("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
        found.extend(messages.get("Messages", []))
        return bool(found)

    assert wait_until(kept, PATIENCE)
    why = found[0].get("MessageAttributes", {}).get("ErrorMessage", {}).get("StringValue")
    return (json.loads(found[0]["Body"]), why) == ({"order": 1}, "sold out")


def updates_a_user_group(aws: Aws) -> bool:
    cognito = aws("cognito-idp")
    group = {"UserPoolId": cognito.create_user_pool(PoolName="users")["UserPool"]["Id"], "GroupName": "staff"}
    cognito.create_group(**group, Description="Those who work", Precedence=1)
    if refuses(cognito.update_group, **group, Precedence=2):
        return False
    found = cognito.get_group(**group)["Group"]
    return (found["Description"], found["Precedence"]) == ("Those who work", 2)


def names_why_a_function_does_not_start(aws: Aws) -> bool:
    function(aws, "import a_library")
    return bool(invoke(aws)["errorType"] == "Runtime.ImportModuleError")


def fails_by_the_name_of_an_exception(aws: Aws) -> bool:
    arn = function(aws, "class Sold(Exception): pass\ndef handle(event, context): raise Sold('out')")
    task = {"Type": "Task", "Resource": arn, "End": True}
    return execution(aws, {"StartAt": "Call", "States": {"Call": task}}).get("error") == "Sold"


def fails_for_a_path_that_leads_nowhere(aws: Aws) -> bool:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "P"}],
        "Default": "P",
    }
    ends = {"P": {"Type": "Pass", "End": True}}
    errors = [
        execution(aws, {"StartAt": "S", "States": {"S": state, **ends}}, f"m{number}").get("error")
        for number, state in enumerate(
            (
                choice,
                {"Type": "Pass", "Parameters": {"b.$": "$.a.b"}, "End": True},
                {**ends["P"], "InputPath": "$.a"},
            )
        )
    ]
    return errors == ["States.Runtime"] * 3


def distinguishes_null_from_nothing(aws: Aws) -> bool:
    rules = [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "IsNull": True}]
    choice = {"Type": "Choice", "Choices": [{"And": rules, "Next": "P"}]}
    states = {
        "N": {"Type": "Pass", "Result": {"a": None}, "Next": "C"},
        "C": choice,
        "P": {"Type": "Pass", "End": True},
    }
    return execution(aws, {"StartAt": "N", "States": states}).get("status") == "SUCCEEDED"


def refuses_a_second_mapping(aws: Aws) -> bool:
    function(aws, "def handle(event, context): pass")
    mapping = {"FunctionName": "f", "EventSourceArn": queue(aws, "q")[1]}
    aws("lambda").create_event_source_mapping(**mapping)
    return refuses(aws("lambda").create_event_source_mapping, **mapping)


def refuses_a_mapping_from_a_hasty_queue(aws: Aws) -> bool:
    function(aws, "def handle(event, context): pass")
    url, arn = queue(aws, "q")
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    return refuses(aws("lambda").create_event_source_mapping, FunctionName="f", EventSourceArn=arn)


def notices_too_much_memory(aws: Aws) -> bool:
    function(aws, "def handle(event, context): return len(b'x' * (200 << 20))")
    found = invoke(aws)  # its size, or an error; on a busy machine alone a timeout
    return isinstance(found, dict) and found["errorType"] == "Runtime.OutOfMemory"


def replays_to_the_named_rules_alone(aws: Aws) -> bool:
    events = aws("events")
    (wanted, named), (other, unnamed) = queue(aws, "wanted"), queue(aws, "other")
    rule = events.put_rule(Name="named", EventBusName="nyc", EventPattern=PATTERN)["RuleArn"]
    source = events.describe_event_bus(Name="nyc")["Arn"]
    archive = events.create_archive(ArchiveName="a", EventSourceArn=source)["ArchiveArn"]
    events.put_events(Entries=[ENTRY])
    events.put_targets(Rule="named", EventBusName="nyc", Targets=[{"Id": "t", "Arn": named}])
    events.put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": unnamed}])
    events.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=time.time() - 3600,
        EventEndTime=time.time() + 60,
        Destination={"Arn": source, "FilterArns": [rule]},
    )
    assert wait_until(lambda: events.describe_replay(ReplayName="again")["State"] == "COMPLETED", PATIENCE)
    reported = [aws("sqs").receive_message(QueueUrl=url).get("Messages", []) for url in (wanted, other)]
    return [len(messages) for messages in reported] == [1, 0]


def finds_an_api_of_any_account(aws: Aws) -> bool:
    """Whether a request without credentials reaches an API; here its answer about CORS."""
    client = aws("apigatewayv2")
    api = client.create_api(Name="a", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": ["http://x"]})
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    where = urlsplit(client.meta.endpoint_url)
    connection = http.client.HTTPConnection(where.netloc, timeout=PATIENCE)
    headers = {"Origin": "http://x", "Access-Control-Request-Method": "GET"}
    connection.request("OPTIONS", f"/_aws/execute-api/{api['ApiId']}/$default/", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status == 204


def knows_a_connection_by_its_id(aws: Aws) -> bool:
    from botocore.exceptions import ClientError

    try:
        aws("apigatewaymanagementapi").post_to_connection(ConnectionId="gone", Data=b"x")
    except ClientError as error:
        return error.response["Error"]["Code"] == "GoneException"
    return False


def signs_up_in_any_account(aws: Aws) -> bool:
    """Whether a request without credentials finds the client of a user pool."""
    client = aws("cognito-idp")
    pool = client.create_user_pool(PoolName="p")["UserPool"]["Id"]
    made = client.create_user_pool_client(UserPoolId=pool, ClientName="c")["UserPoolClient"]["ClientId"]
    return not refuses(client.sign_up, ClientId=made, Username="u", Password="Secret-secret-1")


def log_lines(aws: Aws, start: str) -> list[str]:
    """The lines of the function's log that start so."""
    groups = aws("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    found = aws("logs").filter_log_events(logGroupName="/aws/lambda/f") if groups else {"events": []}
    return [event["message"] for event in found["events"] if event["message"].startswith(start)]


def waits_for_concurrency(aws: Aws) -> bool:
    """Whether a throttled asynchronous call, without retries, runs when the one before it has ended.

    The first one ends when all are made. A busy emulator alone loses lines that functions print, not its own.
    """
    url, arn = queue(aws, "failures")

    def failures() -> int:
        found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    with tempfile.NamedTemporaryFile() as held:
        function(
            aws,
            "import os, time\n"
            f"while os.path.exists({held.name!r}): time.sleep(0.05)\n"
            "def handle(event, context): pass\n",
            Timeout=PATIENCE,
        )
        aws("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
        destinations = {"OnFailure": {"Destination": arn}}
        aws("lambda").put_function_event_invoke_config(
            FunctionName="f", MaximumRetryAttempts=0, DestinationConfig=destinations
        )
        for _ in range(3):
            aws("lambda").invoke(FunctionName="f", InvocationType="Event")
    assert wait_until(lambda: len(log_lines(aws, "START ")) + failures() == 3, PATIENCE)
    return not failures()


def runs_a_burst_in_turns(aws: Aws) -> bool:
    """Whether many calls at once share a few environments, which take half a second to start.

    A busy emulator alone loses lines that functions print. There they can write files: each environment does,
    and waits for the others.
    """
    calls = 6 * (os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        function(
            aws,
            f"""
import os, tempfile, time
try:
    tempfile.mkstemp(dir={folder!r})
    while len(os.listdir({folder!r})) < {calls}:
        time.sleep(0.05)
except OSError:
    time.sleep(0.5)
def handle(event, context):
    print("environment", os.getpid(), flush=True)
""",
            Timeout=PATIENCE,
        )
        for _ in range(calls):
            aws("lambda").invoke(FunctionName="f", InvocationType="Event")

        def all_alone() -> bool:
            return len([*Path(folder).iterdir()]) >= calls

        assert wait_until(lambda: all_alone() or len(log_lines(aws, "environment")) == calls, PATIENCE)
        return not all_alone() and len({*log_lines(aws, "environment")}) < calls


def keeps_a_batch_with_a_wrong_report(aws: Aws, report: object) -> bool:
    """Whether a message stays in its queue when the report of its batch names no message of it."""
    url, arn = queue(aws, "q")
    function(aws, f"def handle(event, context): return {{'batchItemFailures': {report!r}}}\n")
    types = ["ReportBatchItemFailures"]
    mapped = aws("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=arn, FunctionResponseTypes=types
    )
    aws("sqs").send_message(QueueUrl=url, MessageBody="m")

    def handled() -> bool:
        mapping = aws("lambda").get_event_source_mapping(UUID=mapped["UUID"])
        return str(mapping["LastProcessingResult"]).startswith("OK - ")

    assert wait_until(handled, PATIENCE)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
    return sum(map(int, left.values())) == 1


FILLED: dict[str, Callable[[Aws], bool]] = {
    "a request finds an API of any account": finds_an_api_of_any_account,
    "a sign-up finds a client of any account": signs_up_in_any_account,
    "a connection is found by its id": knows_a_connection_by_its_id,
    "events reach log groups": logs_events,
    "a source is required": lambda aws: failed(aws, Source="") == 1,
    "a detail type is required": lambda aws: failed(aws, DetailType="") == 1,
    "a detail is required": lambda aws: failed(aws, Detail="") == 1,
    "a detail is a JSON object": lambda aws: failed(aws, Detail="[]") == 1,
    "a request has at most 256 KB": lambda aws: refuses(
        aws("events").put_events, Entries=[{**ENTRY, "Detail": json.dumps("x" * 2**18)}]
    ),
    "an entry's time is kept": keeps_the_time_of_an_entry,
    "a whole bus policy is kept": keeps_a_whole_bus_policy,
    "a permission's condition is a policy's": writes_a_permission_s_condition_as_a_policy_has_it,
    "a workflow logs to one group": refuses_machines_that_log_nowhere,
    "a retired runtime is refused": lambda aws: refuses_functions(aws, "r", runtime="python3.7"),
    "a reserved variable is refused": lambda aws: refuses_functions(
        aws, "v", Environment={"Variables": {"AWS_REGION": "x"}}
    ),
    "a level needs a log of JSON": lambda aws: refuses_functions(
        aws, "l", LoggingConfig={"LogFormat": "Text", "ApplicationLogLevel": "INFO"}
    ),
    "streams have a starting position, queues none": refuses_wrong_starting_positions,
    "a pipe from a stream needs a position": refuses_a_pipe_without_a_position,
    "dead letters of a FIFO queue go to one": refuses_dead_letters_of_another_type,
    "a limit of throughput needs its scope": refuses_a_limit_without_its_scope,
    "time to live has one attribute": refuses_another_attribute_for_time_to_live,
    "no window means none": lambda aws: refuses_a_schedule(aws, {"Mode": "OFF", "MaximumWindowInMinutes": 5}),
    "a flexible schedule needs a window": lambda aws: refuses_a_schedule(aws, {"Mode": "FLEXIBLE"}),
    "a schedule ends after its start": lambda aws: refuses_a_schedule(
        aws, {"Mode": "OFF"}, StartDate="2031-01-02T00:00:00Z", EndDate="2031-01-01T00:00:00Z"
    ),
    "a parameter matches its pattern": lambda aws: refuses(
        aws("ssm").put_parameter, Name="p", Type="String", Value="abc", AllowedPattern=r"^\d+$"
    ),
    "warm throughput is kept": keeps_warm_throughput,
    "a connection keeps its key": keeps_the_key_of_a_connection,
    "a bucket keeps its metrics": keeps_a_metric_of_a_bucket,
    "there are the managed policies that modules attach": has_the_managed_policies_of_modules,
    "users and groups are renamed with all that they have": renames_users_and_groups_with_all_they_have,
    "a saved query is kept": keeps_a_query,
    "what scales is kept, and takes its policies with it": keeps_what_scales,
    "a signing job leaves an archive, and a profile's tags change": leaves_a_signed_archive,
    "a code signing configuration stays while a function has it": needs_a_signing_configuration_that_is_there,
    "a delivery stream shows its backup": shows_the_backup_of_a_delivery_stream,
    "an account keeps what its buckets may make public": keeps_an_accounts_public_access,
    "a secret is made with replicas, which can be removed": makes_replicas_with_a_secret,
    "a rotation begins later, and is cancelled": rotates_later_and_cancels,
    "who pays for requests can be read": has_a_payer_of_requests,
    "several tags of a group of schedules go at once": removes_several_tags_of_schedules,
    "an empty filter policy removes it": removes_a_filter_policy,
    "a deleted bus takes its policy with it": forgets_the_policy_of_a_deleted_bus,
    "a policy needs its bus": lambda aws: refuses(
        aws("events").put_permission,
        EventBusName="x",
        StatementId="s",
        Action="events:PutEvents",
        Principal="*",
    ),
    "a bus with rules stays": lambda aws: refuses(aws("events").delete_event_bus, Name="nyc"),
    "a rule needs a pattern or a schedule": lambda aws: refuses(aws("events").put_rule, Name="e"),
    "only the default bus has schedules": lambda aws: refuses(
        aws("events").put_rule, Name="e", EventBusName="nyc", ScheduleExpression="rate(1 day)"
    ),
    "what is left out of a rule is reset": resets_what_is_left_out_of_a_rule,
    "a rule has at most five targets": refuses_a_sixth_target,
    "a rule with targets stays": refuses_to_delete_a_rule_with_targets,
    "a failed entry fails its task": lambda aws: (
        execution(aws, put_task([{**ENTRY, "Source": "aws.x"}])).get("error") == "EventBridge.FailedEntry"
    ),
    "a function names why it does not start": names_why_a_function_does_not_start,
    "an exception of a function has its own name": fails_by_the_name_of_an_exception,
    "a function has no more memory than its memory_size": notices_too_much_memory,
    "a path that leads nowhere fails": fails_for_a_path_that_leads_nowhere,
    "null is present": distinguishes_null_from_nothing,
    "a throttled asynchronous call waits": waits_for_concurrency,
    "many calls at once take turns": runs_a_burst_in_turns,
    "a report names a message of its batch": lambda aws: keeps_a_batch_with_a_wrong_report(
        aws, [{"itemIdentifier": "unknown"}]
    ),
    "a report has identifiers": lambda aws: keeps_a_batch_with_a_wrong_report(aws, [{"identifier": "x"}]),
    "a queue has one mapping to a function": refuses_a_second_mapping,
    "a queue's visibility timeout is at least the function's": refuses_a_mapping_from_a_hasty_queue,
    "a task's events name their execution": names_the_execution_as_a_resource,
    "a replay reaches the rules that it names": replays_to_the_named_rules_alone,
    "a task reads an object by its bytes": reads_an_object_by_its_bytes,
    "a task gets an error for a missing object": fails_for_a_missing_object,
    "a group of users is updated": updates_a_user_group,
    "a dead letter of a function is the event": keeps_the_event_itself_as_a_dead_letter,
}


def with_a_bus_and_a_rule(aws: Aws) -> Aws:
    aws("events").create_event_bus(Name="nyc")
    aws("events").put_rule(Name="r", EventBusName="nyc", EventPattern=PATTERN)
    return aws


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(aws: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert behaves(with_a_bus_and_a_rule(aws))


@pytest.mark.slow
@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not_know_that(aws_alone: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert not behaves(with_a_bus_and_a_rule(aws_alone))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("del events._invoke_target", "ministack.services.eventbridge._invoke_target is missing"),
        (
            "events._put_rule = lambda data, more: None",
            "ministack.services.eventbridge._put_rule takes (data, more)",
        ),
        ("states._SERVICE_DISPATCH.clear()", "Step Functions has no arn:aws:states:::events:putEvents"),
    ],
    ids=["something is gone", "something takes other parameters", "a task is gone"],
)
def test_an_emulator_that_has_changed_is_refused_at_its_start(
    change: str, message: str, tmp_path: Path
) -> None:
    program = f"""
import ministack.services.eventbridge as events
import ministack.services.stepfunctions as states
{change}
from presso.local_aws import emulator_patches
emulator_patches.apply(4566, ())
"""
    quiet = {**os.environ, "STATE_DIR": str(tmp_path), "S3_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=quiet, check=False
    )
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "docs/local-aws.md" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("filled", [True, False], ids=["with its gaps filled", "alone"])
def test_a_copy_of_each_event_is_kept_by_the_emulator_alone(filled: bool, tmp_path: Path) -> None:
    program = f"""
from ministack.services import eventbridge
from presso.local_aws import emulator_patches
if {filled}:
    emulator_patches.apply(4566, ())
eventbridge._put_events({{"Entries": [{ENTRY}]}})
print(len(eventbridge._events_log.get("entries", [])))
"""
    quiet = {**os.environ, "STATE_DIR": str(tmp_path), "S3_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=quiet, check=True
    )
    assert ended.stdout == ("0\n" if filled else "1\n")


class TestWhatStays:
    """Differences that presso leaves as they are; docs/local-aws.md lists them."""

    def test_a_queue_without_a_policy_receives_all_the_same(self, aws: Aws) -> None:
        with_a_bus_and_a_rule(aws)
        url, arn = queue(aws, "q")
        aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": arn}])
        aws("events").put_events(Entries=[ENTRY])
        assert len(aws("sqs").receive_message(QueueUrl=url)["Messages"]) == 1

    def test_a_bus_policy_is_not_enforced(self, aws: Aws) -> None:
        with_a_bus_and_a_rule(aws)
        aws("events").put_permission(EventBusName="nyc", Policy=json.dumps(POLICY))
        assert failed(aws) == 0

    def test_any_name_is_good_for_a_bus(self, aws: Aws) -> None:
        assert aws("events").create_event_bus(Name="no bus, really!")["EventBusArn"]

    def test_any_text_is_good_for_a_state_machine(self, aws: Aws) -> None:
        assert aws("stepfunctions").create_state_machine(name="m", definition="{}", roleArn=ROLE)

    def test_a_state_machine_s_time_out_is_ignored(self, aws: Aws) -> None:
        wait = {"Type": "Wait", "Seconds": 2, "End": True}
        found = execution(aws, {"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": wait}})
        assert found["status"] == "SUCCEEDED"

    def test_the_output_of_a_succeed_state_is_ignored(self, aws: Aws) -> None:
        done = {"Type": "Succeed", "Output": {"done": True}}
        found = execution(aws, {"QueryLanguage": "JSONata", "StartAt": "Done", "States": {"Done": done}})
        assert json.loads(found["output"]) == {}

    def test_the_role_of_a_state_machine_need_not_exist(self, aws: Aws) -> None:
        with_a_bus_and_a_rule(aws)
        assert execution(aws, put_task([ENTRY]))["status"] == "SUCCEEDED"

    def test_tracing_of_a_state_machine_is_lost(self, aws: Aws) -> None:
        states = aws("stepfunctions")
        machine = states.create_state_machine(
            name="m",
            definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
            roleArn=ROLE,
            tracingConfiguration={"enabled": True},
        )
        found = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        assert found.get("tracingConfiguration", {}).get("enabled") is not True

    def test_permissions_are_not_enforced_unless_asked_for(self, aws: Aws, local_aws: Running) -> None:
        import boto3

        aws("iam").create_user(UserName="unprivileged")
        key = aws("iam").create_access_key(UserName="unprivileged")["AccessKey"]
        client = boto3.client(
            "sqs",
            endpoint_url=local_aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        assert client.create_queue(QueueName="q")["QueueUrl"]

    def test_a_bus_of_another_account_receives_nothing(self, aws: Aws, local_aws: Running) -> None:
        import boto3

        keys = {"aws_access_key_id": "999999999999", "aws_secret_access_key": "local"}
        other = boto3.Session(region_name="us-east-1", **keys)
        there = with_a_bus_and_a_rule(lambda service: other.client(service, endpoint_url=local_aws.endpoint))
        url, queue_arn = queue(there, "q")
        there("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": queue_arn}])
        with_a_bus_and_a_rule(aws)
        bus = {"Id": "t", "Arn": "arn:aws:events:us-east-1:999999999999:event-bus/nyc", "RoleArn": ROLE}
        aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[bus])
        aws("events").put_events(Entries=[ENTRY])
        assert "Messages" not in there("sqs").receive_message(QueueUrl=url)

    def test_other_kinds_of_targets_are_taken_but_receive_nothing(self, aws: Aws) -> None:
        with_a_bus_and_a_rule(aws)
        stream = {"Id": "t", "Arn": "arn:aws:kinesis:us-east-1:111111111111:stream/s", "RoleArn": ROLE}
        aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[stream])
        assert failed(aws) == 0

    def test_a_function_runs_in_the_emulator_s_own_python(self, aws: Aws) -> None:
        function(
            aws, "import sys\ndef handle(event, context): return list(sys.version_info[:2])", "python3.10"
        )
        assert invoke(aws) == list(sys.version_info[:2])

    def test_a_full_page_of_a_log_has_no_token_for_the_next(self, aws: Aws) -> None:
        logs, now = aws("logs"), int(time.time() * 1000)
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        for first in (0, 10_000):
            lines = [{"timestamp": now + first + number, "message": "x"} for number in range(10_000)]
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=lines)
        page = logs.filter_log_events(logGroupName="g")
        assert (len(page["events"]), page.get("nextToken")) == (10_000, None)

    def test_logs_need_no_time_to_arrive(self, aws: Aws) -> None:
        before = int(time.time()) * 1000
        assert logs_events(with_a_bus_and_a_rule(aws))
        (line,) = aws("logs").filter_log_events(logGroupName="g", startTime=before)["events"]
        assert line["timestamp"] >= before

    def test_a_stage_does_not_throttle(self, aws: Aws) -> None:
        client = aws("apigatewayv2")
        cors = {"AllowOrigins": ["http://x"]}
        api = client.create_api(Name="a", ProtocolType="HTTP", CorsConfiguration=cors)
        slow = {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1.0}
        client.create_stage(
            ApiId=api["ApiId"], StageName="$default", AutoDeploy=True, DefaultRouteSettings=slow
        )
        # Nor is the name in its URL one that resolves everywhere.
        assert urlsplit(api["ApiEndpoint"]).hostname.endswith(".localhost")
        connection = http.client.HTTPConnection(urlsplit(client.meta.endpoint_url).netloc, timeout=PATIENCE)
        found = set()
        for _ in range(20):
            headers = {"Origin": "http://x", "Access-Control-Request-Method": "GET"}
            connection.request("OPTIONS", f"/_aws/execute-api/{api['ApiId']}/$default/", headers=headers)
            answer = connection.getresponse()
            answer.read()
            found.add(answer.status)
        connection.close()
        assert found == {204}

    def test_a_failing_batch_of_a_stream_is_repeated_as_a_whole_beyond_its_attempts(self, aws: Aws) -> None:
        function(aws, "def handle(event, context): print('got', len(event['Records'])) or absent")
        table = aws("dynamodb").create_table(
            TableName="items",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        items = [{"PutRequest": {"Item": {"id": {"S": name}}}} for name in "ab"]
        aws("dynamodb").batch_write_item(RequestItems={"items": items})
        aws("lambda").create_event_source_mapping(
            FunctionName="f",
            EventSourceArn=table["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            MaximumRetryAttempts=0,
            BisectBatchOnFunctionError=True,
        )

        def batches() -> list[str]:
            try:
                found = aws("logs").filter_log_events(logGroupName="/aws/lambda/f", filterPattern="got")
            except aws("logs").exceptions.ResourceNotFoundException:
                return []
            lines = [event["message"].strip() for event in found["events"]]
            return [line for line in lines if line.startswith("got")]

        assert wait_until(lambda: len(batches()) > 2, PATIENCE)
        assert {*batches()} == {"got 2"}

    def test_a_state_may_have_more_than_256_kb(self, aws: Aws) -> None:
        large = {"Type": "Pass", "Result": "x" * 300_000, "End": True}
        assert execution(aws, {"StartAt": "Make", "States": {"Make": large}})["status"] == "SUCCEEDED"

    def test_a_task_that_calls_a_url_fails(self, aws: Aws) -> None:
        task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True}
        task |= {"Parameters": {"ApiEndpoint": "http://127.0.0.1:9/", "Method": "GET"}}
        found = execution(aws, {"StartAt": "Call", "States": {"Call": task}})
        assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")

    def test_other_services_are_not_there(self, aws: Aws) -> None:
        from botocore.exceptions import ClientError

        for ask in (aws("schemas").list_registries, aws("glue").get_databases):
            with pytest.raises(ClientError, match="400"):  # clients show no more of the answer
                ask()
