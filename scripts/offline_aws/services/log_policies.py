"""CloudWatch Logs: policies of the account, data protection, saved queries and anomaly detectors.

Source: internal/service/logs/{account_policy,anomaly_detector,data_protection_policy,query_definition}.go,
data_protection_policy_document_data_source.go.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call, items, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_json
from offline_aws.handler_values import ResourceError, Values, changed, first, given
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, between, each, json_text, length, matches

GROUP_NAME = (length(1, 512), matches(r"^[0-9A-Za-z_./#-]+$", "must match [0-9A-Za-z_./#-]"))


# Policies of the account

_ACCOUNT = Derived("aws_cloudwatch_log_account_policy", "logs", "PutAccountPolicyRequest")


def _put_account_policy(aws: Aws, values: Values, *_: Values) -> None:
    aws.client("logs").put_account_policy(**to_api(values, _ACCOUNT))
    values["id"] = values["policy_name"]


def _read_account_policy(aws: Aws, values: Values) -> Values | None:
    named = {"policyName": values["id"], "policyType": values["policy_type"]}
    found = next(items(aws.client("logs").describe_account_policies, "accountPolicies", **named), None)
    if found is None:
        return None
    document = gojson.normalised_json(found["policyDocument"])
    return {**from_api(found, _ACCOUNT), "id": found["policyName"], "policy_document": document}


def _import_account_policy(aws: Aws, identifier: str) -> Values:
    name, separator, kind = identifier.partition(":")
    if not separator or ":" in kind:
        detail = "Expected <policy-name>:<policy-type>"
        raise ResourceError(f"wrong format of import ID ({identifier})", detail=detail)
    return {"id": name, "policy_type": kind}


# Data protection of a group


def _put_protection(aws: Aws, values: Values, *_: Values) -> None:
    aws.client("logs").put_data_protection_policy(
        logGroupIdentifier=values["log_group_name"], policyDocument=values["policy_document"]
    )
    values["id"] = values["log_group_name"]


def _read_protection(aws: Aws, values: Values) -> Values | None:
    found = aws.client("logs").get_data_protection_policy(logGroupIdentifier=values["id"])
    if not found.get("policyDocument"):
        return None
    return {
        "id": values["id"],
        "log_group_name": found["logGroupIdentifier"],
        "policy_document": gojson.normalised_json(found["policyDocument"]),
    }


def _protection_document(aws: Aws, values: Values) -> Values:
    audit, mask = (first(statement["operation"]) or {} for statement in values["statement"])
    if not audit.get("audit") or audit.get("deidentify"):
        raise ResourceError("the first policy statement must contain only the audit operation")
    if mask.get("audit") or not mask.get("deidentify"):
        raise ResourceError("the second policy statement must contain only the deidentify operation")
    document = {
        **given(Description=values["description"], Version=values["version"], Name=values["name"]),
        **given(Configuration=_custom_identifiers(values)),
        "Statement": [
            {
                **given(Sid=statement["sid"]),
                "DataIdentifier": sorted(statement["data_identifiers"]),
                "Operation": _operation(first(statement["operation"]) or {}),
            }
            for statement in values["statement"]
        ],
    }
    text = gojson.indented(document)
    return {"id": str(zlib.crc32(text.encode())), "json": text}


def _custom_identifiers(values: Values) -> Values | None:
    block = first(values["configuration"])
    if block is None:
        return None
    found = [{"Name": each_["name"], "Regex": each_["regex"]} for each_ in block["custom_data_identifier"]]
    return {"CustomDataIdentifier": found}


def _operation(block: Values) -> Values:
    if block["deidentify"]:
        return {"Deidentify": {"MaskConfig": {}}}
    destination = (first(block["audit"]) or {})["findings_destination"][0]
    kinds = {
        "CloudWatchLogs": ("cloudwatch_logs", "LogGroup", "log_group"),
        "Firehose": ("firehose", "DeliveryStream", "delivery_stream"),
        "S3": ("s3", "Bucket", "bucket"),
    }
    found = {
        key: {inner: destination[name][0][attribute]}
        for key, (name, inner, attribute) in kinds.items()
        if destination[name]
    }
    return {"Audit": {"FindingsDestination": found}}


# Saved queries

_QUERY = Derived(
    "aws_cloudwatch_query_definition",
    "logs",
    "PutQueryDefinitionRequest",
    only=("log_group_names", "name", "query_string"),
)


def _put_query(aws: Aws, values: Values, prior: Values | None = None) -> None:
    known = given(queryDefinitionId=prior["id"]) if prior else {}
    found = aws.client("logs").put_query_definition(**to_api(values, _QUERY), **known)
    values["id"] = found["queryDefinitionId"]


def _read_query(aws: Aws, values: Values) -> Values | None:
    named = given(queryDefinitionNamePrefix=values.get("name"))
    queries = items(aws.client("logs").describe_query_definitions, "queryDefinitions", **named)
    found = next((item for item in queries if item["queryDefinitionId"] == values["id"]), None)
    if found is None:
        return None
    shown = {"id": values["id"], "query_definition_id": values["id"]}
    return {**from_api(found, _QUERY), **shown, "arn": aws.arn("logs", f"query-definition:{values['id']}")}


def _import_query(aws: Aws, identifier: str) -> Values:
    found = re.fullmatch(r"arn:[^:]+:logs:[^:]*:[^:]*:query-definition:([0-9a-f-]{36})", identifier)
    if found is None:
        detail = "Expected the ARN of a CloudWatch query definition"
        raise ResourceError(f"unexpected format for ID ({identifier})", detail=detail)
    return {"id": found[1]}


# Anomaly detectors

_DETECTOR = Derived(
    "aws_cloudwatch_log_anomaly_detector",
    "logs",
    "CreateLogAnomalyDetectorRequest",
    without=("arn", "enabled"),
)


def _create_detector(aws: Aws, values: Values) -> None:
    arguments = {**to_api(values, _DETECTOR), **given(tags=values["tags_all"])}
    values["arn"] = aws.client("logs").create_log_anomaly_detector(**arguments)["anomalyDetectorArn"]


def _read_detector(aws: Aws, values: Values) -> Values:
    logs, named = aws.client("logs"), values["arn"]
    found = logs.get_log_anomaly_detector(anomalyDetectorArn=named)
    tags = logs.list_tags_for_resource(resourceArn=named).get("tags", {})
    return {**from_api(found, _DETECTOR), "arn": named, "tags_all": tags}


def _update_detector(aws: Aws, values: Values, prior: Values) -> None:
    arguments = given(
        anomalyVisibilityTime=values["anomaly_visibility_time"],
        evaluationFrequency=values["evaluation_frequency"],
    )
    if changed(values, prior, "filter_pattern"):
        arguments["filterPattern"] = values["filter_pattern"] or ""
    aws.client("logs").update_log_anomaly_detector(
        anomalyDetectorArn=values["arn"], enabled=values["enabled"], **arguments
    )


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    if config["log_group_arn_list"] == []:
        yield "log_group_arn_list", "a detector needs a log group"


RESOURCES = {
    "aws_cloudwatch_log_account_policy": ResourceHandler(
        create=_put_account_policy,
        read=_read_account_policy,
        update=_put_account_policy,
        delete=call("logs", "delete_account_policy", policyName="id", policyType="policy_type"),
        imports=_import_account_policy,
        identifier="{policy_name}:{policy_type}",
        defaults={"scope": "ALL"},
        equivalent={"policy_document": same_json},
        normalise={"policy_document": gojson.normalised_json},
        shapes=(_ACCOUNT,),
        validators={"policy_document": json_text},
        name=None,
    ),
    "aws_cloudwatch_log_anomaly_detector": ResourceHandler(
        create=_create_detector,
        read=_read_detector,
        update=_update_detector,
        delete=call("logs", "delete_log_anomaly_detector", anomalyDetectorArn="arn"),
        tag=tagging("logs", "resourceArn"),
        imports=lambda aws, identifier: {"arn": identifier},
        checks=(_checks,),
        shapes=(_DETECTOR,),
        validators={"anomaly_visibility_time": between(7, 90), "log_group_arn_list": each(arn)},
        name=None,
        differs=(
            "Another name or list of groups replaces it, and another pattern is sent; the published provider "
            "sends none of them, and shows the difference in each plan. AWS keeps an `evaluation_frequency` "
            "that is taken away, which each plan shows (published: unknown)."
        ),
    ),
    "aws_cloudwatch_log_data_protection_policy": ResourceHandler(
        create=_put_protection,
        read=_read_protection,
        update=_put_protection,
        delete=call("logs", "delete_data_protection_policy", logGroupIdentifier="id"),
        equivalent={"policy_document": same_json},
        normalise={"policy_document": gojson.normalised_json},
        validators={"log_group_name": GROUP_NAME, "policy_document": json_text},
        name=None,
    ),
    "aws_cloudwatch_query_definition": ResourceHandler(
        create=_put_query,
        read=_read_query,
        update=_put_query,
        delete=call("logs", "delete_query_definition", queryDefinitionId="id"),
        imports=_import_query,
        identifier=lambda aws, identity: aws.arn(
            "logs", f"query-definition:{identity['query_definition_id']}"
        ),
        validators={
            "log_group_names": each(*GROUP_NAME),
            "name": (
                length(1, 255),
                matches(
                    r"^[^:*/]+(/[^:*/]+)*$",
                    "cannot contain a colon or asterisk and cannot start or end with a slash",
                ),
            ),
        },
    ),
}

DATA_SOURCES = {
    "aws_cloudwatch_log_data_protection_policy_document": DataSourceHandler(
        read=_protection_document,
        defaults={"version": "2021-06-01"},
        validators={
            name: length(1, 10**6)
            for name in (
                "name",
                "statement.operation.audit.findings_destination.cloudwatch_logs.log_group",
                "statement.operation.audit.findings_destination.firehose.delivery_stream",
                "statement.operation.audit.findings_destination.s3.bucket",
            )
        },
        differs="`data_identifiers` are in the order of the alphabet; there, in the SDK's order of sets.",
    ),
}
