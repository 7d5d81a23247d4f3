import json
from pathlib import Path
from typing import Any

import pytest

import offline_aws
from offline_aws.derive import cloudformation, derived_others, derived_types, document, pulumi
from offline_aws.derive.__main__ import main, text
from offline_aws.derive.cdktn import Binding

JAVASCRIPT = """
class AwsThing extends cdktn.TerraformResource {
    constructor(scope, id, config) {
        // rule - computed: false, optional: true, required: false
        this._rule = new AwsThing.RulePropertyList(this, "rule", true);
        // status - computed: true, optional: false, required: false
        this._status = new AwsThing.StatusPropertyList(this, "status", false);
    }
    // arn - computed: true, optional: false, required: false
    get arn() {
        return this.getStringAttribute('arn');
    }
    get name() {
        return this.getStringAttribute('name');
    }
    get status() {
        return this._status;
    }
    synthesizeHclAttributes() {
        const attrs = {
            name: {
                value: cdktn.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            place: {
                value: awsThingPlacePropertyToHclTerraform(this._place.internalValue),
                isBlock: true,
                type: "struct",
                storageClassType: "AwsThing.PlaceProperty",
            },
            ports: {
                value: cdktn.listMapperHcl(cdktn.numberToHclTerraform, false)(this._ports),
                isBlock: false,
                type: "set",
                storageClassType: "numberList",
            },
            rule: {
                value: cdktn.listMapperHcl(awsThingRulePropertyToHclTerraform, true)(this._rule),
                isBlock: true,
                type: "set",
                storageClassType: "AwsThing.RulePropertyList",
            },
            timeouts: {
                value: awsThingTimeoutsPropertyToHclTerraform(this._timeouts.internalValue),
                isBlock: true,
                type: "struct",
                storageClassType: "AwsThing.TimeoutsProperty",
            },
        };
    }
}
function awsThingRulePropertyToHclTerraform(struct) {
    const attrs = {
        limit: {
            value: awsThingLimitPropertyToHclTerraform(struct.limit),
            isBlock: true,
            type: "list",
            storageClassType: "LimitPropertyList",
        },
    };
}
function awsThingLimitPropertyToHclTerraform(struct) {
    const attrs = {
        most: {
            value: cdktn.numberToHclTerraform(struct.most),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
}
function awsThingPlacePropertyToHclTerraform(struct) {
    const attrs = {
        floor: {
            value: cdktn.numberToHclTerraform(struct.floor),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
}
function awsThingTimeoutsPropertyToHclTerraform(struct) {
    const attrs = {
        create: {
            value: cdktn.stringToHclTerraform(struct.create),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
(function (AwsThing) {
    class RulePropertyOutputReference extends cdktn.ComplexObject {
        // matched - computed: true, optional: false, required: false
        get matched() {
            return cdktn.Fn.tolist(this.getListAttribute('matched'));
        }
    }
    class LimitPropertyOutputReference extends cdktn.ComplexObject {
    }
    class StatusPropertyOutputReference extends cdktn.ComplexObject {
        // ready - computed: true, optional: false, required: false
        get ready() {
            return this.getBooleanAttribute('ready');
        }
    }
})(AwsThing || (exports.AwsThing = AwsThing = {}));
"""

DECLARATIONS = """
export interface AwsThingConfig extends cdktn.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#name AwsThing#name}
    */
    readonly name: string;
    /**
    * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#place AwsThing#place}
    */
    readonly place?: AwsThing.PlaceProperty;
    /**
    * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#ports AwsThing#ports}
    */
    readonly ports?: number[];
    /**
    * rule block
    *
    * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#rule AwsThing#rule}
    */
    readonly rule: AwsThing.RuleProperty[] | cdktn.IResolvable;
    /**
    * timeouts block
    *
    * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#timeouts AwsThing#timeouts}
    */
    readonly timeouts?: AwsThing.TimeoutsProperty;
}
export declare namespace AwsThing {
    interface RuleProperty {
        /**
        * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#limit AwsThing#limit}
        */
        readonly limit?: LimitProperty;
    }
    interface LimitProperty {
        /**
        * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#most AwsThing#most}
        */
        readonly most: number;
    }
    interface PlaceProperty {
        /**
        * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#floor AwsThing#floor}
        */
        readonly floor?: number;
    }
    interface TimeoutsProperty {
        /**
        * Docs at Terraform Registry: {@link https://example.org/docs/resources/thing#create AwsThing#create}
        */
        readonly create?: string;
    }
}
"""


