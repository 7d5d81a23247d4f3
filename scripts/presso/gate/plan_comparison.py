"""Whether Terraform's real plan, and the state after it, match the predicted plan that was judged.

A predicted plan knows nearly every value; a real one does not know what AWS computes, and knows what AWS has
computed before. Unknown values of the real plan are replaced with the predicted ones. Remaining differences
have not been judged yet.

JSON of plans and states: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from offline_aws import schema
from presso.gate import shown_settings, unknown_values
from presso.gate.plan_entries import PlanEntries, PlanEntry

MODULE = "module.extension"
_OWN = re.compile(r"module\.extension(?:\[0\])?\.(.+)", re.DOTALL)
_KEY = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
_OF_PROVIDERS = ("provider_config_key", "schema_version")
_GOING = (["delete"], ["forget"])
Values = Mapping[str, Any]


@dataclass(frozen=True)
class PredictedPlan:
    """The plan that was judged.

    Args:
        entries: Every resource and data source by its address.
        module: Terraform's own reading of the files: the module in the plan's `configuration`.
        left_open: How many values the plan left to AWS, by address and path.
    """

    entries: PlanEntries
    module: Mapping[str, Any]
    left_open: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> PredictedPlan:
        """Return it from a plan of the gate's."""
        settled, entries = plan.get("settled"), planned(plan)
        left_open = Counter(
            (address, path)
            for address, entry in entries.items()
            for path in unknown_values.unknown_paths(entry.unknown)
            # Before a data source is read, more is unknown than what is left to AWS.
            if not settled or unknown_values.is_block(entry.type, path)
        )
        return cls(dict(_of_state(settled)) if settled else entries, _module(plan), left_open)

    def as_json(self) -> dict[str, Any]:
        """Return it for a file."""
        entries = {address: list(vars(entry).values()) for address, entry in self.entries.items()}
        left_open = [[*place, times] for place, times in self.left_open.items()]
        return {"entries": entries, "module": self.module, "left_open": left_open}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> PredictedPlan:
        """Return it from the result of `as_json`.

        Raises:
            LookupError, TypeError, AttributeError: It is not a result of `as_json`.
        """
        entries = {address: PlanEntry(*values) for address, values in read["entries"].items()}
        left_open = {(address, path): times for address, path, times in read["left_open"]}
        return cls(entries, read["module"], left_open)

    @cached_property
    def written(self) -> Mapping[str, Mapping[str, Any]]:
        """The expressions in the files for each resource and data source, by address without keys."""
        return dict(_written(self.module, ""))

    def faults(self, plan: Mapping[str, Any]) -> list[str]:
        """Return the differences that a real plan must not have, each as a sentence: in its resources."""
        found = []
        if _files(_module(plan)) != _files(self.module):
            found.append("Terraform reads other files than those that were judged")
        for change in plan.get("resource_changes", ()):
            what = change["change"]
            if _inner(change["address"]) and (what["actions"] == ["forget"] or what.get("importing")):
                found.append(f"{_inner(change['address'])} is adopted or left behind")
        ours, theirs = (_managed(entries) for entries in (self.entries, planned(plan)))
        found += [f"{address} was not predicted" for address in sorted(theirs - ours)]
        found += [f"{address} was predicted and is not planned" for address in sorted(ours - theirs)]
        return found

    def entries_of(self, plan: Mapping[str, Any]) -> PlanEntries:
        """Return a real plan's entries, each setting with its planned value (see `shown_settings`)."""
        return shown_settings.without(planned(plan), [*shown_settings.going(plan)], self.entries)

    def entries_in(self, state: Mapping[str, Any], gone: Sequence[shown_settings.Going]) -> PlanEntries:
        """Return the entries of a state file, without the settings that the apply removed or changed."""
        return shown_settings.without(in_state(state), gone, self.entries)

    def undecided(self, entries: PlanEntries) -> Iterator[tuple[str, str]]:
        """Yield values that the files decide and the plan must know, and does not: address and attribute."""
        for address, kind, path, given in self._unknown(entries):
            if given and not unknown_values.may_be_unknown(kind, path):
                yield address, path

    def late(self, entries: PlanEntries) -> Iterator[tuple[str, str]]:
        """Yield what the files decide and a plan leaves open, without data that stays in AWS."""
        for address, kind, path, given in self._unknown(entries):
            stays = unknown_values.is_data(kind, path) and not unknown_values.is_destination(kind, path)
            if given and not stays:
                yield address, path

    def _unknown(self, entries: PlanEntries) -> Iterator[tuple[str, str, str, bool]]:
        """Yield what is unknown in resources: address, type, path, and whether the files set it."""
        for address, entry in entries.items():
            expressions = self.written.get(_without_keys(address), {})
            paths = Counter(unknown_values.unknown_paths(entry.unknown) if entry.mode == "managed" else ())
            for path, times in paths.items():
                given = unknown_values.given(expressions, path)
                if given is None or unknown_values.is_block(entry.type, path):
                    # A plan does not show `dynamic` blocks: what the files set is known in the gate's plan.
                    given = bool(given) or times > self.left_open.get((address, path), 0)
                yield address, entry.type, path, given

    def completed(self, entries: PlanEntries) -> PlanEntries:
        """Return a plan's entries with the predicted values in place of unknown ones.

        A data source that is no longer in the files is left out: the state still has it.
        """
        return {
            address: _completed(entry, self.entries.get(address))
            for address, entry in entries.items()
            if entry.mode == "managed" or _without_keys(address) in self.written
        }

    def agrees(self, entries: PlanEntries, *, of_state: bool = False) -> bool:
        """Return whether everything that the files decide has the judged value.

        Args:
            entries: Of a plan, or of a state.
            of_state: Whether they are of a state, which follows a plan that was compared with this.
        """
        return all(
            address in self.entries and self._same(address, entry, self.entries[address], of_state=of_state)
            for address, entry in entries.items()
        )

    def _same(self, address: str, entry: PlanEntry, expected: PlanEntry, *, of_state: bool) -> bool:
        if (entry.type, entry.mode) != (expected.type, expected.mode):
            return False
        kinds = schema.load("archive" if entry.type.startswith("archive_") else "aws")
        known = (kinds.resources if entry.mode == "managed" else kinds.data_sources).get(entry.type)
        if known is None:
            return False
        comparison = _Comparison(self.written.get(_without_keys(address), {}), of_state)
        left, right = (entry.values, entry.unknown), (expected.values, expected.unknown)
        return comparison.same_block(known["block"], left, right)


