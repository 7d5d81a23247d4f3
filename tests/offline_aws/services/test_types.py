"""Every type of every service, with real Terraform against the local AWS. Adding a type means adding data.

Each ``<service>.yaml`` holds a list of cases:

    type:    the resource type under test; its resource is called ``test``
    about:   what this case is about, in a few words (``aws_sqs_queue: <about>`` names the test)
    given:   HCL that stays the same throughout
    config:  HCL of the first apply
    expect:  attributes after it (a subset; a value is compared as written)
    update:  HCL of the second apply (left out: the type has nothing to update)
    change:  what the second apply's plan must show: update (default) or replace
    then:    attributes after the update
    import:  the identifier to import by, with attributes in braces (default ``{id}``; none: it has no import)
    named:   id (by default an import names it by its identity, where it has one)
    lost:    top-level attributes that no import can know
    files:   name to text, beside the configuration; a name that ends in ``.zip`` holds one file index.py
"""

import contextlib
import functools
import itertools
import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.terraform import Terraform

from offline_aws import identities, registry, schema
from offline_aws.attach import attached
from offline_aws.aws import Aws
from offline_aws.configuration import Caller, Configuration
from offline_aws.identities import IdentitySchema
from presso.local_aws import Running
from presso.terraform import terraform_cli

FOLDER = Path(__file__).parent
CASES_TOGETHER = 50
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  provider_meta "aws" {
    user_agent = ["example.com/a/module/1.0"]
  }
}
"""
CONFIGURED = """
provider "aws" {
  region       = "us-east-1"
  access_key   = "%s"
  default_tags { tags = { project = "presso" } }
}
"""
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
_accounts = itertools.count(1)

Case = dict[str, Any]
Changes = dict[str, dict[str, Any]]


@functools.cache
def _cases(pattern: str) -> list[Case]:
    files = sorted(FOLDER.glob(pattern))
    return [case for file in files for case in yaml.load(file.read_text(), yaml.CSafeLoader)]


def _batched(pattern: str) -> list[Any]:
    """Each case with the number of the batch that it is in; tests of a batch run in one process."""
    numbered = [(place // CASES_TOGETHER + 1, case) for place, case in enumerate(_cases(pattern))]
    return [
        pytest.param(case, batch, id=f"batch {batch}/{case['type']}: {case['about']}")
        for batch, case in numbered
    ]


class Batch:
    """One configuration with a module for each case, each in an account of its own.

    A Terraform run for each step of each case would take most of the time to start.

    Args:
        folder: Where the configuration is.
        environment: Of Terraform.
        cases: The cases.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], cases: Sequence[Case]) -> None:
        self.folder, self.environment, self.cases = folder, environment, cases
        self.command: tuple[str, ...] = ()
        self.accounts = [f"{WORKER + 1:04d}8{next(_accounts):07d}" for _ in cases]
        names = range(len(cases))
        (folder / "main.tf").write_text(
            PROVIDER + "".join(f'module "case_{name}" {{ source = "./case_{name}" }}\n' for name in names)
        )
        for name, case in enumerate(cases):
            module = folder / f"case_{name}"
            module.mkdir()
            provider = PROVIDER + CONFIGURED % self.accounts[name]
            (module / "provider.tf").write_text(provider + case.get("given", ""))
            self.configure(name, case["config"])
            for file, text in case.get("files", {}).items():
                _write(folder / file, text)
        self.run("init", "-input=false", "-no-color")

    def run(self, *arguments: str, allow: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        command = (self.command,) if self.command else ()
        return Terraform(self.folder, self.environment, *command).run(*arguments, ok=allow)

    def address(self, name: int) -> str:
        return f"module.case_{name}.{self.cases[name]['type']}.test"

    def configure(self, name: int, hcl: str) -> None:
        (self.folder / f"case_{name}" / "main.tf").write_text(hcl)

    def apply(self, *plan: str) -> None:
        self.run("apply", "-auto-approve", "-input=false", "-no-color", "-compact-warnings", *plan)

    def changes(self, *options: str) -> list[Changes]:
        """For each case, address to the change of every resource that a plan now would touch."""
        arguments = ("plan", "-input=false", "-no-color", "-out=plan", "-detailed-exitcode", *options)
        done = self.run(*arguments, allow=(0, 2))
        found: list[Changes] = [{} for _ in self.cases]
        if done.returncode == 0:
            return found
        plan = json.loads(self.run("show", "-json", "plan").stdout)
        for item in plan.get("resource_changes", []):
            if item["change"]["actions"] not in (["no-op"], ["read"]) or "importing" in item["change"]:
                module = item["module_address"].removeprefix("module.case_")
                found[int(module.partition(".")[0])][item["address"]] = item["change"]
        return found

    def attributes(self) -> list[dict[str, Any]]:
        """For each case, the attributes of the resource under test in the state."""
        return [instance["attributes"] for instance in self._instances()]

    def identities(self) -> list[dict[str, Any]]:
        """For each case, the identity of the resource under test in the state; {} when it has none."""
        return [instance.get("identity") or {} for instance in self._instances()]

    def _instances(self) -> list[dict[str, Any]]:
        stored = {
            f"{item['module']}.{item['type']}.{item['name']}": item["instances"][0]
            for item in self.stored()["resources"]
            if item["mode"] == "managed"
        }
        return [stored[self.address(name)] for name in range(len(self.cases))]

    def stored(self) -> dict[str, Any]:
        """The state, from its file: Terraform's own commands that print it take a process each."""
        found: dict[str, Any] = json.loads((self.folder / "terraform.tfstate").read_text())
        return found

    def destroy(self) -> None:
        """Destroy everything, as it was read last."""
        self.run("destroy", "-refresh=false", "-auto-approve", "-input=false", "-no-color")


def _write(path: Path, text: str) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("index.py"), text)
    else:
        path.write_text(text)


