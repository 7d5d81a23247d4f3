"""Optional arguments that the removal cases never take away, for the page of types.

The cases (``tests/offline_aws/settling``) take every optional argument away from configurations that they
make: random ones, by hints.yaml, and those of whole.yaml. What neither has is listed, with the reason that
untried.yaml gives for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from offline_aws import schema

Hints = Mapping[str, Mapping[str, Any]]
_CASES = Path(__file__).parents[2] / "tests/offline_aws/settling"
# No arguments of the thing itself.
_ASIDE = {"id", "region", "tags_all", "timeouts"}


@cache
def hints() -> dict[str, dict[str, Any]]:
    """The hints of the cases by type; those of every type under ``*``."""
    found, whole = (_read(name) for name in ("hints.yaml", "whole.yaml"))
    return {kind: {**found.get(kind, {}), "whole": whole.get(kind, [])} for kind in (*found, *whole)}


@cache
def reasons() -> dict[str, dict[str, str]]:
    """Why no case takes an argument away, by type and path."""
    return {
        kind: {path: reason for reason, paths in by_reason.items() for path in paths}
        for kind, by_reason in _read("untried.yaml").items()
    }


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((_CASES / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


def left_out(path: str, of_type: Mapping[str, Any], of_all: Mapping[str, Any]) -> bool:
    """Whether random configurations never have this path."""
    return path in of_type.get("never", ()) or (
        path.rpartition(".")[2] in of_all["never"] and path not in of_type.get("values", {})
    )


def kept(of_type: Mapping[str, Any]) -> set[str]:
    """Paths that the cases leave as they are."""
    return {*of_type.get("stay", ()), *of_type.get("refused", ())}


def arguments(kind: str, found: Hints) -> list[str]:
    """Optional paths of a type that no case takes away, in the schema's order; of a block, its own alone.

    What replaces is left out, since taking it away ends with a new resource; what stays, which the type's
    sentence on differences has; and what AWS refuses to miss.

    Args:
        kind: The type.
        found: All hints.
    """
    behaviour = schema.load("aws").behaviour.get(kind, {})
    known = {
        *whole(kind, found),
        *drawn(kind, found),
        *behaviour.get("replace", ()),
        *kept(found.get(kind, {})),
        *_ASIDE,
    }
    return list(_missing(_block(kind), "", known))


def whole(kind: str, found: Hints) -> set[str]:
    """Paths, of blocks too, that whole configurations have."""
    return {
        path
        for config in found.get(kind, {}).get("whole", ())
        for path in _configured(_block(kind), config, "")
    }


def drawn(kind: str, found: Hints) -> dict[str, Any]:
    """Optional paths that random configurations have, of blocks too (``{}``), and the schema of each."""
    return dict(_drawn(_block(kind), "", found.get(kind, {}), found["*"]))


def _block(kind: str) -> schema.Block:
    block: schema.Block = schema.load("aws").resources[kind]["block"]
    return block


def _configured(block: schema.Block, config: Mapping[str, Any], before: str) -> Iterator[str]:
    for name, value in config.items():
        yield f"{before}{name}"
        if name in block.get("block_types", {}):
            for item in value if isinstance(value, list) else [value]:
                yield from _configured(block["block_types"][name]["block"], item, f"{before}{name}.")


def _drawn(
    block: schema.Block, before: str, of_type: Mapping[str, Any], of_all: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    for name, spec in block.get("attributes", {}).items():
        if spec.get("optional") and not left_out(f"{before}{name}", of_type, of_all):
            yield f"{before}{name}", spec
    for name, spec in block.get("block_types", {}).items():
        path = f"{before}{name}"
        hinted = any(path in of_type.get(hint, ()) for hint in ("always", "blocks"))
        if left_out(path, of_type, of_all) or spec["nesting_mode"] == "single":
            continue
        if spec.get("min_items") or hinted:
            yield path, {}
            yield from _drawn(spec["block"], f"{path}.", of_type, of_all)


def _missing(block: schema.Block, before: str, known: Collection[str]) -> Iterator[str]:
    for name, spec in block.get("attributes", {}).items():
        if spec.get("optional") and f"{before}{name}" not in known:
            yield f"{before}{name}"
    for name, spec in block.get("block_types", {}).items():
        path = f"{before}{name}"
        if path not in known:
            yield path
        elif any(other.startswith(f"{path}.") for other in known):
            yield from _missing(spec["block"], f"{path}.", known)
