"""The colours of the pictures, in light and in dark, and the frame of an SVG."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape

FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'
# Every text has a contrast of at least 4.5 : 1 to its background, every border 3 : 1.
LIGHT = {
    "ground": "#ffffff",
    "ink": "#1c1917",
    "faint": "#57534e",
    "line": "#78716c",
    "group": "#f5f5f4",
    "producer": "#ede9fe",
    "producer-line": "#6d28d9",
    "event": "#ffedd5",
    "event-line": "#c2410c",
    "bus": "#3730a3",
    "bus-ink": "#ffffff",
    "rule": "#cffafe",
    "rule-line": "#0e7490",
    "target": "#dcfce7",
    "target-line": "#15803d",
}
DARK = {
    "ground": "#131416",
    "ink": "#f5f5f4",
    "faint": "#b8b3ae",
    "line": "#a8a29e",
    "group": "#1f2023",
    "producer": "#2e1f56",
    "producer-line": "#a78bfa",
    "event": "#43200c",
    "event-line": "#fb923c",
    "bus": "#c7d2fe",
    "bus-ink": "#1e1b4b",
    "rule": "#083844",
    "rule-line": "#22d3ee",
    "target": "#0c3a1e",
    "target-line": "#4ade80",
}

_RULES = f"""
.presso-picture text {{ font-family: {FONT}; fill: var(--p-ink); }}
.presso-picture .faint {{ fill: var(--p-faint); }}
.presso-picture .strong {{ font-weight: 600; }}
.presso-picture .on-bus {{ fill: var(--p-bus-ink); font-weight: 600; }}
.presso-picture .line {{ fill: none; stroke: var(--p-line); stroke-width: 1.5; }}
.presso-picture .dashed {{ stroke-dasharray: 4 4; }}
.presso-picture .life {{ fill: none; stroke: var(--p-line); opacity: 0.55; }}
.presso-picture .strong-line {{ stroke: var(--p-bus); stroke-width: 4; }}
.presso-picture .halo {{ paint-order: stroke; stroke: var(--p-ground); stroke-width: 5; }}
.presso-picture .head {{ fill: var(--p-line); }}
.presso-picture .group {{ fill: var(--p-group); stroke: var(--p-line); stroke-dasharray: 3 3; }}
.presso-picture .bus {{ fill: var(--p-bus); }}
.presso-picture .producer {{ fill: var(--p-producer); stroke: var(--p-producer-line); }}
.presso-picture .event {{ fill: var(--p-event); stroke: var(--p-event-line); }}
.presso-picture .rule {{ fill: var(--p-rule); stroke: var(--p-rule-line); }}
.presso-picture .target {{ fill: var(--p-target); stroke: var(--p-target-line); }}
.presso-picture a:hover .strong, .presso-picture a:focus .strong {{ text-decoration: underline; }}
"""


def _declared(colours: dict[str, str]) -> str:
    return " ".join(f"--p-{name}: {value};" for name, value in colours.items())


def style() -> str:
    """The style of a picture by itself: dark where the reader prefers it."""
    dark = f"@media (prefers-color-scheme: dark) {{ .presso-picture {{ {_declared(DARK)} }} }}"
    return f".presso-picture {{ {_declared(LIGHT)} }}\n{dark}{_RULES}"


def page_style() -> str:
    """The style of pictures on a page whose reader may choose light or dark by `data-theme` on the body."""
    return "\n".join(
        [
            f"body {{ {_declared(LIGHT)} }}",
            f"@media (prefers-color-scheme: dark) {{ body:not([data-theme=light]) {{ {_declared(DARK)} }} }}",
            f"body[data-theme=dark] {{ {_declared(DARK)} }}",
            f"@media print {{ body[data-theme] {{ {_declared(LIGHT)} }} }}{_RULES}",
        ]
    )


def frame(title: str, about: str, size: tuple[float, float], body: Iterable[str], *, page: bool) -> str:
    """An SVG around a body.

    Args:
        title: What it shows.
        about: What it shows, in sentences, for who cannot see it.
        size: Width and height.
        body: The elements.
        page: For a page that has `page_style`; else the style is in it, and the ground is drawn.
    """
    width, height = (round(side) for side in size)
    key = hashlib.sha256(f"{title}{about}".encode()).hexdigest()[:8]
    ground = "" if page else '<rect width="100%" height="100%" fill="var(--p-ground)"/>'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="presso-picture" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="group" aria-labelledby="t-{key} d-{key}">',
        f'<title id="t-{key}">{escape(title)}</title>',
        f'<desc id="d-{key}">{escape(about)}</desc>',
        *([] if page else [f"<style>{escape(style(), quote=False)}</style>"]),
        f'<defs><marker id="a-{key}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' orient="auto-start-reverse"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>{ground}',
    ]
    # Arrows name their head by a key of the picture: a page may have several.
    return "\n".join([*head, *(line.replace("url(#a)", f"url(#a-{key})") for line in body), "</svg>"])


def text(words: str, x: float, y: float, size: float, style: str = "", anchor: str = "") -> str:
    """A line of text with its baseline at a place."""
    attributes = f"{f' class={style!r}' if style else ''}{f' text-anchor={anchor!r}' if anchor else ''}"
    quoted = attributes.replace("'", '"')
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}"{quoted}>{escape(words)}</text>'


def rectangle(style: str, place: tuple[float, float], size: tuple[float, float], radius: float) -> str:
    """A box with round corners: its left upper corner, its width and height."""
    (x, y), (width, height) = place, size
    sides = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
    return f'<rect class="{style}" {sides}/>'
