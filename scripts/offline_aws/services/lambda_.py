"""Lambda: functions, permissions, event source mappings (``lambda`` is a word of Python's).

Source: internal/service/lambda/{function,permission,event_source_mapping}.go.
"""

from __future__ import annotations

from offline_aws.resource import DataSource
from offline_aws.services.lambda_answers import data
from offline_aws.services.lambda_functions import FUNCTION, NAME
from offline_aws.services.lambda_mappings import EVENT_SOURCE_MAPPING
from offline_aws.services.lambda_permissions import PERMISSION

RESOURCES = {
    "aws_lambda_event_source_mapping": EVENT_SOURCE_MAPPING,
    "aws_lambda_function": FUNCTION,
    "aws_lambda_permission": PERMISSION,
}

DATA_SOURCES = {
    "aws_lambda_function": DataSource(read=data, validators={"function_name": NAME}),
}
