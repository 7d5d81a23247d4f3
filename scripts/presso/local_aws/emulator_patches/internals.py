"""What the gaps need of the emulator's insides, and what its answers look like."""

import inspect
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import error_response_json

Json = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Needed = Mapping[Any, Mapping[str, tuple[str, ...] | None]]
"""Module → name → its parameters; None for what is no function."""

log = logging.getLogger("presso")


class EmulatorChanged(SystemExit):
    """The emulator lacks something that is needed here, so its gaps cannot be filled. Ends the process."""


def missing(needed: Needed) -> Iterator[str]:
    """Yield functions that the emulator lacks, or that have other parameters than expected."""
    for module, names in needed.items():
        for name, parameters in names.items():
            value = getattr(module, name, None)
            if value is None:
                yield f"{module.__name__}.{name} is missing"
            elif parameters is not None and tuple(inspect.signature(value).parameters) != parameters:
                yield f"{module.__name__}.{name} takes {inspect.signature(value)}"


def refused(code: str, message: str) -> Response:
    """The answer that refuses a request."""
    response: Response = error_response_json(code, message, 400)
    return response
