"""IAM: two policies of AWS that modules attach to functions in networks and to rules that are traced.

Source: AWS Managed Policy Reference, `AWSLambdaENIManagementAccess` and `AWSXrayWriteOnlyAccess`.
"""

import json

from ministack.services import iam

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(iam, "_aws_managed_policies", _make_aws_managed_record="name document description")
_POLICIES = {
    "AWSXrayWriteOnlyAccess": [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:GetSamplingStatisticSummaries",
    ],
    "service-role/AWSLambdaENIManagementAccess": [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
}


@PATCHES.also
def _add() -> None:
    for name, actions in _POLICIES.items():
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        record = iam._make_aws_managed_record(name, document, "")
        iam._aws_managed_policies[record["Arn"]] = record
