"""The flow of events as a graph: who emits, which rule takes it where, what comes back."""

import json
import re
from typing import TYPE_CHECKING

import pytest

from presso.catalog.catalog_view import CatalogView
from presso.catalog.graphs import Graph, brief, dot, flow, mermaid
from presso.errors import UsageError

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

TIMES = """
module "ordered" {
  source  = "../../modules/event-queue"
  name    = "ordered"
  pattern = { source = ["awsserverlessda.serverlesspresso"], detail-type = ["Bar.Ordered"] }
}
module "mean" {
  source = "../../modules/event-function"
  name   = "mean"
  queue  = { arn = module.ordered.arn }
}
"""


@pytest.fixture
def view(bench: "Bench") -> CatalogView:
    """`times` takes orders by a queue and a function and emits Times.Mean, which `board` shows."""
    bench.extension(
        "times", TIMES, more="emits: [{detail-type: Times.Mean, schema: {type: object, examples: [{}]}}]"
    )
    bench.extension(
        "board",
        """
        module "show" {
          source  = "../../modules/event-function"
          name    = "show"
          pattern = { detail-type = ["Times.Mean"] }
        }
        """,
    )
    return CatalogView(bench.catalog, bench.rules)


def arrows(graph: Graph) -> set[str]:
    label = {key: f"{node.group}/{node.label}".removeprefix("/") for key, node in graph.nodes.items()}
    return {f"{label[edge.start]} → {label[edge.end]}" for edge in graph.edges}


ROBOT = """
module "choose" {
  source     = "../../modules/event-workflow"
  name       = "choose"
  pattern    = { detail-type = ["Bar.Ordered"] }
  definition = { StartAt = "Choose", States = merge({ Choose = { DetailType = "Robot.Chose" } }, local.more) }
}
module "make" {
  source     = "../../modules/event-workflow"
  name       = "make"
  pattern    = { detail-type = ["Bar.Ordered"] }
  definition = file("make.json")
}
"""


def test_a_workflow_that_names_an_event_emits_it_and_what_none_names_comes_from_the_others(
    bench: "Bench",
) -> None:
    said = ", ".join(
        f"{{detail-type: Robot.{name}, schema: {{type: object, examples: [{{}}]}}}}"
        for name in ("Chose", "Made", "Rested")
    )
    bench.extension(
        "robot",
        ROBOT,
        more=f"emits: [{said}]",
    )
    found = arrows(flow(CatalogView(bench.catalog, bench.rules), owner="robot"))
    assert {arrow for arrow in found if arrow.startswith("robot/workflow")} == {
        "robot/workflow choose → Robot.Chose",
        "robot/workflow make → Robot.Made",
        "robot/workflow make → Robot.Rested",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("choose.asl.yaml", "      - DetailType: Robot.Chose\n        Source: ${jsonencode(source)}\n"),
        ("choose.asl.yaml", "- {Source: x, DetailType: 'Robot.Chose'}\n"),
        ("choose.asl.json", '{"DetailType": "Robot.Chose", "Source": "${source}"}'),
    ],
)
def test_a_workflow_emits_what_the_file_of_its_definition_names(name: str, text: str, bench: "Bench") -> None:
    robot = f"""
    locals {{
      choose = yamldecode(templatefile("${{path.module}}/{name}", {{ source = "x" }}))
    }}
    module "choose" {{
      source     = "../../modules/event-workflow"
      name       = "choose"
      pattern    = {{ detail-type = ["Bar.Ordered"] }}
      definition = local.choose
    }}
    module "make" {{
      source     = "../../modules/event-workflow"
      name       = "make"
      pattern    = {{ detail-type = ["Bar.Ordered"] }}
      definition = file("${{path.module}}/../robot/{name}")
    }}
    """
    said = ", ".join(
        f"{{detail-type: Robot.{name}, schema: {{type: object, examples: [{{}}]}}}}"
        for name in ("Chose", "Made")
    )
    bench.extension("robot", robot, more=f"emits: [{said}]")
    bench.write(f"extensions/robot/{name}", text)
    found = arrows(flow(CatalogView(bench.catalog, bench.rules), owner="robot"))
    assert {arrow for arrow in found if arrow.startswith("robot/workflow")} == {
        "robot/workflow choose → Robot.Chose",
        "robot/workflow make → Robot.Made",
    }


