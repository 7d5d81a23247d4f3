"""Whether what AWS sets by chance chooses what an extension is: planned with other predictions, and compared.

Ids of keys, ends of secrets' ARNs, stamps and versions are predicted. The extension is planned again, in the
same run of Terraform, with values that differ from the first ones in every digit, in their order and in their
length. Where both plans have the predicted value, they may differ by it; any other difference is a choice.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from offline_aws import OTHER_PREDICTIONS
from presso.gate import computed_attributes, elsewhere, plan_model, unknown_values
from presso.gate.elsewhere import Elsewhere
from presso.gate.model import ExtensionText, Facts, Hit, Model
from presso.gate.plan_comparison import planned
from presso.gate.plan_entries import PlanEntries, PlanEntry
from presso.hcl.modules import platform_module

# What is named by a prefix has a name by chance.
_NAMES = {"name": "name_prefix", "bucket": "bucket_prefix"}
# The URL of a queue is by chance on the local AWS alone: not a reason for other predictions by itself.
_LOCAL = "aws_sqs_queue"
_BLOCKS = ("event-destination",)  # building blocks with ids among their outputs
_WRITINGS: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper, urllib.parse.quote_plus)
_MOST_STEPS = 200_000  # of comparing two texts


def others(facts: Facts) -> dict[str, Elsewhere]:
    """Return the same tenant with each of the other predictions, by the end of the names of its calls."""
    return {f"_{name}": Elsewhere(facts, name) for name in OTHER_PREDICTIONS}


def in_text(text: ExtensionText) -> bool:
    """Return whether the files have something that AWS sets by chance."""
    return any(
        platform_module(folder, block) in _BLOCKS
        if block.type == "module"
        else block.type == "resource" and _has_chance(block.labels[0], block.has)
        for folder, blocks in text.blocks.items()
        for block in blocks
    )


def in_plan(plan: Mapping[str, Any]) -> bool:
    """Return whether a plan of the extension has something that AWS sets by chance."""
    return any(_has_chance(entry.type, entry.values.get) for entry in planned(plan).values())


def _has_chance(kind: str, given: Callable[[str], Any]) -> bool:
    if any(map(given, _NAMES.values())):
        return True
    known = computed_attributes.of(kind)
    if kind == _LOCAL or not known.by_chance:
        return False
    return not known.if_set or bool(given(known.if_set))


def choices(model: Model, plan: Mapping[str, Any]) -> Iterator[Hit]:
    """Yield what differs between the predictions in more than the predicted values.

    Args:
        model: The extension as planned with the first prediction.
        plan: The plan, which has a call for each of the others.
    """
    settled = plan.get("settled")
    whole = {"resource_changes": [*plan_model.standing(settled)]} if settled else elsewhere.with_data(plan)
    ours = planned(elsewhere.split(whole, "extension"))
    resources = {resource.address: resource for resource in model.resources}
    calls = plan["configuration"]["root_module"]["module_calls"]
    for end in (end for end in others(model.facts) if f"extension{end}" in calls):
        theirs = planned(elsewhere.split(whole, f"extension{end}"))
        for address, name in unlike(ours, theirs):
            found = resources.get(address)
            what = f"{name} of {address}" if name else address
            if found is None:
                yield Hit(model.resources[0].place, f"{what} is chosen by what only AWS knows")
            else:
                yield Hit(found.at(name) if name else found.place, f"{what} is chosen by what only AWS knows")


def unlike(ours: PlanEntries, theirs: PlanEntries) -> Iterator[tuple[str, str]]:
    """Yield addresses and attributes that differ in more than what AWS sets by chance; "" for all of one."""
    yield from ((address, "") for address in sorted(ours.keys() ^ theirs.keys()))
    comparison = _Comparison(ours, theirs)
    code_in_buckets = elsewhere.has_code_in_buckets([*ours.values(), *theirs.values()])
    for address in sorted(ours.keys() & theirs.keys()):
        mine, its = ours[address], theirs[address]
        for name in sorted({*mine.values, *its.values}) if elsewhere.is_judged(mine) else ():
            is_free = name in comparison.names_of(mine) or name == "tags_all"
            if is_free or elsewhere.decides_nothing(mine.type, name, code_in_buckets):
                continue
            if not elsewhere.is_unknown(mine, name) and (
                elsewhere.is_unknown(its, name)
                or not comparison.alike(mine.values.get(name), its.values.get(name))
            ):
                yield address, name


def changed(
    ours: PlanEntries, theirs: PlanEntries, late: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield where what was applied is another than was judged, in more than what AWS sets by chance.

    Args:
        ours: What was judged.
        theirs: What was applied.
        late: Addresses and paths of what the real plan did not know.
    """
    comparison = _Comparison(ours, theirs)
    for address, path in late:
        if address in ours and address in theirs:
            steps = path.split(".")
            mine, its = ([*_at(entries[address].values, steps)] for entries in (ours, theirs))
            if mine and its and not comparison.alike(mine, its):
                yield address, path


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    """The values at a path, through blocks; no null ones."""
    if isinstance(value, list) and steps:
        for item in value:
            yield from _at(item, steps)
    elif steps and isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:])
    elif value is not None:
        yield value


