"""What is deleted does nothing more; the emulator alone goes on.

Whether something does not happen is seen when another, which began later and waits as long, has happened.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.emulator_patches.test_executions import WAIT, end, history, listen, put, start
from tests.presso.local_aws.emulator_patches.test_targets import calls, failing_function

from presso.processes import wait_until

pytestmark = pytest.mark.slow
Aws = Callable[[str], Any]


def a_function_is_not_called_again(aws: Aws) -> bool:
    """It fails, so Lambda calls it again after a second, unless it has been deleted."""
    failing_function(aws)
    aws("lambda").invoke(FunctionName="f", InvocationType="Event", Payload="{}")
    assert wait_until(lambda: calls(aws) == 1, PATIENCE)
    aws("lambda").delete_function(FunctionName="f")
    end(aws, start(aws, WAIT, WAIT, name="clock"))
    return calls(aws) == 1


def an_execution_does_not_go_on(aws: Aws) -> bool:
    heard = listen(aws)
    execution = start(aws, WAIT, put(1))
    assert wait_until(lambda: any("StateEntered" in event for event in history(aws, execution)), PATIENCE)
    machine = aws("stepfunctions").describe_execution(executionArn=execution)["stateMachineArn"]
    aws("stepfunctions").delete_state_machine(stateMachineArn=machine)
    end(aws, start(aws, WAIT, WAIT, name="clock"))
    return heard() == []


BEHAVIOURS = [a_function_is_not_called_again, an_execution_does_not_go_on]


@pytest.mark.parametrize("behaves", BEHAVIOURS)
def test_what_is_deleted_does_nothing_more(aws: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert behaves(aws)


@pytest.mark.parametrize("behaves", BEHAVIOURS)
def test_the_emulator_alone_still_goes_on(aws_alone: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert not behaves(aws_alone)
