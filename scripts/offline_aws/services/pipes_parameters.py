"""The parameters of a pipe's source, enrichment and target, as Terraform and as the API have them.

Source: internal/service/pipes/{source,enrichment,target}_parameters.go and log_configuration.go.
"""

from __future__ import annotations

from offline_aws.shapes import Shape, many, one

_BATCH: Shape = {
    "batch_size": "BatchSize",
    "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
}
_STREAM: Shape = {
    **_BATCH,
    "dead_letter_config": one("DeadLetterConfig", {"arn": "Arn"}),
    "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "on_partial_batch_item_failure": "OnPartialBatchItemFailure",
    "parallelization_factor": "ParallelizationFactor",
    "starting_position": "StartingPosition",
}
_BROKER: Shape = {
    **_BATCH,
    "credentials": one("Credentials", {"basic_auth": "BasicAuth"}),
    "queue_name": "QueueName",
}
_KAFKA: Shape = {
    **_BATCH,
    "consumer_group_id": "ConsumerGroupID",
    "starting_position": "StartingPosition",
    "topic_name": "TopicName",
}
_CERTIFICATE: Shape = {"client_certificate_tls_auth": "ClientCertificateTlsAuth"}
SOURCES: Shape = {
    "activemq_broker_parameters": one("ActiveMQBrokerParameters", _BROKER),
    "dynamodb_stream_parameters": one("DynamoDBStreamParameters", _STREAM),
    "kinesis_stream_parameters": one(
        "KinesisStreamParameters", {**_STREAM, "starting_position_timestamp": "StartingPositionTimestamp"}
    ),
    "managed_streaming_kafka_parameters": one(
        "ManagedStreamingKafkaParameters",
        {
            **_KAFKA,
            "credentials": one("Credentials", {**_CERTIFICATE, "sasl_scram_512_auth": "SaslScram512Auth"}),
        },
    ),
    "rabbitmq_broker_parameters": one("RabbitMQBrokerParameters", {**_BROKER, "virtual_host": "VirtualHost"}),
    "self_managed_kafka_parameters": one(
        "SelfManagedKafkaParameters",
        {
            **_KAFKA,
            "additional_bootstrap_servers": "AdditionalBootstrapServers",
            "credentials": one(
                "Credentials",
                {
                    **_CERTIFICATE,
                    "basic_auth": "BasicAuth",
                    "sasl_scram_256_auth": "SaslScram256Auth",
                    "sasl_scram_512_auth": "SaslScram512Auth",
                },
            ),
            "server_root_ca_certificate": "ServerRootCaCertificate",
            "vpc": one("Vpc", {"security_groups": "SecurityGroup", "subnets": "Subnets"}),
        },
    ),
    "sqs_queue_parameters": one("SqsQueueParameters", _BATCH),
}
"""At most one of these."""
AT_CREATION = {
    "AdditionalBootstrapServers",
    "ConsumerGroupID",
    "QueueName",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TopicName",
    "VirtualHost",
}
"""What an update of a pipe's source must not name."""

