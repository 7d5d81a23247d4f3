"""What a plan removes is not judged as it is; what stays is."""

import json
from typing import Any

from presso.gate.plan_comparison import PredictedPlan
from presso.gate.plan_entries import PlanEntry

ROLE, QUEUE, TOPIC = "aws_iam_role.own", "aws_sqs_queue.own", "aws_sns_topic.own"
URL = "https://sqs.us-east-1.amazonaws.com/111111111111/nyc--cups--own"
SHOWN = {
    ROLE: {
        "name": "own",
        "id": "own",
        "inline_policy": [{"name": "old", "policy": "*"}, {"name": "kept", "policy": "own"}],
    },
    QUEUE: {"url": URL, "policy": "everyone"},
    TOPIC: {"arn": "arn", "policy": ""},
}
SETTINGS = {
    "aws_iam_role_policy.old": {"role": "own", "name": "old"},
    "aws_sqs_queue_policy.old": {"queue_url": URL, "policy": "everyone"},
}


def change(address: str, before: Any, after: Any, *actions: str) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {
        "address": f"module.extension.{address}",
        "module_address": "module.extension",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": list(actions), "before": before, "after": after, "after_unknown": {}},
    }


def judged(shown: dict[str, Any], gone: str, *actions: str, on_own: dict[str, Any] | None = None) -> Any:
    """The entries of a real plan that does this to one setting, by address."""
    own = on_own or {}
    entries = {
        address: PlanEntry("", *address.split("."), "managed", own.get(address, {}), {}) for address in shown
    }
    predicted = PredictedPlan(entries, {})
    changes = [change(address, values, values, "no-op") for address, values in shown.items()]
    changes.append(change(gone, SETTINGS[gone], {"policy": "new"} if "update" in actions else None, *actions))
    return predicted.completed(predicted.entries_of({"resource_changes": changes}))


def test_a_policy_that_is_removed_is_not_judged_as_its_role_still_shows_it() -> None:
    for actions in (["delete"], ["update"], ["delete", "create"]):
        found = judged(SHOWN, "aws_iam_role_policy.old", *actions)
        assert found[ROLE].values["inline_policy"] == [{"name": "kept", "policy": "own"}]
        assert found[QUEUE].values["policy"] == "everyone"


def test_a_queues_policy_that_is_removed_is_not_judged_as_the_queue_still_shows_it() -> None:
    found = judged(SHOWN, "aws_sqs_queue_policy.old", "delete")
    assert found[QUEUE].values["policy"] is None
    assert len(found[ROLE].values["inline_policy"]) == 2


def test_what_stays_is_judged_as_it_is() -> None:
    found = judged(SHOWN, "aws_sqs_queue_policy.old", "no-op")
    assert found[QUEUE].values["policy"] == "everyone"
    another = judged(
        {**SHOWN, QUEUE: {"url": f"{URL}-2", "policy": "everyone"}}, "aws_sqs_queue_policy.old", "delete"
    )
    assert another[QUEUE].values["policy"] == "everyone"


def test_what_the_files_set_on_the_resource_itself_is_judged() -> None:
    found = judged(SHOWN, "aws_sqs_queue_policy.old", "delete", on_own={QUEUE: {"policy": "own"}})
    assert found[QUEUE].values["policy"] == "everyone"


def test_the_policy_that_aws_gives_a_topic_is_not_the_extensions() -> None:
    def topic(condition: dict[str, Any]) -> Any:
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Condition": condition}
        policy = json.dumps({"Id": "__default_policy_ID", "Statement": [statement]})
        shown = {**SHOWN, TOPIC: {"arn": "arn:aws:sns:us-east-1:111111111111:own", "policy": policy}}
        return judged(shown, "aws_iam_role_policy.old", "delete")[TOPIC].values["policy"]

    assert topic({"StringEquals": {"AWS:SourceOwner": "111111111111"}}) is None
    assert topic({"StringEquals": {"AWS:SourceOwner": "222222222222"}}) is not None
    assert topic({"StringNotEquals": {"AWS:SourceOwner": "111111111111"}}) is not None
    assert topic({}) is not None
