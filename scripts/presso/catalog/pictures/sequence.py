"""Events in the order in which they happen, as a sequence diagram: who emits them, and who takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from presso.catalog.pictures import palette
from presso.catalog.pictures.lettering import fitted_lines, width

_SIZE, _SMALL, _LINE = 13.0, 11.0, 14.0
_LEFT, _TOP, _HEAD, _ROW = 76.0, 16.0, 34.0, 62.0
_MOST_WORDS = 2  # lines of them


@dataclass(frozen=True)
class Step:
    """An event of the sequence.

    Args:
        time: When it happens, as people read it.
        sender: Who emits it.
        name: Its name; `words` are the reason why it happened.
        receivers: Who takes it.
        link: Where a click on its name leads, or "".
    """

    time: str
    sender: str
    name: str
    words: str
    receivers: tuple[str, ...]
    link: str = ""


def svg(
    title: str, steps: Sequence[Step], *, links: Mapping[str, str] | None = None, page: bool = False
) -> str:
    """The sequence as SVG.

    Args:
        title: What it shows.
        steps: The events in their order.
        links: Where a click on a participant leads, by name.
        page: For a page that has `palette.page_style`.
    """
    senders = list(dict.fromkeys(step.sender for step in steps))
    receivers = list(dict.fromkeys(name for step in steps for name in step.receivers))
    receivers = [name for name in receivers if name not in senders]
    places = _places(senders, receivers, steps)
    height = _TOP + _HEAD + 24 + len(steps) * _ROW + 10
    body = list(_lives(places, height, links or {}))
    for number, step in enumerate(steps):
        body += _step(step, places, _TOP + _HEAD + 40 + number * _ROW)
    size = (max(places.values()) + 90, height)
    about = " ".join(
        f"{step.time}: {step.sender} emits {step.name}"
        f"{f', which {_listed(step.receivers)} take' if step.receivers else ''}."
        for step in steps
    )
    return palette.frame(title, about, size, body, page=page)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _places(senders: list[str], receivers: list[str], steps: Sequence[Step]) -> dict[str, float]:
    """The middle of each participant's line: senders, the bus (""), receivers."""
    widest = max((width(step.name, _SIZE, bold=True) for step in steps), default=0)
    gap = max([120.0, *(width(name, _SIZE, bold=True) + 36 for name in senders)])
    found = {name: _LEFT + gap / 2 + index * gap for index, name in enumerate(senders)}
    last = max(found.values(), default=_LEFT)
    bus = last + max(widest + 34, 190)
    room = max([120.0, *(width(name, _SIZE, bold=True) + 36 for name in receivers)])
    return {
        **found,
        "": bus,
        **{name: bus + 40 + room * (index + 0.5) for index, name in enumerate(receivers)},
    }


def _lives(places: Mapping[str, float], height: float, links: Mapping[str, str]) -> Iterator[str]:
    for name, x in places.items():
        kind, words = ("producer", name) if name else ("bus", "bus")
        wide = width(words, _SIZE, bold=True) + 20
        style = "life" if name else "line strong-line"
        yield f'<path class="{style}" d="M{x:g} {_TOP + _HEAD:g}V{height - 8:g}"/>'
        drawn = palette.rectangle(kind, (x - wide / 2, _TOP), (wide, _HEAD), 6) + palette.text(
            words, x, _TOP + 22, _SIZE, "strong" if name else "on-bus", "middle"
        )
        yield f'<a href="{escape(links[name])}">{drawn}</a>' if name in links else drawn


def _step(step: Step, places: Mapping[str, float], y: float) -> Iterator[str]:
    start, bus = places[step.sender], places[""]
    yield palette.text(step.time, 12, y + 4, _SMALL, "faint")
    yield _arrow(start, bus, y)
    label = palette.text(step.name, start + 14, y - 8, _SIZE, "strong halo")
    yield f'<a href="{escape(step.link)}">{label}</a>' if step.link else label
    words = fitted_lines(step.words, bus - start - 26, _SMALL)
    if len(words) > _MOST_WORDS:
        words = [*words[: _MOST_WORDS - 1], f"{words[_MOST_WORDS - 1]} …"]
    for index, line in enumerate(words):
        yield palette.text(line, start + 14, y + 16 + index * _LINE, _SMALL, "faint halo")
    for name in step.receivers:
        end = places[name]
        # Participants left of the bus connect from below, so that two arrows do not overlap.
        yield _arrow(bus, end, y if end > bus else y + 18, dashed=True)


def _arrow(x: float, to_x: float, y: float, *, dashed: bool = False) -> str:
    to = to_x - 2 if to_x > x else to_x + 2
    return f'<path class="line{" dashed" if dashed else ""}" marker-end="url(#a)" d="M{x:g} {y:g}H{to:g}"/>'
