"""The names in scripts/: one is that of one class, or of one function."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

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


# What presso's files import of the offline provider is nothing with such a name.
PACKAGES = (("presso", "event_patterns"), ("offline_aws", "event_patterns"))


@pytest.mark.parametrize("packages", PACKAGES)
def test_functions_that_files_import_by_one_name_are_one_function(packages: tuple[str, ...]) -> None:
    modules: dict[str, set[str]] = defaultdict(set)
    for path in (file for package in packages for file in (SCRIPTS / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(packages):
                for name in (each.name for each in node.names if each.asname is None):
                    if (SCRIPTS / node.module.replace(".", "/") / f"{name}.py").exists():
                        continue
                    if name.islower():
                        modules[name].add(node.module)
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}
