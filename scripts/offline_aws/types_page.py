"""docs/offline-provider-types.md: what each type has here, from the tables that the provider itself uses.

`python -m offline_aws.types_page` writes it; with `--check` it only reports whether it is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from offline_aws import other_types, registry, schema, untried
from offline_aws.resource import DataSourceHandler, ResourceHandler

PAGE = "docs/offline-provider-types.md"
_HEAD = """# Types of the offline AWS provider

Written by `python -m offline_aws.types_page` from the provider's own tables; what is general is in
[offline-provider.md](offline-provider.md). Every attribute of every type is typed, required, optional or
computed as in hashicorp/aws {version}. *Checked* are those whose values are looked at before AWS is asked;
*replaces* lists attributes whose change creates a new resource (`region` and name prefixes always do);
*identity* what an `import` block may name the resource by, in place of its `id`; *listed* that `list` blocks
of `terraform query` find it, and what they may configure.
The tests take each optional argument away and expect an empty second plan; *removal untried* lists those that
they do not, each with the reason.

The other {others} types and data sources of hashicorp/aws have no handler: they
[validate and plan only](offline-provider.md#types-without-a-handler).

"""


_COMPANIONS = """
## Other providers
"""


def page() -> str:
    """The whole page."""
    aws = schema.load("aws")
    others = [schema.load(name) for name in sorted(schema.VERSIONS.keys() - {"aws"})]
    return "".join(
        [
            _HEAD.format(version=schema.VERSIONS["aws"], others=len(other_types.names())),
            "## Resources\n",
            *(_resource(name, aws) for name in sorted(aws.resources)),
            "\n## Data sources\n",
            *(_data_source(name) for name in sorted(aws.data_sources)),
            "\n## Ephemeral resources\n",
            *(_ephemeral(name) for name in sorted(aws.ephemeral)),
            _COMPANIONS,
            *(text for document in others for text in _companion(document)),
        ]
    )


def _companion(document: schema.ProviderSchema) -> Iterator[str]:
    yield from (_resource(name, document) for name in sorted(document.resources))
    queried = sorted(document.data_sources)
    yield from (_data_source(name, "data " * (name in document.resources)) for name in queried)
    yield from (_ephemeral(name, "ephemeral ") for name in sorted(document.ephemeral))


def _resource(name: str, document: schema.ProviderSchema) -> str:
    handler = registry.resource(name)
    if handler is None:
        return _section(name, [("planned only", "by its schema alone")])
    behaviour = document.behaviour.get(name, {})
    replaces = set(behaviour.get("replace", ()))
    if handler.update is None:
        replaces.add("every other attribute" if not handler.tag else "every other attribute but tags")
    replaces -= {"region", "name_prefix"}
    return _section(
        name,
        [
            ("planned only", _lacks(handler)),
            *_common(handler),
            ("replaces", _names(sorted(replaces))),
            ("listed", _listed(name, document)),
            ("identity", _identity(document.identities.get(name, {"attributes": {}})["attributes"])),
            ("same when it means the same", _names(handler.equivalent)),
            ("kept as AWS has it", _names({*behaviour.get("computed_blocks", ()), *handler.computed})),
            *(_removals(name, handler) if document.name == "aws" else ()),
            ("differs", handler.differs),
        ],
    )


def _listed(name: str, document: schema.ProviderSchema) -> str:
    if name not in document.lists:
        return ""
    attributes = document.lists[name]["block"]["attributes"]
    return f"config: {_names(attributes)}" if attributes else "without config"


def _identity(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    needed = [name for name, spec in attributes.items() if "required_for_import" in spec]
    optional = _names(attributes.keys() - needed)
    return "; ".join(filter(None, (_names(needed), optional and f"optional: {optional}")))


def _data_source(name: str, kind: str = "") -> str:
    title = kind + name
    handler = registry.data_source(name)
    if handler is None:
        return _section(
            title, [("not implemented", "it validates, and fails with that error when it is read")]
        )
    return _section(
        title, [("planned only", _lacks(handler)), *_common(handler), ("differs", handler.differs)]
    )


def _ephemeral(name: str, kind: str = "") -> str:
    handler = registry.ephemeral(name)
    assert handler is not None, name
    return _section(kind + name, [*_common(handler), ("differs", handler.differs)])


def _common(handler: ResourceHandler | DataSourceHandler) -> Iterator[tuple[str, str]]:
    yield "checked", _names(handler.validators)
    yield "checked together", "; ".join(_together(handler))
    defaults = (f"`{name}` {json.dumps(value)}" for name, value in sorted(handler.defaults.items()))
    yield "defaults", ", ".join(defaults)


def _lacks(handler: ResourceHandler | DataSourceHandler) -> str:
    return f"the local AWS has no {handler.emulator_lacks}" if handler.emulator_lacks else ""


def _removals(name: str, handler: ResourceHandler) -> Iterator[tuple[str, str]]:
    if not handler.emulator_lacks and handler.update is not None:
        hints = untried.hints()
        yield "AWS refuses what is left without", _names(hints.get(name, {}).get("refused", ()))
        yield "removal untried", "; ".join(_untried(untried.reasons().get(name, {})))


def _untried(reasons: Mapping[str, str]) -> Iterator[str]:
    for reason in dict.fromkeys(reasons.values()):
        yield f"{_names(path for path, why in reasons.items() if why == reason)} ({reason})"


def _together(handler: ResourceHandler | DataSourceHandler) -> Iterator[str]:
    for title, groups in (
        ("at most one of", handler.conflicts),
        ("exactly one of", handler.exactly_one_of),
        ("at least one of", handler.at_least_one_of),
    ):
        yield from (f"{title} {_names(group)}" for group in groups)
    yield from (f"`{name}` needs {_names(others)}" for name, others in handler.required_with.items())
    for check in (
        *handler.checks,
        *([handler.plan] if isinstance(handler, ResourceHandler) and handler.plan else ()),
    ):
        words = (getattr(check, "__doc__", "") or "").strip().split("\n")[0].rstrip(".")
        if words:
            yield words[0].lower() + words[1:]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _section(name: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"- {title}: {text}\n" for title, text in rows if text]
    return "".join([f"\n### {name}\n", *lines])


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check``, return 1 when it is stale."""
    path = Path(__file__).parents[2] / PAGE
    wanted = page()
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in arguments:
        print(f"{PAGE} is stale: python -m offline_aws.types_page", file=sys.stderr)
        return 1
    path.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
