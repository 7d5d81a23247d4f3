import json
from typing import Any

import pytest

from offline_aws.policies import PolicyKind, iam_policy

RIGHT: dict[PolicyKind, dict[str, Any]] = {
    "identity": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    "resource": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"},
    "trust": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    },
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_policy_passes(kind: PolicyKind) -> None:
    statement = RIGHT[kind]
    assert iam_policy(kind)(json.dumps({"Version": "2012-10-17", "Statement": [statement]})) is None
    assert iam_policy(kind)(json.dumps({"Statement": statement})) is None


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("identity", "", "empty string"),
        ("identity", "{", "invalid JSON"),
        ("identity", "[]", "is an object"),
        ("identity", '{"Statements": []}', "unknown element Statements"),
        ("identity", '{"Version": "2020-01-01", "Statement": []}', "Version 2020-01-01"),
        ("identity", '{"Version": "2012-10-17"}', "at least one Statement"),
        ("identity", '{"Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}', "Allow or Deny"),
        ("identity", '{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "Action and NotAction"),
        ("identity", '{"Statement": [{"Effect": "Allow", "Action": "*"}]}', "Resource and NotResource"),
        ("identity", json.dumps({"Statement": RIGHT["resource"]}), "no Principal"),
        ("resource", json.dumps({"Statement": RIGHT["identity"]}), "Principal and NotPrincipal"),
        ("trust", json.dumps({"Statement": RIGHT["resource"]}), "no Resource"),
        ("identity", '{"Statement": [{"effect": "Allow"}]}', "unknown element effect"),
    ],
)
def test_a_wrong_policy_is_refused_by_what_is_wrong(kind: PolicyKind, text: str, said: str) -> None:
    assert said in (iam_policy(kind)(text) or "")
