"""The names in scripts/: one is that of one class, or of one function."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
CLASS = re.compile(r"^class ([A-Z]\w*)", re.MULTILINE)
IMPORT = re.compile(r"^ *from (\S+) import (?:\(([^)]+)\)|(.+))", re.MULTILINE)
# Names that several classes have, each with the reason.
SHARED: dict[str, str] = {}
# The offline provider's functions are not presso's: neither is imported by their names in the other.
PACKAGES = (("presso", "event_patterns"), ("offline_aws", "event_patterns"))


def test_a_public_class_has_a_name_of_its_own() -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for path in SCRIPTS.rglob("*.py"):
        for name in CLASS.findall(path.read_text()):
            files[name].append(path.relative_to(SCRIPTS).as_posix())
    shared = {name: found for name, found in files.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared)


@pytest.mark.parametrize("packages", PACKAGES)
def test_functions_that_files_import_by_one_name_are_one_function(packages: tuple[str, ...]) -> None:
    modules: dict[str, set[str]] = defaultdict(set)
    for path in (file for package in packages for file in (SCRIPTS / package).rglob("*.py")):
        for module, several, one in IMPORT.findall(path.read_text()):
            names = re.split(r"[,\s]+", re.sub(r"#.*", "", f"{several}{one}").replace(" as ", "="))
            for name in names if module.startswith(packages) else ():
                is_module = (SCRIPTS / module.replace(".", "/") / f"{name}.py").exists()
                if name.isidentifier() and name.islower() and not is_module:
                    modules[name].add(module)
    assert len(modules) > 40
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}
