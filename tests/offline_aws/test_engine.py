"""The engine without Terraform and AWS: one made-up type that has everything, kept in a dictionary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline_aws import provider as provider_module
from offline_aws import registry
from offline_aws.configuration import Caller
from offline_aws.equivalence import same_json
from offline_aws.handler_values import UNKNOWN, ResourceError, Values
from offline_aws.protocol import ERROR, message, message_class
from offline_aws.provider import Provider
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.schema import ProviderSchema
from offline_aws.values import decode, encode

STRING = {"type": "string", "optional": True}
COMPUTED = {"type": "string", "computed": True}
BOTH = {"type": "string", "optional": True, "computed": True}
BLOCK: dict[str, Any] = {
    "attributes": {
        "arn": COMPUTED,
        "description": STRING,
        "document": STRING,
        "force_destroy": {"type": "bool", "optional": True},
        "hash": BOTH,
        "id": BOTH,
        "kind": STRING,
        "labels": {"type": ["set", "string"], "optional": True},
        "name": BOTH,
        "name_prefix": BOTH,
        "ratio": {"type": "number", "optional": True},
        "region": BOTH,
        "secret": {"type": "string", "optional": True, "write_only": True},
        "secret_version": {"type": "number", "optional": True},
        "size": {"type": "number", "optional": True},
        "state": STRING,
        "tags": {"type": ["map", "string"], "optional": True},
        "tags_all": {"type": ["map", "string"], "optional": True, "computed": True},
        "version": COMPUTED,
    },
    "block_types": {
        "encryption": {
            "nesting_mode": "list",
            "max_items": 1,
            "block": {"attributes": {"algorithm": STRING, "key": BOTH}},
        },
        "rule": {
            "nesting_mode": "set",
            "block": {
                "attributes": {
                    "action": {"type": "string", "required": True},
                    "weight": {"type": "number", "optional": True},
                }
            },
        },
        "timeouts": {"nesting_mode": "single", "block": {"attributes": {"create": STRING}}},
    },
}
THING = "aws_test_thing"


class Cloud:
    """What the handler keeps, and what it was asked."""

    def __init__(self) -> None:
        self.things: dict[str, Values] = {}
        self.calls: list[str] = []
        self.secrets: list[Any] = []
        self.fail_after_create = ""
        self.seconds = 0.0

    def create(self, aws: Any, values: Values) -> None:
        self.calls.append("create")
        self.seconds = aws.seconds
        assert UNKNOWN not in values.values()
        values["id"] = values["name"]
        self.put(values)
        if self.fail_after_create:
            raise ResourceError(self.fail_after_create, path="kind")

    def put(self, values: Values) -> None:
        self.secrets.append(values["secret"])
        version = str(len(self.secrets))
        kept = {
            key: value
            for key, value in values.items()
            if key
            not in ("secret", "force_destroy", "tags", "timeouts", "name_prefix", "region", "secret_version")
        }
        encryption = kept["encryption"] or [{"algorithm": "AES256", "key": None}]
        encryption = [{**block, "key": block["key"] or "default-key"} for block in encryption]
        self.things[values["id"]] = {
            **kept,
            "arn": f"arn:{values['id']}",
            "encryption": encryption,
            "hash": values["hash"] or "made-up",
            "state": values["state"] or "ENABLED",
            "version": version,
        }

    def read(self, aws: Any, values: Values) -> Values | None:
        found = self.things.get(values["id"])
        return None if found is None else json.loads(json.dumps(found))

    def update(self, aws: Any, values: Values, prior: Values) -> None:
        self.calls.append("update")
        self.put(values)

    def tag(self, aws: Any, values: Values, added: dict[str, str], removed: list[str]) -> None:
        self.calls.append(f"tag {added} {removed}")
        tags = {**self.things[values["id"]]["tags_all"], **added}
        self.things[values["id"]]["tags_all"] = {
            key: text for key, text in tags.items() if key not in removed
        }

    def delete(self, aws: Any, values: Values) -> None:
        self.calls.append("delete")
        del self.things[values["id"]]


def _plan(plan: Plan) -> None:
    if plan.values["kind"] == "forbidden":
        raise ResourceError("this kind is forbidden", path="kind")
    if plan.prior and plan.prior["kind"] == "small" and plan.values["kind"] == "large":
        plan.replaced.append("kind")


def handler(cloud: Cloud) -> ResourceHandler:
    return ResourceHandler(
        create=cloud.create,
        read=cloud.read,
        update=cloud.update,
        delete=cloud.delete,
        tag=cloud.tag,
        plan=_plan,
        defaults={"force_destroy": False, "size": 10, "rule.weight": 1},
        equivalent={"document": same_json},
        computed={"encryption", "state"},
        recomputed={"version": ["*"]},
        stored_only={"force_destroy"},
        validators={"kind": lambda value: None if value != "odd" else "is odd: expected even"},
    )


class Terraform:
    """What Terraform's core does with a provider, as far as one resource needs it."""

    def __init__(self, cloud: Cloud, resource: ResourceHandler | None, **arguments: Any) -> None:
        self.cloud = cloud
        provider_block = {
            "attributes": {"region": STRING},
            "block_types": {
                "default_tags": {
                    "nesting_mode": "list",
                    "block": {"attributes": {"tags": {"type": ["map", "string"], "optional": True}}},
                },
                "ignore_tags": {
                    "nesting_mode": "list",
                    "block": {"attributes": {"keys": {"type": ["set", "string"], "optional": True}}},
                },
            },
        }
        resources, behaviour = {THING: {"version": 0, "block": BLOCK}}, {THING: {"replace": ["name", "size"]}}
        schema = ProviderSchema("aws", provider_block, resources, {}, behaviour)
        self.provider = Provider(
            schema, Caller(Path("/"), {"AWS_ACCESS_KEY_ID": "1", "AWS_REGION": "eu-west-1"})
        )
        self.ask("Configure", config=encode(arguments, provider_block))

    def ask(self, method: str, **fields: Any) -> Any:
        wrapped = {
            name: message("DynamicValue", msgpack=value)
            if isinstance(value, bytes) and "private" not in name
            else value
            for name, value in fields.items()
        }
        request = message(f"{method}Request", **wrapped)
        return self.provider.answer(
            method, message_class(f"{method}Request").FromString(request.SerializeToString())
        )

    def validate(self, **config: Any) -> list[tuple[str, str]]:
        answer = self.ask("ValidateResourceTypeConfig", type_name=THING, config=encode(config, BLOCK))
        return [(found.summary, _path(found)) for found in answer.diagnostics]

    def plan(self, prior: Values | None, **config: Any) -> tuple[Values, list[str]]:
        answer = self.ask(
            "PlanResourceChange",
            type_name=THING,
            config=encode(config, BLOCK),
            prior_state=encode(prior, BLOCK),
            proposed_new_state=encode(config, BLOCK),
        )
        if errors := [found for found in answer.diagnostics if found.severity == ERROR]:
            raise Refused(errors[0])
        planned = decode(answer.planned_state.msgpack, BLOCK)
        assert planned is not None
        assert answer.legacy_type_system
        return planned, [path.steps[0].attribute_name for path in answer.requires_replace]

    def apply(self, prior: Values | None, **config: Any) -> Values:
        planned, replaced = self.plan(prior, **config)
        assert not replaced
        answer = self.ask(
            "ApplyResourceChange",
            type_name=THING,
            config=encode(config, BLOCK),
            prior_state=encode(prior, BLOCK),
            planned_state=encode(planned, BLOCK),
        )
        state = decode(answer.new_state.msgpack, BLOCK)
        if answer.diagnostics:
            raise Refused(answer.diagnostics[0], state)
        assert state is not None
        return state

    def refresh(self, state: Values, private: bytes = b"") -> Values | None:
        answer = self.ask(
            "ReadResource", type_name=THING, current_state=encode(state, BLOCK), private=private
        )
        assert not answer.diagnostics
        return decode(answer.new_state.msgpack, BLOCK)

    def destroy(self, state: Values) -> None:
        nothing = encode(None, BLOCK)
        answer = self.ask(
            "ApplyResourceChange",
            type_name=THING,
            config=nothing,
            prior_state=encode(state, BLOCK),
            planned_state=nothing,
        )
        assert decode(answer.new_state.msgpack, BLOCK) is None or answer.diagnostics


