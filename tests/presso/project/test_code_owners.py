"""The author of an extension is asked when it changes, and no one is asked by mistake."""

from pathlib import Path

import pytest
import yaml

from presso.errors import UsageError
from presso.project import code_owners
from presso.workspace import Workspace

ABOVE = "# Ours.\n* @platform\n/extensions/*/\n"


@pytest.fixture
def workspace(tmp_path: Path, checkout: Path) -> Workspace:
    """Two extensions: the author of the second can be asked."""
    known = yaml.safe_load((checkout / "extensions/order-metrics/extension.yaml").read_text())
    for name, author in (("first-cup", {}), ("second-cup", {"github": "ada"})):
        folder = tmp_path / "extensions" / name
        folder.mkdir(parents=True)
        (folder / "main.tf").touch()
        whole = known | {"name": name, "author": {"name": "Ada", "bio": "Counts cups."} | author}
        (folder / "extension.yaml").write_text(yaml.safe_dump(whole))
    return Workspace(tmp_path, tmp_path / ".presso")


def test_an_author_who_can_be_asked_owns_the_extensions_folder_and_no_other(workspace: Workspace) -> None:
    lines = code_owners.owned(ABOVE, workspace).splitlines()
    assert [line for line in lines if line.startswith("/extensions/")] == [
        "/extensions/*/",
        "/extensions/second-cup/ @ada",
    ]
    assert lines[:2] == ABOVE.splitlines()[:2]


def test_a_line_of_an_extension_that_is_gone_goes_and_the_rest_stays(
    workspace: Workspace,
) -> None:
    stale = ABOVE + "/extensions/gone/ @eve\n"
    fresh = code_owners.owned(stale, workspace)
    assert "gone" not in fresh
    assert code_owners.owned(fresh, workspace) == fresh


@pytest.mark.parametrize("github", ["@ada", "ada eve", "ada\n* @eve", "a--b", "*", "org/", ""])
def test_what_is_not_a_user_or_a_team_is_refused(workspace: Workspace, github: str) -> None:
    file = workspace.extensions / "second-cup" / "extension.yaml"
    whole = yaml.safe_load(file.read_text())
    whole["author"]["github"] = github
    file.write_text(yaml.safe_dump(whole))
    with pytest.raises(UsageError, match="github"):
        code_owners.owned(ABOVE, workspace)


def test_the_file_in_the_checkout_is_up_to_date(checkout: Path) -> None:
    text = (checkout / code_owners.FILE).read_text(encoding="utf-8")
    assert code_owners.owned(text, Workspace(checkout, checkout / ".presso")) == text
