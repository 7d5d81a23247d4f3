"""What AWS or the published provider would refuse is refused at validate or plan, where it is wrong.

Each ``misuse/<service>.yaml`` holds a list of types:

    type:   the resource type, ``data.<type>`` for a data source
    right:  a configuration that is taken, as Terraform's JSON has it (blocks are lists)
    wrong:  a list of changes to it that are refused:
        set:   what to change: dotted path (``target.0.arn``) to value; null removes
        at:    the path that the error points to, "" for the whole resource
        error: a part of the message
        by:    who finds it: validate (the default), plan, or terraform (by the schema alone)
    taken:  a list of changes, as in ``set``, that are taken, as the published provider takes them

Terraform itself reads all files once, to validate, and reports all cases at once.
"""

from __future__ import annotations

import copy
import functools
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.terraform import Terraform

from offline_aws import protocol, schema
from offline_aws.attach import attached
from offline_aws.configuration import Caller
from offline_aws.handler_values import UNKNOWN
from offline_aws.protocol import message
from offline_aws.provider import Provider
from offline_aws.values import encode
from presso.local_aws import Running
from presso.terraform import terraform_cli

FILES = sorted((Path(__file__).parent / "misuse").glob("*.yaml"))
LEAST = 150


class _Loader(yaml.CSafeLoader):
    """YAML with ``!long 257``: a text of so many letters."""


_Loader.add_constructor("!long", lambda loader, node: "a" * int(node.value))


@functools.cache
def _entries(file: Path) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(file.read_text(), _Loader)
    return found


