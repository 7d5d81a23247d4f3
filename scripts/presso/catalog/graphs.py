"""Who emits what, which rule takes it where: the flow of events as a graph, and how it is drawn."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from presso.catalog.catalog_view import CatalogView
from presso.catalog.events import CatalogEvent
from presso.catalog.rule import Rule
from presso.errors import UsageError
from presso.names import CORE
from presso.suggestions import did_you_mean

NodeKind = Literal["producer", "event", "bus", "rule", "target", "consumer"]
FORMATS = ("mermaid", "svg", "dot", "json")


@dataclass(frozen=True)
class GraphNode:
    """A node of the flow.

    Args:
        id: Unique in its graph.
        label: All that a person should read of it.
        group: The owner whose box contains it.
        title: Of the label the name, and `about` the rest: a rule's pattern in words, a target's kind.
    """

    id: str
    kind: NodeKind
    label: str
    group: str = ""
    title: str = ""
    about: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow from one node to another, with what is written on it."""

    start: str
    end: str
    label: str = ""


def node_id(kind: NodeKind, name: str, group: str = "") -> str:
    """The id of a node; an event's name here is `producer detail-type`."""
    return re.sub(r"\W+", "_", f"{kind}_{group}_{name}" if group else f"{kind}_{name}")


@dataclass
class Graph:
    """A flow of events."""

    title: str
    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def node(
        self, kind: NodeKind, name: str, label: str = "", group: str = "", title: str = "", about: str = ""
    ) -> str:
        """Add a node unless it is there; its id."""
        key = node_id(kind, name, group)
        label = label or name
        self.nodes.setdefault(key, GraphNode(key, kind, label, group, title or label, about))
        return key

    def edge(self, start: str, end: str, label: str = "") -> None:
        """Add an arrow unless it is there."""
        edge = Edge(start, end, label)
        if edge not in self.edges:
            self.edges.append(edge)

    def as_json(self) -> dict[str, Any]:
        """The graph for `--format json`."""
        return {
            "title": self.title,
            "nodes": [asdict(node) for node in self.nodes.values()],
            "edges": [asdict(edge) for edge in self.edges],
        }


def flow(view: CatalogView, owner: str = "", bus: str = "bus") -> Graph:
    """The flow of events: producers, the bus, rules with their patterns in words, targets, what they emit.

    Args:
        view: The catalog and the rules.
        owner: Only this extension's part; "" for all.
        bus: What the bus is called.

    Raises:
        UsageError: The name has no rule or event.
    """
    known = view.participants
    if owner and owner not in known:
        raise UsageError(f"{owner} has no rule or event.", hint=did_you_mean(owner, known, "names"))
    rules = [rule for rule in view.rules.rules if owner in ("", rule.owner)]
    graph = Graph(f"Events of {owner or f'the {view.catalog.platform.words.place}'}")
    middle = graph.node("bus", bus)
    for event in view.catalog.events:
        taken = any(rule.takes(event) for rule in rules if owner or not rule.takes_everything)
        if taken or owner in ("", event.producer):
            _emit(graph, event, middle)
    for rule in rules:
        _route(graph, rule, middle)
    for event in view.catalog.events:
        if event.extension and owner in ("", event.extension):
            _back(graph, event, event.extension, rules)
        elif not event.extension:
            _back(graph, event, CORE, _of_service(view, event, rules))
    return graph


def around(view: CatalogView, event: CatalogEvent) -> Graph:
    """The way of one event: its producer, the bus, the rules that take it by name, and their targets."""
    graph = Graph(f"The path of {event.name}")
    bus = graph.node("bus", "bus")
    _emit(graph, event, bus)
    for rule in view.rules.taking(event):
        _route(graph, rule, bus)
    return graph


def _emit(graph: Graph, event: CatalogEvent, bus: str) -> None:
    who = graph.node("producer", event.producer)
    what = graph.node("event", f"{event.producer} {event.name}", event.name)
    graph.edge(who, what)
    graph.edge(what, bus)


def _route(graph: Graph, rule: Rule, bus: str) -> None:
    words = rule.matcher.words if rule.matcher else rule.problem or "a pattern that EventBridge rejects"
    pattern = "every event" if rule.takes_everything else brief(words)
    here = graph.node("rule", rule.name, f"{rule.name}: {pattern}", rule.owner, rule.name, pattern)
    graph.edge(bus, here)
    for target in rule.targets:
        there = _target(graph, rule.owner, target.kind, target.name)
        graph.edge(here, there)
        for name in target.feeds:
            graph.edge(there, _target(graph, rule.owner, "function", name))


