"""Facts that the three packages lack, entry by entry, each group with its source.

The published provider's source is named by its path (``internal/service/…``, MPL-2.0): facts are taken from
it, never text. Paths are Terraform names, dotted through blocks.
"""

# State schema versions above zero: the state upgraders of internal/service/*/…_migrate.go.
VERSIONS = {
    "aws_cloudwatch_event_rule": 1,
    "aws_cloudwatch_event_target": 1,
    "aws_cloudwatch_metric_alarm": 1,
    "aws_dynamodb_table": 1,
    "aws_kinesis_firehose_delivery_stream": 1,
    "aws_s3_bucket_lifecycle_configuration": 1,
    "aws_secretsmanager_secret_rotation": 1,
}

# Attributes of the identities of types whose pages do not list them; whether an import needs each.
# lambda/service_package_gen.go.
IDENTITIES = {
    "aws_lambda_permission": {
        "account_id": False,
        "function_name": True,
        "qualifier": False,
        "region": False,
        "statement_id": True,
    },
}

# Identities of version 1: the first had other attributes. s3 and sqs/service_package_gen.go.
SECOND_IDENTITIES = {
    "aws_s3_bucket_acl",
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_website_configuration",
    "aws_sqs_queue",
    "aws_sqs_queue_policy",
    "aws_sqs_queue_redrive_allow_policy",
    "aws_sqs_queue_redrive_policy",
}

# Pulumi marks secrets at the top level of resources only.
# events/connection.go; ssm/parameter_data_source.go; secretsmanager/secret_version_data_source.go.
SENSITIVE = {
    "aws_cloudwatch_event_connection": (
        "auth_parameters.api_key.value",
        "auth_parameters.basic.password",
        "auth_parameters.invocation_http_parameters.body.value",
        "auth_parameters.invocation_http_parameters.header.value",
        "auth_parameters.invocation_http_parameters.query_string.value",
        "auth_parameters.oauth.client_parameters.client_secret",
        "auth_parameters.oauth.oauth_http_parameters.body.value",
        "auth_parameters.oauth.oauth_http_parameters.header.value",
        "auth_parameters.oauth.oauth_http_parameters.query_string.value",
    ),
    "data.aws_secretsmanager_secret_version": ("secret_binary", "secret_string"),
    "data.aws_ssm_parameter": ("value",),
}

# Pulumi gives these no warning, or has them inside blocks.
# iam/role.go (Deprecated in the schema, since 5.72.0).
DEPRECATED = {"aws_iam_role": ("inline_policy", "managed_policy_arns")}

# Optional and computed inside blocks, which Pulumi's outputs do not show reliably.
# lambda/function.go, lambda/event_source_mapping.go, dynamodb/table.go, cognito/user_pool.go,
# cognito/user_pool_client.go, apigatewayv2/stage.go, s3/bucket_lifecycle_configuration.go,
# pipes/source_parameters.go, s3/bucket_notification.go.
OPTIONAL_AND_COMPUTED = {
    "aws_apigatewayv2_stage": ("default_route_settings.logging_level", "route_settings.logging_level"),
    "aws_cloudwatch_log_delivery": ("s3_delivery_configuration",),
    "aws_cognito_user_pool": (
        "lambda_config.pre_token_generation",
        "password_policy.temporary_password_validity_days",
        "sms_configuration.sns_region",
        "verification_message_template.email_message",
        "verification_message_template.email_message_by_link",
        "verification_message_template.email_subject",
        "verification_message_template.email_subject_by_link",
        "verification_message_template.sms_message",
    ),
    "aws_cognito_user_pool_client": (
        "analytics_configuration.role_arn",
        "analytics_configuration.user_data_shared",
        "token_validity_units.access_token",
        "token_validity_units.id_token",
        "token_validity_units.refresh_token",
    ),
    "aws_dynamodb_table": (
        "global_secondary_index.on_demand_throughput.max_read_request_units",
        "global_secondary_index.on_demand_throughput.max_write_request_units",
        "global_secondary_index.read_capacity",
        "global_secondary_index.warm_throughput.read_units_per_second",
        "global_secondary_index.warm_throughput.write_units_per_second",
        "global_secondary_index.write_capacity",
        "on_demand_throughput.max_read_request_units",
        "on_demand_throughput.max_write_request_units",
        "point_in_time_recovery.recovery_period_in_days",
        "replica.kms_key_arn",
        "server_side_encryption.kms_key_arn",
        "warm_throughput.read_units_per_second",
        "warm_throughput.write_units_per_second",
    ),
    "aws_lambda_event_source_mapping": (
        "amazon_managed_kafka_event_source_config.consumer_group_id",
        "self_managed_kafka_event_source_config.consumer_group_id",
    ),
    "aws_lambda_function": (
        "capacity_provider_config.lambda_managed_instances_capacity_provider_config"
        ".execution_environment_memory_gib_per_vcpu",
        "capacity_provider_config.lambda_managed_instances_capacity_provider_config"
        ".per_execution_environment_max_concurrency",
        "ephemeral_storage.size",
        "logging_config.log_group",
    ),
    "aws_pipes_pipe": (
        *(
            f"source_parameters.{source}.{name}"
            for source in (
                "activemq_broker_parameters",
                "dynamodb_stream_parameters",
                "kinesis_stream_parameters",
                "managed_streaming_kafka_parameters",
                "rabbitmq_broker_parameters",
                "self_managed_kafka_parameters",
                "sqs_queue_parameters",
            )
            for name in ("batch_size", "maximum_batching_window_in_seconds")
        ),
        *(
            f"source_parameters.{source}.{name}"
            for source in ("dynamodb_stream_parameters", "kinesis_stream_parameters")
            for name in ("maximum_record_age_in_seconds", "parallelization_factor")
        ),
    ),
    "aws_s3_bucket_acl": ("access_control_policy.owner.display_name",),
    "aws_s3_bucket_replication_configuration": ("rule.id",),
    "aws_s3_bucket_notification": ("lambda_function.id", "queue.id", "topic.id"),
    "aws_s3_bucket_lifecycle_configuration": (
        "rule.expiration.days",
        "rule.expiration.expired_object_delete_marker",
        "rule.filter.and.object_size_greater_than",
        "rule.filter.and.object_size_less_than",
        "rule.filter.and.prefix",
        "rule.filter.object_size_greater_than",
        "rule.filter.object_size_less_than",
        "rule.filter.prefix",
        "rule.noncurrent_version_expiration.newer_noncurrent_versions",
        "rule.noncurrent_version_transition.newer_noncurrent_versions",
        "rule.prefix",
        "rule.transition.days",
    ),
}

