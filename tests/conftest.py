"""What every test may use beside the plugin's local AWS: an account of its own, and clients in it."""

import compileall
import contextlib
import functools
import gc
import itertools
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.assertion import rewrite
from hypothesis import HealthCheck, settings
from tests.chromium import MISSING, find_chromium

from presso.local_aws import Running
from presso.node import NodeJs
from presso.terraform import terraform_cli
from presso.testing.plugin import is_slow

# The same inputs in each run, so that a change is not refused for what it has not touched;
# `--hypothesis-profile long` tries others. How long an input takes means nothing on a busy machine; what
# hangs is ended by its test's timeout.
settings.register_profile(
    "presso", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("presso")

# What is made while tests are collected stays: looking through it for garbage, then and later, finds none.
gc.disable()

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_accounts = itertools.count(1)
# What has tests of a minute and more, or many that run in one process (presso.testing.scheduling).
_LONG = (
    *("tests/e2e/", "tests/presso/scaffold/", "tests/presso/gate/sandbox/", "tests/presso/deployment/"),
    *("tests/ci/", "tests/presso/local_aws/", "tests/parcels/", "extensions/"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first and quick ones last: these are shared by the processes that are done."""
    items.sort(key=lambda item: (not is_slow(item), not item.nodeid.startswith(_LONG)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Collect garbage again, but for what was made by now, and as seldom as presso's commands do."""
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Pytest has looked for garbage; it and Python would do so again, through all that the tests made."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Five processes for each two cores when all tests run: they wait for half of their time."""
    return (
        cores() * 5 // 2 if "PYTEST_XDIST_AUTO_NUM_WORKERS" not in os.environ and _all_run(config) else None
    )


def _all_run(config: pytest.Config) -> bool:
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile once, before several processes do the same at the same time: half of what collecting takes."""
    if _all_run(session.config) and session.config.getoption("numprocesses", None):
        root = Path(__file__).parent
        compileall.compile_dir(root.parent / "scripts", quiet=2)
        for file in root.rglob("test_*.py"):
            kept = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
            if not kept.exists() and rewrite.try_makedirs(kept.parent):
                source, code = rewrite._rewrite_test(file, session.config)
                rewrite._write_pyc(session.config.stash[rewrite.assertstate_key], code, source, kept)


def cores() -> int:
    """How many may be used."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user() -> Iterator[None]:
    """Keep tests from the settings and files of the user who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "PRESSO_", "TF_")):
                patch.delenv(name)
        # Each Terraform of the tests meets small providers alone.
        for name, value in terraform_cli.RARELY_COLLECTED.items():
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_as_in_a_terminal() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would all that the tests start."""
    for number, action in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, action)


@pytest.fixture(scope="session", autouse=True)
def _models_of_services_read_once() -> None:
    """Each session of botocore reads them for itself: most of the time that it takes to make a client."""
    import botocore.session

    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


@pytest.fixture(scope="session", autouse=True)
def _commands_made_once() -> None:
    """Each call of a command in a test's process makes all of presso's commands for itself."""
    import typer.testing

    typer.testing._get_command = functools.cache(typer.testing._get_command)


_STARTS = frozenset({"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"})
_starts_nothing = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Hold a test that `--fast` runs to what that promises, in every run."""
    with _held_to_its_mark(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """As in its setup."""
    with _held_to_its_mark(item):
        yield


@contextlib.contextmanager
def _held_to_its_mark(item: pytest.Item) -> Iterator[None]:
    global _starts_nothing
    _starts_nothing = not is_slow(item)
    try:
        yield
    finally:
        _starts_nothing = False


def _refuse_processes(event: str, arguments: tuple[Any, ...]) -> None:
    # Terraform is asked once in a process for its version, by whichever test comes first.
    asks = event in ("subprocess.Popen", "os.posix_spawn") and [*arguments[1]][1:] == ["version", "-json"]
    if _starts_nothing and event in _STARTS and not asks:
        raise RuntimeError(f"a test that starts {arguments[:1]} is to be marked: pytest.mark.slow")


sys.addaudithook(_refuse_processes)


@pytest.fixture
def account() -> str:
    """A 12-digit account that no other test uses."""
    worker = int(_WORKER.removeprefix("gw") or 0)
    return f"{worker + 1:04d}{next(_accounts):08d}"


@pytest.fixture
def aws(local_aws: Running, account: str) -> Callable[[str], Any]:
    """`aws("sqs")` is a boto3 client of that service in this test's account."""
    return clients(local_aws, account)


def clients(local: Running, account: str) -> Callable[[str], Any]:
    """A factory of boto3 clients for one account. Calls are not retried: a fault shall show."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(
        aws_access_key_id=account,
        aws_secret_access_key="local",
        region_name=local.environment()["AWS_REGION"],
    )

    @functools.cache
    def client(service: str) -> Any:
        quick = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
        return session.client(service, endpoint_url=local.endpoint, config=quick)

    return client


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the project."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium. Without one: a failure in CI, elsewhere a skip and a warning with what to do."""
    return _chromium()


@pytest.fixture(scope="session")
def whole_chromium() -> str:
    """The same, not the headless shell."""
    return _chromium(whole=True)


def _chromium(*, whole: bool = False) -> str:
    found = find_chromium(whole=whole)
    if found is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    if found is None:
        warnings.warn(MISSING, stacklevel=1)
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def axe(checkout: Path) -> str:
    """The script of axe-core."""
    file = checkout / ".venv/node/node_modules/axe-core/axe.min.js"
    assert file.is_file(), "axe-core is not installed: run the tests as ./presso test"
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def node() -> NodeJs:
    """Node and the packages of npm that `./presso test` installed."""
    return NodeJs.installed()
