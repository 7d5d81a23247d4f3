"""What is deleted does nothing more: functions and executions that wait end with what they belong to.

Sources: Lambda API reference, DeleteFunction; Step Functions API reference, DeleteStateMachine ("on the next
state transition, the state machine's executions are terminated").
"""

from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, stepfunctions

from presso.local_aws.emulator_patches import executions
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(lambda_runtime, kill_workers="workers")
PATCHES.uses(lambda_svc, "_functions", _account_region_from_function_config="config")
PATCHES.uses(stepfunctions, "_executions")


@PATCHES.around(lambda_svc)
def _execute_function(original: Callable[..., Json], func: Json, event: Json) -> Json:
    """Run a function, also for a retry, as long as it is there."""
    if _is_there(func.get("config") or func):
        return original(func, event)
    body = {"errorType": "ResourceNotFoundException", "errorMessage": "The function has been deleted."}
    return {"body": body, "error": True}


@PATCHES.around(lambda_runtime.Worker)
def _spawn(original: Callable[..., None], self: Any) -> None:
    """Start a function's process, unless the function was deleted before or meanwhile."""
    if _is_there(self.config):
        original(self)
    if not _is_there(self.config):
        lambda_runtime.kill_workers([self])
        raise RuntimeError("The function has been deleted.")


@PATCHES.around(stepfunctions)
def _delete_state_machine(original: Callable[[Json], Any], data: Json) -> Any:
    """Delete a state machine and end its executions, express ones too."""
    machine = data.get("stateMachineArn")
    arns = [arn for arn, each in stepfunctions._executions.items() if each.get("stateMachineArn") == machine]
    answer = original(data)
    executions.end(arns)
    return answer


def _is_there(config: Json) -> bool:
    account, region = lambda_svc._account_region_from_function_config(config)
    functions = lambda_svc._functions
    return functions.get_scoped(account, region, config.get("FunctionName")) is not None
