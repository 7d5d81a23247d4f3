"""Prints generated events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from presso import terminal
from presso.catalog.events import Catalog
from presso.catalog.generation import generated


def examples(catalog: Catalog, name: str, count: int, seed: int, *, form: str, json_wanted: bool) -> None:
    """Print events made up: one a line, a single one over several.

    Raises:
        UsageError: There is no such event.
        PressoError: Its schema asks for what cannot be made up.
    """
    event = catalog.find(name)
    made = (formed(whole, form) for whole in generated(event, count, seed))
    if json_wanted:
        terminal.as_json(list(made))
    elif count == 1:
        terminal.as_json(next(iter(made)))
    else:
        for whole in made:
            terminal.result(json.dumps(whole, ensure_ascii=False))


def formed(event: Mapping[str, Any], form: str) -> dict[str, Any]:
    """An event in one of the forms: `event`, its `detail` alone, an `entry` of PutEvents."""
    if form == "detail":
        return dict(event["detail"])
    if form == "entry":
        detail = json.dumps(event["detail"], ensure_ascii=False)
        return {"Source": event["source"], "DetailType": event["detail-type"], "Detail": detail}
    return dict(event)
