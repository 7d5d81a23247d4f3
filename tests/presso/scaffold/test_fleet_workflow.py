"""The workflow and the action of a platform that bring its tenants to their files on several machines."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.patience import PATIENCE

from presso.scaffold import new_platform
from presso.tenants import LOCAL_ACCOUNT

if TYPE_CHECKING:
    from tests.presso.conftest import Small

SMALL_PRESSO = Path(__file__).parents[1] / "resources" / "small_presso.py"
GITHUB = Path(new_platform.__file__).parent / "platform_files" / "github"
ACTION = GITHUB / "actions" / "fleet"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def read(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text())
    return document


WORKFLOW = read(GITHUB / "workflows" / "fleet.yml")
JOBS = WORKFLOW["jobs"]
STEPS = read(ACTION / "action.yml")["runs"]["steps"]


def steps() -> Iterator[dict[str, Any]]:
    yield from STEPS
    for job in JOBS.values():
        yield from job["steps"]


def test_what_it_uses_is_pinned_and_no_script_holds_an_input() -> None:
    for step in steps():
        used = step.get("uses", "./.github/actions/fleet")
        assert used == "./.github/actions/fleet" or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used)
        assert "${{" not in step.get("run", "")


def test_inputs_and_outputs_that_are_named_exist_and_all_are_used() -> None:
    action = read(ACTION / "action.yml")
    called = WORKFLOW[True]["workflow_call"]  # YAML 1.1 reads the key `on` as true
    for document, inputs in ((action["runs"], action["inputs"]), (JOBS, called["inputs"])):
        named = re.findall(r"inputs\.(\w+)", yaml.safe_dump(document))
        assert {*named} == {*inputs}
    for job in JOBS.values():
        for step in job["steps"]:
            if step["uses"].startswith("./"):
                assert {*step["with"]} <= {*action["inputs"]}
    outputs = {*action["outputs"]}
    assert {*JOBS["matrix"]["outputs"]} == outputs
    assert {*re.findall(r"steps\.fleet\.outputs\.(\w+)", str(JOBS))} == outputs
    assert {*re.findall(r"needs\.matrix\.outputs\.(\w+)", str(JOBS))} == outputs
    assert [job["needs"] for job in JOBS.values() if "needs" in job] == ["matrix", ["matrix", "shard"]]


def test_jobs_of_two_accounts_in_one_run_share_no_artifact_and_no_cache() -> None:
    for step in STEPS:
        named = step.get("with", {})
        for name in (named[key] for key in ("name", "pattern", "key", "restore-keys") if key in named):
            assert re.match(r"(presso-)?fleet\$\{\{ inputs\.account \}\}-", name)
    scripts = [step["env"] for step in STEPS if "run.py" in step.get("run", "")]
    assert {env["ACCOUNT"] for env in scripts} == {"${{ inputs.account }}"}


def test_a_cancelled_run_reaches_presso_since_each_script_becomes_it() -> None:
    scripts = [step["run"] for step in STEPS if "run.py" in step.get("run", "")]
    assert len(scripts) == 3
    assert all(re.fullmatch(r'exec python3 "\$GITHUB_ACTION_PATH/run\.py" \S+', script) for script in scripts)


class Machine:
    """What runs the action's scripts in a checkout, as a runner does."""

    def __init__(self, small: "Small", folder: Path) -> None:
        self.root = small.workspace.root
        self.output, self.summary = folder / "output", folder / "summary.md"
        programs = folder / "bin"
        programs.mkdir()
        (programs / "presso").write_text(f'#!/bin/sh\nexec {sys.executable} {SMALL_PRESSO} "$@"\n')
        (programs / "presso").chmod(0o755)
        self.env = {**os.environ, "PRESSO_ROOT": str(self.root), "GITHUB_ACTION_PATH": str(ACTION)}
        self.env |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        self.env |= {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}

    def job(self, name: str, **inputs: str) -> list[int]:
        """Run the scripts of a job for one account; their exit codes."""
        inputs |= {"job": name, "account": LOCAL_ACCOUNT}
        of_shard = name == "shard"
        scripts = [
            step
            for step in STEPS
            if "run.py" in step.get("run", "") and ("== 'shard'" in step["if"]) == of_shard
        ]
        return [self._script(step, inputs) for step in scripts]

    def _script(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        given = {
            name: _EXPRESSION.sub(lambda found: inputs.get(found[1].strip()[len("inputs.") :], ""), value)
            for name, value in step["env"].items()
        }
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.root,
            env={**self.env, **given},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        ).returncode

    def hand_over(self, shard: str) -> None:
        """Move the records of a shard to where the report finds its artifact."""
        runs = self.root / ".presso" / "runs"
        runs.rename(self.root / "shards" / f"fleet{LOCAL_ACCOUNT}-shard-{shard}" / "runs")


@pytest.mark.slow
def test_all_shards_together_apply_what_has_changed_and_one_report_has_all_of_it(
    small: "Small", tmp_path: Path
) -> None:
    small.tenant("nyc", "cups")
    small.tenant("sfo")
    small.tenant("rome", account="'222222222222'")
    machine = Machine(small, tmp_path)
    assert machine.job("matrix", shards="2") == [0]
    outputs = dict(line.split("=", 1) for line in machine.output.read_text().splitlines())
    assert outputs["any"] == "true"
    entries = json.loads(outputs["matrix"])["include"]
    assert [(entry["shard"], entry["units"]) for entry in entries] == [(1, 2), (2, 1)]
    (small.workspace.root / ".presso" / "runs" / "20260101-000000-0000").mkdir(parents=True)  # the cache's
    for entry in entries:
        folder = small.workspace.root / "shards" / f"fleet{LOCAL_ACCOUNT}-shard-{entry['shard']}"
        (folder / "units" / "nyc").mkdir(parents=True)
        (folder / "units" / "nyc" / ".terraform.lock.hcl").write_text("# of a machine\n")
        assert machine.job("shard", shard=str(entry["shard"])) == [0, 0]
        machine.hand_over(str(entry["shard"]))
    assert machine.job("report") == [0]
    assert re.search(r"3 units: 3 applied\n", machine.summary.read_text())
    # Of which shard it is depends on how fast each machine was.
    assert re.search(
        r"Critical path: (nyc [0-9.]+ s → nyc/cups|sfo) [0-9.]+ s = ", machine.summary.read_text()
    )
    assert (small.workspace.root / ".presso/units/nyc/.terraform.lock.hcl").read_text() == "# of a machine\n"
    # A machine that left no record, and one that died before its last unit.
    shards = small.workspace.root / "shards"
    shutil.rmtree(shards / f"fleet{LOCAL_ACCOUNT}-shard-2")
    (record,) = (shards / f"fleet{LOCAL_ACCOUNT}-shard-1").rglob("run.jsonl")
    lines = record.read_text().splitlines()
    record.write_text(
        "\n".join([*(line for line in lines if '"unit": "nyc/cups"' not in line), '{"unit": "n'])
    )
    assert machine.job("report") == [1]
    assert f"fleet{LOCAL_ACCOUNT}-shard-1 has no record of nyc/cups\n" in machine.summary.read_text()
    assert f"fleet{LOCAL_ACCOUNT}-shard-2 has no record of sfo\n" in machine.summary.read_text()