@dataclass
class Life:
    """What became of a case.

    Args:
        made: Attributes after the first apply.
        second_plan: What a plan would then change.
        update_plan: What a plan of the update would change.
        updated: Attributes after the update.
        last_plan: What a plan would then change.
        imported: The change of the resource in a plan that imports it, where it can be.
        beside: What else that plan would change.
        account: Where it lived.
        identity: Of the resource, in the state after that.
        gone: The state has nothing after the destroy.
    """

    made: dict[str, Any]
    second_plan: Changes
    update_plan: Changes
    updated: dict[str, Any]
    last_plan: Changes
    imported: dict[str, Any] | None = None
    beside: Changes = field(default_factory=dict)
    account: str = ""
    identity: dict[str, Any] = field(default_factory=dict)
    gone: bool = False


def _lives(terraform: Batch) -> list[Life]:
    """Apply, update, import and destroy all cases."""
    terraform.apply()
    made, second = terraform.attributes(), terraform.changes()
    for name, case in enumerate(terraform.cases):
        terraform.configure(name, case.get("update", case["config"]))
    planned = terraform.changes("-refresh=false")  # all was read for the second plan
    terraform.apply("plan")
    updated = terraform.attributes()
    # From here on by a Terraform that knows identities, which the state does not have yet.
    package = terraform_cli.of_package()
    terraform.command = package.command if package else ()
    last = terraform.changes()
    lives = [Life(*steps) for steps in zip(made, second, planned, updated, last, strict=True)]
    _import(terraform, lives)
    terraform.destroy()
    for life in lives:
        life.gone = not terraform.stored()["resources"]
    return lives


def _import(terraform: Batch, lives: Sequence[Life]) -> None:
    """Forget all that can be imported, import it, and apply what the import does not know."""
    for life, account in zip(lives, terraform.accounts, strict=True):
        life.account = account
    imported = [name for name, case in enumerate(terraform.cases) if case.get("import") != "none"]
    terraform.run("state", "rm", *map(terraform.address, imported))
    blocks = [
        f"import {{\n  to = {terraform.address(name)}\n  {_named(terraform.cases[name], lives[name])}\n}}\n"
        for name in imported
    ]
    (terraform.folder / "import.tf").write_text("".join(blocks))
    for name, changes in enumerate(terraform.changes()):
        lives[name].imported = changes.pop(terraform.address(name), None)
        lives[name].beside = changes
    terraform.apply("plan")
    for life, identity in zip(lives, terraform.identities(), strict=True):
        life.identity = identity


