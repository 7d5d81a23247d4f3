"""S3: what an account's buckets may make public.

Source: internal/service/s3control/account_public_access_block.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import matches

_ACCESS = Derived("aws_s3_account_public_access_block", "s3control", "PublicAccessBlockConfiguration")


def _put(aws: Aws, values: Values, prior: Values | None = None) -> None:
    account = values["account_id"] or aws.account_id
    aws.client("s3control").put_public_access_block(
        AccountId=account, PublicAccessBlockConfiguration=to_api(values, _ACCESS)
    )
    values["id"] = account


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("s3control").get_public_access_block(AccountId=values["id"])
    shown = from_api(found["PublicAccessBlockConfiguration"], _ACCESS)
    return {**shown, "id": values["id"], "account_id": values["id"]}


ACCESS = ResourceHandler(
    create=_put,
    read=_read,
    update=_put,
    delete=call("s3control", "delete_public_access_block", AccountId="id"),
    defaults=dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False
    ),
    validators={"account_id": matches(r"^\d{12}$", "an account is twelve digits")},
    gone={"NoSuchPublicAccessBlockConfiguration"},
    name=None,
    differs="The local AWS keeps it, and blocks nothing.",
)
