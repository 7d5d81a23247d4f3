"""What a program in a box finds there; tests/presso/gate has what the gate's programs are kept from."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from presso import confinement
from presso.confinement import DEVICES, SYSTEM, Limits

pytestmark = [
    pytest.mark.skipif(
        bool(confinement.lacking()), reason=f"programs get no box here: {confinement.lacking()}"
    ),
    pytest.mark.slow,
]


@pytest.fixture
def below_tmp() -> Iterator[Path]:
    """A folder below /tmp, which is another folder in a box."""
    with tempfile.TemporaryDirectory(dir="/tmp") as found:
        yield Path(found)


def test_a_program_runs_by_a_link_in_a_folder_of_tmp_that_is_in_the_box(below_tmp: Path) -> None:
    link = below_tmp / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to("/bin/echo")
    limits = Limits(read=(*SYSTEM, *confinement.python(), str(below_tmp), str(link)), write=DEVICES, memory=0)
    done = subprocess.run(limits.command([str(link), "ran"]), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_variables_of_an_author_reach_a_program_when_it_is_confined_and_not_before() -> None:
    limits = Limits(read=(*SYSTEM, *confinement.python()), write=DEVICES, memory=0)
    done = subprocess.run(
        limits.command(["/usr/bin/env"]),
        env=confinement.environment_inside({"LD_DEBUG": "statistics", "DRINK": "Espresso"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert sorted(done.stdout.splitlines()) == ["DRINK=Espresso", "LD_DEBUG=statistics"]
    loaded = {line.partition(":")[0].strip() for line in done.stderr.splitlines() if line.strip()}
    assert loaded <= {"1"}, "its loader, in the first process of the box, is the only one that reads them"


def test_a_program_installed_in_a_home_makes_only_its_own_folders_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "ada"
    for folder in (".local/bin", ".local/lib", ".local/share/keyrings", ".ssh", "bin", "node/bin"):
        (home / folder).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    local = home / ".local"
    assert confinement.installation(local) == (f"{local}/bin", f"{local}/lib")
    assert confinement.installation(home) == (f"{home}/bin",)
    assert confinement.installation(tmp_path) == ()
    assert confinement.installation(home / "node") == (f"{home}/node",)
    assert confinement.installation(Path("/")) == ()
