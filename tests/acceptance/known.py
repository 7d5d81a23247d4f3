"""Which examples run, which need something from outside, and which stop at a documented limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("examples.yaml")


@dataclass(frozen=True)
class Known:
    """What `examples.yaml` has.

    Attributes:
        modules: The checkouts whose examples run.
        outside: Example to what it needs that is neither in it nor here.
        again: Example to why it is applied twice before its plan must be empty.
        limits: Example to the documented limit at which it stops.
    """

    modules: Sequence[str]
    outside: Mapping[str, str]
    again: Mapping[str, str]
    limits: Mapping[str, str]

    @classmethod
    def read(cls) -> Known:
        """Read the file."""
        found = yaml.safe_load(_FILE.read_text())
        return cls(found["modules"], found["outside"], found["again"], found["limits"])