def _named(case: Case, life: Life) -> str:
    """What an import block names the resource by."""
    identity = _identity(case, life)
    if identity and case.get("named") != "id":
        pairs = (f"{name} = {_quoted(text)}" for name, text in identity.items() if text)
        return f"identity = {{ {', '.join(pairs)} }}"
    return f"id = {_quoted(_identifier(case, life))}"


def _identity(case: Case, life: Life) -> dict[str, Any]:
    """The identity that it must have: attributes of the resource, its account and its region."""
    names = schema.load("aws").identities.get(case["type"], {"attributes": ()})["attributes"]
    return {name: life.account if name == "account_id" else life.updated[name] or None for name in names}


def _identifier(case: Case, life: Life) -> str:
    return str(case.get("import", "{id}")).format(**life.updated)


def _identifier_of(name: str, identity: Mapping[str, Any]) -> str:
    """What the provider makes of an identity, to import by it."""
    handler = registry.resource(name)
    assert handler is not None
    aws = Aws(Configuration({"region": "us-east-1"}, Caller(Path())))
    aws.__dict__["account_id"] = identity.get("account_id")  # it is asked of AWS
    kept = IdentitySchema.of(schema.load("aws").identities[name])
    return identities.identifier(kept, handler, {**identity}, aws)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


@pytest.fixture(scope="module")
def batch(
    local_aws: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, int], Batch]]:
    """`batch(pattern, number)` is a batch of cases, initialised and not applied."""
    with contextlib.ExitStack() as stack:

        def initialised(pattern: str, number: int) -> Batch:
            folder = tmp_path_factory.mktemp("batch")
            environment = {
                **terraform_cli.RARELY_COLLECTED,
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "CHECKPOINT_DISABLE": "1",
                "AWS_ENDPOINT_URL": local_aws.endpoint,
                "AWS_ACCESS_KEY_ID": "000000000000",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_REGION": "us-east-1",
            }
            reattach = stack.enter_context(attached(local_aws.control, folder, environment))
            cases = _cases(pattern)[(number - 1) * CASES_TOGETHER : number * CASES_TOGETHER]
            return Batch(folder, {**environment, "TF_REATTACH_PROVIDERS": reattach}, cases)

        yield initialised


@pytest.fixture(scope="module")
def life(batch: Callable[[str, int], Batch]) -> Callable[[int, Case], Life]:
    """`life(number, case)` is what became of a case of a batch; all of the batch live at once."""

    @functools.cache
    def lives(number: int) -> tuple[Sequence[Case], Sequence[Life] | AssertionError]:
        terraform = batch("*.yaml", number)
        try:
            return terraform.cases, _lives(terraform)
        except AssertionError as error:
            return terraform.cases, error

    def found(number: int, case: Case) -> Life:
        cases, lived = lives(number)
        if isinstance(lived, AssertionError):
            raise AssertionError(f"Terraform failed with a case of this batch: {lived}") from lived
        return lived[cases.index(case)]

    return found


@pytest.mark.parametrize(("case", "number"), _batched("*.yaml"))
def test_a_type_applies_settles_updates_imports_and_goes(
    case: Case, number: int, life: Callable[[int, Case], Life]
) -> None:
    found = life(number, case)
    _holds(found.made, case.get("expect", {}))
    _is_identified(case, found)
    assert _differences(found.second_plan) == {}, "second plan"
    if "update" in case:
        (actions,) = (
            change["actions"] for name, change in found.update_plan.items() if name.endswith(".test")
        )
        assert actions == (["update"] if case.get("change") != "replace" else ["delete", "create"])
        _holds(found.updated, case.get("then", {}))
        assert _differences(found.last_plan) == {}, "plan after the update"
    else:
        assert found.update_plan == {}
    if case.get("import") != "none":
        _is_as_it_was(found, set(case.get("lost", ())))
    assert found.gone


def _is_identified(case: Case, found: Life) -> None:
    """The state has the whole identity, which leads an import to the same as an identifier."""
    assert found.identity == _identity(case, found)
    if found.identity and case.get("import") != "none" and case.get("named") != "id":
        assert _identifier_of(case["type"], found.identity).replace("\0", ",") == _identifier(case, found)