class Refused(Exception):
    def __init__(self, diagnostic: Any, state: Values | None = None) -> None:
        super().__init__(f"{diagnostic.summary} {diagnostic.detail}")
        self.path = _path(diagnostic)
        self.state = state


def _path(diagnostic: Any) -> str:
    steps = (step.attribute_name or str(step.element_key_int) for step in diagnostic.attribute.steps)
    return ".".join(steps)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def terraform(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terraform]:
    known = handler(cloud)
    monkeypatch.setattr(registry, "resource", lambda name: known)
    provider_module._kind.cache_clear()
    yield Terraform(cloud, known)
    provider_module._kind.cache_clear()


def different(state: Values, planned: Values) -> set[str]:
    return {key for key in state if state[key] != planned[key]}


# Planning a new resource


def test_a_new_resource_has_defaults_and_unknown_computed_values(terraform: Terraform) -> None:
    planned, replaced = terraform.plan(None, name="a")
    assert replaced == []
    assert planned["size"] == 10
    assert planned["force_destroy"] is False
    assert planned["region"] == "eu-west-1"
    assert planned["tags_all"] == {}
    assert [planned[key] for key in ("arn", "id", "hash", "version", "encryption")] == [UNKNOWN] * 5
    assert planned["description"] is None
    assert planned["state"] is None


