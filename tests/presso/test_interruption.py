"""What a signal does to a program: it stops, also if the exception is swallowed, with the right exit code."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.stops import seeds, sessions
from tests.patience import PATIENCE

from presso import interruption
from presso.interruption import Interruption, Stopped

pytestmark = pytest.mark.slow

STOPPED = Path(__file__).parent / "resources" / "stopped.py"
# Each program is sent signals by itself, so that they come at exactly the moment that is meant.
PROGRAM = """
import os, signal, sys, threading, time
from presso import interruption
from presso.interruption import Stopped

def signalled(number=signal.SIGINT):
    os.kill(os.getpid(), number)

def show(*words):
    print(*words, flush=True)

def long_work():
    for _ in range(1000):
        time.sleep(0.01)
    show("worked to the end")

{before}
with interruption.handled():
{body}
"""


def run(body: str, before: str = "", *, ignored: int | None = None) -> tuple[int, list[str], str]:
    """Run a program; its exit code, its output by line, and its messages."""
    indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before, body=indented)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=ignored and (lambda: signal.signal(ignored, signal.SIG_IGN) and None),
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_exit_code_is_the_signals(number: int, code: int) -> None:
    assert run(f"signalled({int(number)})\nlong_work()") == (code, [], "Stopped.\n")


def test_the_first_signal_decides_the_exit_code() -> None:
    body = "try:\n  signalled()\n  long_work()\nfinally:\n  time.sleep(0.3)\n  signalled(signal.SIGTERM)"
    assert run(body) == (130, [], "Stopped.\n")


SWALLOWED = {
    "a finalizer": "class A:\n  def __del__(self): signalled(); sum(range(1000))\nA()",
    "a finalizer that the collector calls": (
        "import gc\nclass A:\n  def __del__(self): signalled(); sum(range(1000))\n"
        "a = A(); a.itself = a; del a; gc.collect()"
    ),
    "a weak reference's callback": (
        "import weakref\nclass A: pass\na = A(); r = weakref.ref(a, lambda _: signalled()); del a"
    ),
    "an except clause without a type": "try:\n  signalled()\n  long_work()\nexcept:\n  show('swallowed')",
    "a clause that makes it an error of its own, which is caught": (
        "try:\n  try:\n    signalled()\n    long_work()\n  except BaseException as e: raise OSError from e\n"
        "except OSError: pass"
    ),
    "a context that suppresses it": (
        "import contextlib\nwith contextlib.suppress(BaseException):\n  signalled()\n  long_work()"
    ),
}


@pytest.mark.parametrize("where", SWALLOWED)
def test_an_exception_that_is_swallowed_comes_again_and_the_work_stops(where: str) -> None:
    code, lines, err = run(f"{SWALLOWED[where]}\nlong_work()")
    assert code == 130
    assert "worked to the end" not in lines
    assert err == "Stopped.\n"  # and Python prints nothing about an exception that it ignores


def test_an_exception_that_is_always_swallowed_leaves_the_exit_code_right() -> None:
    body = "for n in range(3):\n  try:\n    signalled() if not n else None\n    long_work()\n  except: pass"
    assert run(body) == (130, [], "Stopped.\n")


def test_what_python_ignores_is_still_printed_when_it_is_something_else() -> None:
    code, _, err = run("class A:\n  def __del__(self): 1 / 0\nA()")
    assert code == 0
    assert re.search("Exception ignored in.*ZeroDivisionError", err, re.DOTALL)


CONTEXT = """
class Thing:
  def __enter__(self):
    if {enter}: signalled(); time.sleep(0.1)
    show("got it")
  def __exit__(self, *_):
    if {exit}: signalled(); time.sleep(0.1)
    show("gave it back")
