"""What a bucket keeps of its settings."""

from __future__ import annotations

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
