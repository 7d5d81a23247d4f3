"""What AWS computes of a type's attributes: what follows from names, and what it sets by chance.

The offline provider predicts both (`offline_aws.computed_values`); a test compares its predictions with this
table. What is in neither column is late, and not predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Computed:
    """The computed attributes of a type.

    Args:
        from_names: Predicted as AWS sets them, from nothing but the name, the account and the region.
        by_chance: What AWS sets by chance.
        if_set: The argument without which nothing is by chance, "" for none.
        without: What then follows from names.
    """

    from_names: tuple[str, ...] = ()
    by_chance: frozenset[str] = frozenset()
    if_set: str = ""
    without: tuple[str, ...] = ()


_NAMED = Computed(("arn", "id"))
OF: Mapping[str, Computed] = {
    "aws_cloudwatch_dashboard": Computed(("dashboard_arn",)),
    "aws_cloudwatch_event_api_destination": Computed((), frozenset({"arn"})),
    "aws_cloudwatch_event_connection": Computed((), frozenset({"arn", "secret_arn"})),
    "aws_cloudwatch_event_rule": _NAMED,
    "aws_cloudwatch_log_group": _NAMED,
    "aws_cloudwatch_metric_alarm": _NAMED,
    "aws_dynamodb_table": Computed(
        ("arn", "id"), frozenset({"stream_arn", "stream_label"}), if_set="stream_enabled"
    ),
    "aws_iam_policy": _NAMED,
    "aws_iam_role": _NAMED,
    "aws_kms_alias": _NAMED,
    "aws_kms_key": Computed((), frozenset({"arn", "id", "key_id"})),
    "aws_lambda_alias": Computed(("arn",)),
    "aws_lambda_function": Computed(
        ("arn", "id", "invoke_arn"),
        frozenset({"qualified_arn", "version"}),
        if_set="publish",
        without=("qualified_arn", "version"),  # $LATEST
    ),
    "aws_lambda_layer_version": Computed((), frozenset({"arn", "id", "version"})),
    "aws_pipes_pipe": _NAMED,
    "aws_s3_bucket": Computed(("arn", "bucket_domain_name", "id")),
    "aws_scheduler_schedule": _NAMED,
    "aws_scheduler_schedule_group": _NAMED,
    "aws_secretsmanager_secret": Computed((), frozenset({"arn", "id"})),
    "aws_sfn_state_machine": Computed(
        ("arn", "id"), frozenset({"state_machine_version_arn"}), if_set="publish"
    ),
    "aws_sns_topic": _NAMED,
    # The local AWS has another URL than AWS.
    "aws_sqs_queue": Computed(("arn",), frozenset({"id", "url"})),
    "aws_ssm_parameter": Computed(("arn", "id"), frozenset({"version"})),
}
_NONE = Computed()


def of(kind: str) -> Computed:
    """Return a type's; nothing for one whose attributes are not predicted."""
    return OF.get(kind, _NONE)
