"""Making locks: names and versions alone are given to uv and npm."""

from pathlib import Path

import pytest

from presso.packages import locking, programs
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


@pytest.mark.parametrize("name", ["requirements.in", "package.json"])
def test_no_lock_is_made_of_a_text_that_is_not_utf_8(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes("six\r\n".encode("utf-16"))
    with pytest.raises(Uninstallable, match=f"{name}:1: it is UTF-16, not UTF-8"):
        locking.write(tmp_path, ())


def test_a_byte_order_mark_is_left_out_of_a_requirement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.in").write_bytes(b"\xef\xbb\xbfsix\r\n")
    given: dict[str, str] = {}

    def uv(_: list[str], folder: Path, __: object) -> tuple[int, str]:
        given["in"] = (folder / "requirements.in").read_text()
        (folder / "requirements.txt").write_text("six==1.17.0\n")
        return 0, ""

    monkeypatch.setattr(programs, "run", uv)
    assert locking.write(tmp_path, ()) == ["requirements.txt"]
    assert given["in"] == "six\n"


def test_what_npm_prints_beside_the_reason_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = """npm error code EBADPLATFORM
npm error notsup Unsupported platform for fsevents@2.3.3: wanted {"os":"darwin"}
npm notice
npm notice New minor version of npm available! 11.19.1 -> 11.21.2
npm error A complete log of this run can be found in: /home/ada/.npm/_logs/1.log
"""
    (tmp_path / "package.json").write_text('{"dependencies": {"fsevents": "^2"}}')
    monkeypatch.setattr(programs, "npm", lambda: ["npm"])
    monkeypatch.setattr(programs, "run", lambda *_: (1, output))
    with pytest.raises(Uninstallable) as error:
        locking.write(tmp_path, ())
    found = 'no lock can be made: Unsupported platform for fsevents@2.3.3: wanted {"os":"darwin"}'
    assert error.value.found == found
