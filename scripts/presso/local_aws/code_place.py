"""Where in a function's code an error arose, and its causes, by the lines that a runtime writes of it."""

import re
from collections.abc import Sequence

_PLACE = re.compile(r"(?:/var/task|/code)/([^\s\":()]{1,256})\"?(?:, line | Line |\" Line |:)(\d+)")
_CAUSE = "[cause]: "
_LIBRARIES = ("node_modules/", "site-packages/")


def of(trace: Sequence[str]) -> str:
    """Return the file and the line, such as `count.py, line 2`; "" where the lines have none.

    Args:
        trace: The lines: of Python, whose last call is the innermost, or of JavaScript, whose first is.
    """
    found = [place for text in trace for place in _PLACE.findall(text)]
    own = [place for place in found if not place[0].startswith(_LIBRARIES)]
    if not own:
        return ""
    file, line = own[-1] if any('  File "' in text for text in trace) else own[0]
    return f"{file}, line {line}"


def with_causes(error: str, trace: Sequence[str]) -> str:
    """Return an error with the causes that it names itself (`error.cause` of JavaScript), outermost first.

    Args:
        error: Its type and text.
        trace: The lines.
    """
    causes = [text.removeprefix(_CAUSE) for text in trace if text.startswith(_CAUSE)]
    return ": ".join([error.removesuffix(": "), *causes])
