"""The words of a new extension in a platform with its own events: the scaffold's are the coffee bar's."""

from __future__ import annotations

import re
from pathlib import Path

from presso.event_sources import EXTENSION_SOURCE
from presso.folders import files_below
from presso.platform_settings import PlatformSettings

# A file's name sorts as before among the imports of other files.
_NAMES = {"bar_event": "base_event", "bar-event": "base-event", "BarEvent": "BaseEvent"}
_CODE = ("src", "tests")


def bring_over(folder: Path, platform: PlatformSettings, event: str) -> None:
    """Reword an extension's rendered files, before code for events is written into them.

    Args:
        platform: Its words and the names of fields; nothing changes for the coffee bar's.
        event: A detail-type, for texts that name one.
    """
    if platform.has_bar:
        return
    for path in files_below(folder):
        code = path.relative_to(folder).parts[0] in _CODE
        text = reworded(path.read_text(encoding="utf-8"), platform, event, code=code)
        path.write_text(text, encoding="utf-8")
        name = _replaced(path.name, _NAMES)
        if name != path.name:
            path.rename(path.with_name(name))


def reworded(text: str, platform: PlatformSettings, event: str, *, code: bool) -> str:
    """Return a text of the scaffold in a platform's words.

    Args:
        code: Whether it is of code or of tests, where an order is what an event is about.
    """
    place, thing = platform.words.place, platform.words.thing
    text = _replaced(text, _NAMES | _phrases(place, thing))
    text = re.sub(r"\b(the|The|of) bar\b", rf"\1 {place}", text)
    text = _replaced(
        text,
        {
            "orderId": platform.sources.subject,
            "eventId": platform.sources.tenant,
            "OrderManager.WaitingCompletion": event,
            EXTENSION_SOURCE: platform.sources.prefix,
        },
    )
    if not code:
        return text
    text = re.sub(r"\border (?=\$?\{|o-7)", f"{thing} ", text)
    return re.sub(r"(?<!of )\border\b", "subject", text)


def _phrases(place: str, thing: str) -> dict[str, str]:
    article = "an" if place[:1].lower() in "aeiou" else "a"
    return {
        "All day, a coffee bar emits": f"All day, {article} {place} emits",
        "coffee bar": place,
        ", as it would be printed for a barista.": ", as it would be printed.",
        "a hundred people order at once": "a hundred events come at once",
        "when a session ends and a hundred events": "when a hundred events",
        "who ordered what, when something began": "what happened, when it began",
        "when the rush begins": "when much happens",
        "an order was played": "a scenario was played",
        "The order that it is about": f"The {thing} that it is about",
        "summed up by its order": f"summed up by its {thing}",
        "names the order": f"names the {thing}",
    }


def _replaced(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text
