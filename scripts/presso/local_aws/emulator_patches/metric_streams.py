"""CloudWatch: metric streams, kept as they were put. No metric leaves by them.

Source: API reference of CloudWatch, `PutMetricStream` and the like.
"""

import time

from ministack.core.responses import get_account_id, get_region

from presso.local_aws.emulator_patches import documents
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
_STREAM = "metric stream"


def _put(given: Json) -> Json:
    name = given["Name"]
    before = documents.find(_STREAM, name)
    if before and given.get("Tags"):
        raise documents.RequestRefused("InvalidParameterCombinationException", "Tags are for a new stream.")
    now = int(time.time())
    kept = {key: value for key, value in given.items() if key != "Tags"}
    fixed = {
        "Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:metric-stream/{name}",
        "CreationDate": before["CreationDate"] if before else now,
        "IncludeLinkedAccountsMetrics": given.get("IncludeLinkedAccountsMetrics", False),
        "LastUpdateDate": now,
        "State": before["State"] if before else "running",
        "tags": before["tags"] if before else documents.as_map(given.get("Tags")),
    }
    return {"Arn": documents.keep(_STREAM, name, {**kept, **fixed})["Arn"]}


def _get(given: Json) -> Json:
    return documents.without_tags(documents.found(_STREAM, given["Name"]))


def _delete(given: Json) -> Json:
    documents.drop(_STREAM, given["Name"])
    return {}


def _by_arn(arn: str) -> Json | None:
    found = documents.find(_STREAM, arn.rpartition("/")[2])
    return found if found and found["Arn"] == arn else None


@PATCHES.also
def _serve() -> None:
    documents.serve(
        "monitoring",
        {
            "DeleteMetricStream": _delete,
            "GetMetricStream": _get,
            "PutMetricStream": _put,
            **documents.tags(_by_arn, "ResourceARN", listed=True),
        },
    )
