"""A real plan, and a state, are compared with what was predicted and judged."""

from typing import Any

import pytest

from presso.gate.plan_comparison import PredictedPlan, as_plan, in_state, planned
from presso.gate.plan_entries import PlanEntries

QUEUE = "aws_sqs_queue.orders"
ARN = "arn:aws:sqs:us-east-1:111111111111:nyc--cups--orders"


def change(
    address: str = QUEUE, *, unknown: Any = None, actions: Any = ("create",), **after: Any
) -> dict[str, Any]:
    """A change of a plan; the address is as seen from the extension."""
    module, _, rest = f"module.extension.{address}".rpartition(".aws_")
    kind, _, name = rest.partition(".")
    values = {"name": "nyc--cups--orders", "visibility_timeout_seconds": 30, **after}
    return {
        "address": f"{module}.aws_{rest}",
        "module_address": module.removesuffix(".data"),
        "mode": "data" if module.endswith(".data") else "managed",
        "type": f"aws_{kind}",
        "name": name.partition("[")[0],
        "change": {"actions": list(actions), "after": values, "after_unknown": unknown or {}},
    }


def plan(
    *changes: dict[str, Any], written: tuple[str, ...] = ("name", "policy"), **more: Any
) -> dict[str, Any]:
    """A plan whose files have one queue."""
    resource = {
        "address": QUEUE,
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "orders",
        "expressions": {name: {} for name in written},
    }
    calls = {"extension": {"module": {"resources": [resource]}}}
    configuration = {"root_module": {"module_calls": calls}}
    return {"resource_changes": list(changes), "configuration": configuration, **more}


PREDICTED = PredictedPlan.of(
    plan(change(arn=ARN, policy=f"of {ARN}", unknown={"kms_data_key_reuse_period_seconds": True}))
)


def completed(real: dict[str, Any]) -> PlanEntries:
    return PREDICTED.completed(planned(real))


def agrees(real: dict[str, Any]) -> bool:
    return PREDICTED.agrees(completed(real))


def test_what_a_real_plan_does_not_know_is_taken_as_foreseen() -> None:
    real = plan(change(unknown={"arn": True, "policy": True}))
    assert completed(real)[QUEUE].values["policy"] == f"of {ARN}"
    assert agrees(real)


def test_what_only_aws_decides_may_be_anything() -> None:
    assert agrees(plan(change(arn="another", url="https://sqs", policy=f"of {ARN}")))
    assert agrees(plan(change(policy=f"of {ARN}", kms_data_key_reuse_period_seconds=300)))


def test_what_the_files_decide_must_be_what_was_judged() -> None:
    assert not agrees(plan(change(policy="of everyone")))
    assert not agrees(plan(change(policy=f"of {ARN}", visibility_timeout_seconds=31)))
    assert not agrees(plan(change(policy=f"of {ARN}", kms_master_key_id="another's")))


def test_what_the_files_give_and_was_not_foreseen_has_not_been_judged() -> None:
    predicted = PredictedPlan.of(plan(change(unknown={"policy": True})))
    assert not predicted.agrees(predicted.completed(planned(plan(change(policy="of everyone")))))
    silent = PredictedPlan.of(plan(change(unknown={"policy": True}), written=("name",)))
    assert silent.agrees(silent.completed(planned(plan(change(policy="AWS's own"), written=("name",)))))


def test_nothing_is_the_same_as_no_value() -> None:
    assert agrees(plan(change(policy=f"of {ARN}", kms_master_key_id="", tags={}, timeouts=None)))


def test_parts_of_a_value_are_filled_each_for_itself() -> None:
    table = "aws_dynamodb_table.orders"
    known = {"ttl": [{"enabled": True, "attribute_name": "expires"}]}
    predicted = PredictedPlan.of(plan(change(table, **known)))
    real = plan(change(table, ttl=[{"enabled": True}], unknown={"ttl": [{"attribute_name": True}]}))
    entries = {table: next(iter(planned(real).values()))}
    assert predicted.completed(entries)[table].values["ttl"] == known["ttl"]
    assert predicted.agrees(predicted.completed(entries))
    another = plan(change(table, ttl=[{"enabled": False}], unknown={"ttl": [{"attribute_name": True}]}))
    assert not predicted.agrees(predicted.completed(planned(another)))


