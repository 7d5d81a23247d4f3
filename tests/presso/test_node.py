"""Node and the packages of npm: found in the environment, run from anywhere."""

import json
import sys
from pathlib import Path

import pytest

from presso import node as node_module
from presso.errors import PressoError
from presso.node import NodeJs


@pytest.mark.slow
def test_a_script_anywhere_finds_the_packages(node: NodeJs, tmp_path: Path) -> None:
    script = tmp_path / "say.cjs"
    script.write_text(
        "const {version} = require('typescript');"
        "process.stdin.on('data', (text) => console.log(process.argv[2], String(text), version));"
    )
    done = node.run(script, "one", stdin="two", env={"PATH": ""})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("one two 5.")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tsc", "eventcatalog-linter"])
def test_a_command_of_a_package_runs(node: NodeJs, name: str) -> None:
    done = node.run(node.tool(name), "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_packages_are_those_of_the_lock(node: NodeJs, checkout: Path) -> None:
    wanted = json.loads((checkout / "locks/node/package.json").read_text())["devDependencies"]
    found = {
        name: json.loads((node.modules / name / "package.json").read_text())["version"] for name in wanted
    }
    assert found == wanted


def test_no_lock_names_a_registry_or_leaves_out_a_checksum(checkout: Path) -> None:
    lock = json.loads((checkout / "locks/node/package-lock.json").read_text())["packages"]
    packages = {name: package for name, package in lock.items() if name}
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]


def test_a_command_that_no_package_has_is_named(node: NodeJs) -> None:
    with pytest.raises(PressoError, match="quicktoe: no package of"):
        node.tool("quicktoe")


def test_the_error_for_missing_packages_shows_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(PressoError, match="packages of npm are not installed") as missing:
        NodeJs.installed()
    assert "./presso test" in missing.value.hint
    monkeypatch.setattr(node_module, "find_spec", lambda name: None)
    with pytest.raises(PressoError, match="node: not installed"):
        NodeJs.installed()
