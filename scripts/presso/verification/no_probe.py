"""Lines of docs/local-aws.md that no probe can show, and why: (service, beginning of the line) → reason."""

from __future__ import annotations

from collections.abc import Mapping

_RESTART = "It is about a restart of the emulator, which AWS does not have."
_ACCOUNT = "It would change what all buckets of the account may make public."
REASONS: Mapping[tuple[str, str], str] = {
    ("Lambda", "(only here) a function in Node.js is refused"): "AWS has Node.js.",
    ("Lambda", "(only here) calls take turns"): "It is about this machine's processors.",
    ("Lambda", "a function's timeout counts the time"): "It is about this machine's processors.",
    ("Lambda", "after a restart, mappings"): _RESTART,
    (
        "API Gateway",
        "`PostToConnection` finds a connection",
    ): "It is about the emulator's address; each API has its own on AWS.",
    ("all", "memory: only archives"): "It is about the emulator's memory.",
    (
        "all",
        "a request with its operation in a header",
    ): "SDKs send no such request; AWS refuses a forged one before IAM.",
    (
        "IAM",
        "a user or a group gets another name",
    ): "A run makes no users, who could sign in, and a group has no tags by which to remove it.",
    ("S3", "an account's block of public access is kept"): _ACCOUNT,
    ("S3", "an account's block of public access blocks nothing"): _ACCOUNT,
    (
        "Secrets Manager",
        "a secret can be made with replicas",
    ): "Replicas are in another region, where a run removes nothing after a kill.",
    (
        "Secrets Manager",
        "a rotation calls no function",
    ): "AWS rotates within hours, longer than a probe may take.",
    (
        "S3 Tables",
        "a bucket with namespaces",
    ): "After a kill a run removes what it has made by names; a table bucket has only an ARN.",
    ("EC2", "three zones in each region"): "It is about what the emulator has; AWS has more in each region.",
    ("DynamoDB, Step Functions", "records of a stream, and executions"): _RESTART,
    (
        "API Gateway, Firehose, KMS, Signer",
        "a deployment's description",
    ): "Keys and signing profiles stay for days after a probe, and a delivery stream takes minutes.",
    (
        "Application Auto Scaling, CloudWatch, Lambda, Logs, Signer, SNS",
        "what is only kept has no effect",
    ): "On AWS it takes minutes, and traffic that costs, until such a thing has an effect.",
}
