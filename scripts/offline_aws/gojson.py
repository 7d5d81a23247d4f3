"""JSON as Go's encoding/json writes it, byte for byte: what the published provider puts in states."""

from __future__ import annotations

import json
from typing import Any

# Go escapes these in every text, so that JSON can be embedded in HTML and JavaScript.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def compact(value: Any) -> str:
    """``json.Marshal``: no blanks. Keys keep the order given; Go sorts those of maps (``normalised``)."""
    return _escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def indented(value: Any) -> str:
    """``json.MarshalIndent`` with two blanks."""
    return _escaped(json.dumps(value, ensure_ascii=False, indent=2))


def normalised_json(text: Any) -> Any:
    """The SDK's ``structure.NormalizeJsonString``: compact and with sorted keys; not JSON: as it is."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return text
    return _escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def _escaped(text: str) -> str:
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text
