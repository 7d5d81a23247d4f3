"""The version of an extension is written into a tenant's file without changing anything else of it."""

from pathlib import Path

import pytest

from presso.deployment.version_pins import pinned
from presso.errors import PressoError
from presso.yaml_file import YamlFile

HEAD = "name: nyc # the first\ntitle: T\n"


def change(tmp_path: Path, text: str, version: str = "v2") -> str:
    file = tmp_path / "tenant.yaml"
    file.write_text(text)
    return pinned(text, YamlFile.read(file, "tenant.yaml"), "cups", version)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("extensions: [queue, cups]\n", "extensions: [queue, {name: cups, version: v2}]\n"),
        (
            "extensions:\n- cups # ours\n- queue\n",
            "extensions:\n- {name: cups, version: v2} # ours\n- queue\n",
        ),
        ("extensions:\n  - name: cups\n", "extensions:\n  - name: cups\n    version: v2\n"),
        (
            "extensions:\n- variables: {a: é}\n  name: cups # x\n  quotas: {rules: 3}\n",
            "extensions:\n- variables: {a: é}\n  name: cups\n  version: v2 # x\n  quotas: {rules: 3}\n",
        ),
        ("extensions: [{name: cups}]\n", "extensions: [{name: cups, version: v2}]\n"),
        ("extensions: [{version: v1, name: cups}]\n", "extensions: [{version: v2, name: cups}]\n"),
        (
            'extensions:\n- name: cups\n  version: "1.0" # old\n',
            "extensions:\n- name: cups\n  version: v2 # old\n",
        ),
    ],
)
def test_every_way_of_writing_an_entry_keeps_its_layout(tmp_path: Path, before: str, after: str) -> None:
    assert change(tmp_path, HEAD + before) == HEAD + after
    assert change(tmp_path, HEAD + after) == HEAD + after


@pytest.mark.parametrize("version", ["1.0", "1e10", "yes", "0123456"])
def test_what_yaml_reads_as_another_value_is_quoted(tmp_path: Path, version: str) -> None:
    assert f'version: "{version}"' in change(tmp_path, f"{HEAD}extensions: [cups]\n", version)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extensions: [queue]\n", "tenant.yaml does not list cups itself"),
        ("", "tenant.yaml does not list cups itself"),
        ("a: &a {name: cups}\nextensions: [*a]\n", "the version cannot be written here"),
    ],
)
def test_what_cannot_be_changed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PressoError, match=message):
        change(tmp_path, HEAD + text)
