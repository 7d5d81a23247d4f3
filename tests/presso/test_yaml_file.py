"""YAML is read within bounds, as what JSON has too, and every fault has its line."""

import time
from pathlib import Path
from typing import Any

import pytest

from presso.errors import UsageError
from presso.yaml_file import MOST_NODES, YamlFile


def read(tmp_path: Path, text: str) -> YamlFile:
    path = tmp_path / "file.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return YamlFile.read(path, "file.yaml")


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merged(levels: int) -> str:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("---\na: 1\n...\n", {"a": 1}, id="a document with its marks"),
        pytest.param(
            "since: 2026-01-01\nat: 2026-01-01 10:00:00",
            {"since": "2026-01-01", "at": "2026-01-01 10:00:00"},
            id="dates",
        ),
        pytest.param(
            "a: =\nb: 0x1f\nc: 1_000\nd: -0.5e+3", {"a": "=", "b": 31, "c": 1000, "d": -500.0}, id="numbers"
        ),
        pytest.param(
            "a: yes\nb: ~\nc: 'yes'\nd: !!str yes", {"a": True, "b": None, "c": "yes", "d": "yes"}, id="words"
        ),
        pytest.param(
            "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}",
            {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}},
            id="aliases",
        ),
        pytest.param(
            "\ufeffa: é\r\nb: |\r\n  x\r\n  y\r\n", {"a": "é", "b": "x\ny\n"}, id="as Windows writes it"
        ),
        pytest.param('{"a": ["\\u00e9", 1e3]}', {"a": ["é", "1e3"]}, id="JSON"),
    ],
)
def test_yaml_is_what_json_has_too(tmp_path: Path, text: str, data: Any) -> None:
    assert read(tmp_path, text).data == data


def test_values_that_one_reader_changes_are_unchanged_for_the_next(tmp_path: Path) -> None:
    text = "a: &x {b: [1]}\nc: *x\nd: {<<: *x}"
    first = read(tmp_path, text)
    first.data["a"]["b"].append(2)
    del first.data["d"]
    second = read(tmp_path, text)
    assert second.data == {"a": {"b": [1]}, "c": {"b": [1]}, "d": {"b": [1]}}
    assert second.data["a"] is second.data["c"]
    assert second.lines == first.lines


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        pytest.param("a: 1\nb: !!set {x}", ":2: the type !!set is not allowed", id="a set"),
        pytest.param("a: 1\nb: !!binary aGk=", ":2: the type !!binary is not allowed", id="bytes"),
        pytest.param(
            "a: !!timestamp 2026-01-01", ":1: the type !!timestamp is not allowed", id="a date by its type"
        ),
        pytest.param("a: !!omap [b: 1]", ":1: the type !!omap is not allowed", id="an ordered map"),
        pytest.param(
            "a: !!python/object/apply:os.getcwd []", ":1: the type !!python/object", id="an object of Python"
        ),
        pytest.param("a: !Ref b", ":1: the type !Ref is not allowed", id="a type of CloudFormation"),
        pytest.param(
            "a: 1\nno: 1", ":2: no: a key must be a text, and YAML reads this as yes or no", id="no as a key"
        ),
        pytest.param(
            "1: a", ":1: 1: a key must be a text, and YAML reads this as a number", id="a number as a key"
        ),
        pytest.param(
            "~: a", ":1: ~: a key must be a text, and YAML reads this as nothing", id="null as a key"
        ),
        pytest.param("? [a]\n: b", ":1: a key must be a text, not a list", id="a list as a key"),
        pytest.param("a:\n  b: .nan", ":2: invalid YAML: a finite number is needed", id="not a number"),
        pytest.param("a: -.inf", ":1: invalid YAML: a finite number is needed", id="infinity"),
        pytest.param("a: 1.5e+999", ":1: invalid YAML: a finite number is needed", id="an infinite number"),
        pytest.param(
            "a: " + "9" * 400, ":1: invalid YAML: the number is too large", id="a number of 400 digits"
        ),
        pytest.param(
            "a: " + "9" * 5000, ":1: invalid YAML: not a value of the type int", id="one of 5,000 digits"
        ),
        pytest.param("a: " + "1:" * 3000 + "1", ":1: invalid YAML: ", id="minutes of minutes"),
        pytest.param(
            "a: 1\nb: !!int x", ":2: invalid YAML: not a value of the type int", id="a text as a number"
        ),
        pytest.param(
            "a: !!bool maybe", ":1: invalid YAML: not a value of the type bool", id="a text as yes or no"
        ),
        pytest.param('a: "\\ud83d"', ":1: invalid YAML: ", id="half of a character"),
        pytest.param('a: "\\0"', ":1: invalid YAML: a text has a NUL", id="NUL"),
        pytest.param("a: 1\nb: \x07", ":2: invalid YAML: the control character U+0007", id="a bell"),
        pytest.param("a: &x 1\nb: &x 2", ":2: the anchor &x is given twice", id="an anchor twice"),
        pytest.param("a: *x", ":1: no anchor &x before the alias *x", id="an alias of nothing"),
        pytest.param("a: 1\n---\nb: 2", ":2: a second document begins here", id="two documents"),
        pytest.param("a: 1\nb: 2\na: 3", ":3: a: given twice, first on line 1", id="a key twice"),
        pytest.param("{a: 1, a: 2}", ":1: a: given twice, first on line 1", id="a key twice on a line"),
        pytest.param(
            "a: &x\n- [*x]",
            ":2: nested more than 100 deep: the alias *x is inside its own anchor",
            id="an alias in itself",
        ),
        pytest.param("[" * 150 + "]" * 150, ":1: nested more than 100 deep", id="150 levels"),
        pytest.param("- " * 100_000 + "a", ":1: nested more than 100 deep", id="100,000 levels of lists"),
        pytest.param("{a: " * 100_000, ":1: nested more than 100 deep", id="100,000 levels of keys"),
        pytest.param(bomb(9), f":5: more than {MOST_NODES:,} values", id="aliases of aliases"),
        pytest.param(merged(9), f":6: more than {MOST_NODES:,} values", id="merged aliases of aliases"),
        pytest.param(
            "[" + "1," * (MOST_NODES + 1) + "]", f":1: more than {MOST_NODES:,} values", id="too many values"
        ),
        pytest.param("a: " + "b" * 2**20, " cannot be read: it is larger than 1 MB", id="too large"),
        pytest.param("a: [", ":1: invalid YAML: ", id="no end"),
        pytest.param(
            "a: %b", ":1: invalid YAML: while scanning|:1: invalid YAML: found character", id="a sign"
        ),
    ],
)
def test_anything_else_is_refused_in_time_with_its_line(tmp_path: Path, text: str, reported: str) -> None:
    since = time.process_time()
    with pytest.raises(UsageError) as error:
        read(tmp_path, text)
    assert any(error.value.message.startswith(f"file.yaml{start}") for start in reported.split("|"))
    assert time.process_time() - since < 10


def test_what_is_merged_has_the_line_where_it_is_written(tmp_path: Path) -> None:
    file = read(tmp_path, "base: &b\n  size: 1\n  kind: a\nnyc:\n  <<: *b\n  kind: b\n")
    assert file.data["nyc"] == {"size": 1, "kind": "b"}
    assert [file.where(("nyc", key)) for key in ("size", "kind", "none")] == [
        "file.yaml:2",
        "file.yaml:6",
        "file.yaml:4",
    ]
