"""What a plan must contain, as data: an inventory, and how a plan is compared with it.

An inventory is a YAML file:

    counts:               # of managed resources per type; `modules` and `resources` are all of them
      aws_sqs_queue: 2
    values:               # by address; what is not named is not compared
      aws_sqs_queue.default:
        name: nyc--orders--drinks
        redrive_policy:   # JSON text is compared by its value
          maxReceiveCount: 3
    outputs:
      name: nyc--orders--drinks
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN = "(known after apply)"


@dataclass(frozen=True)
class Planned:
    """What a plan would make: values by address, addresses of modules, values of outputs."""

    resources: dict[str, dict[str, Any]]
    modules: list[str]
    outputs: dict[str, Any]

    def differences(self, inventory: dict[str, Any]) -> list[str]:
        """What the inventory expects and the plan does not have; empty when they agree."""
        unknown = set(inventory) - {"counts", "outputs", "values"}
        found = [f"an inventory has no {key}" for key in sorted(unknown)]
        found += _different("outputs", inventory.get("outputs", {}), self.outputs)
        found += _different("values", inventory.get("values", {}), self.resources)
        counts = Counter(
            re.sub(r"^(module\.[^.]+\.)*", "", address).split(".")[0] for address in self.resources
        )
        counts |= {"modules": len(self.modules), "resources": len(self.resources)}
        expected = inventory.get("counts", {})
        found += _different("counts", expected, {kind: counts[kind] for kind in expected})
        return found


def _different(where: str, expected: Any, actual: Any) -> list[str]:
    """Compare; of mappings only what is expected."""
    if isinstance(expected, dict | list) and isinstance(actual, str) and actual != UNKNOWN:
        actual = json.loads(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            line
            for key, value in expected.items()
            for line in _different(f"{where}: {key}", value, actual.get(key, UNKNOWN))
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for place, (value, other) in enumerate(zip(expected, actual, strict=True))
            for line in _different(f"{where}[{place}]", value, other)
        ]
    return [] if expected == actual else [f"{where}: expected {expected!r}, the plan has {actual!r}"]


def read(plan: Mapping[str, Any], module: str = "") -> Planned:
    """Return the resources of a plan, as `terraform show -json` prints it.

    Args:
        plan: The plan.
        module: Only what is in this module, such as `module.extension`, by addresses within it. Its outputs
            are then the one output of that name, an object.
    """
    values = plan["planned_values"]
    modules = list(_modules(values.get("root_module", {})))
    inner = f"{module}." if module else ""
    outputs = {name: output.get("value", UNKNOWN) for name, output in values.get("outputs", {}).items()}
    own = outputs.get(module.removeprefix("module."), {})
    return Planned(
        resources={
            resource["address"].removeprefix(inner): {
                name: value for name, value in resource["values"].items() if value is not None
            }
            for found in modules
            for resource in found.get("resources", [])
            if resource["mode"] == "managed" and resource["address"].startswith(inner)
        },
        modules=[
            found["address"].removeprefix(inner)
            for found in modules
            if found.get("address", "").startswith(inner) and "address" in found
        ],
        outputs=(own if isinstance(own, dict) else {}) if module else outputs,
    )


def _modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield module
    for child in module.get("child_modules", []):
        yield from _modules(child)