def _is_as_it_was(found: Life, lost: set[str]) -> None:
    """An import knows everything but what no import can, and changes nothing but that."""
    assert found.imported is not None, "not imported"
    before, after = found.updated, found.imported["before"]
    different = {
        name: (before[name], after[name]) for name in before if not _alike(before[name], after[name])
    }
    assert {name: pair for name, pair in different.items() if name not in lost} == {}, "imported"
    assert found.beside == {}
    if found.imported["actions"] != ["no-op"]:
        assert found.imported["actions"] == ["update"]
        names = {name for name, value in found.imported["after"].items() if after.get(name) != value}
        assert names <= lost | {"tags"}, found.imported


@pytest.fixture(scope="module")
def found(batch: Callable[[str, int], Batch]) -> Callable[[int, Case], tuple[Any, Changes, str]]:
    """`found(number, case)` is what a data source found, what a second plan changes, and the account."""

    @functools.cache
    def all_found(number: int) -> tuple[Sequence[Case], list[tuple[Any, Changes, str]]]:
        terraform = batch("data_sources/*.yaml", number)
        outputs = ""
        for name, case in enumerate(terraform.cases):
            output = f'output "found" {{\n  value     = data.{case["type"]}.test\n  sensitive = true\n}}\n'
            terraform.configure(name, case["config"] + output)
            outputs += (
                f'output "case_{name}" {{\n  value     = module.case_{name}.found\n  sensitive = true\n}}\n'
            )
        (terraform.folder / "outputs.tf").write_text(outputs)
        terraform.apply()
        values = terraform.stored()["outputs"]
        made = [values[f"case_{name}"]["value"] for name in range(len(terraform.cases))]
        changes = terraform.changes()
        terraform.destroy()
        return terraform.cases, list(zip(made, changes, terraform.accounts, strict=True))

    def of(number: int, case: Case) -> tuple[Any, Changes, str]:
        cases, results = all_found(number)
        return results[cases.index(case)]

    return of


@pytest.mark.parametrize(("case", "number"), _batched("data_sources/*.yaml"))
def test_a_data_source_finds_what_was_made(
    case: Case, number: int, found: Callable[[int, Case], tuple[Any, Changes, str]]
) -> None:
    value, changes, account = found(number, case)
    expected = json.loads(json.dumps(case["expect"]).replace("ACCOUNT", account))
    assert {name: value[name] for name in expected} == expected
    assert _differences(changes) == {}, "second plan"


@pytest.fixture(scope="module")
def refusals(
    batch: Callable[[str, int], Batch],
) -> Callable[[int], tuple[Batch, Any, dict[str, str]]]:
    """`refusals(number)` is a batch with the plan of each case, and why each was not applied, by address."""

    @functools.cache
    def refused(number: int) -> tuple[Batch, list[Changes], dict[str, str]]:
        terraform = batch("planned/*.yaml", number)
        changes = terraform.changes()
        lines = terraform.run("apply", "-json", "-auto-approve", "-input=false", allow=(1,)).stdout
        said = [json.loads(line).get("diagnostic", {}) for line in lines.splitlines()]
        return terraform, changes, {each["address"]: str(each) for each in said if "address" in each}

    return refused


@pytest.mark.parametrize(("case", "number"), _batched("planned/*.yaml"))
def test_a_type_that_the_emulator_lacks_plans_and_fails_clearly_at_apply(
    case: Case, number: int, refusals: Callable[[int], tuple[Batch, Any, dict[str, str]]]
) -> None:
    terraform, changes, said = refusals(number)
    place = terraform.cases.index(case)
    address = terraform.address(place)
    _holds(changes[place][address]["after"], case["expect"])
    assert case["error"] in said[address]


def test_every_type_of_the_schema_has_a_case() -> None:
    aws = schema.load("aws")
    tried = {case["type"] for pattern in ("*.yaml", "planned/*.yaml") for case in _cases(pattern)}
    assert set(aws.resources) - tried == set()
    assert set(aws.data_sources) - {case["type"] for case in _cases("data_sources/*.yaml")} == set()


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
