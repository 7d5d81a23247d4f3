"""pytest's plugin for extensions: fixtures for tests of code and of a replay, and tests that are not Python.

In `extensions/<name>/tests`, `plan.yaml` is an inventory of the extension's plan, `plan-<case>.yaml` one with
other variables, and `*.test.mjs` runs in Node.js.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from presso.gate.planner import Planner
    from presso.local_aws import Running
    from presso.testing.bar import Bar, Played

PLAN = re.compile(r"plan(-[a-z0-9-]+)?\.yaml")
_LOCAL_AWS = pytest.StashKey["Future[Running]"]()
_PLANNERS = pytest.StashKey[dict[Path, "Planner"]]()


def extension_of(path: Path) -> Path | None:
    """The folder of the extension whose test this file is."""
    folder = path.parent.parent
    return folder if path.parent.name == "tests" and (folder / "extension.yaml").is_file() else None


@pytest.fixture(scope="session")
def local_aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A local AWS for all tests of this process. It ends when they do, however they end.

    Use the fixture `account` for an account that no other test uses; never reset the emulator.
    """
    return _started_aws(request.config, tmp_path_factory).result()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the local AWS beside the first tests, where those of extensions are alone and one needs it.

    Elsewhere, several processes each may have no test that does.
    """
    items, factory = getattr(session, "items", []), getattr(session.config, "_tmp_path_factory", None)
    if factory is None or hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    if any("local_aws" in getattr(item, "fixturenames", ()) for item in items) and all(
        extension_of(item.path) for item in items
    ):
        _started_aws(session.config, factory)


def _started_aws(config: pytest.Config, factory: pytest.TempPathFactory) -> Future[Running]:
    """The local AWS of this process, which starts in a thread of its own."""
    if _LOCAL_AWS not in config.stash:
        from concurrent.futures import ThreadPoolExecutor

        from presso.local_aws import LocalAws
        from presso.processes import this_process

        # Tests of API destinations listen on loopback themselves (presso.testing.webhook).
        folder = factory.mktemp("local-aws")
        local = LocalAws(folder, owner=this_process(), allowed_hosts=("127.0.0.1",), forget=True)
        starts = ThreadPoolExecutor(1)

        def end() -> None:
            starts.shutdown()
            local.stop()

        config.add_cleanup(end)
        config.stash[_LOCAL_AWS] = starts.submit(local.ensure)
    return config.stash[_LOCAL_AWS]


@pytest.fixture
def code(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _unpacked: Callable[[Path], list[Path]]
) -> Iterator[Callable[[str], ModuleType]]:
    """Import a file of the extension's `src` by its name, as Lambda does; forgotten after the test.

    Extensions have files of the same names. Dependencies are those of its packages, for this machine.
    """
    folder = extension_of(request.path)
    assert folder is not None, f"{request.path} is not a test of an extension"
    for packages in _unpacked(folder):
        monkeypatch.syspath_prepend(str(packages))
    own = {path.stem for path in (folder / "src").iterdir() if path.suffix == ".py" or path.is_dir()}
    names = [name for name in sys.modules if name.partition(".")[0] in own]
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(folder / "src"))
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield import_module
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def _unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[Path]]:
    """The dependencies of an extension's functions in Python, each package in a folder; unpacked once."""
    import functools

    from presso.testing import dependencies

    return functools.cache(lambda folder: dependencies.unpacked(folder, tmp_path_factory.mktemp("packages")))


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The events in `tests/events.json`: examples of what the extension listens to."""
    found: list[dict[str, Any]] = json.loads(
        request.path.with_name("events.json").read_text(encoding="utf-8")
    )
    return found


@pytest.fixture(scope="session")
def _bars(
    request: pytest.FixtureRequest, local_aws: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], Bar]]:
    """A bar for each checkout, with all extensions in it whose tests of this session want one."""
    from contextlib import ExitStack

    from presso.testing.bar import Bar, workspace_of

    wanted = {
        folder
        for item in request.session.items
        if "played" in getattr(item, "fixturenames", ()) and (folder := extension_of(item.path))
    }
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
    bars: dict[Path, Bar] = {}
    with ExitStack() as stack:

        def bar(extension: Path) -> Bar:
            root = extension.parents[1]
            if root not in bars:
                home = tmp_path_factory.mktemp("bar")
                names = sorted(folder.name for folder in wanted if folder.parents[1] == root)
                account = f"{worker + 1:04d}7{len(bars):07d}"
                made = Bar(workspace_of(extension, home), local_aws, account, names)
                bars[root] = stack.enter_context(made.open())
            return bars[root]

        yield bar


@pytest.fixture
def played(request: pytest.FixtureRequest, _bars: Callable[[Path], Bar]) -> Played:
    """What the extension made of a replay: it is in a tenant of the local AWS, and an order was played.

    All extensions of a session share the tenant, and the replay.
    """
    from presso.testing.bar import Played

    folder = extension_of(request.path)
    assert folder is not None, f"{request.path} is not a test of an extension"
    return Played(folder.name, _bars(folder))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fast`, for the loop while working."""
    parser.addoption("--fast", action="store_true", help="only quick tests, which start no process")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of what `--fast` leaves out."""
    config.addinivalue_line(
        "markers", "slow: takes seconds, or starts a process such as Terraform; left out by --fast"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `--fast` does."""
    if config.getoption("fast"):
        left_out = [item for item in items if is_slow(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_slow(item)]


def is_slow(item: pytest.Item) -> bool:
    """Return whether `--fast` leaves a test out: by its mark, with the local AWS, or as it is not Python."""
    if not isinstance(item, pytest.Function):
        return True
    return "local_aws" in item.fixturenames or item.get_closest_marker("slow") is not None


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests that share something in one process: a tenant, such as `played` has, is enough for all."""
    if config.getvalue("dist") != "load":
        return None
    from presso.testing.scheduling import GroupScheduling

    return GroupScheduling(config, log)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the tests of extensions that are not Python."""
    if extension_of(file_path) is None:
        return None
    if file_path.name.endswith(".test.mjs"):
        return JavaScript.from_parent(parent, path=file_path)
    if PLAN.fullmatch(file_path.name):
        return Inventory.from_parent(parent, path=file_path)
    return None


class JavaScript(pytest.File):
    """A file of tests for Node.js."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the one item: Node.js runs the whole file."""
        yield JavaScriptItem.from_parent(self, name="node")


class JavaScriptItem(pytest.Item):
    """A file of tests, run by `node --test`."""

    def runtest(self) -> None:
        """Run them.

        Raises:
            ItemFailed: With Node.js's error.
        """
        from presso.local_aws import nodejs
        from presso.testing import dependencies

        node = nodejs.find()
        if node is None:
            raise ItemFailed(f"There is no Node.js. {nodejs.NEEDED}.")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
        with dependencies.beside_code(self.path.parents[1]) as folder:
            done = subprocess.run(
                [node, "--test", "--test-reporter=tap", str(folder / "tests" / self.path.name)],
                cwd=folder,
                env=environment | {"NO_COLOR": "1"},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        if done.returncode or "# pass 0" in done.stdout:
            raise ItemFailed(f"{done.stdout}{done.stderr}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is shown of a failure."""
        return str(excinfo.value) if isinstance(excinfo.value, ItemFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """What is shown as the test's name."""
        return self.path, 0, f"{self.path.parents[1].name}: {self.path.name}"


class Inventory(pytest.File):
    """An inventory of an extension's plan."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the one item."""
        yield InventoryItem.from_parent(self, name="plan")


class InventoryItem(pytest.Item):
    """The plan matches the inventory (presso.testing.inventory), which may have two more keys here.

    `variables` are the extension's, and `error` is a part of what Terraform reports instead of a plan.
    """

    def runtest(self) -> None:
        """Plan the extension for the tenant `nyc`, as the gate does, and compare.

        Raises:
            ItemFailed: With the differences, or why Terraform does not plan it.
        """
        import yaml

        from presso.terraform.confined_terraform import Refused
        from presso.testing import inventory

        wanted = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        if not isinstance(wanted, dict):
            raise ItemFailed(f"{self.path}: is not an inventory, such as: counts: {{aws_sqs_queue: 2}}")
        variables, expected = wanted.pop("variables", {}), wanted.pop("error", None)
        try:
            plan = self._plan(variables)
        except Refused as error:
            if expected is not None and " ".join(expected.split()) in " ".join(str(error).split()):
                return
            raise ItemFailed(f"{error.file}:{error.line}: {error}") from error
        if expected is not None:
            raise ItemFailed(f"Terraform plans it; expected the error: {expected}")
        if differences := inventory.read(plan, "module.extension").differences(wanted):
            raise ItemFailed("\n".join(differences))

    def _plan(self, variables: dict[str, Any]) -> dict[str, Any]:
        from presso import platform_settings
        from presso.gate import folder as extension_folder
        from presso.gate.model import Facts
        from presso.workspace import Workspace

        folder = self.path.parents[1]
        root = folder.parents[1]
        prefix = platform_settings.load(Workspace(root, root / ".presso")).sources.prefix
        facts = Facts(folder.name, "nyc", "111111111111", "us-east-1", given=variables, source_prefix=prefix)
        # With its text, Terraform plans it without an init.
        return self._planner(root).plan(folder, facts, text=extension_folder.read(folder))

    def _planner(self, root: Path) -> Planner:
        """Where extensions of a checkout are planned; started once, ended with the session."""
        from presso.gate.planner import Planner
        from presso.workspace import Workspace

        planners = self.config.stash.setdefault(_PLANNERS, {})
        if root not in planners:
            planners[root] = Planner(Workspace(root, root / ".presso")).__enter__()
            self.config.add_cleanup(planners[root].__exit__)
        return planners[root]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is shown of a failure."""
        return str(excinfo.value) if isinstance(excinfo.value, ItemFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """What is shown as the test's name."""
        return self.path, 0, f"{self.path.parents[1].name}: the plan matches {self.path.name}"


class ItemFailed(Exception):
    """A test that is not Python has failed; the message has the reason."""
