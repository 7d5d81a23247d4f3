"""What buckets and topics keep of their settings."""

from __future__ import annotations

import json

from presso.verification.bench import Bench
from presso.verification.claims import probe


@probe("S3", "a bucket's inventories, analytics, metrics", aws="kept, and removed alone")
def settings_of_a_bucket_are_kept(bench: Bench) -> str:
    """A bucket's metrics are kept under their name, and removing them leaves the bucket."""
    bucket, client, named = bench.bucket(), bench.client("s3"), {"Id": "all"}
    client.put_bucket_metrics_configuration(Bucket=bucket, **named, MetricsConfiguration=named)
    found = client.get_bucket_metrics_configuration(Bucket=bucket, **named)["MetricsConfiguration"]
    client.delete_bucket_metrics_configuration(Bucket=bucket, **named)
    payer = client.get_bucket_request_payment(Bucket=bucket)["Payer"]
    kept = (found["Id"], payer) == ("all", "BucketOwner")
    return "kept, and removed alone" if kept else f"{found}, {payer}"


@probe(
    "Application Auto Scaling, CloudWatch, Lambda, Logs, SNS",
    "policies of an account's logs, data protection",
    aws="kept, then none",
)
def data_protection_of_a_topic_is_kept(bench: Bench) -> str:
    """A topic's data protection policy is kept, and an empty one removes it."""
    client = bench.client("sns")
    topic = client.create_topic(Name=bench.name("topic"))["TopicArn"]
    statement = {
        "Sid": "deny",
        "DataDirection": "Inbound",
        "Principal": ["*"],
        "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"],
        "Operation": {"Deny": {}},
    }
    policy = json.dumps({"Name": "cards", "Version": "2021-06-01", "Statement": [statement]})
    client.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=policy)
    kept = client.get_data_protection_policy(ResourceArn=topic).get("DataProtectionPolicy")
    client.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="")
    left = client.get_data_protection_policy(ResourceArn=topic).get("DataProtectionPolicy")
    found = "kept" if json.loads(kept or "{}").get("Name") == "cards" else str(kept)
    return f"{found}, then {left or 'none'}"