_HTTP: Shape = {
    "header_parameters": "HeaderParameters",
    "path_parameter_values": "PathParameterValues",
    "query_string_parameters": "QueryStringParameters",
}
_LOWER_PAIR: Shape = {"name": "name", "value": "value"}
_BATCH_JOB: Shape = {
    "array_properties": one("ArrayProperties", {"size": "Size"}),
    "container_overrides": one(
        "ContainerOverrides",
        {
            "command": "Command",
            "environment": many("Environment", {"name": "Name", "value": "Value"}),
            "instance_type": "InstanceType",
            "resource_requirement": many("ResourceRequirements", {"type": "Type", "value": "Value"}),
        },
    ),
    "depends_on": many("DependsOn", {"job_id": "JobId", "type": "Type"}),
    "job_definition": "JobDefinition",
    "job_name": "JobName",
    "parameters": "Parameters",
    "retry_strategy": one("RetryStrategy", {"attempts": "Attempts"}),
}
_OVERRIDES: Shape = {
    "container_override": many(
        "ContainerOverrides",
        {
            "command": "Command",
            "cpu": "Cpu",
            "environment": many("Environment", _LOWER_PAIR),
            "environment_file": many("EnvironmentFiles", {"type": "type", "value": "value"}),
            "memory": "Memory",
            "memory_reservation": "MemoryReservation",
            "name": "Name",
            "resource_requirement": many("ResourceRequirements", {"type": "type", "value": "value"}),
        },
    ),
    "cpu": "Cpu",
    "ephemeral_storage": one("EphemeralStorage", {"size_in_gib": "sizeInGiB"}),
    "execution_role_arn": "ExecutionRoleArn",
    "inference_accelerator_override": many(
        "InferenceAcceleratorOverrides", {"device_name": "deviceName", "device_type": "deviceType"}
    ),
    "memory": "Memory",
    "task_role_arn": "TaskRoleArn",
}
_ECS: Shape = {
    "capacity_provider_strategy": many(
        "CapacityProviderStrategy",
        {"base": "base", "capacity_provider": "capacityProvider", "weight": "weight"},
    ),
    "enable_ecs_managed_tags": "EnableECSManagedTags",
    "enable_execute_command": "EnableExecuteCommand",
    "group": "Group",
    "launch_type": "LaunchType",
    "network_configuration": one(
        "NetworkConfiguration",
        {
            "aws_vpc_configuration": one(
                "awsvpcConfiguration",
                {
                    "assign_public_ip": "AssignPublicIp",
                    "security_groups": "SecurityGroups",
                    "subnets": "Subnets",
                },
            )
        },
    ),
    "overrides": one("Overrides", _OVERRIDES),
    "placement_constraint": many("PlacementConstraints", {"expression": "expression", "type": "type"}),
    "placement_strategy": many("PlacementStrategy", {"field": "field", "type": "type"}),
    "platform_version": "PlatformVersion",
    "propagate_tags": "PropagateTags",
    "reference_id": "ReferenceId",
    "task_count": "TaskCount",
    "task_definition_arn": "TaskDefinitionArn",
}
_EVENT: Shape = {
    "detail_type": "DetailType",
    "endpoint_id": "EndpointId",
    "resources": "Resources",
    "source": "Source",
    "time": "Time",
}
_REDSHIFT: Shape = {
    "database": "Database",
    "db_user": "DbUser",
    "secret_manager_arn": "SecretManagerArn",
    "sqls": "Sqls",
    "statement_name": "StatementName",
    "with_event": "WithEvent",
}
TARGETS: Shape = {
    "batch_job_parameters": one("BatchJobParameters", _BATCH_JOB),
    "cloudwatch_logs_parameters": one(
        "CloudWatchLogsParameters", {"log_stream_name": "LogStreamName", "timestamp": "Timestamp"}
    ),
    "ecs_task_parameters": one("EcsTaskParameters", _ECS),
    "eventbridge_event_bus_parameters": one("EventBridgeEventBusParameters", _EVENT),
    "http_parameters": one("HttpParameters", _HTTP),
    "kinesis_stream_parameters": one("KinesisStreamParameters", {"partition_key": "PartitionKey"}),
    "lambda_function_parameters": one("LambdaFunctionParameters", {"invocation_type": "InvocationType"}),
    "redshift_data_parameters": one("RedshiftDataParameters", _REDSHIFT),
    "sagemaker_pipeline_parameters": one(
        "SageMakerPipelineParameters",
        {"pipeline_parameter": many("PipelineParameterList", {"name": "Name", "value": "Value"})},
    ),
    "sqs_queue_parameters": one(
        "SqsQueueParameters",
        {"message_deduplication_id": "MessageDeduplicationId", "message_group_id": "MessageGroupId"},
    ),
    "step_function_state_machine_parameters": one(
        "StepFunctionStateMachineParameters", {"invocation_type": "InvocationType"}
    ),
}
"""At most one of these."""

PARAMETERS: Shape = {
    "enrichment_parameters": one(
        "EnrichmentParameters",
        {"http_parameters": one("HttpParameters", _HTTP), "input_template": "InputTemplate"},
    ),
    "log_configuration": one(
        "LogConfiguration",
        {
            "cloudwatch_logs_log_destination": one(
                "CloudwatchLogsLogDestination", {"log_group_arn": "LogGroupArn"}
            ),
            "firehose_log_destination": one(
                "FirehoseLogDestination", {"delivery_stream_arn": "DeliveryStreamArn"}
            ),
            "include_execution_data": "IncludeExecutionData",
            "level": "Level",
            "s3_log_destination": one(
                "S3LogDestination",
                {
                    "bucket_name": "BucketName",
                    "bucket_owner": "BucketOwner",
                    "output_format": "OutputFormat",
                    "prefix": "Prefix",
                },
            ),
        },
    ),
    "source_parameters": one(
        "SourceParameters",
        {
            **SOURCES,
            "filter_criteria": one("FilterCriteria", {"filter": many("Filters", {"pattern": "Pattern"})}),
        },
    ),
    "target_parameters": one("TargetParameters", {**TARGETS, "input_template": "InputTemplate"}),
}
