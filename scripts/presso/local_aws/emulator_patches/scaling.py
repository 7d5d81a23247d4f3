"""Application Auto Scaling, which the emulator lacks: targets and policies, kept as they were put.

Nothing is scaled, and no alarm is made for a policy. Source: API reference of Application Auto Scaling; the
service authorization reference for its namespace.
"""

import time
import uuid

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

from presso.local_aws.emulator_patches import documents
from presso.local_aws.emulator_patches.documents import RequestRefused
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(iam_actions, "SERVICE_TO_IAM_NAMESPACE")
_SERVICE = "application-autoscaling"
_TARGET, _POLICY = "scalable target", "scaling policy"
_GONE = "ObjectNotFoundException"
_PARTS = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_SUSPENDED = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)
# The roles that AWS makes itself, by the namespace of what they scale.
_ROLES = {"dynamodb": "DynamoDBTable", "ecs": "ECSService", "lambda": "LambdaConcurrency"}


def _name(given: Json, *more: str) -> str:
    return " ".join(str(given[part]) for part in (*_PARTS, *more))


def _role(namespace: str) -> str:
    name = f"AWSServiceRoleForApplicationAutoScaling_{_ROLES.get(namespace, namespace)}"
    path = f"aws-service-role/{namespace}.{_SERVICE}.amazonaws.com/{name}"
    return f"arn:aws:iam::{get_account_id()}:role/{path}"


def _register(given: Json) -> Json:
    name = _name(given)
    before = documents.find(_TARGET, name)
    kept = {**(before or {}), **{key: value for key, value in given.items() if key != "Tags"}}
    if not {"MinCapacity", "MaxCapacity"} <= kept.keys():
        raise RequestRefused("ValidationException", "A new target needs MinCapacity and MaxCapacity.")
    if kept["MinCapacity"] > kept["MaxCapacity"]:
        raise RequestRefused("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    if before is None:
        arn = f"arn:aws:{_SERVICE}:{get_region()}:{get_account_id()}:scalable-target/{uuid.uuid4().hex[:31]}"
        kept |= {
            "CreationTime": int(time.time()),
            "RoleARN": given.get("RoleARN") or _role(given["ServiceNamespace"]),
            "ScalableTargetARN": arn,
            "tags": documents.as_map(given.get("Tags")),
        }
    kept["SuspendedState"] = {**_SUSPENDED, **kept.get("SuspendedState", {})}
    return {"ScalableTargetARN": documents.keep(_TARGET, name, kept)["ScalableTargetARN"]}


def _targets(given: Json) -> Json:
    wanted = given.get("ResourceIds")
    found = [each for each in _matching(_TARGET, given) if not wanted or each["ResourceId"] in wanted]
    return {"ScalableTargets": [documents.without_tags(each) for each in found]}


def _matching(kind: str, given: Json) -> list[Json]:
    wanted = {part: given[part] for part in _PARTS if part in given}
    return [each for each in documents.of_kind(kind) if wanted.items() <= each.items()]


def _deregister(given: Json) -> Json:
    documents.found(_TARGET, _name(given), _GONE)
    for policy in _matching(_POLICY, given):
        documents.drop(_POLICY, _name(policy, "PolicyName"))
    documents.drop(_TARGET, _name(given))
    return {}


def _put_policy(given: Json) -> Json:
    documents.found(_TARGET, _name(given), _GONE)
    name = _name(given, "PolicyName")
    before = documents.find(_POLICY, name) or {}
    about = f"resource/{given['ServiceNamespace']}/{given['ResourceId']}:policyName/{given['PolicyName']}"
    arn = f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:scalingPolicy:{uuid.uuid4()}:{about}"
    kept = {
        "PolicyType": "StepScaling",
        **given,
        "Alarms": [],
        "CreationTime": before.get("CreationTime", int(time.time())),
        "PolicyARN": before.get("PolicyARN", arn),
    }
    if tracking := kept.get("TargetTrackingScalingPolicyConfiguration"):
        tracking.setdefault("DisableScaleIn", False)
    return {"PolicyARN": documents.keep(_POLICY, name, kept)["PolicyARN"], "Alarms": []}


def _policies(given: Json) -> Json:
    wanted = given.get("PolicyNames")
    found = [each for each in _matching(_POLICY, given) if not wanted or each["PolicyName"] in wanted]
    return {"ScalingPolicies": found}


def _delete_policy(given: Json) -> Json:
    documents.drop(_POLICY, _name(given, "PolicyName"), _GONE)
    return {}


def _by_arn(arn: str) -> Json | None:
    found = (each for each in documents.of_kind(_TARGET) if each["ScalableTargetARN"] == arn)
    return next(found, None)


@PATCHES.also
def _serve() -> None:
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_SERVICE] = _SERVICE
    documents.serve(
        _SERVICE,
        {
            "DeleteScalingPolicy": _delete_policy,
            "DeregisterScalableTarget": _deregister,
            "DescribeScalableTargets": _targets,
            "DescribeScalingPolicies": _policies,
            "PutScalingPolicy": _put_policy,
            "RegisterScalableTarget": _register,
            **documents.tags(_by_arn, "ResourceARN", listed=False),
        },
    )