def _target(graph: Graph, owner: str, kind: str, name: str) -> str:
    return graph.node("target", f"{kind} {name}", group=owner, title=name, about=kind)


def _back(graph: Graph, event: CatalogEvent, owner: str, rules: list[Rule]) -> None:
    """What the targets of an owner's rules emit themselves.

    The targets that name the event emit it. Where none does, it is one of those that name none: a function
    names it in its code.
    """
    targets = [target for rule in rules if rule.owner == owner for target in rule.targets]
    if not targets:
        return
    what = graph.node("event", f"{event.producer} {event.name}", event.name)
    found = [target for target in targets if event.name in target.emits]
    for target in found or [target for target in targets if not target.emits] or targets:
        ends = [("function", name) for name in target.feeds] or [(target.kind, target.name)]
        for kind, name in ends:
            graph.edge(_target(graph, owner, kind, name), what, "emits")


def _of_service(view: CatalogView, event: CatalogEvent, rules: list[Rule]) -> list[Rule]:
    """The rules of the core's service that emits an event; none where they are not in the text."""
    producer = view.catalog.producers.get(event.producer)
    place = f"/{CORE}/{producer.service}/" if producer and producer.service else ""
    return [rule for rule in rules if place and place in rule.file]


def brief(words: str) -> str:
    """A pattern's words without what goes without saying: the source, and the names of the envelope."""
    parts = [part for part in words.split(", and ") if not part.startswith("source is ")]
    text = ", and ".join(parts) or "everything from the core"
    return text.replace("detail-type is ", "").replace("detail-type ", "").replace("detail.", "")


def mermaid(graph: Graph) -> str:
    """The graph as Mermaid's flowchart."""
    lines = [f"---\ntitle: {graph.title}\n---", "flowchart LR"]
    for group in dict.fromkeys(node.group for node in graph.nodes.values()):
        inside = [_mermaid_node(node) for node in graph.nodes.values() if node.group == group]
        if group:
            key = re.sub(r"\W+", "_", f"owner_{group}")
            lines += [f'  subgraph {key}["{_escaped(group)}"]', *(f"    {line}" for line in inside), "  end"]
        else:
            lines += [f"  {line}" for line in inside]
    for edge in graph.edges:
        arrow = f'-- "{_escaped(edge.label)}" -->' if edge.label else "-->"
        lines.append(f"  {edge.start} {arrow} {edge.end}")
    return "\n".join(lines)


_MERMAID: dict[str, tuple[str, str]] = {
    "producer": ("[", "]"),
    "event": ("([", "])"),
    "bus": ("{{", "}}"),
    "rule": ("[/", "/]"),
    "target": ("[(", ")]"),
    "consumer": ("[", "]"),
}


def _mermaid_node(node: GraphNode) -> str:
    begin, end = _MERMAID[node.kind]
    return f'{node.id}{begin}"{_escaped(node.label)}"{end}'


def _escaped(text: str) -> str:
    # Mermaid reads its own entities, so that no text ends a label or begins a tag.
    signs = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;"}
    return "".join(signs.get(sign, sign) for sign in text)


_DOT = {
    "producer": "box",
    "event": "oval",
    "bus": "hexagon",
    "rule": "parallelogram",
    "target": "cylinder",
    "consumer": "box",
}


def dot(graph: Graph) -> str:
    """The graph in Graphviz's language."""
    lines = [
        "digraph events {",
        "  rankdir=LR;",
        f"  label={_quoted(graph.title)};",
        "  node [fontname=sans];",
    ]
    for group in dict.fromkeys(node.group for node in graph.nodes.values()):
        inside = [
            f"{node.id} [label={_quoted(node.label)}, shape={_DOT[node.kind]}];"
            for node in graph.nodes.values()
            if node.group == group
        ]
        if group:
            name = re.sub(r"\W+", "_", f"cluster_{group}")
            lines += [
                f"  subgraph {name} {{",
                f"    label={_quoted(group)};",
                *(f"    {i}" for i in inside),
                "  }",
            ]
        else:
            lines += [f"  {line}" for line in inside]
    for edge in graph.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"  {edge.start} -> {edge.end}{label};")
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
