"""Step Functions: distributed maps whose fields are expressions in JSONata.

The emulator evaluates those of inline maps only. Source: developer guide, "Using Map state in Distributed
mode" and "Transforming data with JSONata" (`Items`, `ItemSelector`, the arguments of `ItemReader` and the
numbers may be expressions; `Output` and `Assign` see the results as `$states.result`).
"""

import copy
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as states

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(
    states,
    _apply_jsonata_output="state_def raw_input ctx result error_output default",
    _apply_jsonata_template="value raw_input ctx result error_output",
    _apply_state_assign="state_def raw_input ctx result error_output",
    _jsonata_state_field="state_def field expected raw_input ctx",
    _next_or_end="state_def",
    _read_map_items="reader effective ctx",
    _state_query_language="state_def ctx",
)

_NUMBERS = ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")


@PATCHES.around(states)
def _run_distributed_map(
    original: Callable[..., Any],
    state_def: Json,
    raw_input: Any,
    effective: Any,
    iterator: Json,
    execution: Json,
    ctx: Json,
) -> Any:
    """Run one whose fields are in JSONata as one in JSONPath with their values."""
    if states._state_query_language(state_def, ctx) != "JSONata":
        return original(state_def, raw_input, effective, iterator, execution, ctx)
    plain: Json = {"ItemsPath": "$.items", "Next": "unused"}
    if "Label" in state_def:
        plain["Label"] = state_def["Label"]
    for name in _NUMBERS:
        if name in state_def:
            plain[name] = states._jsonata_state_field(state_def, name, "number", raw_input, ctx)
    inputs = {"items": list(_inputs(state_def, raw_input, effective, ctx))}
    results, _ = original(plain, inputs, inputs, iterator, execution, ctx)
    output = states._apply_jsonata_output(state_def, raw_input, ctx, result=results, default=results)
    states._apply_state_assign(state_def, raw_input, ctx, result=results)
    return output, states._next_or_end(state_def)


def _inputs(state_def: Json, raw_input: Any, effective: Any, ctx: Json) -> list[Any]:
    """What each item's execution gets."""
    items = _items(state_def, raw_input, effective, ctx)
    if "ItemSelector" not in state_def:
        return items
    found = []
    for index, item in enumerate(items):
        of_item = copy.deepcopy(ctx) | {"Map": {"Item": {"Index": index, "Value": item}}}
        found.append(states._apply_jsonata_template(state_def["ItemSelector"], raw_input, of_item))
    return found


def _items(state_def: Json, raw_input: Any, effective: Any, ctx: Json) -> list[Any]:
    if "ItemReader" in state_def:
        reader = states._apply_jsonata_template(state_def["ItemReader"], raw_input, ctx)
        found = states._read_map_items({**reader, "Parameters": reader.get("Arguments", {})}, effective, ctx)
    elif "Items" in state_def:
        found = states._jsonata_state_field(state_def, "Items", "array", raw_input, ctx)
    else:
        found = raw_input
    return found if isinstance(found, list) else [found]