# What Pulumi generates a value for, and the published provider does not: kms/grant.go.
OPTIONAL_ONLY = {"aws_kms_grant": ("name",)}

# Item limits other than "at most one". (min, max); None leaves the derived value. The SDK has no minimum for
# an optional block, with any MinItems (helper/schema/core_schema.go).
# events/target.go, lambda/event_source_mapping.go, cognito/user_pool.go, pipes/*_parameters.go,
# scheduler/schedule.go, sfn/alias.go, logs/data_protection_policy_document_data_source.go.
LIMITS: dict[str, dict[str, tuple[int | None, int | None]]] = {
    "aws_cloudwatch_event_target": {
        "ecs_target.ordered_placement_strategy": (None, 5),
        "ecs_target.placement_constraint": (None, 10),
        "run_command_targets": (None, 5),
        "sagemaker_pipeline_target.pipeline_parameter_list": (None, 200),
    },
    "aws_cognito_user_pool": {
        "account_recovery_setting.recovery_mechanism": (None, 2),
        "schema": (None, 50),
    },
    "aws_lambda_event_source_mapping": {
        "filter_criteria.filter": (None, 10),
        "source_access_configuration": (None, 22),
    },
    "aws_pipes_pipe": {
        "source_parameters.filter_criteria.filter": (None, 5),
        "target_parameters.batch_job_parameters.depends_on": (None, 20),
        "target_parameters.ecs_task_parameters.capacity_provider_strategy": (None, 6),
        "target_parameters.ecs_task_parameters.placement_constraint": (None, 10),
        "target_parameters.ecs_task_parameters.placement_strategy": (None, 5),
        "target_parameters.sagemaker_pipeline_parameters.pipeline_parameter": (None, 200),
    },
    "aws_s3_bucket_cors_configuration": {"cors_rule": (None, 100)},
    "aws_scheduler_schedule": {
        "target.ecs_parameters.capacity_provider_strategy": (None, 6),
        "target.ecs_parameters.placement_constraints": (None, 10),
        "target.ecs_parameters.placement_strategy": (None, 5),
        "target.sagemaker_pipeline_parameters.pipeline_parameter": (None, 200),
    },
    "aws_sfn_alias": {"routing_configuration": (None, 2)},
    "data.aws_cloudwatch_log_data_protection_policy_document": {"statement": (2, 2)},
}