def test_events_flow_from_producers_by_rules_to_targets_and_back(view: CatalogView) -> None:
    assert arrows(flow(view)) == {
        "Bar → Bar.Ordered",
        "Bar.Ordered → bus",
        "bus → times/ordered: Bar.Ordered",
        "times/ordered: Bar.Ordered → times/queue ordered",
        "times/queue ordered → times/function mean",
        "times/function mean → Times.Mean",
        "times → Times.Mean",
        "Times.Mean → bus",
        "bus → board/show: Times.Mean",
        "board/show: Times.Mean → board/function show",
    }


def test_a_service_of_the_core_emits_as_its_terraform_has_it(bench: "Bench") -> None:
    bench.write(
        "modules/event-catalog/producers.yaml", "Bar: {title: Bar, summary: The bar., service: till}\n"
    )
    bench.write(
        "modules/core/till/main.tf",
        """
        module "order" {
          source     = "../../event-workflow"
          name       = "order"
          pattern    = { source = [var.context.event_source], detail-type = ["Bar.Ordered"] }
          definition = yamldecode(templatefile("${path.module}/order.asl.yaml", {}))
        }
        module "count" {
          source  = "../../event-function"
          name    = "count"
          pattern = { source = [var.context.event_source], detail-type = ["Bar.Ordered"] }
        }
        """,
    )
    bench.write(
        "modules/core/till/order.asl.yaml", """DetailType: "{% $again ? 'Bar.Ordered' : 'Bar.Over' %}"\n"""
    )
    view = CatalogView(bench.catalog, bench.rules)
    assert all(rule.unknown == () for rule in view.rules.of("core"))
    found = arrows(flow(view))
    assert "core/workflow order → Bar.Ordered" in found
    assert "core/function count → Bar.Ordered" not in found
    assert "core/workflow order → Bar.Ordered" in arrows(flow(view, "core"))


def test_an_extensions_part_is_what_it_takes_and_emits(view: CatalogView) -> None:
    found = arrows(flow(view, "times"))
    assert "Bar → Bar.Ordered" in found
    assert "times/function mean → Times.Mean" in found
    assert not [arrow for arrow in found if "board" in arrow]


def test_the_bus_has_the_tenants_name(view: CatalogView) -> None:
    assert "Bar.Ordered → nyc" in arrows(flow(view, bus="nyc"))


def test_an_unknown_owner_is_refused_with_the_nearest(view: CatalogView) -> None:
    with pytest.raises(UsageError, match="tmies has no rule or event") as error:
        flow(view, "tmies")
    assert error.value.hint.startswith("Did you mean times?")


def test_mermaid_declares_every_node_that_it_connects(view: CatalogView) -> None:
    text = mermaid(flow(view))
    declared = set(re.findall(r'^\s+(\w+)[\[({]+/?"', text, re.MULTILINE))
    connected = set(re.findall(r"^\s+(\w+) (?:-- .* )?-->", text, re.MULTILINE)) | set(
        re.findall(r"--> (\w+)$", text, re.MULTILINE)
    )
    assert text.splitlines()[3] == "flowchart LR"
    assert connected <= declared
    assert 'subgraph owner_times["times"]' in text
    assert '-- "emits" -->' in text


def test_no_text_ends_a_label(view: CatalogView) -> None:
    graph = Graph("x")
    graph.edge(graph.node("producer", 'a"]; b'), graph.node("event", "<script>"))
    assert '"]; b' not in mermaid(graph)
    assert "<script>" not in mermaid(graph)
    assert '[label="a\\"]; b"' in dot(graph)


def test_dot_is_balanced(view: CatalogView) -> None:
    text = dot(flow(view))
    assert text.startswith("digraph events {")
    assert text.count("{") == text.count("}")
    assert "subgraph cluster_times {" in text


def test_a_graph_goes_into_json_whole(view: CatalogView) -> None:
    data = json.loads(json.dumps(flow(view).as_json()))
    ids = {node["id"] for node in data["nodes"]}
    assert {edge["start"] for edge in data["edges"]} | {edge["end"] for edge in data["edges"]} <= ids


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        ("source is x, and detail-type is A.B", "A.B"),
        ("detail-type begins with A, and detail.a.b is x", "begins with A, and a.b is x"),
        ("source is x", "everything from the core"),
    ],
)
def test_a_patterns_words_leave_out_what_goes_without_saying(words: str, reported: str) -> None:
    assert brief(words) == reported