def _types(file: Path) -> Sequence[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    return [(entry["type"], entry["right"], entry["wrong"]) for entry in _entries(file)]


def _taken() -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each configuration that is taken: its type, its number, and itself."""
    for entry in itertools.chain.from_iterable(map(_entries, FILES)):
        for number, changes in enumerate(entry.get("taken", ())):
            yield entry["type"], number, _changed(entry["right"], changes)


def _changed(right: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(right)
    for path, value in changes.items():
        *before, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        inner: Any = found
        for step in before:
            inner = inner[step]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return found


def _cases(*by: str) -> Iterator[Any]:
    for file in FILES:
        for kind, right, wrong in _types(file):
            for case in wrong:
                if case.get("by", "validate") in by:
                    name = f"{kind} {', '.join(case['set'])}: {case['error']}"
                    yield pytest.param(kind, _changed(right, case["set"]), case, id=name)


def _provider(kind: str) -> tuple[Provider, str, dict[str, Any]]:
    document = schema.load("archive" if "archive_file" in kind else "aws")
    provider = Provider(document, Caller(Path("/"), {"AWS_REGION": "us-east-1"}))
    name = kind.removeprefix("data.")
    kinds = document.data_sources if kind.startswith("data.") else document.resources
    return provider, name, kinds[name]["block"]


def _paths(answer: Any, *, warnings: bool = False) -> list[tuple[str, str]]:
    return [
        (
            ".".join(step.attribute_name or str(step.element_key_int) for step in found.attribute.steps),
            f"{found.summary} {found.detail}",
        )
        for found in answer.diagnostics
        if found.severity == (protocol.WARNING if warnings else protocol.ERROR)
    ]


def validated(kind: str, config: dict[str, Any], *, warnings: bool = False) -> list[tuple[str, str]]:
    """The path and the message of all errors that validation finds, or of all warnings."""
    provider, name, block = _provider(kind)
    method = "ValidateDataSourceConfig" if kind.startswith("data.") else "ValidateResourceTypeConfig"
    request = message(
        f"{method}Request",
        type_name=name,
        config=message("DynamicValue", msgpack=encode(config, block)),
    )
    return _paths(provider.answer(method, request), warnings=warnings)


def planned(kind: str, config: dict[str, Any]) -> list[tuple[str, str]]:
    """The path and the message of everything that the plan of a new resource finds."""
    provider, name, block = _provider(kind)
    wire = message("DynamicValue", msgpack=encode(config, block))
    request = message(
        "PlanResourceChangeRequest",
        type_name=name,
        prior_state=message("DynamicValue", msgpack=encode(None, block)),
        proposed_new_state=wire,
        config=wire,
    )
    return _paths(provider.answer("PlanResourceChange", request))


def test_the_corpus_is_not_small() -> None:
    assert len(list(_cases("validate", "plan", "terraform"))) >= LEAST


def test_every_type_is_in_the_corpus() -> None:
    tried = {kind for file in FILES for kind, _, _ in _types(file)}
    assert set(schema.load("aws").resources) - tried == set()


@pytest.mark.parametrize(("kind", "config", "case"), list(_cases("validate")))
def test_what_is_wrong_is_refused_where_it_is_wrong(
    kind: str, config: dict[str, Any], case: dict[str, Any]
) -> None:
    found = validated(kind, config)
    assert [where for where, _ in found] == [case["at"]], found
    assert case["error"] in found[0][1]


@pytest.mark.parametrize(("kind", "config", "case"), list(_cases("plan")))
def test_what_only_a_plan_shows_is_refused_there(
    kind: str, config: dict[str, Any], case: dict[str, Any]
) -> None:
    assert validated(kind, config) == []
    found = planned(kind, config)
    assert [where for where, _ in found] == [case["at"]], found
    assert case["error"] in found[0][1]


@pytest.mark.parametrize(
    ("kind", "config"), [pytest.param(kind, config, id=f"{kind} {n}") for kind, n, config in _taken()]
)
def test_what_the_published_provider_leaves_to_aws_is_taken(kind: str, config: dict[str, Any]) -> None:
    assert validated(kind, config) == []
    if not kind.startswith("data."):
        assert planned(kind, config) == []


@pytest.mark.parametrize(
    ("kind", "config", "at"),
    [
        ("aws_cloudwatch_event_rule", {"event_pattern": "", "is_enabled": True}, ["is_enabled"]),
        ("aws_cloudwatch_event_rule", {"event_pattern": ""}, []),
        ("aws_iam_role", {"managed_policy_arns": [], "assume_role_policy": UNKNOWN}, []),
        (
            "aws_iam_role",
            {"managed_policy_arns": UNKNOWN, "inline_policy": [{}]},
            ["managed_policy_arns", "inline_policy"],
        ),
        ("aws_s3_bucket", {"acl": "private", "versioning": [{"enabled": True}]}, ["acl", "versioning"]),
    ],
)
def test_what_is_deprecated_warns(kind: str, config: dict[str, Any], at: list[str]) -> None:
    assert [where for where, _ in validated(kind, config, warnings=True)] == at


def _rightly_unknown(kind: str, right: dict[str, Any]) -> dict[str, Any]:
    """A configuration with all that is not a block unknown."""
    block = _provider(kind)[2]
    return {name: UNKNOWN if name in block["attributes"] else value for name, value in right.items()}


@pytest.mark.parametrize(
    ("kind", "right"),
    [pytest.param(kind, right, id=kind) for file in FILES for kind, right, _ in _types(file)],
)
def test_what_is_right_or_not_known_yet_is_taken(kind: str, right: dict[str, Any]) -> None:
    assert validated(kind, right) == []
    assert validated(kind, _rightly_unknown(kind, right)) == []
    if not kind.startswith("data."):
        assert planned(kind, right) == []
        assert planned(kind, _rightly_unknown(kind, right)) == []


def test_one_of_two_that_exclude_each_other_may_be_unknown() -> None:
    rules = {"automatically_after_days": UNKNOWN, "duration": None, "schedule_expression": "rate(1 day)"}
    config = {"secret_id": "s", "rotation_rules": [rules]}
    assert validated("aws_secretsmanager_secret_rotation", config) == []


class Batch:
    """All cases in one folder, as Terraform sees them.

    Args:
        folder: Where to run Terraform.
        running: The local AWS.
    """

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder, self.running = folder, running
        self.rights: set[str] = set()
        self.cases: dict[str, dict[str, Any]] = {}
        for kind, right, wrong in (each for file in FILES for each in _types(file)):
            self.rights.add(self._write(kind, "right", right))
            for index, case in enumerate(wrong):
                address = self._write(kind, f"wrong{index}", _changed(right, case["set"]))
                self.cases[address] = case
        self.rights |= {self._write(kind, f"taken{number}", config) for kind, number, config in _taken()}

    def _write(self, kind: str, name: str, config: dict[str, Any]) -> str:
        root = "data" if kind.startswith("data.") else "resource"
        text = json.dumps({root: {kind.removeprefix("data."): {name: config}}}, indent=1)
        (self.folder / f"{kind}.{name}.tf.json").write_text(text.replace("${", "$${"))
        return f"{kind}.{name}"

    def validated(self) -> dict[str, list[dict[str, Any]]]:
        """Every error of one `terraform validate`, by address."""
        env = {
            **terraform_cli.RARELY_COLLECTED,
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "AWS_REGION": "us-east-1",
            "CHECKPOINT_DISABLE": "1",
        }
        with attached(self.running.control, self.folder, env) as reattach:
            terraform = Terraform(self.folder, {**env, "TF_REATTACH_PROVIDERS": reattach})
            done = terraform.run("validate", "-json", ok=None)
        found: dict[str, list[dict[str, Any]]] = {}
        for diagnostic in json.loads(done.stdout)["diagnostics"]:
            if diagnostic["severity"] == "error":
                address = Path(diagnostic["range"]["filename"]).name.removesuffix(".tf.json")
                found.setdefault(address, []).append(diagnostic)
        return found


def test_terraform_itself_refuses_every_case_and_nothing_else(local_aws: Running, tmp_path: Path) -> None:
    batch = Batch(tmp_path, local_aws)
    found = batch.validated()
    expected = {address for address, case in batch.cases.items() if case.get("by") != "plan"}
    assert set(found) == expected
    for address in expected:
        said = [" ".join(f"{item['summary']} {item['detail']}".split()) for item in found[address]]
        assert any(batch.cases[address]["error"] in text for text in said), (address, said)
    _at_the_right_place(batch, found)


def _at_the_right_place(batch: Batch, found: dict[str, list[dict[str, Any]]]) -> None:
    """What is set is pointed to by its line; of what is missing, Terraform shows the whole block."""
    for address, diagnostics in found.items():
        case = batch.cases[address]
        named = case["at"].split(".")[-1]
        shown = "null" if named.isdigit() else f'"{named}"'  # of a list, the element's own line
        quoted = any(shown in item["snippet"]["code"] for item in diagnostics)
        reported = any(named in f"{item['summary']} {item['detail']}" for item in diagnostics)
        assert quoted or reported, (address, diagnostics)