# CloudFormation's names that are not Terraform's. An empty name: CloudFormation's property has no
# counterpart that Terraform replaces for.
RENAMED = {
    "aws_appautoscaling_policy": {"policy_name": "name", "scaling_target_id": "resource_id"},
    "aws_cloudwatch_log_delivery_destination": {
        "destination_resource_arn": "delivery_destination_configuration.destination_resource_arn"
    },
    "aws_cloudwatch_log_subscription_filter": {"filter_name": "name"},
    "aws_iam_access_key": {"serial": "pgp_key", "user_name": "user"},
    "aws_iam_group": {"group_name": "name"},
    "aws_iam_instance_profile": {"instance_profile_name": "name"},
    "aws_iam_saml_provider": {"add_private_key": "name", "remove_private_key": "name"},
    "aws_iam_user": {"user_name": "name"},
    "aws_iam_user_policy": {"policy_name": "name", "user_name": "user"},
    "aws_apigatewayv2_stage": {"stage_name": "name"},
    "aws_cloudwatch_event_archive": {"archive_name": "name", "source_arn": "event_source_arn"},
    "aws_cloudwatch_log_group": {"log_group_name": "name"},
    "aws_cloudwatch_log_metric_filter": {"filter_name": "name"},
    "aws_cloudwatch_log_stream": {"log_stream_name": "name"},
    "aws_cognito_user_group": {"group_name": "name"},
    "aws_dynamodb_table": {"table_name": "name", "import_source_specification": "import_table"},
    "aws_iam_policy": {"managed_policy_name": "name"},
    "aws_iam_role": {"role_name": "name"},
    "aws_iam_role_policy": {"policy_name": "name", "role_name": "role"},
    "aws_kinesis_firehose_delivery_stream": {
        "amazon_open_search_serverless_destination_configuration.vpc_configuration": (
            "opensearchserverless_configuration.vpc_config"
        ),
        "amazonopensearchservice_destination_configuration.vpc_configuration": (
            "opensearch_configuration.vpc_config"
        ),
        "database_source_configuration": "name",
        "delivery_stream_name": "name",
        "delivery_stream_type": "name",
        "direct_put_source_configuration": "name",
        "elasticsearch_destination_configuration.vpc_configuration": "elasticsearch_configuration.vpc_config",
        "iceberg_destination_configuration.catalog_configuration": "iceberg_configuration.catalog_arn",
        "kinesis_stream_source_configuration": "kinesis_source_configuration",
        "snowflake_destination_configuration.snowflake_vpc_configuration": (
            "snowflake_configuration.snowflake_vpc_configuration"
        ),
    },
    "aws_kms_alias": {"alias_name": "name"},
    "aws_lambda_function_url": {"target_function_arn": "function_name"},
    "aws_lambda_layer_version": {"content": "filename"},
    "aws_pipes_pipe": {
        "source_parameters.active_mq_broker_parameters.queue_name": (
            "source_parameters.activemq_broker_parameters.queue_name"
        ),
        "source_parameters.dynamo_db_stream_parameters.starting_position": (
            "source_parameters.dynamodb_stream_parameters.starting_position"
        ),
        "source_parameters.rabbit_mq_broker_parameters.queue_name": (
            "source_parameters.rabbitmq_broker_parameters.queue_name"
        ),
        "source_parameters.rabbit_mq_broker_parameters.virtual_host": (
            "source_parameters.rabbitmq_broker_parameters.virtual_host"
        ),
    },
    "aws_s3_bucket": {"bucket_name": "bucket", "bucket_name_prefix": "bucket_prefix"},
    "aws_schemas_registry": {"registry_name": "name"},
    "aws_schemas_schema": {"schema_name": "name"},
    "aws_signer_signing_profile": {"profile_name": "name"},
    "aws_sfn_state_machine": {"state_machine_name": "name", "state_machine_type": "type"},
    "aws_sns_topic": {"topic_name": "name"},
    "aws_sqs_queue": {"queue_name": "name"},
}

