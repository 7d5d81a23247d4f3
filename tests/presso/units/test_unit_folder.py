"""The generated folder: the same bytes every time, only what its tenant's file says."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from presso import tenants
from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.tenants import ExtensionUse, StateBucket, Tenant
from presso.units import terraform, unit_folder
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Small

NYC = Unit("nyc")
CUPS = Unit("nyc", "cups")
WORKSPACE = Workspace(Path("/checkout"), Path("/checkout/.presso"))


def made(**keys: Any) -> Tenant:
    return Tenant(name="nyc", title="T", extensions=[ExtensionUse(name="cups")], **keys)


def text(small: "Small", unit: Unit) -> str:
    return (unit.folder(small.workspace) / "main.tf.json").read_text()


def test_a_platform_is_the_tenant_and_its_player() -> None:
    assert unit_folder.document(WORKSPACE, NYC, made()) == {
        "//": "Made by presso from tenants/nyc/tenant.yaml. Changes made here are lost.",
        "terraform": {
            "required_version": ">= 1.10",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 6.0"}},
            "backend": {"local": {"path": "../../state/nyc/platform.tfstate"}},
        },
        "provider": {
            "aws": {
                "region": "us-east-1",
                "access_key": "111111111111",
                "secret_key": "local",
                "s3_use_path_style": True,
                "allowed_account_ids": ["111111111111"],
                "default_tags": {"tags": {"presso:tenant": "nyc", "presso:unit": "platform"}},
            }
        },
        "module": {
            "tenant": {"source": "../../../modules/tenant", "name": "nyc", "region": "us-east-1"},
            "player": {"source": "../../../modules/event-player", "tenant": "${module.tenant.tenant}"},
        },
        "output": {
            "tenant": {"value": "${module.tenant}"},
            "player": {"value": "${module.player}"},
        },
    }


def test_a_tenant_without_a_player_has_none() -> None:
    assert list(unit_folder.document(WORKSPACE, NYC, made(player=False))["module"]) == ["tenant"]


def test_an_extension_gets_the_tenants_facts_and_a_fence_and_nothing_of_the_platforms_state() -> None:
    document = unit_folder.document(WORKSPACE, CUPS, made())
    assert document["terraform"]["backend"] == {"local": {"path": "../../../state/nyc/cups.tfstate"}}
    assert document["locals"]["tenant"] == {
        "name": "nyc",
        "region": "us-east-1",
        "account_id": "111111111111",
        "bus_name": "nyc",
        "bus_arn": "arn:aws:events:us-east-1:111111111111:event-bus/nyc",
    }
    assert document["module"] == {
        "fence": {
            "source": "../../../../modules/extension-fence",
            "extension": "cups",
            "tenant": "${local.tenant}",
        },
        "extension": {
            "source": "./tree/extensions/cups",
            "tenant": "${local.tenant}",
            "fence": "${module.fence.fence}",
        },
    }
    assert document["provider"]["aws"]["default_tags"]["tags"] == {
        "presso:tenant": "nyc",
        "presso:extension": "cups",
    }


def test_on_aws_there_are_no_keys_and_an_unknown_account_is_asked_for() -> None:
    document = unit_folder.document(WORKSPACE, CUPS, made(target="aws", region="eu-west-1"))
    assert document["provider"]["aws"].keys() == {"region", "default_tags"}
    assert document["data"] == {"aws_caller_identity": {"current": {}}}
    account = "${data.aws_caller_identity.current.account_id}"
    assert document["locals"]["tenant"]["account_id"] == account
    assert document["locals"]["tenant"]["bus_arn"] == f"arn:aws:events:eu-west-1:{account}:event-bus/nyc"


def test_on_aws_a_known_account_is_the_only_one_allowed() -> None:
    document = unit_folder.document(WORKSPACE, CUPS, made(target="aws", account="222222222222"))
    assert document["provider"]["aws"]["allowed_account_ids"] == ["222222222222"]
    assert "data" not in document


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_bus_is_named_in_its_regions_partition(region: str, partition: str) -> None:
    document = unit_folder.document(WORKSPACE, CUPS, made(region=region))
    assert document["locals"]["tenant"]["bus_arn"].startswith(f"arn:{partition}:events:{region}:")


def test_with_a_bucket_the_state_is_an_object_with_terraforms_own_lock() -> None:
    tenant = made(target="aws", state=StateBucket(bucket="states", prefix="bars/"))
    keys = [
        unit_folder.document(WORKSPACE, unit, tenant)["terraform"]["backend"]["s3"] for unit in (NYC, CUPS)
    ]
    common = {"bucket": "states", "region": "us-east-1", "use_lockfile": True, "encrypt": True}
    assert keys == [
        {**common, "key": "bars/nyc/platform.tfstate"},
        {**common, "key": "bars/nyc/cups.tfstate"},
    ]


def test_with_deployers_an_extension_has_the_narrowed_provider_and_its_fence_the_callers() -> None:
    ci = "arn:aws:iam::222222222222:role/ci"
    tenant = made(target="aws", account="222222222222", deployers=[ci])
    document = unit_folder.document(WORKSPACE, CUPS, tenant)
    narrowed, platform = document["provider"]["aws"]
    [role] = narrowed["assume_role"]
    assert role["role_arn"] == "arn:aws:iam::222222222222:role/nyc--deploy"
    assert role["tags"] == {"extension": "cups"}
    assert "assume_role" not in platform
    assert platform["alias"] == "platform"
    assert document["module"]["fence"]["providers"] == {"aws": "aws.platform"}
    assert document["module"]["extension"]["count"] == 1
    early = unit_folder.document(WORKSPACE, CUPS, tenant, role_stands=False)
    assert "assume_role" not in early["provider"]["aws"][0]
    assert unit_folder.document(WORKSPACE, NYC, tenant)["module"]["tenant"]["deployers"] == [ci]


def test_locally_nothing_is_narrowed() -> None:
    local = unit_folder.document(WORKSPACE, CUPS, made(deployers=["arn:aws:iam::111111111111:role/ci"]))
    assert local == unit_folder.document(WORKSPACE, CUPS, made())


def test_an_extensions_variables_are_taken_as_they_are_written() -> None:
    use = ExtensionUse(
        name="cups", variables={"size": "${path.cwd} %{if true}", "list": [{"a": "${b}"}], "n": 1}
    )
    tenant = Tenant(name="nyc", title="T", extensions=[use])
    extension = unit_folder.document(WORKSPACE, CUPS, tenant)["module"]["extension"]
    assert extension["size"] == "$${path.cwd} %%{if true}"
    assert extension["list"] == [{"a": "$${b}"}]
    assert extension["n"] == 1


def test_a_home_elsewhere_still_finds_the_checkout() -> None:
    elsewhere = Workspace(Path("/checkout"), Path("/home/me/demo"))
    document = unit_folder.document(elsewhere, NYC, made())
    assert document["module"]["tenant"]["source"] == "../../../../../checkout/modules/tenant"
    assert document["terraform"]["backend"]["local"]["path"] == "../../state/nyc/platform.tfstate"


def test_it_is_written_only_when_it_changes_and_is_the_same_to_the_byte(small: "Small") -> None:
    tenant = tenants.load(small.workspace, "nyc")
    assert unit_folder.write(small.workspace, CUPS, tenant)
    first = text(small, CUPS)
    assert not unit_folder.write(small.workspace, CUPS, tenant)
    (CUPS.folder(small.workspace) / "main.tf.json").unlink()
    assert unit_folder.write(small.workspace, CUPS, tenant)
    assert text(small, CUPS) == first


def test_a_half_written_one_is_written_again(small: "Small") -> None:
    tenant = tenants.load(small.workspace, "nyc")
    unit_folder.write(small.workspace, NYC, tenant)
    whole = text(small, NYC)
    file = NYC.folder(small.workspace) / "main.tf.json"
    file.write_text(whole[:40])
    (file.parent / ".main-left-behind").write_text("{")
    unit_folder.write(small.workspace, NYC, tenant)
    assert text(small, NYC) == whole
    assert [path.name for path in file.parent.glob("*.tf*")] == ["main.tf.json"]


def test_a_folder_that_cannot_be_written_is_named(small: "Small") -> None:
    small.write(".presso/units", "a file in the way")
    with pytest.raises(PressoError, match=r"\.presso/units/nyc"):
        unit_folder.write(small.workspace, NYC, tenants.load(small.workspace, "nyc"))


def test_what_remains_of_an_undeclared_unit_can_only_be_destroyed(small: "Small") -> None:
    tenant = tenants.load(small.workspace, "nyc")
    unit_folder.write_remains(small.workspace, CUPS, tenant)
    assert json.loads(text(small, CUPS)).keys() == {"//", "terraform", "provider"}


def test_without_its_tenants_file_the_folder_itself_tells_the_account(small: "Small") -> None:
    unit_folder.write(small.workspace, CUPS, tenants.load(small.workspace, "nyc"))
    unit_folder.write_remains(small.workspace, CUPS, None)
    assert json.loads(text(small, CUPS)).keys() == {"//", "terraform", "provider"}


def test_without_either_it_says_what_to_bring_back(small: "Small") -> None:
    with pytest.raises(PressoError, match=r"tenants/nyc/tenant\.yaml is gone") as error:
        unit_folder.write_remains(small.workspace, CUPS, None)
    assert "git log" in error.value.hint


def test_removing_a_platform_keeps_the_extensions_folders(small: "Small") -> None:
    tenant = tenants.load(small.workspace, "nyc")
    for unit in (NYC, CUPS):
        unit_folder.write(small.workspace, unit, tenant)
    small.write(".presso/units/nyc/build/made-by-terraform.zip", "")
    unit_folder.remove(small.workspace, NYC)
    assert [path.name for path in NYC.folder(small.workspace).iterdir()] == ["cups"]
    assert not (NYC.folder(small.workspace) / "main.tf.json").exists()
    assert text(small, CUPS)
    unit_folder.remove(small.workspace, CUPS)
    unit_folder.remove(small.workspace, NYC)
    assert not NYC.folder(small.workspace).exists()


def test_it_is_plain_terraform_that_works_by_hand(small: "Small") -> None:
    small.run("apply", "nyc", "nyc/cups")
    command = [*terraform.find().command, "plan", "-detailed-exitcode", "-input=false"]
    for unit in (NYC, CUPS):
        done = subprocess.run(command, cwd=unit.folder(small.workspace), env=os.environ, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_extensions_files_are_in_its_folder_as_they_were_when_they_were_read(small: "Small") -> None:
    tenant = tenants.load(small.workspace, "nyc")
    tree = Trees(small.workspace).of(tenant.use("cups"))
    small.write("extensions/cups/main.tf", "changed")
    unit_folder.write(small.workspace, CUPS, tenant, tree=tree)
    staged = CUPS.folder(small.workspace) / "tree" / "extensions" / "cups"
    assert ExtensionTree.read(staged).digest == tree.tree.digest
    unit_folder.write(small.workspace, CUPS, tenant)
    assert (staged / "main.tf").read_text() == "changed"


def test_an_extension_with_a_link_is_not_written(small: "Small") -> None:
    (small.workspace.extensions / "cups" / "inner").symlink_to("/")
    with pytest.raises(PressoError, match="inner is a link"):
        unit_folder.write(small.workspace, CUPS, tenants.load(small.workspace, "nyc"))
    assert not CUPS.folder(small.workspace).exists()
