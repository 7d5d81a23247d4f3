"""Making locks: names and versions alone are given to uv and npm."""

from pathlib import Path

import pytest

from presso.packages import locking
from presso.packages.faults import Uninstallable


@pytest.mark.parametrize(
    "line",
    [
        *("evil @ file:///tmp/evil", "./pkg", "-r other.txt", "--index-url https://example.com", "-e ."),
        pytest.param(f"six ; {'(' * 5000}os_name == 'x'{')' * 5000}", id="a marker that is too deep"),
    ],
)
def test_no_lock_is_made_of_a_requirement_that_is_not_a_name(line: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.in").write_text(f"# needed\nhumanize>=4 # for people\n{line}\n")
    with pytest.raises(Uninstallable, match="is not the name") as error:
        locking.write(tmp_path, ())
    assert (error.value.file, error.value.line) == ("requirements.in", 3)
    assert not (tmp_path / "requirements.txt").exists()


def test_no_lock_is_made_of_a_package_json_that_names_a_repository(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"a": "ada/a"}}')
    with pytest.raises(Uninstallable, match="only packages of a registry"):
        locking.write(tmp_path, ())
