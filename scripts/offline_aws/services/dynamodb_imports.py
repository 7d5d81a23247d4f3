"""Tables that are filled from objects in S3, the block ``import_table`` of ``aws_dynamodb_table``.

Source: internal/service/dynamodb/table.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values, first, given

# What a table that is imported is made with; the rest is set when it is there.
_CREATION = (
    *("TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput"),
    *("OnDemandThroughput", "SSESpecification", "GlobalSecondaryIndexes"),
)
_AFTERWARDS = ("DeletionProtectionEnabled", "StreamSpecification", "TableClass")


def create(aws: Aws, block: Values, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Make a table from objects; returns the arguments of the updates that it still needs.

    Args:
        block: `import_table`.
        arguments: Those that would make the table without an import.
    """
    client = aws.client("dynamodb")
    source = block["s3_bucket_source"][0]
    started = client.import_table(
        InputFormat=block["input_format"],
        S3BucketSource=given(
            S3Bucket=source["bucket"],
            S3BucketOwner=source["bucket_owner"],
            S3KeyPrefix=source["key_prefix"],
        ),
        TableCreationParameters={key: arguments[key] for key in _CREATION if key in arguments},
        **given(InputCompressionType=block["input_compression_type"], InputFormatOptions=_options(block)),
    )["ImportTableDescription"]

    def done() -> bool:
        found = client.describe_import(ImportArn=started["ImportArn"])["ImportTableDescription"]
        if found["ImportStatus"] in ("CANCELLED", "FAILED"):
            detail = f"{found.get('FailureCode', '')}: {found.get('FailureMessage', '')}"
            raise ResourceError(f"the import of {arguments['TableName']} failed", detail=detail)
        return bool(found["ImportStatus"] == "COMPLETED")

    aws.wait(done, f"import of DynamoDB Table ({arguments['TableName']})")
    if tags := arguments.get("Tags"):
        client.tag_resource(ResourceArn=started["TableArn"], Tags=tags)
    usual = {"DeletionProtectionEnabled": False, "TableClass": "STANDARD"}
    wanted = {key: arguments[key] for key in _AFTERWARDS if key in arguments}
    return [{key: value} for key, value in wanted.items() if usual.get(key) != value]


def _options(block: Values) -> Values | None:
    csv = first((first(block["input_format_options"]) or {}).get("csv"))
    return {"Csv": given(Delimiter=csv["delimiter"], HeaderList=csv["header_list"])} if csv else None
