"""An expression in JSONata has a second of its own; the emulator alone counts what others compute too."""

import subprocess
import sys

import pytest
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

# A machine so busy that two seconds pass between any two steps.
BUSY = """
import itertools
from jsonata import Jsonata, timebox
from presso.local_aws.emulator_patches import expressions

clock = itertools.count(0, 2000)
def evaluated(text):
    try:
        return Jsonata.jsonata(text, timeout=1000).evaluate(None)
    except Exception as error:
        return error.error

timebox.Timebox.current_milli_time = staticmethod(lambda: next(clock))
print(evaluated("$sum([1..3])"))
expressions.PATCHES.apply()
print(evaluated("$sum([1..3])"))
print(evaluated("($f := function($n) { $f($n + 1) }; $f(0))"))
print([evaluated("$sum([1..3])"), evaluated("$sum("), evaluated("$sum(")])
"""


def test_an_expression_ends_after_a_second_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUSY], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stdout.splitlines() == ["D1012", "6", "D1012", "[6, 'S0203', 'S0203']"], done.stderr
