"""What keeps a unit without a fingerprint: values that change with each run, however they are written."""

from pathlib import Path

import pytest

from presso.deployment.fingerprint import source_of
from presso.extension_tree import ExtensionTree

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
