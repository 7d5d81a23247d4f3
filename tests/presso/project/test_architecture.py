"""docs/architecture.md: what it names exists."""

import re

from presso.project.architecture import PAGE
from presso.project.generated import ROOT

TABLE = (
    (ROOT / PAGE).read_text(encoding="utf-8").partition("## Where to change what\n")[2].partition("\n## ")[0]
)
# Where a path of the table begins: it is a file of presso, of all Python code, or of the repository.
STARTS = ("scripts/presso", "scripts", "cookiecutter-extension", ".")


def found(path: str) -> list[str]:
    """The files of a path such as `modules/event-…/` or `services/<service>.py`."""
    pattern = re.sub(r"<[^>]+>|…", "*", path)
    pattern = re.sub(r"[{}]", "?", pattern).rstrip("/")
    return [str(file) for start in STARTS for file in (ROOT / start).glob(pattern)]


def test_each_file_that_the_table_of_changes_names_exists() -> None:
    named = [
        name for name in re.findall(r"`([^` ]+)`", TABLE) if re.search(r"/|\.(py|md|tf|toml|json)$", name)
    ]
    assert len(named) > 50
    assert [name for name in named if not found(name)] == []


def test_each_name_in_brackets_is_in_the_file_before_it() -> None:
    pairs = re.findall(r"`([^` ]+\.(?:py|toml))` \(`([A-Za-z_.]+)`", TABLE)
    assert len(pairs) > 5
    for path, name in pairs:
        texts = [(ROOT / file).read_text(encoding="utf-8") for file in found(path)]
        assert any(re.search(rf"\b{name.rpartition('.')[2]}\b", text) for text in texts), (path, name)
