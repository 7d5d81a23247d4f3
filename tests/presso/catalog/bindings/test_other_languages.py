"""TypeScript, Java and Go: checked with tsc and Node, and with the grammars of Java and Go."""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_go
import tree_sitter_java
from tree_sitter import Language, Node, Parser

from event_patterns.schemas import fields
from presso.catalog.bindings import generate
from presso.catalog.code_marks import mark_of
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.generation import generated
from presso.catalog.openapi import component
from presso.errors import PressoError
from presso.node import NodeJs as NodeJs

pytestmark = pytest.mark.slow

PLACED = "OrderManager.WaitingCompletion"
# What a script does with lines of [class, event]: reads each and writes it again, or prints what is wrong.
ROUND_TRIP = """
const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n").map((line) => JSON.parse(line));
console.log(JSON.stringify(lines.map(([name, event]) => {
    const { Convert } = require(`./${name}.js`);
    const write = name.charAt(0).toLowerCase() + name.slice(1) + "ToJson";
    try {
        return JSON.parse(Convert[write](Convert["to" + name](JSON.stringify(event))));
    } catch (error) {
        return error.message;
    }
})));
"""


def _samples(event: CatalogEvent) -> list[dict[str, Any]]:
    more = generated(event, 20, seed=5) if event.producer != "Shape" else ()
    return [*chain(event.samples(), more)]


@pytest.fixture(scope="module")
def javascript(everything: Catalog, node: NodeJs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript of all events, compiled by tsc in its strictest mode."""
    folder = tmp_path_factory.mktemp("typescript")
    made = generate(everything, everything.names, "typescript")
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    strict = dict.fromkeys(("strict", "noUncheckedIndexedAccess", "noImplicitReturns"), True)
    options = {"target": "es2022", "module": "commonjs", "moduleResolution": "node10", "types": [], **strict}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))
    done = node.run(node.tool("tsc"), cwd=folder)
    assert done.stdout + done.stderr == ""
    (folder / "round-trip.js").write_text(ROUND_TRIP)
    return folder


def _round_trip(javascript: Path, node: NodeJs, events: list[tuple[CatalogEvent, Any]]) -> list[Any]:
    lines = "\n".join(json.dumps([component(event), whole]) for event, whole in events)
    done = node.run(javascript / "round-trip.js", stdin=lines)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_typescript_gives_back_every_event_as_it_went_in(
    javascript: Path, node: NodeJs, everything: Catalog
) -> None:
    events = [(event, whole) for event in everything.events for whole in _samples(event)]
    assert _round_trip(javascript, node, events) == [whole for _, whole in events]


def test_typescript_reports_what_is_wrong_and_keeps_what_it_does_not_know(
    javascript: Path, node: NodeJs, catalog: Catalog
) -> None:
    event = catalog.find(PLACED)
    whole = event.samples()[0]
    order = whole["detail"]["drinkOrder"]
    number = {**whole, "detail": {**whole["detail"], "drinkOrder": {**order, "drink": 5}}}
    missing = {
        **whole,
        "detail": {name: value for name, value in whole["detail"].items() if name != "orderId"},
    }
    more = {**whole, "detail": {**whole["detail"], "loyalty": 5}}
    reported = _round_trip(javascript, node, [(event, number), (event, missing), (event, more)])
    assert reported == [
        'Invalid value for key "drink" on DrinkOrder. Expected string but got 5',
        'Invalid value for key "orderId" on Detail. Expected string but got undefined',
        more,
    ]


GRAMMARS = {"java": tree_sitter_java.language(), "go": tree_sitter_go.language()}


def _nodes(node: Node) -> list[Node]:
    return [node, *chain.from_iterable(map(_nodes, node.children))]


@pytest.fixture(scope="module", params=GRAMMARS)
def parsed(request: pytest.FixtureRequest, everything: Catalog, node: NodeJs) -> dict[str, Node]:
    """The files of a language for all events, parsed."""
    parser = Parser(Language(GRAMMARS[request.param]))
    made = generate(everything, everything.names, request.param)
    return {name: parser.parse(text.encode()).root_node for name, text in made.items()}


def test_java_and_go_are_right_by_their_grammars(parsed: dict[str, Node]) -> None:
    wrong = [name for name, tree in parsed.items() if tree.has_error]
    assert wrong == []


def test_java_and_go_declare_every_name_once_so_that_events_do_not_collide(
    parsed: dict[str, Node],
) -> None:
    kinds = ("class_declaration", "enum_declaration", "type_spec", "function_declaration", "const_spec")
    top = ("program", "source_file", "type_declaration", "const_declaration")
    declared = [
        node.child_by_field_name("name").text.decode()  # type: ignore[union-attr]
        for tree in parsed.values()
        for node in _nodes(tree)
        if node.type in kinds and node.parent is not None and node.parent.type in top
    ]
    assert [name for name, times in Counter(declared).items() if times > 1] == []
    assert len(declared) > len(parsed) / 2
    if all(name.endswith(".java") for name in parsed):
        assert sorted(f"{name}.java" for name in declared) == sorted(parsed)


@pytest.mark.parametrize(("language", "form"), [("java", '@JsonProperty("{}")'), ("go", '`json:"{}')])
def test_every_field_is_read_by_the_catalogs_name(
    language: Any, form: str, catalog: Catalog, node: NodeJs
) -> None:
    made = generate(catalog, catalog.names, language).values()
    for event in catalog.events:
        text = "".join(file for file in made if (mark := mark_of(file)) and mark.event == event.name)
        names = {field.name for field in fields(event.schema)} | {"detail-type", "replay-name"}
        assert [name for name in names if form.format(name) not in text] == []


@pytest.mark.parametrize("language", ["typescript", *GRAMMARS])
def test_each_file_states_where_it_comes_from(language: Any, catalog: Catalog, node: NodeJs) -> None:
    for text in generate(catalog, [PLACED], language).values():
        mark = mark_of(text)
        assert mark is not None
        assert (mark.event, mark.language) == (PLACED, language)


def test_java_leaves_out_what_is_not_there(catalog: Catalog, node: NodeJs) -> None:
    text = generate(catalog, [PLACED], "java")["OrderManagerWaitingCompletionConverter.java"]
    assert "import com.fasterxml.jackson.annotation.JsonInclude;" in text
    assert "setSerializationInclusion(JsonInclude.Include.NON_NULL)" in text


def test_an_escape_in_a_description_does_not_end_a_comment_of_java(catalog: Catalog, node: NodeJs) -> None:
    ends = r"How many. \u002a\u002fstatic{Evil.run();}\u002f\u002a"
    event = catalog.find(PLACED)
    properties = {**event.schema["properties"], "orderId": {"type": "string", "description": ends}}
    schema = {**event.schema, "description": ends, "properties": properties}
    described = replace(catalog, events=(replace(event, schema=schema),))
    texts = generate(described, [PLACED], "java")
    assert any("static{Evil.run();}" in text for text in texts.values())
    # Java decodes these escapes before it reads anything else.
    assert [text for text in texts.values() if re.search(r"\\u+00(2a|2f)", text, re.IGNORECASE)] == []


def test_without_node_one_error_names_the_way_out(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presso.node.find_spec", lambda name: None)
    with pytest.raises(PressoError) as caught:
        generate(catalog, [PLACED], "go")
    assert "quicktype, which runs on Node" in caught.value.message
    assert "./presso catalog code … --language go" in caught.value.hint
    assert generate(catalog, [PLACED], "python")
