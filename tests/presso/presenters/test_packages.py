"""`presso build` writes into the extension's folder, and nowhere else."""

import json
from pathlib import Path

import pytest

from presso.errors import PressoError
from presso.packages import vulnerabilities
from presso.packages.contents import Dependency
from presso.packages.functions import Function
from presso.packages.packages import Package
from presso.packages.vulnerabilities import Vulnerability
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
        packages.build(workspace, ["cups"], lock=lock, audit=False, json_wanted=False)
    assert [path.name for path in kept.parent.iterdir()] == ["thesis.zip"]


def test_known_vulnerabilities_stand_below_their_package_and_end_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jinja, six = Dependency("jinja2", "2.4.1", "BSD"), Dependency("six", "1.17.0", "MIT")
    (file := tmp_path / "a.zip").write_bytes(b"zip")
    function = Function("src", "python3.13", "arm64")
    package = Package("src/build/a.zip", file, function, (jinja, six))
    escape = Vulnerability("GHSA-1", ("CVE-1", "PYSEC-1"), "Escape\x1b[2J", "high", ("2.10.1",))
    monkeypatch.setattr(packages, "names_of", lambda _: ["cups"])
    monkeypatch.setattr(packages, "_built", lambda *_, **__: [package])
    monkeypatch.setattr(
        vulnerabilities, "known", lambda ecosystem, _: {jinja: [escape]} if ecosystem == "PyPI" else {}
    )
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    with pytest.raises(PressoError, match="1 package has known vulnerabilities"):
        packages.build(workspace, ["cups"], lock=False, audit=True, json_wanted=False)
    assert capsys.readouterr().out == (
        "cups: src for python3.13 on arm64, 1 kB, 2 packages\n"
        "  jinja2 2.4.1 (BSD)\n"
        "    GHSA-1, CVE-1 (high): Escape\\x1b[2J; fixed in 2.10.1\n"
        "  six 1.17.0 (MIT)\n"
    )
    with pytest.raises(PressoError):
        packages.build(workspace, ["cups"], lock=False, audit=True, json_wanted=True)
    listed = json.loads(capsys.readouterr().out)["cups"][0]["packages"]
    assert [[each["id"] for each in entry["vulnerabilities"]] for entry in listed] == [["GHSA-1"], []]
    packages.build(workspace, ["cups"], lock=False, audit=False, json_wanted=True)
    assert "vulnerabilities" not in json.loads(capsys.readouterr().out)["cups"][0]["packages"][0]
