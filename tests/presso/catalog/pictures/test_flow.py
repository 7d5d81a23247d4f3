"""The flow of events as SVG: boxes that do not touch, text inside them, arrows that end at boxes."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from presso.catalog.catalog_view import CatalogView
from presso.catalog.events import Catalog
from presso.catalog.graphs import Graph, around, flow
from presso.catalog.pictures.flow import in_words, svg
from presso.catalog.pictures.flow_layout import Layout, lay_out
from presso.catalog.rules import Rules
from presso.workspace import Workspace

SVG = "{http://www.w3.org/2000/svg}"


def busy(rules: int = 3) -> Graph:
    """Two producers; an owner whose rules share a queue; functions that emit what another owner takes."""
    graph = Graph("A busy bar")
    bus = graph.node("bus", "nyc")
    for producer, events in {"Bar": 2, "Till": 5}.items():
        who = graph.node("producer", producer)
        for number in range(events):
            what = graph.node("event", f"{producer} e{number}", f"{producer}.SomethingHappened{number}")
            graph.edge(who, what)
            graph.edge(what, bus)
    means = graph.node("event", "times Times.Mean", "Times.Mean")
    graph.edge(graph.node("producer", "times"), means)
    graph.edge(means, bus)
    queue = graph.node("target", "queue q", group="times", title="q", about="queue")
    mean = graph.node("target", "function mean", group="times", title="mean", about="function")
    for number in range(rules):
        rule = graph.node("rule", f"r{number}", f"r{number}: x", "times", f"r{number}", "x or y or z " * 9)
        graph.edge(bus, rule)
        graph.edge(rule, queue)
        graph.edge(rule, graph.node("target", f"function f{number}", group="times", title=f"f{number}"))
    graph.edge(queue, mean)
    graph.edge(mean, means, "emits")
    show = graph.node("rule", "show", "show: Times.Mean", "board", "show", "Times.Mean")
    graph.edge(bus, show)
    graph.edge(show, graph.node("target", "function show", group="board", title="show", about="function"))
    return graph


def rectangles(layout: Layout) -> list[tuple[float, float, float, float]]:
    boxes = [*layout.boxes.values(), layout.bus]
    return [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]


@pytest.mark.parametrize("rules", [1, 2, 5])
def test_no_box_covers_another_and_all_are_inside(rules: int) -> None:
    layout = lay_out(busy(rules))
    found = rectangles(layout)
    for one, other in itertools.combinations(found, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for left, top, right, bottom in found:
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height


def test_frames_of_owners_do_not_touch() -> None:
    frames = sorted(lay_out(busy()).groups, key=lambda group: group.y)
    assert [frame.name for frame in frames] == ["times", "board"]
    assert frames[0].y + frames[0].height < frames[1].y


def test_events_of_targets_are_right_of_them_and_go_back_to_the_bus() -> None:
    layout = lay_out(busy())
    (emitted,) = layout.emitted
    targets = [box for box in layout.boxes.values() if box.node.kind == "target"]
    assert all(box.right < emitted.x for box in targets)
    assert "back onto the bus" in svg(busy())
    assert not [box for box in layout.boxes.values() if box.node.label == "times"]  # the frame has it


def test_it_is_well_formed_and_described_in_words() -> None:
    root = ElementTree.fromstring(svg(busy()))
    labels = {root.find(f"{SVG}title").get("id"), root.find(f"{SVG}desc").get("id")}  # type: ignore[union-attr]
    assert set(str(root.get("aria-labelledby")).split()) == labels
    reported = root.findtext(f"{SVG}desc") or ""
    assert "Bar emits Bar.SomethingHappened0, Bar.SomethingHappened1." in reported
    assert "The function mean of times emits Times.Mean." in reported
    assert "The rule show of board matches Times.Mean for function show." in reported


def test_text_cannot_become_markup() -> None:
    graph = Graph("<b>")
    bus = graph.node("bus", "bus")
    graph.edge(graph.node("event", "x", "<script>alert(1)</script>&"), bus)
    graph.edge(bus, graph.node("rule", "r", "</svg>", 'o"', "</svg>", "<i>"))
    assert "<script>" not in svg(graph)
    ElementTree.fromstring(svg(graph))


def test_boxes_lead_to_the_pages_links() -> None:
    graph = busy()
    key = next(key for key, node in graph.nodes.items() if node.label == "Times.Mean")
    root = ElementTree.fromstring(svg(graph, links={key: "events/Times.Mean.html"}, page=True))
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "events/Times.Mean.html"
    assert "Times.Mean" in "".join(link.itertext())
    assert root.find(f"{SVG}style") is None  # the page has it


def test_a_bus_with_nothing_is_drawn() -> None:
    graph = Graph("Nothing")
    graph.node("bus", "bus")
    ElementTree.fromstring(svg(graph))
    assert in_words(graph) == "Nothing flows."


def test_every_picture_of_the_real_catalog_is_drawn(checkout_view: CatalogView) -> None:
    for graph in [flow(checkout_view)] + [around(checkout_view, e) for e in checkout_view.catalog.events]:
        drawn = svg(graph)
        arrows = re.findall(r'<path class="line" marker-end', drawn)
        assert len(arrows) >= len(lay_out(graph).boxes) - 2
        assert drawn == svg(graph)


@pytest.fixture(scope="module")
def checkout_view(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> CatalogView:
    workspace = Workspace(checkout, tmp_path_factory.mktemp("home"))
    return CatalogView(Catalog.load(workspace), Rules.load(workspace))
