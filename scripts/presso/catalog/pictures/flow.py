"""A flow of events as SVG: who emits what, which rule takes it where, and what comes back onto the bus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from presso.catalog.graphs import Graph
from presso.catalog.pictures import palette
from presso.catalog.pictures.flow_layout import (
    GAP_X,
    LINE,
    PAD_Y,
    SIZE,
    SMALL,
    SMALL_LINE,
    Box,
    Layout,
    lay_out,
)
from presso.catalog.pictures.lettering import fitted_lines


def svg(graph: Graph, *, links: Mapping[str, str] | None = None, page: bool = False) -> str:
    """The graph as SVG.

    Args:
        graph: A flow with one bus.
        links: Where a click on a node leads, by the node's id.
        page: For a page that has `palette.page_style`.
    """
    layout = lay_out(graph)
    body = [*_groups(layout), *_arrows(graph, layout), *_bus(layout)]
    for key, box in layout.boxes.items():
        drawn = "".join(_box(box))
        to = (links or {}).get(key)
        body.append(f'<a href="{escape(to)}">{drawn}</a>' if to else f"<g>{drawn}</g>")
    return palette.frame(graph.title, in_words(graph), (layout.width, layout.height), body, page=page)


def in_words(graph: Graph) -> str:
    """The graph in sentences, for screen readers."""
    nodes = graph.nodes
    sentences: list[str] = []
    for key, node in nodes.items():
        after = [nodes[edge.end] for edge in graph.edges if edge.start == key]
        names = ", ".join(f"{end.about} {end.title}".strip() for end in after if end.kind != "bus")
        if node.kind == "producer" and names:
            sentences.append(f"{node.title} emits {names}.")
        elif node.kind == "rule":
            sentences.append(
                f"The rule {node.title} of {node.group} matches {node.about}"
                f"{f' for {names}' if names else ''}."
            )
        elif node.kind == "target" and names:
            verb = "emits" if after[0].kind == "event" else "sends to"
            sentences.append(f"The {node.about} {node.title} of {node.group} {verb} {names}.")
    return " ".join(sentences) or "Nothing flows."


def _groups(layout: Layout) -> Iterator[str]:
    for heading, x in layout.columns:
        yield palette.text(heading, x, 24, SMALL, "faint", "middle")
    for group in layout.groups:
        yield palette.rectangle("group", (group.x, group.y), (group.width, group.height), 10)
        name = fitted_lines(group.name, group.width - 24, SMALL, bold=True)[0]
        yield palette.text(name, group.x + 12, group.y + 18, SMALL, "faint strong")


def _bus(layout: Layout) -> Iterator[str]:
    bus = layout.bus
    x, y = bus.x + bus.width / 2, bus.middle
    yield palette.rectangle("bus", (bus.x, bus.y), (bus.width, bus.height), 8)
    name = fitted_lines(bus.node.title, max(bus.height - 16, 20), SIZE, bold=True)[0]
    yield (
        f'<text class="on-bus" font-size="{SIZE:g}" text-anchor="middle"'
        f' transform="translate({x + 4.5:g} {y:g}) rotate(-90)">{escape(name)}</text>'
    )


def _box(box: Box) -> Iterator[str]:
    kind = box.node.kind
    radius = min(box.height / 2, 17) if kind == "event" else 6
    yield f"<title>{escape(box.node.label)}</title>"
    yield palette.rectangle(kind, (box.x, box.y), (box.width, box.height), radius)
    x, y = box.x + box.width / 2, box.y + PAD_Y
    for line in box.title:
        yield palette.text(line, x, y + 13, SIZE, "strong", "middle")
        y += LINE
    for line in box.about:
        yield palette.text(line, x, y + 11, SMALL, "", "middle")
        y += SMALL_LINE


def _arrows(graph: Graph, layout: Layout) -> Iterator[str]:
    bus = layout.bus
    emitted = {box.node.id for box in layout.emitted}
    for edge in graph.edges:
        start, end = layout.boxes.get(edge.start), layout.boxes.get(edge.end)
        if start and end and start.right < end.x:
            yield _curve(start.right, start.middle, end.x, end.middle)
        elif start and edge.end == bus.node.id and edge.start not in emitted:
            yield _curve(start.right, start.middle, bus.x, start.middle)
        elif end and edge.start == bus.node.id:
            yield _curve(bus.x + bus.width, end.middle, end.x, end.middle)
    if layout.emitted:
        yield from _back(layout)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """An arrow that leaves its own band, where nothing else is, only just before its end."""
    turn = max(x, to_x - GAP_X)
    half = (turn + to_x) / 2
    way = f"H{to_x:g}" if y == to_y else f"H{turn:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
    return f'<path class="line" marker-end="url(#a)" d="M{x:g} {y:g}{way}"/>'


def _back(layout: Layout) -> Iterator[str]:
    """What is emitted runs along the right and the bottom, and into the bus from below."""
    edge, floor = layout.width - 14, layout.height - 14
    bus = layout.bus
    middle, under = bus.x + bus.width / 2, bus.y + bus.height
    for box in layout.emitted:
        yield f'<path class="line dashed" d="M{box.right:g} {box.middle:g}H{edge:g}V{floor:g}"/>'
    yield f'<path class="line dashed" marker-end="url(#a)" d="M{edge:g} {floor:g}H{middle:g}V{under + 1:g}"/>'
    yield palette.text("back onto the bus", middle + 14, floor - 6, SMALL, "faint")