class _Comparison:
    """Compares values in which AWS has set other parts by chance."""

    def __init__(self, ours: PlanEntries, theirs: PlanEntries) -> None:
        found: dict[tuple[str, str], None] = {}
        for address in ours.keys() & theirs.keys():
            for name in self.names_of(ours[address]):
                pair = ours[address].values.get(name), theirs[address].values.get(name)
                if all(isinstance(value, str | int) for value in pair) and pair[0] != pair[1]:
                    found |= {(as_in(str(pair[0])), as_in(str(pair[1]))): None for as_in in _WRITINGS}
        self._pairs: dict[str, list[tuple[str, str]]] = {}
        for mine, its in sorted(found, key=lambda pair: -len(pair[0])):
            self._pairs.setdefault(mine[:1], []).append((mine, its))

    @staticmethod
    def names_of(entry: PlanEntry) -> frozenset[str]:
        """The attributes that AWS sets by chance: of what is named by its prefix, all that AWS sets."""
        found = computed_attributes.of(entry.type).by_chance if entry.mode == "managed" else frozenset[str]()
        drawn = [name for name, prefix in _NAMES.items() if entry.values.get(prefix)]
        if drawn:
            of_aws = (name for name in entry.values if unknown_values.is_of_aws(entry.type, name))
            return found.union(drawn, of_aws) - {"tags_all"}
        return found

    def alike(self, ours: Any, theirs: Any) -> bool:
        """Return whether values differ at most by what AWS sets by chance; lists may be in another order."""
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            return self._same_items([*ours.items()], [*theirs.items()])
        if isinstance(ours, list) and isinstance(theirs, list):
            return self._same_items(ours, theirs)
        if isinstance(ours, tuple) and isinstance(theirs, tuple):  # a key and its value
            return all(map(self.alike, ours, theirs))
        if isinstance(ours, bool) or isinstance(theirs, bool):
            return ours is theirs
        if isinstance(ours, str | int | float) and isinstance(theirs, str | int | float) and ours != theirs:
            return self._same_text(str(ours), str(theirs))
        return bool(ours == theirs)

    def _same_items(self, ours: list[Any], theirs: list[Any]) -> bool:
        """Whether each has a counterpart, preferably in its own place."""
        left = dict(enumerate(theirs))
        for number, mine in enumerate(ours):
            places = [number, *left] if number in left else [*left]
            found = next((place for place in places if self.alike(mine, left[place])), None)
            if found is None:
                return False
            del left[found]
        return not left

    def _same_text(self, ours: str, theirs: str) -> bool:
        if ours.startswith(("{", "[")) and theirs.startswith(("{", "[")):
            try:
                return self.alike(json.loads(ours), json.loads(theirs))
            except (ValueError, RecursionError):
                pass
        waiting, seen = [(0, 0)], set[tuple[int, int]]()
        while waiting and len(seen) < _MOST_STEPS:
            at = mine, its = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            if mine == len(ours) and its == len(theirs):
                return True
            if ours[mine : mine + 1] == theirs[its : its + 1] != "":
                waiting.append((mine + 1, its + 1))
            for left, right in self._pairs.get(ours[mine : mine + 1], ()):
                if ours.startswith(left, mine) and theirs.startswith(right, its):
                    waiting.append((mine + len(left), its + len(right)))
        return False
