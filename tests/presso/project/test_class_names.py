"""The classes of scripts/: a name is that of one class."""

import ast
from collections import defaultdict
from pathlib import Path

SCRIPTS = Path(__file__).parents[3] / "scripts"
# Names that several classes have, each with the reason.
SHARED: dict[str, str] = {}


def test_a_public_class_has_a_name_of_its_own() -> None:
    files: dict[str, set[str]] = defaultdict(set)
    for path in SCRIPTS.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                files[node.name].add(path.relative_to(SCRIPTS).as_posix())
    shared = {name: sorted(found) for name, found in files.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared)
