"""The functions of scripts/: each fits a screen."""

import ast
from pathlib import Path

SCRIPTS = Path(__file__).parents[3] / "scripts"
MOST_LINES = 40
# Their options are a list, and are most of them.
LISTS = {"presso/commands/gate.py: check", "presso/commands/scaffold.py: new"}


def test_functions_have_at_most_forty_lines_unless_they_are_lists() -> None:
    long = {
        f"{path.relative_to(SCRIPTS).as_posix()}: {node.name}"
        for path in SCRIPTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES
    }
    assert long == LISTS
