"""The layout of a flow of events: from left to right, producers, events, the bus, rules, targets.

The bus is a bar over the whole height. Left of it each producer is beside its events, right of it each
rule beside its targets and what these emit: two forests in which every tree has a band of its own, so that no
box covers another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from presso.catalog.graphs import Graph, GraphNode
from presso.catalog.pictures.lettering import fitted_lines, width

SIZE, SMALL = 13.0, 11.0
LINE, SMALL_LINE = 17.0, 15.0
PAD_X, PAD_Y = 12.0, 8.0
MARGIN = 16.0
BUS_WIDTH = 44.0
GAP_X = 44.0
_GAP_Y, _GROUP_GAP, _GROUP_PAD, _HEADING = 10.0, 14.0, 12.0, 22.0
_ROOM = {"producer": 150.0, "event": 290.0, "rule": 270.0, "target": 190.0, "consumer": 150.0}


@dataclass
class Box:
    """A node with its lines of text and its place: the left upper corner."""

    node: GraphNode
    title: list[str]
    about: list[str]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        """The height at which arrows come and go."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width


@dataclass
class Group:
    """The frame around what one owner has."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """A drawn-up flow.

    Args:
        boxes: All but the bus, by the node's id.
        bus: The bus's bar.
        groups: The owners' frames.
        columns: The headings and the middles of the columns.
        emitted: The events that targets emit, which go back to the bus.
    """

    boxes: dict[str, Box]
    bus: Box
    groups: list[Group] = field(default_factory=list)
    columns: list[tuple[str, float]] = field(default_factory=list)
    emitted: list[Box] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def box(node: GraphNode) -> Box:
    """A node's box, as large as its text needs."""
    room = _ROOM.get(node.kind, 190.0)
    title = fitted_lines(node.title, room, SIZE, bold=True)
    about = fitted_lines(node.about, room, SMALL)
    widths = [width(line, SIZE, bold=True) for line in title] + [width(line, SMALL) for line in about]
    high = len(title) * LINE + len(about) * SMALL_LINE + 2 * PAD_Y
    return Box(node, title, about, max(widths, default=0) + 2 * PAD_X, high)


def lay_out(graph: Graph) -> Layout:
    """Place everything of a flow that has one bus."""
    return _Placing(graph).layout()


