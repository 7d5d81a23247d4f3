"""CloudWatch Logs: data protection and account policies, saved queries and anomaly detectors, kept as they
were put; keys of groups, settings of deliveries and filters. No log is masked, searched, encrypted,
transformed or delivered by them.

Source: API reference of CloudWatch Logs, `PutDataProtectionPolicy`, `PutAccountPolicy`, `PutQueryDefinition`,
`CreateLogAnomalyDetector`, `AssociateKmsKey`, `UpdateDeliveryConfiguration`, `PutMetricFilter` and the like.
"""

import time
import uuid
from collections.abc import Callable

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from presso.local_aws.emulator_patches import documents
from presso.local_aws.emulator_patches.documents import RequestRefused
from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(
    cloudwatch_logs,
    "_deliveries",
    "_log_groups",
    "_metric_filters",
    _put_metric_filter="data",
    _put_subscription_filter="data",
    _resolve_log_group_name="data",
)
_PROTECTION = "dataProtectionPolicy"
_ACCOUNT, _QUERY, _DETECTOR = "logs account policy", "logs query", "logs anomaly detector"
_UNTOLD_DAYS = 21
_OF_TRANSFORMATION = ("applyOnTransformedLogs", "emitSystemFieldDimensions", "emitSystemFields")


def _now() -> int:
    return int(time.time() * 1000)


# One of a group, in its own record: it ends with the group.


def _group(given: Json) -> Json:
    group: Json | None = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(given))
    if group is None:
        raise RequestRefused("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _put_protection(given: Json) -> Json:
    _group(given)[_PROTECTION] = {"policyDocument": given["policyDocument"], "lastUpdatedTime": _now()}
    return _protection(given)


def _protection(given: Json) -> Json:
    return {"logGroupIdentifier": given["logGroupIdentifier"], **_group(given).get(_PROTECTION, {})}


def _delete_protection(given: Json) -> Json:
    if _group(given).pop(_PROTECTION, None) is None:
        raise RequestRefused("ResourceNotFoundException", "The data protection policy does not exist.")
    return {}


def _associate_key(given: Json) -> Json:
    _group(given)["kmsKeyId"] = given["kmsKeyId"]
    return {}


def _disassociate_key(given: Json) -> Json:
    _group(given)["kmsKeyId"] = None
    return {}


@PATCHES.around(cloudwatch_logs, "_put_metric_filter")
@PATCHES.around(cloudwatch_logs, "_put_subscription_filter")
def _transformed(original: Callable[[Json], Response], data: Json) -> Response:
    response = original(data)
    if response[0] == 200:
        group, name = data["logGroupName"], data["filterName"]
        put = (
            cloudwatch_logs._log_groups[group]["subscriptionFilters"][name]
            if "destinationArn" in data
            else cloudwatch_logs._metric_filters[(group, name)]
        )
        put |= {key: data[key] for key in _OF_TRANSFORMATION if key in data}
    return response


def _update_delivery(given: Json) -> Json:
    delivery: Json | None = cloudwatch_logs._deliveries.get(given["id"])
    if delivery is None:
        message = f"Delivery does not exist: {given['id']}"
        raise RequestRefused("ResourceNotFoundException", message)
    delivery |= {key: value for key, value in given.items() if key != "id"}
    return {}


# Of the account


def _put_account_policy(given: Json) -> Json:
    name = f"{given['policyType']}/{given['policyName']}"
    fixed = {"scope": given.get("scope", "ALL"), "accountId": get_account_id(), "lastUpdatedTime": _now()}
    return {"accountPolicy": documents.keep(_ACCOUNT, name, {**given, **fixed})}


def _account_policies(given: Json) -> Json:
    wanted = {key: given[key] for key in ("policyType", "policyName") if key in given}
    return {
        "accountPolicies": [each for each in documents.of_kind(_ACCOUNT) if wanted.items() <= each.items()]
    }


def _delete_account_policy(given: Json) -> Json:
    name = f"{given['policyType']}/{given['policyName']}"
    documents.drop(_ACCOUNT, name)
    return {}


def _put_query(given: Json) -> Json:
    identifier = given.get("queryDefinitionId")
    if identifier:
        documents.found(_QUERY, identifier)
    else:
        identifier = str(uuid.uuid4())
    documents.keep(_QUERY, identifier, {**given, "queryDefinitionId": identifier, "lastModified": _now()})
    return {"queryDefinitionId": identifier}


def _queries(given: Json) -> Json:
    start = given.get("queryDefinitionNamePrefix", "")
    return {
        "queryDefinitions": [each for each in documents.of_kind(_QUERY) if each["name"].startswith(start)]
    }


def _delete_query(given: Json) -> Json:
    documents.drop(_QUERY, given["queryDefinitionId"])
    return {"success": True}


# Anomaly detectors


def _create_detector(given: Json) -> Json:
    arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:anomaly-detector:{uuid.uuid4()}"
    kept = documents.without_tags(given)
    kept.setdefault("anomalyVisibilityTime", _UNTOLD_DAYS)
    fixed = {
        "anomalyDetectorStatus": "ANALYZING",
        "creationTimeStamp": _now(),
        "lastModifiedTimeStamp": _now(),
    }
    documents.keep(_DETECTOR, arn, {**kept, **fixed, "tags": documents.as_map(given.get("tags"))})
    return {"anomalyDetectorArn": arn}


def _detector(given: Json) -> Json:
    return documents.without_tags(documents.found(_DETECTOR, given["anomalyDetectorArn"]))


def _update_detector(given: Json) -> Json:
    found = documents.found(_DETECTOR, given["anomalyDetectorArn"])
    changeable = ("anomalyVisibilityTime", "evaluationFrequency", "filterPattern")
    found |= {key: given[key] for key in changeable if key in given}
    found |= {
        "anomalyDetectorStatus": "ANALYZING" if given.get("enabled") else "PAUSED",
        "lastModifiedTimeStamp": _now(),
    }
    return {}


def _delete_detector(given: Json) -> Json:
    documents.drop(_DETECTOR, given["anomalyDetectorArn"])
    return {}


@PATCHES.also
def _serve() -> None:
    documents.serve(
        "logs",
        {
            "AssociateKmsKey": _associate_key,
            "CreateLogAnomalyDetector": _create_detector,
            "DeleteAccountPolicy": _delete_account_policy,
            "DeleteDataProtectionPolicy": _delete_protection,
            "DeleteLogAnomalyDetector": _delete_detector,
            "DeleteQueryDefinition": _delete_query,
            "DescribeAccountPolicies": _account_policies,
            "DescribeQueryDefinitions": _queries,
            "DisassociateKmsKey": _disassociate_key,
            "GetDataProtectionPolicy": _protection,
            "GetLogAnomalyDetector": _detector,
            "PutAccountPolicy": _put_account_policy,
            "PutDataProtectionPolicy": _put_protection,
            "PutQueryDefinition": _put_query,
            "UpdateDeliveryConfiguration": _update_delivery,
            "UpdateLogAnomalyDetector": _update_detector,
            **documents.tags(lambda arn: documents.find(_DETECTOR, arn), "resourceArn", listed=False),
        },
    )
