"""DynamoDB: tables, their items and policies.

Source: internal/service/dynamodb/{table,table_item,resource_policy,table_data_source}.go.
"""

from __future__ import annotations

from offline_aws.resource import DataSourceHandler
from offline_aws.services.dynamodb_items import ITEM
from offline_aws.services.dynamodb_policies import POLICY
from offline_aws.services.dynamodb_tables import TABLE, table_data

RESOURCES = {
    "aws_dynamodb_resource_policy": POLICY,
    "aws_dynamodb_table": TABLE,
    "aws_dynamodb_table_item": ITEM,
}

DATA_SOURCES = {"aws_dynamodb_table": DataSourceHandler(read=table_data)}
