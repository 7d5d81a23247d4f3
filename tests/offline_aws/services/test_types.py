"""Every type of every service, with real Terraform against the local AWS. Adding a type means adding data.

Each ``<service>.yaml`` holds a list of cases:

    type:    the resource type under test; its resource is called ``test``
    about:   what this case is about, in a few words (``aws_sqs_queue: <about>`` names the test)
    given:   HCL that stays the same throughout
    config:  HCL of the first apply
    expect:  attributes after it (a subset; a value is compared as written)
    update:  HCL of the second apply (left out: the type has nothing to update)
    change:  what the second apply's plan must say: update (default) or replace
    then:    attributes after the update
    import:  the identifier to import by, with attributes in braces (default ``{id}``; none: it has no import)
    lost:    top-level attributes that no import can know
    files:   name to text, beside the configuration; a name that ends in ``.zip`` holds one file index.py
"""

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from offline_aws import schema
from offline_aws.attach import attached
from presso.local_aws import Running
from presso.units import terraform

FOLDER = Path(__file__).parent
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
  default_tags { tags = { project = "presso" } }
}
"""


def _cases(pattern: str) -> Iterator[Any]:
    for file in sorted(FOLDER.glob(pattern)):
        for case in yaml.safe_load(file.read_text()):
            yield pytest.param(case, id=f"{case['type']}: {case['about']}")


class Terraform:
    """One folder with one configuration, applied again and again."""

    def __init__(self, folder: Path, environment: dict[str, str], case: dict[str, Any]) -> None:
        self.folder, self.environment, self.case = folder, environment, case
        self.address = f"{case['type']}.test"
        (folder / "provider.tf").write_text(PROVIDER + case.get("given", ""))
        for name, text in case.get("files", {}).items():
            _write(folder / name, text)

    def run(self, *arguments: str, allow: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        command = [*terraform.find().command, f"-chdir={self.folder}", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode in allow, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done

    def configure(self, hcl: str) -> None:
        (self.folder / "main.tf").write_text(hcl)

    def apply(self) -> None:
        self.run("apply", "-auto-approve", "-input=false", "-no-color", "-compact-warnings")

    def changes(self) -> dict[str, dict[str, Any]]:
        """Address to the change of every resource that a plan now would touch."""
        self.run("plan", "-input=false", "-no-color", "-out=plan")
        plan = json.loads(self.run("show", "-json", "plan").stdout)
        changes = {item["address"]: item["change"] for item in plan.get("resource_changes", [])}
        return {name: item for name, item in changes.items() if item["actions"] not in (["no-op"], ["read"])}

    def attributes(self) -> dict[str, Any]:
        state = json.loads(self.run("show", "-json").stdout)
        resources = state["values"]["root_module"]["resources"]
        values: dict[str, Any] = next(item["values"] for item in resources if item["address"] == self.address)
        return values


def _write(path: Path, text: str) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("index.py"), text)
    else:
        path.write_text(text)


@pytest.fixture
def environment(local_aws: Running, account: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    found = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CHECKPOINT_DISABLE": "1",
        "AWS_ENDPOINT_URL": local_aws.endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }
    with attached(local_aws.control, tmp_path, found) as reattach:
        yield {**found, "TF_REATTACH_PROVIDERS": reattach}


@pytest.mark.parametrize("case", list(_cases("*.yaml")))
def test_a_type_applies_settles_updates_imports_and_goes(
    case: dict[str, Any], environment: dict[str, str], tmp_path: Path
) -> None:
    terraform = Terraform(tmp_path, environment, case)
    terraform.configure(case["config"])
    terraform.run("init", "-input=false", "-no-color")
    terraform.apply()
    _holds(terraform.attributes(), case.get("expect", {}))
    assert _differences(terraform.changes()) == {}, "second plan"
    if "update" in case:
        terraform.configure(case["update"])
        actions = terraform.changes()[terraform.address]["actions"]
        assert actions == (["update"] if case.get("change") != "replace" else ["delete", "create"])
        terraform.apply()
        _holds(terraform.attributes(), case.get("then", {}))
        assert _differences(terraform.changes()) == {}, "plan after the update"
    if case.get("import") != "none":
        _imports(terraform, case)
    terraform.run("destroy", "-auto-approve", "-input=false", "-no-color")
    assert "resources" not in json.loads(terraform.run("show", "-json").stdout).get("values", {})


@pytest.mark.parametrize("case", list(_cases("data_sources/*.yaml")))
def test_a_data_source_finds_what_was_made(
    case: dict[str, Any], environment: dict[str, str], tmp_path: Path
) -> None:
    terraform = Terraform(tmp_path, environment, case)
    output = f'output "found" {{\n  value     = data.{case["type"]}.test\n  sensitive = true\n}}\n'
    terraform.configure(case["config"] + output)
    terraform.run("init", "-input=false", "-no-color")
    terraform.apply()
    found = json.loads(terraform.run("output", "-json").stdout)["found"]["value"]
    account = environment["AWS_ACCESS_KEY_ID"]
    expected = json.loads(json.dumps(case["expect"]).replace("ACCOUNT", account))
    assert {name: found[name] for name in expected} == expected
    assert _differences(terraform.changes()) == {}, "second plan"


@pytest.mark.parametrize("case", list(_cases("planned/*.yaml")))
def test_a_type_that_the_emulator_lacks_plans_and_says_so_at_apply(
    case: dict[str, Any], environment: dict[str, str], tmp_path: Path
) -> None:
    terraform = Terraform(tmp_path, environment, case)
    terraform.configure(case["config"])
    terraform.run("init", "-input=false", "-no-color")
    _holds(terraform.changes()[terraform.address]["after"], case["expect"])
    done = terraform.run("apply", "-auto-approve", "-input=false", "-no-color", allow=(1,))
    assert case["said"] in " ".join(done.stderr.split())


def test_every_type_of_the_schema_has_a_case() -> None:
    aws = schema.load("aws")
    tried = {case.values[0]["type"] for pattern in ("*.yaml", "planned/*.yaml") for case in _cases(pattern)}
    assert set(aws.resources) - tried == set()
    found = {case.values[0]["type"] for case in _cases("data_sources/*.yaml")}
    assert set(aws.data_sources) - found == set()


def _imports(terraform: Terraform, case: dict[str, Any]) -> None:
    before = terraform.attributes()
    identifier = str(case.get("import", "{id}")).format(**before)
    terraform.run("state", "rm", terraform.address)
    terraform.run("import", "-input=false", "-no-color", terraform.address, identifier)
    lost = set(case.get("lost", ()))
    after = terraform.attributes()
    different = {
        name: (before[name], after[name]) for name in before if not _alike(before[name], after[name])
    }
    assert {name: pair for name, pair in different.items() if name not in lost} == {}, "imported"
    touched = terraform.changes()
    unexpected = set(touched) - {terraform.address}
    assert not unexpected
    if terraform.address in touched:
        change = touched[terraform.address]
        assert change["actions"] == ["update"]
        names = {name for name in change["after"] if change["before"].get(name) != change["after"][name]}
        assert names <= lost | {"tags"}, change
        terraform.apply()


def _differences(changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Address and attribute to what it was and what it would be."""
    found: dict[str, dict[str, Any]] = {}
    for address, change in changes.items():
        before, after = change["before"] or {}, change["after"] or {}
        names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        found[address] = {name: (before.get(name), after.get(name)) for name in sorted(names)}
        found[address] |= {name: "unknown" for name in change.get("after_unknown") or {} if name not in after}
    return found


def _alike(one: Any, other: Any) -> bool:
    """The same, or both nothing; JSON by its meaning."""
    if not one and not other:
        return True
    if isinstance(one, str) and isinstance(other, str) and one != other:
        try:
            return bool(json.loads(one) == json.loads(other))
        except ValueError:
            return False
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one.get(name), other.get(name)) for name in {*one, *other})
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return all(map(_alike, one, other))
    return bool(one == other)


def _holds(attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    found = {name: attributes[name] for name in expected}
    assert found == expected
