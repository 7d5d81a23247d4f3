"""What must be so before anything of an extension is given to Terraform."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presso.gate import agreement
from presso.gate.folder import local_module, module_source, platform_module
from presso.gate.hcl import Block, expression, nodes
from presso.gate.kinds import BUILDING_BLOCKS
from presso.gate.model import Hit, Model, Place
from presso.gate.rule import declare, rule
from presso.gate.rules.deletion import keeps
from presso.hcl.values import evaluate, source_of

_PROVIDERS = {"archive": "hashicorp/archive", "aws": "hashicorp/aws"}

declare(
    "S-001",
    "Every Terraform file can be read, and in one way only",
    why="What the gate cannot read it cannot judge, and what two readers read differently hides something "
    "from one of them.",
    fix="terraform fmt and terraform validate say what is wrong. Use plain line ends (LF), no byte order "
    "mark and nothing behind the end of a heredoc; in JSON give each key once.",
    bad="description = <<EOT\nThe end of this heredoc has a blank behind it.\nEOT \n",
)
declare(
    "S-007",
    "Links stay within the folder",
    why="A link is a way to read, or to have shown, a file of whoever checks the extension.",
    fix="Copy the file into the extension.",
)
declare(
    "S-008",
    "The folder is small",
    why="Checking must not fill the disk or take the machine away from others.",
    fix="At most 1000 files and 20 MB; build big artefacts when deploying, and keep them out of the "
    "repository.",
)
declare(
    "S-009",
    "Looking at it comes to an end",
    why="An expression can be made to grow without end; the gate stops it.",
    fix="Make the expression smaller.",
)
declare(
    "S-010",
    "Terraform can plan it",
    why="What cannot be planned cannot be judged, nor applied.",
    fix="The message is Terraform's own.",
)


@rule(
    "S-002",
    "No provisioners",
    why="A provisioner runs commands on the machine of whoever applies the extension.",
    fix="Do it in a function, or leave it out.",
    bad='provisioner "local-exec" {\n  command = "…"\n}',
)
def provisioners(model: Model) -> Iterator[Hit]:
    """Yield provisioners and their connections."""
    for block in model.source.all():
        for inner in block.within():
            for name in ("provisioner", "connection"):
                if inner.type in ("resource", "removed", "data", "module") and inner.has(name):
                    yield Hit(Place(block.file, inner.line_of(name)), f"{block.address} has a {name}")


@rule(
    "S-003",
    "No backend, no settings of Terraform's",
    why="Where the state is and how Terraform works is the platform's: an extension is a module, not a root.",
    fix="Keep required_version and required_providers only.",
    bad='terraform {\n  backend "s3" {}\n}',
)
def settings(model: Model) -> Iterator[Hit]:
    """Yield what else a terraform block says."""
    for block in model.source.all("terraform"):
        said = {*block.attributes, *(inner.type for inner in block.blocks)}
        for name in sorted(said - {"required_version", "required_providers"}):
            yield Hit(Place(block.file, block.line_of(name)), f"terraform has {name}")


@rule(
    "S-004",
    "Only the providers aws and archive",
    why="A provider is a program: it runs where the extension is planned, and can do anything there.",
    fix="Do it with hashicorp/aws and hashicorp/archive.",
    bad='data "http" "exfiltrate" {\n  url = "https://…"\n}',
)
def providers(model: Model) -> Iterator[Hit]:
    """Yield other providers, and what is of their types."""
    for block in model.source.all():
        if block.type == "terraform":
            yield from _required(block)
        for inner in block.within():
            place = Place(inner.file, inner.line)
            if inner.type in ("resource", "data", "ephemeral", "action") and inner.labels:
                kind = inner.labels[0]
                own = kind.startswith(("aws_", "archive_")) or kind == "terraform_remote_state"
                if not own or inner.type in ("ephemeral", "action"):
                    yield Hit(place, f"{inner.type} {kind}")
            elif inner.type == "provider" and inner.labels[:1] not in ((), ("aws",), ("archive",)):
                yield Hit(place, f"provider {inner.labels[0]}")
        for line, node in block.expressions():
            for found in nodes(node):
                if found.lark_name() == "function_call" and source_of(found).startswith("provider::"):
                    yield Hit(Place(block.file, line), source_of(found).partition("(")[0])


def _required(block: Block) -> Iterator[Hit]:
    for inner in block.blocks:
        for name, node in inner.attributes.items() if inner.type == "required_providers" else ():
            value = evaluate(node, {})
            said = value.get("source") if isinstance(value, dict) else None
            said = said or f"hashicorp/{name}"
            if str(said).removeprefix("registry.terraform.io/") != _PROVIDERS.get(name):
                yield Hit(Place(inner.file, inner.line_of(name)), f"provider {name} from {said}")
            elif isinstance(value, dict) and "configuration_aliases" in value:
                yield Hit(Place(inner.file, inner.line_of(name)), f"provider {name} under other names")


@rule(
    "S-014",
    "Terraform reads what the gate reads",
    why="The gate reads Terraform's files with a reader of its own. What only one of both sees has not been "
    "judged.",
    fix="Write it plainly: run terraform fmt, and leave out what is unusual in its text.",
    levels=("plan",),
)
def read_alike(model: Model) -> Iterator[Hit]:
    """Yield blocks that only one of both sees."""
    if model.configuration is not None:
        yield from agreement.differences(model.configuration, model.source)


# What Terraform's plan tells of (`configuration`), or what has no effect on anything but names and values.
_NEEDED = frozenset(
    {"check", "data", "locals", "module", "moved", "output", "resource", "terraform", "variable"}
)
# Refused by rules of their own: P1-018, P3-004, S-004.
_JUDGED = frozenset({"action", "ephemeral", "import", "provider"})


@rule(
    "S-013",
    "Only blocks that the gate knows",
    why="What another kind of block does has not been judged, and a plan does not show what a removed block "
    "runs.",
    fix="Use resource, data, module, variable, output, locals, check and moved; to remove a resource, delete "
    "its block.",
    bad="removed {\n  from = aws_sqs_queue.old\n}",
)
def known(model: Model) -> Iterator[Hit]:
    """Yield top-level blocks of other types."""
    for block in model.source.all():
        if block.type in _NEEDED | _JUDGED or (block.type == "removed" and keeps(block)):
            continue
        if not any(inner.has("provisioner") for inner in block.within()):  # S-002 says so
            yield Hit(Place(block.file, block.line), f"a {block.type} block")


@rule(
    "P1-018",
    "No provider configuration of its own",
    why="Another region, account or role is outside the fence: an extension gets its provider from its unit.",
    fix="Leave out provider blocks, and provider in resources and modules.",
    bad='provider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}',
)
def configured(model: Model) -> Iterator[Hit]:
    """Yield provider blocks and choices of another provider."""
    for block in model.source.all():
        if block.type == "provider" and block.labels[:1] in (("aws",), ("archive",)):
            yield Hit(Place(block.file, block.line), f"provider {block.labels[0]} is configured")
        for name in ("provider", "providers"):
            if block.type in ("resource", "data", "module") and block.has(name):
                yield Hit(Place(block.file, block.line_of(name)), f"{block.address} chooses its provider")


@rule(
    "S-005",
    "Modules are the extension's own or building blocks",
    why="A module from elsewhere is fetched and run unread, and may be another one tomorrow.",
    fix=f"Copy it below the extension, or use ../../modules/: {', '.join(sorted(BUILDING_BLOCKS))}.",
    bad='source = "terraform-aws-modules/sqs/aws"',
    good='source = "../../modules/event-queue"',
)
def modules(model: Model) -> Iterator[Hit]:
    """Yield modules from elsewhere."""
    for folder, blocks in model.source.blocks.items():
        for block in blocks:
            if block.type != "module" or local_module(model.source.root, folder, block) is not None:
                continue
            if platform_module(folder, block) not in BUILDING_BLOCKS:
                said = module_source(block) or source_of(block.attributes.get("source", _NONE))
                yield Hit(Place(block.file, block.line_of("source")), f"{block.address} comes from {said}")


_NONE = expression('"nowhere"')


@rule(
    "S-006",
    "Files are read in the extension's folder only",
    why="Terraform reads files as whoever checks or applies the extension: keys, tokens and states too.",
    fix='Begin with ${path.module}/ and stay below: file("${path.module}/src/query.sql").',
    bad='file("~/.aws/credentials")',
    good='file("${path.module}/menu.json")',
)
def reads(model: Model) -> Iterator[Hit]:
    """Yield what reads files outside the folder, or nobody knows where."""
    from presso.gate.paths import faults

    return faults(model)


declare(
    "S-016",
    "Terraform plans what was judged",
    why="What is applied is the plan that was judged. When values that AWS computes decide which resources "
    "there are, each apply has another plan.",
    fix="Do not let count, for_each or conditions depend on what AWS computes: ids, random parts, times.",
)


@rule(
    "S-011",
    "No files that change others",
    why="Terraform lays an override file over the others: what the reader sees is not what is applied.",
    fix="Write it where it belongs.",
)
def overrides(model: Model) -> Iterator[Hit]:
    """Yield override files."""
    for name in model.source.files:
        if re.search(r"(^|[/_])override\.tf(\.json)?$", name):
            yield Hit(Place(name), f"{name} is an override file")