@pytest.mark.parametrize(
    ("real", "fault"),
    [
        (plan(change(), change("aws_sqs_queue.more")), "aws_sqs_queue.more was not predicted"),
        (
            plan(change(), change('module.x["a"].aws_sqs_queue.orders')),
            'module.x["a"].aws_sqs_queue.orders was',
        ),
        (plan(), f"{QUEUE} was predicted and is not planned"),
        (plan(change(actions=["delete"])), f"{QUEUE} was predicted and is not planned"),
        (plan(change(), change("aws_sqs_queue.old", actions=["forget"])), "old is adopted or left behind"),
        (plan(change(), written=("name",)), "Terraform reads other files"),
    ],
    ids=["one more", "one in a module", "one less", "one that goes", "one that is forgotten", "other files"],
)
def test_other_resources_than_foreseen_are_a_fault(real: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in PREDICTED.faults(real))


def test_what_is_adopted_is_a_fault() -> None:
    real = plan(change())
    real["resource_changes"][0]["change"]["importing"] = {"id": "core"}
    assert PREDICTED.faults(real) == [f"{QUEUE} is adopted or left behind"]


@pytest.mark.parametrize("actions", [["no-op"], ["update"], ["delete", "create"], ["create", "delete"]])
def test_an_existing_resource_may_stay_change_and_be_replaced(actions: list[str]) -> None:
    assert PREDICTED.faults(plan(change(actions=actions))) == []


def test_the_extension_may_be_called_with_count() -> None:
    real = plan(change())
    for found in real["resource_changes"]:
        for key in ("address", "module_address"):
            found[key] = found[key].replace("module.extension", "module.extension[0]")
    assert PREDICTED.faults(real) == []
    assert planned(real).keys() == {QUEUE}


def test_the_boundary_is_not_the_extensions() -> None:
    real = plan(change())
    real["resource_changes"][0]["address"] = "module.context.aws_iam_policy.default"
    assert planned(real) == {}


def test_a_state_file_has_the_same_addresses_as_a_plan() -> None:
    state = {
        "resources": [
            {
                "module": 'module.extension[0].module.x["a.b"]',
                "mode": "data",
                "type": "aws_region",
                "name": "here",
                "instances": [{"attributes": {"name": "us-east-1"}}],
            },
            {
                "module": "module.extension",
                "mode": "managed",
                "type": "aws_sqs_queue",
                "name": "orders",
                "instances": [
                    {"index_key": 'quo"te', "attributes": {"name": "one"}},
                    {"index_key": 2, "attributes": {"name": "two"}},
                    {"index_key": 3, "deposed": "1234", "attributes": {"name": "going"}},
                ],
            },
            {
                "mode": "data",
                "type": "aws_caller_identity",
                "name": "current",
                "instances": [{"attributes": {}}],
            },
        ]
    }
    found = in_state(state)
    assert {address: entry.values["name"] for address, entry in found.items()} == {
        'module.x["a.b"].data.aws_region.here': "us-east-1",
        r'aws_sqs_queue.orders["quo\"te"]': "one",
        "aws_sqs_queue.orders[2]": "two",
    }
    assert found['module.x["a.b"].data.aws_region.here'].module == 'module.x["a.b"]'


def test_a_data_source_that_the_files_do_not_have_any_more_is_left_out() -> None:
    old = {"mode": "data", "type": "aws_region", "name": "old", "values": {"name": "us-east-1"}}
    old["address"] = "module.extension.data.aws_region.old"
    module = {"address": "module.extension", "resources": [old]}
    state = {"values": {"root_module": {"child_modules": [module]}}}
    real = plan(change(), prior_state=state)
    assert planned(real).keys() == {QUEUE, "data.aws_region.old"}
    assert completed(real).keys() == {QUEUE}


def test_what_was_foreseen_is_the_same_after_it_was_kept_in_a_file() -> None:
    again = PredictedPlan.from_json(PREDICTED.as_json())
    assert again == PREDICTED
    assert again.written.keys() == {QUEUE}


def test_entries_become_a_plan_again() -> None:
    assert planned(as_plan(PREDICTED.entries, PREDICTED.module)) == PREDICTED.entries


def test_what_comes_from_the_version_of_a_provider_is_not_another_file() -> None:
    real = plan(change())
    [resource] = real["configuration"]["root_module"]["module_calls"]["extension"]["module"]["resources"]
    resource["schema_version"] = 3
    assert PREDICTED.faults(real) == []


REFERENCE = {"references": ["aws_kms_key.own.arn"]}


