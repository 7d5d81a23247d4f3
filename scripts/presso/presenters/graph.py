"""Prints the flow of events as a graph."""

from __future__ import annotations

from collections.abc import Callable

from presso import terminal
from presso.catalog.graphs import Graph, dot, mermaid


def draw(graph: Graph, form: str) -> None:
    """Print a graph in one of `FORMATS`."""
    if form == "json":
        terminal.as_json(graph.as_json())
        return
    from presso.catalog.pictures.flow import svg

    drawn: dict[str, Callable[[Graph], str]] = {"mermaid": mermaid, "svg": svg, "dot": dot}
    terminal.result(drawn[form](graph))