"""


@pytest.mark.parametrize("when", ["enter", "exit"])
def test_what_is_got_hold_of_or_given_back_meanwhile_is_not_lost(when: str) -> None:
    before = CONTEXT.format(enter=when == "enter", exit=when == "exit")
    body = "with Thing():\n  long_work() if {} else None\nlong_work()".format(when == "enter")
    assert run(body, before) == (130, ["got it", "gave it back"], "Stopped.\n")


def test_a_second_request_interrupts_what_hangs_while_it_gets_hold_of_something() -> None:
    before = (
        "class Thing:\n  def __enter__(self):\n    signalled(); time.sleep(0.3); signalled(); long_work()\n"
    )
    before += "  def __exit__(self, *_): pass"
    assert run("with Thing(): pass", before) == (130, [], "Stopped.\n")


def test_cleanup_is_not_interrupted_by_more_signals_but_knows_of_the_hurry() -> None:
    body = (
        "try:\n  signalled()\n  long_work()\nfinally:\n"
        "  for _ in range(2):\n    time.sleep(0.25); signalled()\n    show(interruption.hurried())\n"
    )
    assert run(body) == (130, ["True"] * 2, "Stopped.\n")


def test_a_fourth_request_ends_what_hangs_in_its_cleanup() -> None:
    hanging = "  for n in range(9):\n    time.sleep(0.25); show(n); signalled()"
    body = f"try:\n  signalled()\n  long_work()\nfinally:\n{hanging}"
    assert run(body) == (130, ["0", "1", "2"], "")


def test_a_terminal_that_is_gone_is_not_an_error() -> None:
    assert run("os.close(2)\nsignalled(signal.SIGHUP)\nlong_work()") == (129, [], "")


def test_the_same_signal_twice_at_once_is_one_request() -> None:
    body = "with interruption.deferred():\n  signalled(); signalled(1)\n  show(interruption.hurried())"
    assert run(body, "time.monotonic = lambda: 0.0") == (130, ["False"], "Stopped.\n")


def test_steps_that_belong_together_are_all_done() -> None:
    body = (
        "with interruption.deferred():\n  signalled()\n  interruption.check()\n  show('one')\n"
        "  with interruption.deferred(): show('two')\n  show('three')\nlong_work()"
    )
    assert run(body) == (130, ["one", "two", "three"], "Stopped.\n")


def test_an_error_in_steps_that_belong_together_is_not_replaced() -> None:
    body = (
        "try:\n  with interruption.deferred():\n    signalled()\n    raise ValueError('full')\n"
        "except ValueError as error: show(error)\nlong_work()"
    )
    assert run(body) == (130, ["full"], "Stopped.\n")


def test_an_import_is_not_cut_in_two(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("import")
    (folder / "slow.py").write_text(
        "import os, time\nos.kill(os.getpid(), 2)\ntime.sleep(0.1)\nprint('whole', flush=True)"
    )
    body = f"sys.path.insert(0, {str(folder)!r})\nimport slow\nlong_work()"
    assert run(body) == (130, ["whole"], "Stopped.\n")


EARLY = """
import os, runpy, signal, sys

class Early:
    def find_spec(self, name, *_):
        if name == "presso.interruption":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Early())
