"""Lambda (``lambda`` is a word of Python's): each part of it is in a file of its own."""

from __future__ import annotations

from offline_aws.resource import DataSourceHandler
from offline_aws.services.lambda_extras import DATA_SOURCES as EXTRA_DATA
from offline_aws.services.lambda_extras import RESOURCES as EXTRAS
from offline_aws.services.lambda_functions import FUNCTION, NAME
from offline_aws.services.lambda_invocation import INVOCATION
from offline_aws.services.lambda_mappings import EVENT_SOURCE_MAPPING
from offline_aws.services.lambda_permissions import PERMISSION
from offline_aws.services.lambda_responses import function_data
from offline_aws.services.lambda_signing import SIGNING

RESOURCES = {
    **EXTRAS,
    "aws_lambda_code_signing_config": SIGNING,
    "aws_lambda_event_source_mapping": EVENT_SOURCE_MAPPING,
    "aws_lambda_function": FUNCTION,
    "aws_lambda_permission": PERMISSION,
}

DATA_SOURCES = {
    **EXTRA_DATA,
    "aws_lambda_function": DataSourceHandler(read=function_data, validators={"function_name": NAME}),
}

EPHEMERAL = {"aws_lambda_invocation": INVOCATION}
