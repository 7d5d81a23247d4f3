"""Whether an extension is the same in every tenant: planned in several beside each other, and compared.

The names of the tenant, its account, region and partition may differ, as may random parts that AWS sets, and
where a text with such a name is cut. Anything else depends on the tenant that the extension is applied in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offline_aws import LEAVES_UNKNOWN
from presso.gate import plan_model, unknown_values
from presso.gate.model import Facts, Hit, Model, Place
from presso.gate.plan_comparison import MODULE, PredictedPlan, planned
from presso.gate.plan_entries import PlanEntries, PlanEntry

# A partition's domain, and an ARN in a URL.
_WRITTEN_OTHERWISE = (("amazonaws.com.cn", "amazonaws.com"), ("%3A", ":"), ("%2F", "/"))
_PARTITION = re.compile(r"\barn:aws(?:-cn|-us-gov)?:")
_DRAWN = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    # A name has at most 512 characters; those of tenants are placeholders, those of connections have a "!".
    (re.compile(r"(:secret:[\w/+=.@<>!-]{1,512})-[A-Za-z0-9]{6}(?![A-Za-z0-9-])"), r"\1-<drawn>"),
    (re.compile(r"\d{18}[0-9a-f]{8}(?![0-9a-f])"), "<stamp>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"), "<time>"),
)
_TENANT = "<tenant>"
_TAIL = re.compile(r"[\w.+=,@-]*", re.ASCII)
# Code is in archives, and in objects of a bucket that functions take their code from.
_ARCHIVE = "archive_file"
_OF_CODE = {
    _ARCHIVE: frozenset(
        {
            *("exclude_symlink_directories", "excludes", "output_file_mode", "source", "source_content"),
            *("source_content_filename", "source_dir", "source_file", "type"),
        }
    ),
    "aws_s3_object": frozenset({"content", "content_base64"}),
}
_FUNCTIONS = ("aws_lambda_function", "aws_lambda_layer_version")
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Elsewhere:
    """Another tenant that an extension is planned in.

    Args:
        facts: The tenant; its variables are those of the extension that it is compared with.
        prediction: How the provider predicts what AWS computes; `LEAVES_UNKNOWN` as in a real plan.
        is_drawn: Whether it is a made-up one.
    """

    facts: Facts
    prediction: str = "none"
    is_drawn: bool = True

    @property
    def predicted(self) -> bool:
        """Whether what AWS computes is predicted."""
        return self.prediction != LEAVES_UNKNOWN

    @property
    def where(self) -> str:
        """How to name it to a person."""
        facts = self.facts
        return f"another tenant ({facts.region})" if self.is_drawn else facts.tenant


def drawn(extension: str, source_prefix: str) -> list[Elsewhere]:
    """Return the made-up tenants for one check: one in another partition, one where nothing is predicted."""
    return [
        Elsewhere(Facts.made_up(extension, other_partition=True, source_prefix=source_prefix)),
        Elsewhere(Facts.made_up(extension, source_prefix=source_prefix), LEAVES_UNKNOWN),
    ]


def suffix(number: int) -> str:
    """Return the end of the names of calls for the tenant of that number."""
    return f"_{number}"


def differences(
    model: Model, plan: Mapping[str, Any], others: Sequence[Elsewhere], beside: Mapping[str, Any]
) -> Iterator[tuple[str, Hit]]:
    """Yield what makes an extension another one in other tenants, and what a real plan must know.

    Args:
        model: The extension as planned in the first tenant.
        plan: That plan.
        others: The other tenants.
        beside: The plan of all of those.
    """
    whole = with_data(beside)
    pairs = [
        _Pair(model, plan, other, split(whole, f"extension{suffix(number)}"))
        for number, other in enumerate(others)
    ]
    real = [pair for pair in pairs if not pair.other.predicted]
    undecided = dict.fromkeys(found for pair in real for found in pair.undecided(PredictedPlan.of(plan)))
    for pair in pairs:
        for address, path, found in pair.differing():
            if (address, path) not in undecided:  # it differs by chance, wherever it is
                yield "P1-023", Hit(pair.place(address, path), found)
    for address, path in undecided:
        yield "P1-043", Hit(real[0].place(address, path), f"{path} of {address} is known only after apply")


def split(plan: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the changes of one module call, as if that were the extension's."""
    start = f"module.{name}."
    found = []
    for change in plan.get("resource_changes", ()):
        if change["address"].startswith(start):
            inside = f"{change['module_address']}.".removeprefix(start).rstrip(".")
            address = f"{MODULE}.{change['address'].removeprefix(start)}"
            found.append({**change, "address": address, "module_address": f"{MODULE}.{inside}".rstrip(".")})
    return {"resource_changes": found}