@pytest.mark.parametrize(
    ("address", "expressions", "unknown", "late"),
    [
        ("aws_sqs_queue.x", {"policy": REFERENCE}, {"policy": True, "arn": True}, []),
        ("aws_sqs_queue.x", {"name": REFERENCE}, {"name": True}, ["name"]),
        ("aws_sqs_queue.x", {"tags": REFERENCE}, {"tags": True, "tags_all": True}, ["tags"]),
        ("aws_sqs_queue.x", {"tags": {}}, {"tags": {"own": True}}, ["tags.own"]),
        ("aws_cloudwatch_event_rule.x", {"state": REFERENCE}, {"state": True}, ["state"]),
        ("aws_cloudwatch_event_rule.x", {}, {"state": True}, []),
        ("aws_lambda_function.x", {"environment": [{"variables": {}}]}, {"environment": [{}]}, []),
        (
            "aws_lambda_function.x",
            {"environment": [{"variables": REFERENCE}]},
            {"environment": [{"variables": {"KEY": True}}]},
            [],
        ),
        (
            "aws_lambda_function_url.x",
            {"authorization_type": {}},
            {"authorization_type": True},
            ["authorization_type"],
        ),
        ("aws_s3_bucket.x", {"force_destroy": REFERENCE}, {"force_destroy": True}, ["force_destroy"]),
        ("aws_sqs_queue.x", {"region": REFERENCE}, {"region": True}, ["region"]),
        (
            "aws_scheduler_schedule.x",
            {"target": [{"arn": REFERENCE, "eventbridge_parameters": [{"source": REFERENCE}]}]},
            {"target": [{"arn": True, "eventbridge_parameters": [{"source": True}]}]},
            ["target.eventbridge_parameters.source"],
        ),
        ("aws_dynamodb_table.x", {"replica": [{"region_name": {}}]}, {"replica": [{"arn": True}]}, []),
        ("aws_lambda_function.x", {}, {"tracing_config": True}, ["tracing_config"]),
        ("aws_dynamodb_table.x", {}, {"ttl": [{"enabled": True}]}, ["ttl.enabled"]),
    ],
)
def test_what_the_files_decide_must_be_known_unless_it_refers_to_something(
    address: str, expressions: dict[str, Any], unknown: dict[str, Any], late: list[str]
) -> None:
    kind, _, name = address.partition(".")
    resource = {"address": address, "mode": "managed", "type": kind, "name": name, "expressions": expressions}
    predicted = PredictedPlan({}, {"resources": [resource]})
    found = [path for _, path in predicted.undecided(planned(plan(change(address, unknown=unknown))))]
    assert found == late


def test_blocks_that_the_judged_plan_left_to_aws_may_be_open_and_hold_what_aws_puts_there() -> None:
    address = "aws_lambda_function.x"
    predicted = PredictedPlan.of(plan(change(address, unknown={"tracing_config": True, "version": True})))
    real = planned(plan(change(address, unknown={"tracing_config": True, "version": True})))
    assert list(predicted.undecided(real)) == []
    filled = change(
        address, tracing_config=[{"mode": "PassThrough"}], version="3", reserved_concurrent_executions=-1
    )
    assert predicted.agrees(planned(plan(filled)), of_state=True)


@pytest.mark.parametrize(("judged", "late"), [([True], []), ([True, True], []), ([True, False], ["x"])])
def test_what_dynamic_blocks_set_must_be_known_in_each_of_them(judged: list[bool], late: list[str]) -> None:
    address, path = "aws_dynamodb_table.x", "global_secondary_index.read_capacity"

    def made(unknown: list[bool]) -> dict[str, Any]:
        return plan(
            change(address, unknown={"global_secondary_index": [{"read_capacity": u} for u in unknown]})
        )

    real = planned(made([True for _ in judged]))
    assert [found for _, found in PredictedPlan.of(made(judged)).undecided(real)] == [path for _ in late]


def test_a_state_may_have_what_nothing_was_planned_for_unless_the_files_give_it() -> None:
    state = planned(plan(change(policy=f"of {ARN}", fifo_queue=False, redrive_policy="AWS's own")))
    assert PREDICTED.agrees(state, of_state=True)
    given = PredictedPlan.of(plan(change(policy=f"of {ARN}"), written=("name", "policy", "redrive_policy")))
    assert not given.agrees(state, of_state=True)
