"""The files of scripts/: files of one name in sibling folders are about one thing."""

from collections import defaultdict
from pathlib import Path

SCRIPTS = Path(__file__).parents[3] / "scripts"
TESTS = SCRIPTS.parent / "tests"
# Names that files in sibling folders share: each names the same thing in all of them.
ONE_THING = {
    **dict.fromkeys(
        ("bar", "developing", "gate", "recorded_runs", "scaffold", "units", "upkeep"),
        "a command's arguments, and what it prints",
    ),
    **dict.fromkeys(
        ("impact", "packages", "scenarios", "status", "validation"), "a noun, and what commands print of it"
    ),
    "scenario_index": "the index, and the program that writes this project's",
}


def test_files_of_one_name_in_sibling_folders_are_about_one_thing() -> None:
    folders: dict[tuple[Path, str], set[str]] = defaultdict(set)
    for path in SCRIPTS.rglob("*.py"):
        if not path.name.startswith("__"):
            folders[path.parent.parent, path.stem].add(path.parent.name)
    shared = {name for (_, name), found in folders.items() if len(found) > 1}
    assert shared == set(ONE_THING)


def test_the_tests_of_a_package_are_in_a_folder_of_its_name() -> None:
    elsewhere = {
        "presso/linux": "presso/test_confinement.py",  # boxes show what it keeps programs from
    }
    packages = {path.parent.relative_to(SCRIPTS) for path in SCRIPTS.rglob("__init__.py")}
    without = {each.as_posix() for each in packages if not any((TESTS / each).glob("test_*.py"))}
    assert without == set(elsewhere)
    assert [file for file in elsewhere.values() if not (TESTS / file).is_file()] == []
