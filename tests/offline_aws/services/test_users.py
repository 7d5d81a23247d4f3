"""What becomes of an IAM user's belongings when the user is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from offline_aws.aws import Aws
from offline_aws.services import iam_users

HAS: dict[str, dict[str, list[Any]]] = {
    "list_groups_for_user": {"Groups": [{"GroupName": "bar"}]},
    "list_user_policies": {"PolicyNames": ["own"]},
    "list_attached_user_policies": {"AttachedPolicies": [{"PolicyArn": "arn"}]},
    "list_access_keys": {"AccessKeyMetadata": [{"AccessKeyId": "key"}]},
    "list_virtual_mfa_devices": {
        "VirtualMFADevices": [
            {"SerialNumber": "mine", "User": {"UserName": "ann"}},
            {"SerialNumber": "of root"},
        ]
    },
}


class Iam:
    """An IAM that answers each list, and keeps what is done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def client(self, service: str) -> Iam:
        return self

    def get_paginator(self, operation: str) -> Any:
        class Pages:
            def paginate(self, **asked: str) -> list[Any]:
                return [HAS[operation]]

        return Pages()

    def __getattr__(self, operation: str) -> Callable[..., None]:
        def call(**given: str) -> None:
            others = " ".join(value for key, value in given.items() if key != "UserName")
            self.done.append(f"{operation} {others}".strip())

        return call


@pytest.mark.parametrize(
    ("force", "first"),
    [
        (False, []),
        (
            True,
            [
                "delete_user_policy own",
                "detach_user_policy arn",
                "delete_access_key key",
                "deactivate_mfa_device mine",
                "delete_virtual_mfa_device mine",
                "delete_login_profile",
            ],
        ),
    ],
)
def test_a_user_leaves_its_groups_and_only_by_force_what_else_it_has(force: bool, first: list[str]) -> None:
    """Source: internal/service/iam/user.go, resourceUserDelete."""
    iam = Iam()
    delete = iam_users.RESOURCES["aws_iam_user"].delete
    delete(cast(Aws, iam), {"id": "ann", "force_destroy": force})
    assert iam.done == ["remove_user_from_group bar", *first, "delete_user"]