def planned(plan: Mapping[str, Any]) -> PlanEntries:
    """Return the extension's resources after a plan, and the data that it has read."""
    found = {a: entry for a, entry in _of_state(plan.get("prior_state", {})) if entry.mode == "data"}
    for change in plan.get("resource_changes", ()):
        address = _inner(change["address"])
        if address is None or change["change"]["actions"] in _GOING:
            continue
        after = change["change"]
        found[address] = _entry(change, after.get("after"), after.get("after_unknown"))
    return found


def in_state(state: Mapping[str, Any]) -> PlanEntries:
    """Return the extension's part of a state file (version 4 of its format)."""
    found = {}
    for resource in state.get("resources", ()):
        module = resource.get("module", "")
        data = "data." if resource["mode"] == "data" else ""
        for instance in resource.get("instances", ()):
            key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
            address = _inner(f"{module}.{data}{resource['type']}.{resource['name']}{key}")
            if address is not None and "deposed" not in instance:
                found[address] = _entry({**resource, "module_address": module}, instance["attributes"], {})
    return found


def as_plan(entries: PlanEntries, module: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan of these entries, for code that reads plans; `module` is the reading of the files."""
    changes = [
        {
            "address": f"{MODULE}.{address}",
            "module_address": f"{MODULE}.{entry.module}".rstrip("."),
            "mode": entry.mode,
            "type": entry.type,
            "name": entry.name,
            "change": {"actions": ["create"], "after": entry.values, "after_unknown": entry.unknown},
        }
        for address, entry in entries.items()
    ]
    calls = {"extension": {"module": module}}
    return {"resource_changes": changes, "configuration": {"root_module": {"module_calls": calls}}}


def _entry(resource: Mapping[str, Any], values: Any, unknown: Any) -> PlanEntry:
    module = (_inner(f"{resource.get('module_address', '')}.") or "").rstrip(".")
    return PlanEntry(
        module, resource["type"], resource["name"], resource["mode"], values or {}, unknown or {}
    )


def _inner(address: str) -> str | None:
    """An address as in the extension's own files; None when it is not the extension's."""
    found = _OWN.fullmatch(address)
    return found[1] if found else None


def _without_keys(address: str) -> str:
    return _KEY.sub("", address)


def _managed(entries: PlanEntries) -> set[str]:
    return {address for address, entry in entries.items() if entry.mode == "managed"}


def _of_state(state: Mapping[str, Any]) -> Iterator[tuple[str, PlanEntry]]:
    """The content of a state, as `terraform show -json` prints it."""

    def inside(module: Mapping[str, Any]) -> Iterator[tuple[str, PlanEntry]]:
        for resource in module.get("resources", ()):
            address = _inner(resource["address"])
            if address is not None:
                there = {**resource, "module_address": module.get("address", "")}
                yield address, _entry(there, resource.get("values"), {})
        for child in module.get("child_modules", ()):
            yield from inside(child)

    yield from inside(state.get("values", {}).get("root_module", {}))


def _module(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    calls = plan.get("configuration", {}).get("root_module", {}).get("module_calls", {})
    found: Mapping[str, Any] = calls.get("extension", {}).get("module", {})
    return found


def _files(read: Any) -> Any:
    """Terraform's reading of files, without the parts that depend on the provider's version."""
    if isinstance(read, dict):
        return {name: _files(part) for name, part in read.items() if name not in _OF_PROVIDERS}
    return [_files(part) for part in read] if isinstance(read, list) else read


def _written(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources", ()):
        yield f"{path}{resource['address']}", resource.get("expressions", {})
    for name, call in module.get("module_calls", {}).items():
        yield from _written(call.get("module", {}), f"{path}module.{name}.")


def _completed(entry: PlanEntry, predicted: PlanEntry | None) -> PlanEntry:
    if predicted is None:
        return entry
    values, unknown = _filled(entry.values, entry.unknown, predicted.values, predicted.unknown)
    return PlanEntry(entry.module, entry.type, entry.name, entry.mode, values, unknown)


def _filled(value: Any, unknown: Any, other: Any, unknown_too: Any) -> tuple[Any, Any]:
    """A value with unknown parts filled from another one; and which parts are still unknown."""
    if unknown is True:
        return other, unknown_too
    if not _any(unknown):
        return value, False
    if isinstance(unknown, dict) and isinstance(other, dict | None):
        values, others, also = value or {}, other or {}, unknown_too if isinstance(unknown_too, dict) else {}
        pairs = {
            name: _filled(values.get(name), unknown.get(name), others.get(name), also.get(name))
            for name in dict.fromkeys([*values, *unknown])
        }
        return {name: pair[0] for name, pair in pairs.items()}, {
            name: pair[1] for name, pair in pairs.items()
        }
    if isinstance(unknown, list) and isinstance(value, list) and isinstance(other, list):
        length = len(value)
        if len(other) == len(unknown) == length:
            also_list = (
                unknown_too
                if isinstance(unknown_too, list) and len(unknown_too) == length
                else [False] * length
            )
            parts = [_filled(*part) for part in zip(value, unknown, other, also_list, strict=True)]
            return [part[0] for part in parts], [part[1] for part in parts]
    return value, unknown


def _any(unknown: Any) -> bool:
    """Whether any part is unknown."""
    if isinstance(unknown, dict):
        return any(map(_any, unknown.values()))
    return any(map(_any, unknown)) if isinstance(unknown, list) else bool(unknown)


Known = tuple[Any, Any]  # a value, and its unknown parts


@dataclass(frozen=True)
class _Comparison:
    """Compares what the files decide about a resource, and ignores what only AWS decides.

    Args:
        expressions: The expressions in the files.
        of_state: Whether the left side is a state: AWS has filled in empty planned values.
    """

    expressions: Mapping[str, Any]
    of_state: bool

    def same_block(self, block: Mapping[str, Any], left: Known, right: Known, above: str = "") -> bool:
        """Compare two blocks that a provider's schema describes, at a path that ends in a dot."""
        attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
        names = {*(left[0] or {}), *(right[0] or {}), *(left[1] or {}), *(right[1] or {})}
        for name in names:
            pair = _part(left, name), _part(right, name)
            if self._is_of_aws(attributes.get(name), pair[1], above + name):
                continue
            if name in blocks:
                if not self._same_blocks(blocks[name]["block"], *pair, f"{above}{name}."):
                    return False
            elif not _same_value(*pair):
                return False
        return True

    def _is_of_aws(self, spec: Mapping[str, Any] | None, expected: Known, path: str) -> bool:
        computed = spec is None or bool(spec.get("computed"))
        if spec is not None and computed and not spec.get("optional"):
            return True
        open_to_aws = computed and expected[1] is True
        nothing = self.of_state and not _any(expected[1]) and _empty(expected[0])
        return (open_to_aws or nothing) and unknown_values.given(self.expressions, path) is False

    def _same_blocks(self, block: Mapping[str, Any], left: Known, right: Known, above: str) -> bool:
        if isinstance(left[0], dict) or isinstance(right[0], dict):  # a single one, such as timeouts
            return self.same_block(block, left, right, above)
        values = left[0] or [], right[0] or []
        if len(values[0]) != len(values[1]):
            return False
        pairs = ((_part(left, index), _part(right, index)) for index in range(len(values[0])))
        return all(self.same_block(block, *pair, above) for pair in pairs)


def _same_value(left: Known, right: Known) -> bool:
    if _any(left[1]) or _any(right[1]):
        return bool(left[0] == right[0]) and _trimmed(left[1]) == _trimmed(right[1])
    return bool(left[0] == right[0]) or (_empty(left[0]) and _empty(right[0]))


def _part(known: Known, name: str | int) -> Known:
    return _get(known[0], name), _get(known[1], name)


def _get(value: Any, name: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and isinstance(name, int) and name < len(value):
        return value[name]
    return True if value is True else None  # all of it is unknown


def _trimmed(unknown: Any) -> Any:
    """The unknown parts, without the known ones."""
    if isinstance(unknown, dict):
        return {name: _trimmed(part) for name, part in unknown.items() if _any(part)}
    return [_trimmed(part) for part in unknown] if isinstance(unknown, list) else bool(unknown)


def _empty(value: Any) -> bool:
    """Whether providers treat it as empty: they do not distinguish these values."""
    return value is None or value in ("", [], {})
