"""`presso build` writes into the extension's folder, and nowhere else."""

from pathlib import Path

import pytest

from presso.errors import PressoError
from presso.presenters import packages
from presso.workspace import Workspace


@pytest.mark.parametrize("lock", [False, True])
def test_a_link_in_place_of_the_folder_build_is_refused_and_its_target_kept(
    tmp_path: Path, lock: bool
) -> None:
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    (kept := tmp_path / "elsewhere" / "thesis.zip").parent.mkdir()
    kept.write_text("all of it")
    source = workspace.extensions / "cups" / "src"
    source.mkdir(parents=True)
    (source.parent / "extension.yaml").touch()
    (source.parent / "main.tf").touch()
    (source / "requirements.in").write_text("six\n")
    (source / "build").symlink_to(kept.parent)
    with pytest.raises(PressoError, match="src/build is a link"):
        packages.build(workspace, ["cups"], lock=lock, json_wanted=False)
    assert [path.name for path in kept.parent.iterdir()] == ["thesis.zip"]
