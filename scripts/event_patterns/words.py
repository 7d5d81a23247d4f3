"""Values in the words of a person."""

import json
from typing import Any


def shown(value: Any) -> str:
    """A value as a person would write it: text without quotes, unless it is empty or has odd spaces."""
    if isinstance(value, str) and value and value == value.strip() and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=False)
