"""The model for the checks: one extension, its text and its resources, from the text or from the plan."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any, Literal

from presso import names
from presso.event_sources import EXTENSION_SOURCE
from presso.hcl.values import Unknown
from presso.quotas import Quotas
from presso.tenants import partition_of
from presso.units.extension_calls import tenant_values

if TYPE_CHECKING:
    from presso.catalog.events import Catalog
    from presso.catalog.rules import Rules
    from presso.extension_tree import ExtensionTree
    from presso.extensions import Extension
    from presso.gate.run_record import RunRecord
    from presso.hcl.blocks import Block
    from presso.packages.packages import Package

Level = Literal["static", "plan", "sandbox"]
_REGIONS = (
    *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-south-1", "ap-southeast-2", "ca-central-1"),
    *("eu-central-1", "eu-north-1", "eu-west-3", "il-central-1", "me-south-1", "sa-east-1"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
_OTHER_REGIONS = ("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1")


@dataclass(frozen=True, order=True)
class Place:
    """A file of the extension, relative to its folder, and a line."""

    file: str
    line: int = 1

    @classmethod
    def in_text(cls, file: str, text: str, offset: int) -> Place:
        """Return the place of a character of a file's text."""
        return cls(file, text.count("\n", 0, offset) + 1)


@dataclass(frozen=True)
class Hit:
    """A hit of a check: where, and in a sentence what; `fix` if it is better than the check's own."""

    place: Place
    found: str
    fix: str = ""


# Hits, each with the id of its check.
Hits = list[tuple[str, Hit]]


@dataclass(frozen=True)
class Facts:
    """The tenant for which an extension is judged: made up, so that the extension cannot detect it, or real.

    Args:
        extension: The extension's name.
        tenant: The tenant's.
        account: Its 12-digit account.
        region: Its region.
        neighbour: Another tenant there, in the sandbox.
        given: The extension's own variables, as the tenant sets them.
        source_prefix: Begins the sources of extensions in the platform.
    """

    extension: str
    tenant: str
    account: str
    region: str
    neighbour: str = ""
    given: Mapping[str, Any] = field(default_factory=dict, hash=False)
    source_prefix: str = EXTENSION_SOURCE

    @classmethod
    def made_up(
        cls,
        extension: str,
        *,
        other_partition: bool = False,
        written: bytes = b"",
        source_prefix: str = EXTENSION_SOURCE,
    ) -> Facts:
        """A different tenant each time, so that an extension cannot behave well only when it is judged.

        Args:
            extension: The extension's name.
            other_partition: Whether in another partition of AWS than usual; its name is then as long as
                names may be.
            written: The content of its files. A region that is written there is wrong in most tenants, and
                must not be right here by chance; where most regions are written, any may be drawn.
            source_prefix: As of the facts.
        """
        draw = random.SystemRandom()
        length = names.LONGEST if other_partition else draw.randint(5, 12)
        inside = [*draw.choices(ascii_lowercase + digits, k=length - 3), "-"]
        draw.shuffle(inside)
        first, last = draw.choice(ascii_lowercase), draw.choice(ascii_lowercase + digits)
        name = f"{first}{''.join(inside)}{last}"
        account = "".join(draw.choices(digits, k=12))
        regions = _OTHER_REGIONS if other_partition else _REGIONS
        unwritten = [region for region in regions if region.encode() not in written]
        return cls(
            extension,
            name,
            account,
            draw.choice(unwritten if 2 * len(unwritten) >= len(regions) else regions),
            source_prefix=source_prefix,
        )

    @property
    def prefix(self) -> str:
        """The prefix of every name."""
        return f"{self.tenant}--{self.extension}--"

    @property
    def partition(self) -> str:
        """The partition of AWS that the region is in, as ARNs name it."""
        return partition_of(self.region)

    @property
    def dns_suffix(self) -> str:
        """The suffix of the partition's host names."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def integrations(self) -> str:
        """The prefix of the ARNs of Step Functions' own integrations."""
        return f"arn:{self.partition}:states:::"

    @property
    def bus_arn(self) -> str:
        """The tenant's bus."""
        return self.tenant_values["bus_arn"]

    @property
    def boundary_arn(self) -> str:
        """The boundary that every role must have."""
        return f"arn:{self.partition}:iam::{self.account}:policy/{self.prefix}boundary"

    @property
    def event_source(self) -> str:
        """The only source that the extension may emit with."""
        return f"{self.source_prefix}{self.extension}"

    @property
    def metrics(self) -> str:
        """The only namespace of its metrics."""
        return f"presso/{self.tenant}/{self.extension}"

    @property
    def tenant_values(self) -> dict[str, str]:
        """What modules/extension-context gets of the tenant."""
        return tenant_values(self.tenant, self.region, self.partition, self.account)

    @property
    def variables(self) -> dict[str, Any]:
        """The arguments of the extension's module."""
        tags = {"presso:extension": self.extension, "presso:tenant": self.tenant}
        tenant = self.tenant_values
        name = tenant.pop("name")
        return {
            **self.given,
            "context": {
                "tenant": name,
                **tenant,
                "prefix": self.prefix,
                "boundary_arn": self.boundary_arn,
                "event_source": self.event_source,
                "tags": tags,
            },
        }

    def fill(self, template: str) -> str:
        """A template such as `table/{prefix}*` with these facts filled in."""
        names = ("prefix", "tenant", "extension", "account", "region", "partition", "metrics", "bus_arn")
        return template.format_map({name: getattr(self, name) for name in names})

    def anonymised(self, text: str) -> str:
        """A text for output: made-up values are replaced with `<tenant>`, `<account>` and `<region>`."""
        pairs = [(self.account, "<account>"), (self.region, "<region>"), (self.tenant, "<tenant>")]
        pairs += [(self.neighbour, "<neighbour>")] if self.neighbour else []
        for value, name in pairs:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", name, text)
        return text


