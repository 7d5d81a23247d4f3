"""What keeps a unit without a fingerprint: values that change with each run, however they are written."""

from pathlib import Path

import pytest

from presso.deployment.fingerprint import Fingerprints, source_of
from presso.deployment.target_environment import TargetEnvironment
from presso.extension_tree import ExtensionTree
from presso.tenants import ExtensionUse, Tenant
from presso.units.unit import Unit
from presso.units.unit_tree import Trees, UnitTree
from presso.workspace import Workspace

TEMPLATE = 'locals {{\n  a = templatefile("${{path.module}}/{0}", {{}})\n}}\n'


def unpredictable(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    return source_of(ExtensionTree.read(folder), ["event-queue"]).unpredictable


@pytest.mark.parametrize(
    "value",
    [
        "timestamp()",
        "core::plantimestamp ()",
        "timestamp/**/()",
        "timestamp /* of\n now */ ()",
        "(uuid # a new one\n ())",
        "path . cwd",
        "path/**/.cwd",
        'file(/**/"/etc/hostname")',
        "templatestring(local.t, {})",
    ],
)
def test_a_value_that_changes_with_each_run_is_seen(tmp_path: Path, value: str) -> None:
    assert unpredictable(tmp_path, **{"main.tf": f"locals {{\n  a = {value}\n}}\n"})


def test_it_is_seen_with_escaped_letters_in_json(tmp_path: Path) -> None:
    assert unpredictable(tmp_path, **{"main.tf.json": r'{"locals": {"a": "${\u0074imestamp()}"}}'})


@pytest.mark.parametrize("name", ["body.txt", "body.md", "body.json", "body.tftpl"])
def test_it_is_seen_in_a_template_of_any_name(tmp_path: Path, name: str) -> None:
    files = {"main.tf": TEMPLATE.format(name), name: "at ${timestamp()}"}
    assert unpredictable(tmp_path, **files) == f"{tmp_path.name}/{name} has timestamp("


def test_a_template_of_another_language_is_predictable(tmp_path: Path) -> None:
    files = {"main.tf": TEMPLATE.format("body.yaml"), "body.yaml": 'a: "${name}"\nrun: "{% $uuid() %}"\n'}
    assert unpredictable(tmp_path, **files) == ""


class PinnedTrees(Trees):
    """The version of an extension is what is in the folder `pinned`."""

    def of(self, use: ExtensionUse) -> UnitTree:
        tree = ExtensionTree.read(self._workspace.root / "pinned")
        return UnitTree(tree, tree)


def test_another_commit_of_a_version_differs_also_without_a_fingerprint(tmp_path: Path) -> None:
    for folder in ("modules/extension-context", "extensions", "pinned"):
        (tmp_path / folder).mkdir(parents=True)
    workspace, environment = Workspace(tmp_path, tmp_path), TargetEnvironment({}, None, "registry")
    use = ExtensionUse(name="cups", version="main")
    tenant = Tenant(name="nyc", title="T", target="aws", account="111111111111", extensions=[use])
    found = []
    for text in ("# one", "# two", "# two"):
        (tmp_path / "pinned" / "main.tf").write_text(f"{text}\nlocals {{\n  a = timestamp()\n}}\n")
        here = Fingerprints(workspace, PinnedTrees(workspace), lambda *_: environment)
        assert here.of(Unit("nyc", "cups"), tenant) is None
        found.append(here.of_machine(Unit("nyc", "cups"), tenant))
    assert found[0] != found[1] == found[2]
