"""A local AWS whose provider server only listens: these tests are about processes and about the emulator."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from presso.local_aws import LocalAws, Running
from presso.local_aws.processes import this_process

PROVIDER = """
import signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[2])
server.listen()
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
"""


class WithoutTerraform(LocalAws):
    """A local AWS with a stand-in for the offline provider, which is another package's work."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        provider = folder.parent / "provider.py"
        provider.write_text(PROVIDER)
        super().__init__(folder, owner=this_process(), provider=str(provider))

    def _write_mirror(self, control: Path) -> Path:
        path = self.folder / "terraform.rc"
        path.write_text(f"# {control}\n")
        return path


@pytest.fixture
def make_local_aws(tmp_path: Path) -> Iterator[Callable[[str], LocalAws]]:
    """`make_local_aws("one")`: the local AWS of the folder `one`. All of them are stopped at the end."""
    made: list[LocalAws] = []

    def make(name: str = "local") -> LocalAws:
        made.append(WithoutTerraform(tmp_path / name))
        return made[-1]

    yield make
    for local in made:
        local.stop()


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """As in the project's conftest, but with the stand-in."""
    local = WithoutTerraform(tmp_path_factory.mktemp("emulator") / "local")
    try:
        yield local.ensure()
    finally:
        local.stop()