def test_defaults_reach_into_blocks(terraform: Terraform) -> None:
    planned, _ = terraform.plan(None, name="a", rule=[{"action": "x"}, {"action": "y", "weight": 5}])
    assert sorted(rule["weight"] for rule in planned["rule"]) == [1, 5]


def test_unknown_values_stay_unknown(terraform: Terraform) -> None:
    planned, _ = terraform.plan(None, name=UNKNOWN, rule=UNKNOWN, labels=["a", UNKNOWN], tags={"a": UNKNOWN})
    assert planned["name"] is UNKNOWN
    assert planned["rule"] is UNKNOWN
    assert planned["tags_all"] is UNKNOWN
    assert planned["tags"] == {"a": UNKNOWN}


def test_write_only_values_are_given_to_the_handler_and_never_kept(
    terraform: Terraform, cloud: Cloud
) -> None:
    planned, _ = terraform.plan(None, name="a", secret="s3cret")
    assert planned["secret"] is None
    state = terraform.apply(None, name="a", secret="s3cret")
    assert state["secret"] is None
    assert cloud.secrets == ["s3cret"]


def test_a_fraction_survives(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a", ratio=0.1)
    assert state["ratio"] == 0.1
    assert different(state, terraform.plan(state, name="a", ratio=0.1)[0]) == set()


# Applying


def test_what_was_unknown_is_read_back(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a")
    assert state["arn"] == "arn:a"
    assert state["hash"] == "made-up"
    assert state["encryption"] == [{"algorithm": "AES256", "key": "default-key"}]
    assert state["state"] == "ENABLED"
    assert different(state, terraform.plan(state, name="a")[0]) == set()


def test_a_refresh_of_what_has_not_changed_changes_nothing(terraform: Terraform) -> None:
    state = terraform.apply(
        None, name="a", labels=["b", "a"], document='{"a":1, "b":[1,2]}', rule=[{"action": "x"}]
    )
    assert terraform.refresh(state) == state


def test_an_error_after_creation_keeps_the_state_for_tainting(terraform: Terraform, cloud: Cloud) -> None:
    cloud.fail_after_create = "the second half failed"
    with pytest.raises(Refused, match=r"creating aws_test_thing \(a\): the second half failed") as refused:
        terraform.apply(None, name="a")
    assert refused.value.state is not None
    assert refused.value.state["id"] == "a"
    assert refused.value.path == "kind"


def test_a_handler_that_reads_nonsense_loses_nothing(terraform: Terraform, cloud: Cloud) -> None:
    read = cloud.read

    def nonsense(aws: Any, values: Values) -> Values:
        return {**(read(aws, values) or {}), "arn": "x", "encryption": 5}

    object.__setattr__(registry.resource(THING), "read", nonsense)
    with pytest.raises(Refused, match="This is a bug of the offline AWS provider") as refused:
        terraform.apply(None, name="a")
    assert refused.value.state is not None
    assert refused.value.state["id"] == "a"


def test_an_error_before_creation_keeps_nothing(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(aws: Any, values: Values) -> None:
        raise ResourceError("no more of those")

    object.__setattr__(registry.resource(THING), "create", refuse)
    with pytest.raises(Refused, match="no more of those") as refused:
        terraform.apply(None, name="a")
    assert refused.value.state is None


def test_a_failed_update_keeps_the_prior_state(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a")
    cloud.things = {}
    with pytest.raises(Refused) as refused:
        terraform.apply(state, name="a", tags={"x": "y"})
    assert refused.value.state == state


def test_an_update_that_only_this_provider_keeps_calls_nothing(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a")
    changed = terraform.apply(state, name="a", force_destroy=True)
    assert changed["force_destroy"] is True
    assert cloud.calls == ["create"]


def test_timeouts_reach_the_handler_and_stay(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a", timeouts={"create": "1h30m"})
    assert cloud.seconds == 5400
    assert state["timeouts"] == {"create": "1h30m"}
    assert terraform.refresh(state) == state


def test_deleting_what_is_gone_succeeds(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, cloud: Cloud
) -> None:
    from botocore.exceptions import ClientError

    def gone(aws: Any, values: Values) -> None:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "DeleteThing")

    state = terraform.apply(None, name="a")
    object.__setattr__(registry.resource(THING), "delete", gone)
    terraform.destroy(state)


# Planning a change


def test_computed_values_keep_what_they_were_unless_a_change_makes_them_anew(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a")
    planned, _ = terraform.plan(state, name="a", description="new")
    assert different(state, planned) == {"description", "version"}
    assert planned["version"] is UNKNOWN


@pytest.mark.parametrize("path", ["name", "size"])
def test_a_change_that_cannot_be_made_in_place_replaces(terraform: Terraform, path: str) -> None:
    state = terraform.apply(None, name="a")
    config = {"name": "a", path: "b" if path == "name" else 11}
    assert terraform.plan(state, **config)[1] == [path]


def test_a_plan_function_may_replace_and_refuse(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a", kind="small")
    assert terraform.plan(state, name="a", kind="large")[1] == ["kind"]
    with pytest.raises(Refused, match=r"planning aws_test_thing \(a\): this kind is forbidden") as refused:
        terraform.plan(state, name="a", kind="forbidden")
    assert refused.value.path == "kind"


def test_without_an_update_function_every_change_replaces_but_tags(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a")
    object.__setattr__(registry.resource(THING), "update", None)
    assert terraform.plan(state, name="a", description="b")[1] == ["description"]
    assert terraform.plan(state, name="a", tags={"b": "c"})[1] == []
    assert terraform.plan(state, name="a", force_destroy=True)[1] == []


@pytest.mark.parametrize(
    ("stored", "configured"),
    [
        ({"document": '{"a": [1, 2]}'}, {"document": '{ "a" : [1,2] }'}),
        ({"labels": ["a", "b"]}, {"labels": ["b", "a"]}),
        ({"description": None}, {"description": ""}),
        ({"description": ""}, {"description": None}),
        ({"tags": None}, {"tags": {}}),
        ({"labels": None}, {"labels": []}),
        (
            {"rule": [{"action": "x"}, {"action": "y"}]},
            {"rule": [{"action": "y", "weight": 1}, {"action": "x", "weight": 1}]},
        ),
    ],
    ids=[
        "equivalent JSON",
        "a set's order",
        "null to empty",
        "empty to null",
        "no tags",
        "an empty set",
        "blocks in a set",
    ],
)
def test_what_means_the_same_is_not_a_change(
    terraform: Terraform, stored: Values, configured: Values
) -> None:
    state = terraform.apply(None, name="a", **stored)
    planned, _ = terraform.plan(state, name="a", **configured)
    planned["rule"].sort(key=lambda rule: rule["action"])
    assert different(state, planned) == set()


def test_the_order_of_a_list_in_json_is_a_change(terraform: Terraform) -> None:
    state = terraform.apply(None, name="a", document='{"a": [1, 2]}')
    assert "document" in different(state, terraform.plan(state, name="a", document='{"a": [2, 1]}')[0])


def test_a_block_that_is_no_longer_configured_is_removed_but_a_computed_one_stays(
    terraform: Terraform,
) -> None:
    state = terraform.apply(None, name="a", rule=[{"action": "x"}], encryption=[{"algorithm": "KMS"}])
    planned, _ = terraform.plan(state, name="a")
    assert different(state, planned) == {"rule", "version"}


# Drift


def test_drift_shows(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a", description="mine", rule=[{"action": "x"}])
    cloud.things["a"] |= {"description": "theirs", "rule": [{"action": "x", "weight": 9}]}
    found = terraform.refresh(state)
    assert found is not None
    assert different(state, found) == {"description", "rule"}


def test_what_is_gone_is_gone(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a")
    cloud.things.clear()
    assert terraform.refresh(state) is None


def test_another_spelling_is_not_drift(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a", document='{"a": 1}', labels=["a", "b"])
    cloud.things["a"] |= {"document": '{ "a":1 }', "labels": ["b", "a"], "description": ""}
    assert terraform.refresh(state) == state


def test_a_handler_that_returns_what_the_schema_lacks_is_reported(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a")
    cloud.things["a"]["naem"] = "a"
    with pytest.raises(AssertionError):
        terraform.refresh(state)


# Tags


def test_tags_are_changed_by_themselves(terraform: Terraform, cloud: Cloud) -> None:
    state = terraform.apply(None, name="a", tags={"a": "1", "b": "2"})
    state = terraform.apply(state, name="a", tags={"a": "3", "c": "4"})
    assert cloud.calls == ["create", "tag {'a': '3', 'c': '4'} ['b']"]
    assert state["tags_all"] == {"a": "3", "c": "4"}
    assert terraform.refresh(state) == state


def test_default_tags_are_in_tags_all_only(cloud: Cloud, terraform: Terraform) -> None:
    tagging = Terraform(cloud, None, default_tags=[{"tags": {"team": "bar", "a": "default"}}])
    state = tagging.apply(None, name="a", tags={"a": "own"})
    assert state["tags"] == {"a": "own"}
    assert state["tags_all"] == {"a": "own", "team": "bar"}
    assert tagging.refresh(state) == state
    cloud.things["a"]["tags_all"]["team"] = "kitchen"
    drifted = tagging.refresh(state)
    assert drifted is not None
    assert drifted["tags_all"]["team"] == "kitchen"
    assert tagging.plan(drifted, name="a", tags={"a": "own"})[0]["tags_all"]["team"] == "bar"


def test_ignored_tags_are_never_seen(cloud: Cloud, terraform: Terraform) -> None:
    ignoring = Terraform(cloud, None, ignore_tags=[{"keys": ["theirs"]}])
    state = ignoring.apply(None, name="a", tags={"mine": "1"})
    cloud.things["a"]["tags_all"] |= {"theirs": "2", "aws:cloudformation:stack": "s"}
    assert ignoring.refresh(state) == state


# Names


def test_a_name_is_made_from_its_prefix(terraform: Terraform) -> None:
    state = terraform.apply(None, name_prefix="orders-")
    assert state["name"].startswith("orders-")
    assert len(state["name"]) == len("orders-") + 26
    assert different(state, terraform.plan(state, name_prefix="orders-")[0]) == set()
    assert terraform.plan(state, name_prefix="other-")[1] == ["name_prefix"]


@pytest.mark.parametrize("none", [{}, {"name": ""}])
def test_without_a_name_one_is_made(terraform: Terraform, none: dict[str, str]) -> None:
    state = terraform.apply(None, **none)
    assert state["name"].startswith("terraform-")
    assert different(state, terraform.plan(state, **none)[0]) == set()


def test_an_import_recognises_a_generated_name(terraform: Terraform) -> None:
    made = terraform.apply(None, name_prefix="orders-")
    state = _imported(terraform, made["name"])
    assert state["name_prefix"] == "orders-"
    assert terraform.plan(state, name_prefix="orders-")[1] == []


# Import


def test_an_import_is_complete_and_plans_no_change(terraform: Terraform) -> None:
    config: Values = {"name": "a", "description": "d", "rule": [{"action": "x"}], "tags": {"a": "b"}}
    terraform.apply(None, **config)
    state = _imported(terraform, "a")
    assert state["force_destroy"] is False
    assert different(state, terraform.plan(state, **config)[0]) == set()


def test_an_import_may_name_a_region(terraform: Terraform) -> None:
    terraform.apply(None, name="a")
    assert _imported(terraform, "a@ap-southeast-2")["region"] == "ap-southeast-2"


def _imported(terraform: Terraform, identifier: str) -> Values:
    answer = terraform.ask("ImportResourceState", type_name=THING, id=identifier)
    assert not answer.diagnostics
    (found,) = answer.imported_resources
    start = decode(found.state.msgpack, BLOCK)
    assert start is not None
    state = terraform.refresh(start, found.private)
    assert state is not None
    return state


# Validation


@pytest.mark.parametrize(
    ("config", "path", "said"),
    [
        ({"arn": "x"}, "arn", "Value for unconfigurable attribute"),
        ({"id": "x"}, "id", "Invalid or unknown key"),
        ({"kind": "odd"}, "kind", '"kind" is odd: expected even'),
        ({"name": "a", "name_prefix": "b"}, "name", "Conflicting configuration arguments"),
    ],
)
def test_a_wrong_configuration_is_refused_where_it_is_wrong(
    terraform: Terraform, config: Values, path: str, said: str
) -> None:
    assert terraform.validate(**config) == [(said, path)]


def test_unknown_values_are_not_judged(terraform: Terraform) -> None:
    assert terraform.validate(kind=UNKNOWN, rule=UNKNOWN, name=UNKNOWN) == []


def test_a_type_without_handler_plans_and_fails_at_apply_by_name(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "resource", lambda name: None)
    provider_module._kind.cache_clear()
    terraform = Terraform(cloud, None)
    assert terraform.validate(name="a") == []
    assert terraform.plan(None, name="a")[0]["id"] is UNKNOWN
    with pytest.raises(Refused, match="does not implement aws_test_thing"):
        terraform.apply(None, name="a")
    provider_module._kind.cache_clear()


def test_a_state_of_another_version_keeps_what_is_still_known(terraform: Terraform) -> None:
    stored = {"name": "a", "old": 1, "rule": [{"action": "x", "older": True}], "tags": {"a": "b"}}
    raw = message("RawState", json=json.dumps(stored).encode())
    answer = terraform.ask("UpgradeResourceState", type_name=THING, raw_state=raw)
    state = decode(answer.upgraded_state.msgpack, BLOCK)
    assert state is not None
    assert (state["name"], state["rule"], state["tags"]) == (
        "a",
        [{"action": "x", "weight": None}],
        {"a": "b"},
    )