runpy.run_module("presso", run_name="__main__")
"""


def test_a_signal_before_the_first_import_ends_presso_silently() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EARLY], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_threads_see_the_request_and_those_that_wait_for_it_go_on_at_once() -> None:
    body = (
        "def waiting():\n  show('waited', interruption.wait(60), interruption.requested())\n"
        "  try: interruption.check()\n  except Stopped: show('stopped')\n"
        "thread = threading.Thread(target=waiting)\nthread.start()\n"
        "try:\n  signalled()\n  long_work()\nfinally: thread.join()"
    )
    assert run(body) == (130, ["waited True True", "stopped"], "Stopped.\n")


def test_a_child_is_not_lost_between_its_start_and_the_block_that_ends_it() -> None:
    before = (
        "import subprocess\nfrom presso import child\n"
        "def late(*words, **options):\n  started = Popen(*words, **options)\n"
        "  show(started.pid); signalled(); time.sleep(0.1)\n  return started\n"
        "Popen, subprocess.Popen = subprocess.Popen, late"
    )
    body = "with child.running(['sleep', '600']) as process: process.wait()"
    code, (pid,), _ = run(body, before)
    assert code == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_request_is_not_lost_when_the_process_becomes_another_program() -> None:
    before = CONTEXT.format(enter=False, exit=True).replace("time.sleep(0.1)", "pass")
    body = (
        "with Thing(): pass\nwith interruption.handed_over():\n  os.execv('/bin/echo', ['echo', 'another'])"
    )
    code, lines, err = run(body, before)
    assert (code, "another" in lines, err) == (130, False, "Stopped.\n")


def test_a_signal_while_the_process_becomes_pytest_reaches_that() -> None:
    body = (
        "with interruption.handed_over():\n  signalled(signal.SIGTERM)\n"
        "  os.execv(sys.executable, [sys.executable, '-m', 'presso.testing.signals', '--help'])"
    )
    assert run(body) == (143, [], "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "pytest_module",
    [
        "exec('import os; os.kill(os.getpid(), {number})')",  # as when the methods of a dataclass are made
        "import os\ndef main(): os.kill(os.getpid(), {number})",
        "import os, atexit\natexit.register(os.kill, os.getpid(), {number})\ndef main(): return 0",
    ],
    ids=["during its import", "during the tests", "after them"],
)
def test_a_signal_to_pytest_shows_in_its_exit_code(
    tmp_path: Path, number: signal.Signals, pytest_module: str
) -> None:
    (tmp_path / "pytest.py").write_text(pytest_module.format(number=int(number)))
    done = subprocess.run(
        [sys.executable, "-m", "presso.testing.signals"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    after = "atexit" in pytest_module
    assert (done.returncode, done.stderr) == (0 if after else 128 + number, "")


def test_a_signal_after_the_end_counts_too() -> None:
    assert run("import atexit\natexit.register(signalled)\nshow('done')") == (130, ["done"], "")


def test_an_error_that_was_printed_needs_no_further_word() -> None:
    body = (
        "try:\n  signalled(); long_work()\nexcept Stopped:\n  sys.stderr.write('Error: half\\n'); sys.exit(1)"
    )
    assert run(body) == (130, [], "Error: half\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["a shell's &", "nohup"])
def test_a_signal_that_shall_be_ignored_is(number: int) -> None:
    assert run(f"signalled({int(number)})\nshow('went on')", ignored=number) == (0, ["went on"], "")


def test_without_a_signal_nothing_changes() -> None:
    assert run("show('done')") == (0, ["done"], "")
    assert run("sys.exit(3)") == (3, [], "")


def test_at_any_moment_nothing_is_lost_and_nothing_left(tmp_path: Path) -> None:
    for seed in seeds(5):
        chosen = random.Random(seed)
        process = subprocess.Popen(
            [sys.executable, str(STOPPED), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(chosen.uniform(0, 0.15))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (130, "0 held, 0 files\n", "Stopped.\n")
        assert process.pid not in sessions()


@pytest.fixture
def work() -> Iterator[Interruption]:
    """A piece of work in this process, which no signal has stopped."""
    assert not interruption.requested()
    return Interruption()


def test_work_can_be_stopped_by_itself(work: Interruption) -> None:
    with work:
        work.stop()
        work.stop()
    assert (work.requests, work.requested) == (2, True)
    assert not Interruption().requested
    assert not interruption.requested()


def test_an_error_that_came_of_a_stop_is_known() -> None:
    def unforeseen() -> None:
        try:
            raise Stopped
        finally:
            threading.Lock().release()

    with pytest.raises(RuntimeError) as came_of_it:
        unforeseen()
    assert interruption.caused(came_of_it.value)
    assert not interruption.caused(RuntimeError())


FINISHING = """
work = Interruption()
work.finishes = True
with interruption.deferred(), interruption.steps_shown(lambda step: show("step", step)), work.working():
    {first}
    time.sleep(0.3)
    show(work.ending, work.requested, interruption.requested())
    {second}
    time.sleep(0.3)
    show(work.ending, work.requests)
show("worked to the end")
"""


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("signalled()", "", ["step 0", "True False False", "True 0"]),
        ("signalled()", "signalled()", ["step 0", "True False False", "step 1", "True 1"]),
        ("signalled(signal.SIGTERM)", "", ["step 1", "True True True", "True 1"]),
    ],
    ids=["units finish", "a second one stops them", "no one can repeat it"],
)
def test_where_units_are_watched_the_first_ctrl_c_lets_them_finish(
    first: str, second: str, shown: list[str]
) -> None:
    before = "from presso.interruption import Interruption"
    code, out, err = run(FINISHING.format(first=first, second=second), before)
    assert (out, err) == (shown, "Stopped.\n")
    assert code == (143 if "TERM" in first else 130)
