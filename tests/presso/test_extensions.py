"""Faults in an extension's description are reported."""

from pathlib import Path

import pytest

from presso import extensions
from presso.errors import UsageError
from presso.workspace import Workspace

WORDS = " ".join(["word"] * 300)
GOOD = f"""\
name: cups
title: Cups
summary: Counts cups.
description: {WORDS}
author: {{name: Ada, bio: Writes, links: ["https://example.com"]}}
language: Python
framework: Terraform
resources: ["https://example.com/1"]
consumes: [OrderManager.WaitingCompletion]
emits:
  - detail-type: Cups.Counted
    schema: {{type: object}}
"""


def read(tmp_path: Path, text: str) -> extensions.Extension:
    folder = tmp_path / "cups"
    folder.mkdir(exist_ok=True)
    (folder / "extension.yaml").write_text(text)
    return extensions.read(folder, "extensions/cups/extension.yaml")


def test_a_good_one_is_read(tmp_path: Path) -> None:
    cups = read(tmp_path, GOOD)
    assert cups.consumes == ["OrderManager.WaitingCompletion"]
    assert cups.emits[0].detail_type == "Cups.Counted"
    assert cups.emits[0].detail_schema == {"type": "object"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "word word", "word", ":4: description: a description has 300 to 500 words", id="few words"
        ),
        pytest.param(WORDS, WORDS + WORDS, "this has 599", id="many words"),
        pytest.param(
            "name: cups", "name: platform", ":1: name: the platform reserves platform", id="a reserved name"
        ),
        pytest.param(
            "name: cups", "name: mugs", "mugs does not match the folder cups", id="not the folder's name"
        ),
        pytest.param(
            '"https://example.com/1"', '"ftp://x"', ":8: resources.0: a link starts with https", id="a link"
        ),
        pytest.param('["https://example.com/1"]', "[]", ":8: resources:", id="no resource"),
        pytest.param("[OrderManager.WaitingCompletion]", "[]", ":9: consumes:", id="no event"),
        pytest.param(
            "detail-type", "detailtype", "Known keys: detail-type, schema", id="a misspelt key, deep inside"
        ),
        pytest.param("bio: Writes, ", "", ":5: author.bio: missing", id="a missing key, deep inside"),
        pytest.param(
            "schema: {type: object}", "schema: [1]", ":12: emits.0.schema", id="a schema that is none"
        ),
    ],
)
def test_a_fault_is_named_with_file_line_and_key(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    with pytest.raises(UsageError) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert "extensions/cups/extension.yaml:" in error.value.message
    assert expected in error.value.message + error.value.hint


def test_an_unknown_extension_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no extension order-metric") as error:
        extensions.load(Workspace.find(), "order-metric")
    assert "Did you mean order-metrics?" in error.value.hint


@pytest.mark.parametrize("name", extensions.names_of(Workspace.find()))
def test_the_checkouts_own_are_right(name: str) -> None:
    assert extensions.load(Workspace.find(), name).name == name