class _Placing:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.boxes = {key: box(node) for key, node in graph.nodes.items() if node.kind != "bus"}
        self.bus = next(key for key, node in graph.nodes.items() if node.kind == "bus")
        self.after: dict[str, list[str]] = defaultdict(list)
        for edge in graph.edges:
            self.after[edge.start].append(edge.end)
        kinds = {key: node.kind for key, node in graph.nodes.items()}
        self.emitted = {
            edge.end for edge in graph.edges if kinds[edge.start] == "target" and kinds[edge.end] == "event"
        }
        self.placed: dict[str, int] = {}  # the column of each box
        self.below: dict[str, list[str]] = {}  # the boxes beside a box, in its band

    def layout(self) -> Layout:
        top = MARGIN + _HEADING
        left_end = self._forest(self._left_roots(), 0, top)
        groups, right_end = self._groups(top)
        bottom = max(left_end, right_end)
        last = max((at for key, at in self.placed.items() if key not in self.emitted), default=0)
        self.placed.update({key: last + 1 for key in self.placed if key in self.emitted})
        # A producer whose events all come from its targets needs no box of its own.
        self.boxes = {key: box for key, box in self.boxes.items() if key in self.placed}
        self._centred(bottom)
        bus = Box(self.graph.nodes[self.bus], [], [], BUS_WIDTH, bottom - top + 8, y=top - 4)
        found = Layout(
            self.boxes, bus, emitted=[self.boxes[key] for key in self.boxes if key in self.emitted]
        )
        self._across(found)
        for group, keys in groups:
            found.groups.append(self._framed(group, [self.boxes[key] for key in keys]))
        found.height = bottom + MARGIN + (34 if self.emitted else 0)
        return found

    def _left_roots(self) -> list[str]:
        """Producers, but not those whose events all come from targets."""
        return [
            key
            for key, node in self.graph.nodes.items()
            if node.kind == "producer" and set(self.after[key]) - self.emitted
        ]

    def _groups(self, top: float) -> tuple[list[tuple[str, list[str]]], float]:
        """Place each owner's rules one below the other; the owners with what they have, and the end."""
        rules = [key for key, node in self.graph.nodes.items() if node.kind == "rule"]
        found, y = [], top
        for owner in dict.fromkeys(self.graph.nodes[key].group for key in rules):
            before = set(self.placed)
            roots = [key for key in rules if self.graph.nodes[key].group == owner]
            y = self._forest(roots, 3, y + _GROUP_PAD + _HEADING) + _GROUP_PAD
            found.append((owner, [key for key in self.placed if key not in before]))
            y += _GROUP_GAP
        return found, y - (_GROUP_GAP if found else 0)

    def _forest(self, roots: list[str], column: int, y: float) -> float:
        """Place trees below each other; where they end."""
        for key in roots:
            if key not in self.placed:
                y = self._tree(key, column, y) + _GAP_Y
        return y - (_GAP_Y if roots else 0)

    def _tree(self, key: str, column: int, y: float) -> float:
        """Place a box beside what comes after it; where the tree ends."""
        here = self.boxes[key]
        self.placed[key] = column
        below = [
            after
            for after in self.after[key]
            if after in self.boxes and after not in self.placed and (column >= 3 or after not in self.emitted)
        ]
        self.below[key] = []
        end = y
        for after in below:
            if after not in self.placed:
                self.below[key].append(after)
                end = self._tree(after, column + 1, end) + _GAP_Y
        tall = max(end - _GAP_Y - y if below else 0, here.height)
        here.y = y + (tall - here.height) / 2
        slack = (tall - (end - _GAP_Y - y)) / 2 if below else 0
        for after in self.below[key] if slack > 0 else ():
            self._lowered(after, slack)
        return y + tall

    def _lowered(self, key: str, by: float) -> None:
        self.boxes[key].y += by
        for after in self.below[key]:
            self._lowered(after, by)

    def _centred(self, bottom: float) -> None:
        """Lower the shorter side, so that both have the same middle."""
        for side in ((0, 1), (3, 99)):
            keys = [key for key, column in self.placed.items() if side[0] <= column <= side[1]]
            end = max((self.boxes[key].y + self.boxes[key].height for key in keys), default=bottom)
            pad = _GROUP_PAD if side[0] else 0
            for key in keys:
                self.boxes[key].y += max(0.0, (bottom - end - pad) / 2)

    def _across(self, found: Layout) -> None:
        """Give every column its place from left to right."""
        x = MARGIN
        last = max(self.placed.values(), default=2)
        for column in range(max(last, 2) + 1):
            keys = [key for key, at in self.placed.items() if at == column]
            if column == 2:
                found.bus.x = x
                x += BUS_WIDTH + GAP_X + _GROUP_PAD
                continue
            wide = max((self.boxes[key].width for key in keys), default=0)
            for key in keys:
                self.boxes[key].x = x
                self.boxes[key].width = wide
            if keys:
                found.columns.append((self._heading(keys), x + wide / 2))
                x += wide + GAP_X
        found.width = x - GAP_X + MARGIN + (_GROUP_PAD if last > 2 else 0) + (24 if self.emitted else 0)

    def _heading(self, keys: list[str]) -> str:
        kinds = {self.boxes[key].node.kind for key in keys}
        names = {"producer": "who emits", "event": "event", "rule": "rule", "target": "target"}
        return " / ".join(names[kind] for kind in names if kind in kinds)

    def _framed(self, name: str, boxes: list[Box]) -> Group:
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        right = max(box.right for box in boxes)
        bottom = max(box.y + box.height for box in boxes)
        x, y = left - _GROUP_PAD, top - _GROUP_PAD - _HEADING + 4
        return Group(name, x, y, right - left + 2 * _GROUP_PAD, bottom + _GROUP_PAD - y)
