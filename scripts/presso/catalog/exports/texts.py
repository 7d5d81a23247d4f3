"""Documents as text: JSON, and YAML that readers of YAML 1.1 and 1.2 take for the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml


def json_text(value: Any) -> str:
    """A document in JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def yaml_text(value: Mapping[str, Any]) -> str:
    """A document in YAML, with nothing that is only a reference to another part of it."""
    text: str = yaml.dump(
        dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )
    return text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # What begins like a number is one for some readers, such as 0o17 or 1_0.
    style = '"' if re.match(r"[-+.]?\d", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