def with_data(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan whose changes include the data sources that were read before it."""
    read = plan_model.standing(plan.get("prior_state", {}))
    return {"resource_changes": [*read, *plan.get("resource_changes", ())]}


class _Pair:
    """An extension in two tenants: entries by addresses in which no tenant is named."""

    def __init__(
        self, model: Model, plan: Mapping[str, Any], other: Elsewhere, there: Mapping[str, Any]
    ) -> None:
        self.other = other
        self._names = [
            (re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, pair))})(?![A-Za-z0-9])", re.I), text)
            for pair, text in (
                ((model.facts.account, other.facts.account), "<account>"),
                ((model.facts.region, other.facts.region), "<region>"),
                ((model.facts.tenant, other.facts.tenant), _TENANT),
            )
        ]
        self._ours, self._theirs = (self._judged(planned(found)) for found in (plan, there))
        entries = [entry for _, entry in (*self._ours.values(), *self._theirs.values())]
        self._has_code_in_buckets = has_code_in_buckets(entries)
        resources = (*plan_model.resources(there, model.text), *model.resources)
        self._resources = {self._normal(resource.address): resource for resource in resources}

    def place(self, address: str, path: str) -> Place:
        """Return where a resource, or an attribute of it, is written."""
        found = self._resources.get(self._normal(address))
        return Place("main.tf") if found is None else found.at(path) if path else found.place

    def differing(self) -> Iterator[tuple[str, str, str]]:
        """Yield addresses, attributes, and a sentence about each difference."""
        where = f"in {self.other.where}, unlike in other tenants"
        for key in sorted(self._ours.keys() ^ self._theirs.keys()):
            address, _ = self._ours.get(key) or self._theirs[key]
            yield address, "", f"{address} is {'' if key in self._theirs else 'not '}there {where}"
        for key in sorted(self._ours.keys() & self._theirs.keys()):
            (address, ours), (_, theirs) = self._ours[key], self._theirs[key]
            # One is enough, and best one that an author wrote: the others follow from it, or are found next.
            name = min(self._unlike(ours, theirs), key=self._written_first(key), default=None)
            if name is not None:
                shown = json.dumps(theirs.values.get(name))
                shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[: _LONGEST_SHOWN - 1]}…"
                shown = self.other.facts.anonymised(shown) if self.other.is_drawn else shown
                yield address, name, f"{name} of {address} is {shown} {where}"

    def _written_first(self, key: str) -> Callable[[str], tuple[bool, str]]:
        lines = self._resources[key].lines
        return lambda name: (name not in lines, name)

    def undecided(self, predicted: PredictedPlan) -> Iterator[tuple[str, str]]:
        """Yield what the files decide and the other plan does not know, where it must."""
        entries = {self._ours[key][0]: entry for key, (_, entry) in self._theirs.items() if key in self._ours}
        return predicted.undecided(entries)

    def _judged(self, entries: PlanEntries) -> dict[str, tuple[str, PlanEntry]]:
        judged = {address: entry for address, entry in entries.items() if is_judged(entry)}
        return {self._normal(address): (address, entry) for address, entry in judged.items()}

    def _unlike(self, ours: PlanEntry, theirs: PlanEntry) -> Iterator[str]:
        """Yield the attributes that an author decides and that differ."""
        mine, its = self._comparable(ours), self._comparable(theirs)
        for name in {*mine, *its}:
            is_open = is_unknown(ours, name) or is_unknown(theirs, name)
            if is_open or decides_nothing(ours.type, name, self._has_code_in_buckets):
                continue
            if not _alike(mine.get(name), its.get(name)):
                yield name

    def _comparable(self, entry: PlanEntry) -> Mapping[str, Any]:
        found: Mapping[str, Any] = _ordered(json.loads(self._normal(json.dumps(entry.values))))
        return found

    def _normal(self, text: str) -> str:
        """Return a text without the names of its tenant, account, region and partition."""
        for written, other in _WRITTEN_OTHERWISE:
            text = text.replace(written, other)
        text = _PARTITION.sub("arn:<partition>:", text)
        for pattern, placeholder in (*self._names, *_DRAWN):
            text = pattern.sub(placeholder, text)
        return text


def is_judged(entry: PlanEntry) -> bool:
    """Return whether an entry is more than a step to others: a resource, or an archive with code."""
    return entry.mode == "managed" or entry.type == _ARCHIVE


def has_code_in_buckets(entries: Iterable[PlanEntry]) -> bool:
    """Return whether functions take their code from a bucket, so that what is in buckets may be code."""
    functions = (entry for entry in entries if entry.type in _FUNCTIONS)
    return any(entry.values.get("s3_bucket") for entry in functions)


def decides_nothing(kind: str, name: str, code_in_buckets: bool) -> bool:
    """Return whether an attribute may differ: it is data that stays in AWS, or AWS sets it."""
    if kind == _ARCHIVE:
        return name not in _OF_CODE[kind]
    if code_in_buckets and name in _OF_CODE.get(kind, ()):
        return False
    is_data = unknown_values.is_data(kind, name) and not unknown_values.is_destination(kind, name)
    return is_data or unknown_values.is_of_aws(kind, name)


def is_unknown(entry: PlanEntry, name: str) -> bool:
    """Return whether any of an attribute is unknown."""
    unknown = entry.unknown.get(name) if isinstance(entry.unknown, Mapping) else entry.unknown
    return next(unknown_values.unknown_paths(unknown), None) is not None


def _ordered(value: Any) -> Any:
    """A value with its lists in an order that no name decides, also in JSON that is in a text."""
    if isinstance(value, Mapping):
        return {name: _ordered(part) for name, part in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return _ordered(json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str) and _TENANT in ours and _TENANT in theirs:
        shorter, longer = sorted((ours, theirs), key=len)
        # A name is cut after so many characters.
        return longer.startswith(shorter) and bool(_TAIL.fullmatch(longer.removeprefix(shorter)))
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return ours.keys() == theirs.keys() and all(_alike(part, theirs[name]) for name, part in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_alike, ours, theirs))
    return bool(ours == theirs)