def test_a_binding_gives_types_needs_and_blocks() -> None:
    assert Binding(JAVASCRIPT, DECLARATIONS).block() == {
        "attributes": {
            "arn": {"type": "string", "computed": True},
            "name": {"type": "string", "required": True},
            "place": {"type": ["object", {"floor": "number"}], "optional": True},
            "ports": {"type": ["set", "number"], "optional": True},
            "status": {"type": ["list", ["object", {"ready": "bool"}]], "computed": True},
        },
        "block_types": {
            "rule": {
                "nesting_mode": "set",
                "block": {
                    "attributes": {"matched": {"type": ["set", "string"], "computed": True}},
                    "block_types": {
                        "limit": {
                            "nesting_mode": "list",
                            "block": {"attributes": {"most": {"type": "number", "required": True}}},
                            "max_items": 1,
                        }
                    },
                },
                "min_items": 1,
            },
            "timeouts": {
                "nesting_mode": "single",
                "block": {"attributes": {"create": {"type": "string", "optional": True}}},
            },
        },
    }


PULUMI = """
@pulumi.input_type
class ThingArgs:
    def name(self) -> pulumi.Output[str]:
@pulumi.type_token("aws:thing/thing:Thing")
class Thing(pulumi.CustomResource):
        secret_opts = pulumi.ResourceOptions(additional_secret_outputs=["masterKey", "valueWo"])
    @_builtins.property
    def arn(self) -> pulumi.Output[_builtins.str]:
    @_builtins.property
    @pulumi.getter
    @_utilities.deprecated(\"\"\"old is deprecated.\"\"\")
    def olds(self) -> pulumi.Output[Optional[_builtins.str]]:
    @_builtins.property
    def note(self) -> pulumi.Output[Optional[_builtins.str]]:
"""


def test_outputs_that_are_never_absent_and_secrets_are_read() -> None:
    facts = pulumi.ModuleFacts.of(PULUMI)
    assert facts.always == {"arn"}
    assert facts.secret == {"master_key", "value_wo"}
    assert facts.deprecated == {"olds"}


def test_a_data_source_has_outputs_without_secrets() -> None:
    facts = pulumi.ModuleFacts.of(
        "def id(self) -> _builtins.str:\ndef filter(self) -> Optional[_builtins.str]:\n"
    )
    outputs = frozenset({"filter", "id"})
    assert facts == pulumi.ModuleFacts(always=frozenset({"id"}), secret=frozenset(), outputs=outputs)


def module(*outputs: str) -> pulumi.ModuleFacts:
    return pulumi.ModuleFacts(frozenset(), frozenset(), outputs=frozenset(outputs))


@pytest.mark.parametrize(
    ("name", "members", "found"),
    [
        ("aws_db_instance", "arn engine identifier id timeouts", "rds.instance"),
        ("aws_vpc_dhcp_options", "arn domain_name owner_id", "ec2.vpc_dhcp_options"),
        ("data.aws_vpc", "arn filter", "ec2.vpc"),
        ("aws_unlike", "arn", ""),
    ],
)
def test_a_type_is_the_module_with_the_most_alike_properties_and_name(
    name: str, members: str, found: str
) -> None:
    modules = derived_others.Modules(
        {
            "rds.instance": module("arn", "engine", "identifier"),
            "ec2.default_vpc_dhcp_options": module("arn", "domain_name", "owner_id"),
            "ec2.vpc": module("arn", "filters"),
            "ec2.vpc_dhcp_options": module("arn", "domain_name", "owner_id"),
        }
    )
    assert modules.match(name, {"attributes": dict.fromkeys(members.split())}) == found


