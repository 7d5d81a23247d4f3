"""Lambda: a function's answer, asked for in one run.

Source: internal/service/lambda/invocation_ephemeral.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.resource import DataSourceHandler
from offline_aws.validators import json_text


def _opened(aws: Aws, values: Values) -> Values:
    found = aws.client("lambda").invoke(
        FunctionName=values["function_name"],
        Payload=values["payload"].encode(),
        **given(
            ClientContext=values["client_context"],
            LogType=values["log_type"],
            Qualifier=values["qualifier"],
        ),
    )
    if "FunctionError" in found:
        raise ResourceError(f"{values['function_name']} failed: {found['FunctionError']}")
    return {
        "executed_version": found.get("ExecutedVersion"),
        "log_result": found.get("LogResult"),
        "result": found["Payload"].read().decode(),
        "status_code": found["StatusCode"],
    }


INVOCATION = DataSourceHandler(
    read=_opened, validators={"log_type": enum("lambda", "LogType"), "payload": json_text}, tags=False
)