@dataclass(frozen=True)
class Resource:
    """A resource or data source with its values; unknown ones are `Unknown`.

    Args:
        address: As Terraform names it.
        values: Blocks are lists of mappings.
        place: Where it is written; for a building block's resource, the module call.
        lines: The lines of its attributes, including those within blocks (`target.arn`).
        blocks: The blocks that are written, in the same form.
        written: Whether the author wrote it, not a building block.
        mode: As in Terraform's plan.
    """

    address: str
    type: str
    values: Mapping[str, Any]
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()
    written: bool = True
    mode: Literal["managed", "data"] = "managed"

    def at(self, attribute: str) -> Place:
        """The place of an attribute; of the resource if unknown."""
        return Place(self.place.file, self.lines.get(attribute.split(".")[0], self.place.line))

    def gives(self, path: str) -> bool:
        """Whether the author sets a value on the way to a path; else AWS does, where it is unknown."""
        steps = path.split(".")
        ways = (".".join(steps[:number]) for number in range(1, len(steps) + 1))
        return next((way in self.lines for way in ways if way not in self.blocks), True)

    def get(self, path: str) -> Any:
        """The only or first value at a path; None when there is none."""
        return next(self.all(path), None)

    def all(self, path: str) -> Iterator[Any]:
        """Every value at a path such as `dead_letter_config.arn`, through all blocks; no null ones."""
        yield from _at(self.values, path.split("."))


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:])


@dataclass(frozen=True)
class ExtensionText:
    """An extension's text.

    Args:
        root: Its folder.
        tree: What is in the folder.
        blocks: The blocks of every module in the folder, by the module's folder ("" is the extension itself).
        files: Every file, relative to the folder; none of a folder that is too large.
    """

    root: Path
    tree: ExtensionTree
    blocks: Mapping[str, tuple[Block, ...]]
    files: tuple[str, ...]
    hits: tuple[tuple[str, Hit], ...] = ()

    def all(self, *types: str) -> Iterator[Block]:
        """The top-level blocks of these types in all modules; every one without types."""
        for blocks in self.blocks.values():
            yield from (block for block in blocks if not types or block.type in types)


@dataclass(frozen=True)
class Model:
    """One extension, as every check gets it.

    Args:
        facts: The made-up tenant.
        text: Its text.
        resources: Its resources and data sources, from the text or from the plan.
        level: Text or plan, or as applied in the sandbox.
        metadata: The content of `extension.yaml`; None when it cannot be read.
        catalog: The events of the catalog.
        rules_of_others: Returns the rules of the platform and of all extensions; called only when needed.
        metadata_lines: The line of each key of `extension.yaml`.
        did: What it did in the sandbox; None where it was not run there.
        quotas: Its quotas on shared resources.
        packages: The packages of its functions with dependencies; None where they are not known.
        configuration: The files as Terraform read them, from its plan; None before the plan.
    """

    facts: Facts
    text: ExtensionText
    resources: tuple[Resource, ...]
    level: Level
    metadata: Extension | None
    catalog: Catalog
    rules_of_others: Callable[[], Rules]
    metadata_lines: Mapping[Any, int] = field(default_factory=dict)
    did: RunRecord | None = None
    quotas: Quotas = field(default_factory=Quotas)
    packages: tuple[Package, ...] | None = None
    configuration: Mapping[str, Any] | None = None

    @property
    def record(self) -> RunRecord:
        """What it did; only checks of the sandbox use it."""
        assert self.did is not None
        return self.did

    @cached_property
    def managed(self) -> tuple[Resource, ...]:
        """Its resources."""
        return tuple(found for found in self.resources if found.mode == "managed")

    @cached_property
    def others(self) -> Rules:
        """The rules of the platform and of all extensions of the checkout."""
        return self.rules_of_others()

    def of(self, *types: str) -> Iterator[Resource]:
        """Its resources of these types."""
        return (found for found in self.managed if found.type in types)

    @property
    def log_groups_of_the_emulator(self) -> set[str]:
        """Those that its functions lack: the emulator creates them; on AWS the boundary denies that."""
        made = {str(group.values.get("name")) for group in self.of("aws_cloudwatch_log_group")}
        functions = self.of("aws_lambda_function")
        return {f"/aws/lambda/{each.values.get('function_name')}" for each in functions} - made

    def metadata_place(self, *path: str | int) -> Place:
        """The line of a key of `extension.yaml`."""
        location: tuple[str | int, ...] = path
        while location and location not in self.metadata_lines:
            location = location[:-1]
        return Place("extension.yaml", self.metadata_lines.get(location, 1))