def test_a_block_may_be_within_itself_twice() -> None:
    javascript = JAVASCRIPT.replace(
        "awsThingLimitPropertyToHclTerraform", "awsThingRulePropertyToHclTerraform"
    )
    block, depth = Binding(javascript, DECLARATIONS).block()["block_types"]["rule"]["block"], 1
    while found := block.get("block_types", {}).get("limit"):
        block, depth = found["block"], depth + 1
    assert depth == 3


def test_create_only_properties_become_terraform_paths() -> None:
    schema = {
        "createOnlyProperties": [
            "/properties/QueueName",
            "/properties/SourceARN",
            "/properties/Rules/*/KmsId",
        ]
    }
    assert cloudformation.paths(schema) == ["queue_name", "rules.kms_id", "source_arn"]


def test_completing_marks_computed_sensitive_and_write_only() -> None:
    block = {
        "attributes": {
            "id": {"type": "string", "optional": True},
            "name": {"type": "string", "required": True},
            "tier": {"type": "string", "optional": True},
            "value_wo": {"type": "string", "optional": True},
            "value_wo_version": {"type": "number", "optional": True},
        }
    }
    facts = pulumi.ModuleFacts(always=frozenset({"name", "tier"}), secret=frozenset({"value_wo"}))
    document.complete("aws_thing", block, facts)
    assert block["attributes"] == {
        "id": {"type": "string", "optional": True, "computed": True},
        "name": {"type": "string", "required": True},
        "tier": {"type": "string", "optional": True, "computed": True},
        "value_wo": {"type": "string", "optional": True, "sensitive": True, "write_only": True},
        "value_wo_version": {"type": "number", "optional": True},
    }


def test_completing_marks_what_is_deprecated_lists_by_their_plural() -> None:
    block: dict[str, Any] = {
        "attributes": {"new": {"type": "string"}, "old": {"type": "string"}},
        "block_types": {"rule": {"nesting_mode": "list", "block": {"attributes": {}}}},
    }
    old = frozenset({"old", "rules"})
    document.complete("aws_thing", block, pulumi.ModuleFacts(frozenset(), frozenset(), old))
    assert block["attributes"] == {"new": {"type": "string"}, "old": {"type": "string", "deprecated": True}}
    assert block["block_types"]["rule"]["block"]["deprecated"] is True


def test_the_written_text_is_json_with_one_attribute_a_line() -> None:
    value = {"block": {"attributes": {"a": {"type": ["list", "string"]}, "b": {"type": "bool"}}}}
    written = text(value)
    assert json.loads(written) == value
    assert '"a": {"type": ["list", "string"]},\n' in written


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    folder = Path(offline_aws.__file__).parent / "schema"
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("aws", "aws-behaviour")}


def test_the_kept_schema_has_every_listed_type(kept: dict[str, Any]) -> None:
    (provider,) = kept["aws"]["provider_schemas"].values()
    assert list(provider["resource_schemas"]) == list(derived_types.RESOURCES)
    assert list(provider["data_source_schemas"]) == list(derived_types.DATA_SOURCES)
    assert list(kept["aws-behaviour"]) == list(derived_types.RESOURCES)


def test_derived_types_are_sorted() -> None:
    assert list(derived_types.RESOURCES) == sorted(derived_types.RESOURCES)
    assert list(derived_types.DATA_SOURCES) == sorted(derived_types.DATA_SOURCES)


@pytest.mark.slow
def test_the_kept_schema_is_what_the_packages_give(capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["--check"])
    reported = capfd.readouterr()
    if code == 2:
        pytest.skip(f"the packages cannot be downloaded here: {reported.err}")
    assert reported.out == ""
    assert code == 0


def test_a_folder_without_the_packages_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--wheels", str(tmp_path)]) == 2
    reported = capsys.readouterr().err
    assert str(tmp_path) in reported
    assert "--wheels DIR" in reported


@pytest.mark.slow
def test_what_pip_cannot_download_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lock = tmp_path / "schema.txt"
    lock.write_text("presso-no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr("offline_aws.derive.wheels._LOCK", lock)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert main(["--check"]) == 2
    reported = capsys.readouterr().err
    assert "pip cannot download what schema.txt lists" in reported
    assert "Traceback" not in reported
