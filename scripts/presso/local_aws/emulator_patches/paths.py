"""Step Functions: a path (JSONPath) that leads to nothing fails its execution, as on AWS.

The emulator goes on with null, so that a misspelt field passes locally and fails on AWS. Other emulators had
the same fault, often reported (LocalStack's issue 11980).

Sources: developer guide, "Handling errors in Step Functions workflows" (`States.Runtime`: a path applied to a
value that is not there), Amazon States Language specification, "Choice State" (`IsPresent`).
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(
    stepfunctions,
    _ExecutionError="error cause",
    _parse_jsonpath_tokens="path",
    _resolve_ctx_path="path ctx",
)
_MOST_SHOWN = 200


@PATCHES.around(stepfunctions)
def _resolve_path(original: Callable[[str, Any], Any], path: str, data: Any) -> Any:
    found = original(path, data)
    if found is None and not _present(path, data):
        cause = f"The JSONPath '{path}' could not be found in the input '{str(data)[:_MOST_SHOWN]}'"
        raise stepfunctions._ExecutionError("States.Runtime", cause)
    return found


@PATCHES.around(stepfunctions)
def _evaluate_rule(original: Callable[..., bool], rule: Json, data: Any, ctx: Any = None) -> bool:
    variable = rule.get("Variable")
    if "IsPresent" not in rule or not isinstance(variable, str):
        return original(rule, data, ctx)
    if variable.startswith("$$."):
        return bool((stepfunctions._resolve_ctx_path(variable, ctx or {}) is not None) == rule["IsPresent"])
    return bool(_present(variable, data) == rule["IsPresent"])


def _present(path: str, data: Any) -> bool:
    """Whether a path leads to a value, which may be null; a path of a form that is not known does."""
    if path == "$" or not path.startswith("$"):
        return True
    tokens = stepfunctions._parse_jsonpath_tokens(path)
    if tokens is None:
        return True
    values = [data]
    for kind, name in tokens:
        found: list[Any] = []
        for value in values:
            if kind == "field":
                found += [value[name]] if isinstance(value, dict) and name in value else []
            elif kind == "index":
                found += [value[name]] if isinstance(value, list) and name < len(value) else []
            else:  # a wildcard finds any number of values
                return True
        values = found
    return bool(values)
