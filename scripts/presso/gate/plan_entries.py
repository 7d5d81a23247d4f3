"""The resources and data sources of an extension in a plan or a state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class PlanEntry:
    """A resource or data source of an extension.

    Args:
        module: The address of its module relative to the extension; "" is the extension itself.
        type: Such as `aws_sqs_queue`.
        name: As it is written.
        mode: `managed` or `data`.
        values: As far as they are known.
        unknown: The unknown values in Terraform's form: true in the place of each.
    """

    module: str
    type: str
    name: str
    mode: str
    values: Any
    unknown: Any

    def replaced(self, pattern: re.Pattern[str], text: str) -> PlanEntry:
        """Return the entry with matches of a pattern replaced in all its values."""
        values = json.dumps(self.values)
        changed = pattern.sub(lambda _: text, values)
        return self if changed == values else replace(self, values=json.loads(changed))


PlanEntries = dict[str, PlanEntry]
