"""A package's zip file: Lambda's limits are kept, and no file takes another's place."""

import os
from pathlib import Path

import pytest

from presso.packages import zip_file
from presso.packages.faults import Uninstallable


def dependencies(folder: Path, files: dict[str, bytes]) -> Path:
    draft = zip_file.ZipDraft("src/requirements.txt")
    for path, content in files.items():
        draft.add(path, content, False)
    draft.write(folder / "dependencies.zip")
    return folder / "dependencies.zip"


def test_code_with_the_name_of_a_dependencys_file_is_refused(tmp_path: Path) -> None:
    made = dependencies(tmp_path, {"wide/__init__.py": b"", "handler.py": b""})
    with pytest.raises(Uninstallable, match=r"handler.py of the code is also a file of a dependency"):
        zip_file.complete(made, [("handler.py", b"")], tmp_path / "a.zip", "src/requirements.txt")


def test_two_dependencies_may_share_a_file_but_not_its_name(tmp_path: Path) -> None:
    draft = zip_file.ZipDraft("src/requirements.txt")
    for content in (b"", b""):
        draft.add("google/__init__.py", content, False)
    with pytest.raises(Uninstallable, match=r"two packages have different files google/__init__.py"):
        draft.add("google/__init__.py", b"other", False)


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        (
            "PACKAGE_ZIPPED_BYTES",
            "the function's package has 1 MB zipped with its dependencies; Lambda takes 0",
        ),
        ("PACKAGE_BYTES", "the function's package has 1 MB with its dependencies; Lambda takes 0"),
    ],
)
def test_a_package_above_lambdas_limit_is_refused(
    limit: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dependencies(tmp_path, {"large": os.urandom(90)})
    monkeypatch.setattr(zip_file, limit, 100)
    with pytest.raises(Uninstallable, match=found):
        zip_file.complete(made, [("handler.py", os.urandom(90))], tmp_path / "a.zip", "requirements.txt")


def test_dependencies_above_lambdas_limit_are_refused_before_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_file, "PACKAGE_BYTES", 100)
    files = {"small.py": b"x", "node_modules/large/a": b"x" * 60, "node_modules/large/b": b"x" * 60}
    with pytest.raises(
        Uninstallable, match=r"have more than .*; the largest until then: large 0 MB, small.py"
    ):
        dependencies(tmp_path, files)
