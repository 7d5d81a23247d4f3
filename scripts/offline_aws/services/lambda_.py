"""Lambda: functions, permissions, event source mappings (``lambda`` is a word of Python's).

Source: internal/service/lambda/{function,permission,event_source_mapping}.go.
"""

from __future__ import annotations

from offline_aws.services.lambda_functions import DATA_SOURCES as FUNCTION_DATA
from offline_aws.services.lambda_functions import FUNCTION
from offline_aws.services.lambda_mappings import EVENT_SOURCE_MAPPING
from offline_aws.services.lambda_permissions import PERMISSION

RESOURCES = {
    "aws_lambda_event_source_mapping": EVENT_SOURCE_MAPPING,
    "aws_lambda_function": FUNCTION,
    "aws_lambda_permission": PERMISSION,
}

DATA_SOURCES = {**FUNCTION_DATA}