# ForceNew (or RequiresReplace) in the published source that CloudFormation does not list:
# the file of the type in internal/service/<service>/.
REPLACE = {
    "aws_apigatewayv2_deployment": ("triggers",),
    "aws_cloudwatch_log_account_policy": ("selection_criteria",),
    "aws_cloudwatch_log_anomaly_detector": ("detector_name", "kms_key_id", "log_group_arn_list"),
    "aws_cloudwatch_log_data_protection_policy": ("log_group_name",),
    "aws_kinesis_firehose_delivery_stream": (
        "destination",
        "extended_s3_configuration.dynamic_partitioning_configuration",
        "extended_s3_configuration.dynamic_partitioning_configuration.enabled",
    ),
    "aws_kms_external_key": ("key_material_base64", "key_spec", "key_usage", "multi_region"),
    "aws_kms_grant": (
        "constraints",
        "grant_creation_tokens",
        "grantee_principal",
        "key_id",
        "name",
        "operations",
        "retire_on_delete",
        "retiring_principal",
    ),
    "aws_kms_replica_external_key": ("key_material_base64", "primary_key_arn"),
    "aws_signer_signing_job": ("destination", "ignore_signing_job_failure", "profile_name", "source"),
    "aws_signer_signing_profile": ("signing_material",),
    "aws_sns_topic_data_protection_policy": ("arn",),
    "aws_cloudwatch_log_delivery_source": ("log_type", "resource_arn"),
    "aws_cloudwatch_log_subscription_filter": ("destination_arn",),
    "aws_iam_account_alias": ("account_alias",),
    "aws_iam_group_membership": ("group", "name"),
    "aws_iam_group_policy_attachment": ("group", "policy_arn"),
    "aws_iam_policy_attachment": ("name", "policy_arn"),
    "aws_iam_user_login_profile": ("password_length", "password_reset_required", "pgp_key", "user"),
    "aws_iam_user_policy_attachment": ("policy_arn", "user"),
    "aws_apigatewayv2_api": ("credentials_arn", "route_key", "target"),
    "aws_apigatewayv2_integration": ("integration_subtype", "integration_type"),
    "aws_cloudwatch_event_bus": ("event_source_name",),
    "aws_cloudwatch_event_bus_policy": ("event_bus_name",),
    "aws_cloudwatch_event_permission": ("event_bus_name", "statement_id"),
    "aws_cloudwatch_event_rule": ("event_bus_name",),
    "aws_cloudwatch_event_target": ("event_bus_name", "rule", "target_id"),
    "aws_cloudwatch_log_group": ("log_group_class",),
    "aws_cloudwatch_log_resource_policy": ("policy_name", "resource_arn"),
    "aws_cognito_user_pool": ("alias_attributes", "username_attributes", "username_configuration"),
    "aws_dynamodb_table": (
        "hash_key",
        "local_secondary_index",
        "range_key",
        "restore_date_time",
        "restore_source_name",
        "restore_source_table_arn",
        "restore_to_latest_time",
    ),
    "aws_dynamodb_table_item": ("hash_key", "range_key", "table_name"),
    "aws_iam_role_policies_exclusive": ("role_name",),
    "aws_iam_role_policy_attachment": ("policy_arn", "role"),
    "aws_iam_role_policy_attachments_exclusive": ("role_name",),
    "aws_kms_key": (
        "custom_key_store_id",
        "customer_master_key_spec",
        "key_usage",
        "multi_region",
        "xks_key_id",
    ),
    "aws_lambda_event_source_mapping": (
        "amazon_managed_kafka_event_source_config.consumer_group_id",
        "queues",
        "self_managed_kafka_event_source_config.consumer_group_id",
        "topics",
    ),
    "aws_lambda_layer_version": ("s3_bucket", "s3_key", "s3_object_version", "source_code_hash"),
    "aws_lambda_permission": ("qualifier", "statement_id", "statement_id_prefix"),
    "aws_s3_bucket": ("object_lock_enabled",),
    "aws_s3_bucket_lifecycle_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_accelerate_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_acl": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_analytics_configuration": ("bucket", "name"),
    "aws_s3_bucket_cors_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_intelligent_tiering_configuration": ("bucket", "name"),
    "aws_s3_bucket_inventory": ("bucket", "name"),
    "aws_s3_bucket_logging": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_metric": ("bucket", "name"),
    "aws_s3_bucket_object_lock_configuration": ("bucket", "expected_bucket_owner", "object_lock_enabled"),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_replication_configuration": ("bucket",),
    "aws_s3_bucket_request_payment_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_website_configuration": ("bucket", "expected_bucket_owner"),
    "aws_dynamodb_resource_policy": ("resource_arn",),
    "aws_s3_bucket_notification": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_versioning": ("bucket", "expected_bucket_owner"),
    "aws_s3_object": ("bucket", "key"),
    "aws_s3_account_public_access_block": ("account_id",),
    "aws_s3tables_table": ("encryption_configuration", "table_bucket_arn"),
    "aws_s3tables_table_bucket": ("name",),
    "aws_s3tables_table_bucket_policy": ("table_bucket_arn",),
    "aws_s3tables_table_policy": ("name", "namespace", "table_bucket_arn"),
    "aws_secretsmanager_secret_policy": ("secret_arn",),
    "aws_secretsmanager_secret_rotation": ("secret_id",),
    "aws_scheduler_schedule": ("group_name",),
    "aws_secretsmanager_secret_version": (
        "secret_binary",
        "secret_id",
        "secret_string",
        "secret_string_wo_version",
    ),
    "aws_sns_topic_policy": ("arn",),
    "aws_sqs_queue_policy": ("queue_url",),
    "aws_sqs_queue_redrive_allow_policy": ("queue_url",),
    "aws_sqs_queue_redrive_policy": ("queue_url",),
    "aws_ssm_parameter": ("data_type",),
}

# What CloudFormation lists and the published provider updates; the destination's service replaces it there.
UPDATED = {
    "aws_cloudwatch_log_delivery_destination": (
        "delivery_destination_configuration.destination_resource_arn",
    ),
    "aws_iam_group": ("name",),
    "aws_iam_user": ("name",),
}
