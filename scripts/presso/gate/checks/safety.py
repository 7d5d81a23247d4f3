"""Conditions for passing an extension to Terraform at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presso.gate import block_comparison, provider_versions
from presso.gate.check import check, declare
from presso.gate.checks.deletion import keeps
from presso.gate.model import ExtensionText, Hit, Model, Place
from presso.gate.resource_types import BUILDING_BLOCKS
from presso.hcl.blocks import Block, nodes
from presso.hcl.modules import local_module, module_source, platform_module
from presso.hcl.values import evaluate, source_of

_UPDATE = (
    "presso new --update {name} changes the extension if presso new created it. By hand: declare context as "
    "presso check --explain S-017 shows, in place of tenant and fence; write context = var.context in place "
    "of both in module calls, and elsewhere var.context.tenant for var.tenant.name, var.context for "
    "var.tenant and var.fence. A tenant that pins an earlier version of it needs a later one."
)
_CONTEXT = """
variable "context" {
  description = "Values of the platform for the extension: its tenant, and the prefix, boundary, event source and tags of its resources."
  type = object({
    tenant       = string
    region       = string
    account_id   = string
    bus_name     = string
    bus_arn      = string
    prefix       = string
    boundary_arn = string
    event_source = string
    tags         = map(string)
  })
  nullable = false
}
""".strip()  # noqa: E501  as every declaration of it has it
_PROVIDERS = {"archive": "hashicorp/archive", "aws": "hashicorp/aws"}

declare(
    "S-001",
    "Every Terraform file can be read, and in one way only",
    why="The gate cannot judge what it cannot read, and text that two parsers read differently hides content "
    "from one of them.",
    fix="terraform fmt and terraform validate show the error. Use plain line ends (LF), no byte order "
    "mark and nothing behind the end of a heredoc; in JSON use each key once.",
    bad="description = <<EOT\nThe end of this heredoc has a blank behind it.\nEOT \n",
)
declare(
    "S-007",
    "It is regular files, all of which are checked",
    why="A link can make the gate read or show other files of the user who runs the check. What git tracks "
    "in a tool's folder (build, node_modules, __pycache__, .venv) is in no check, and is used all the same.",
    fix="Copy the file into the extension; git rm --cached what a tool made.",
)
declare(
    "S-008",
    "The folder is small",
    why="A check must not fill the disk or block the machine for others.",
    fix="At most 1000 files and 20 MB; build big artefacts when deploying, and keep them out of the "
    "repository.",
)
declare(
    "S-009",
    "The gate can read it within its limits",
    why="An expression can be written so that it grows without end; the gate stops it.",
    fix="Make the expression smaller.",
)
declare(
    "S-010",
    "Terraform can plan it",
    why="Without a plan an extension can neither be judged nor applied.",
    fix="See Terraform's message.",
)
declare(
    "S-017",
    "It takes the context, not its predecessors",
    why="The platform passes one variable, context, where it passed tenant and fence: Terraform cannot call "
    "an extension that declares those.",
    fix=_UPDATE.format(name="NAME"),
    bad='variable "tenant" { … }\nvariable "fence" { … }',
    good=_CONTEXT,
)
declare(
    "S-018",
    "Its dependencies can be installed",
    why="A function that lacks a library fails when it starts. Builds and install scripts of libraries are "
    "not run: they could do anything on the machine that checks or applies.",
    fix="Pin versions that have files for the function's runtime and architecture, with their hashes: "
    "presso build NAME --lock",
    bad="numpy==2.3.0",
    good="numpy==2.3.0 \\\n    --hash=sha256:…",
)
_PREDECESSORS = ("tenant", "fence")


def outdated(text: ExtensionText) -> Iterator[Hit]:
    """Yield the variables that the context has replaced, of an extension that does not declare it.

    The other checks would only report what follows from that.
    """
    declared = {b.labels[0]: b for b in text.blocks.get("", ()) if b.type == "variable" and b.labels}
    old = [declared[name] for name in _PREDECESSORS if name in declared]
    old = [block for block in old if "default" not in block.attributes]
    if "context" not in declared and old:
        names = " and ".join(block.labels[0] for block in old)
        found = f"it declares {names}, which context has replaced"
        place = min(Place(block.file, block.line) for block in old)
        yield Hit(place, found, _UPDATE.format(name=text.root.name))


@check(
    "S-002",
    "No provisioners",
    why="A provisioner runs commands on the machine where the extension is applied.",
    fix="Do it in a function, or leave it out.",
    bad='provisioner "local-exec" {\n  command = "…"\n}',
)
def provisioners(model: Model) -> Iterator[Hit]:
    """Yield provisioners and their connections."""
    for block in model.text.all():
        for inner in block.within():
            for name in ("provisioner", "connection"):
                if inner.type in ("resource", "removed", "data", "module") and inner.has(name):
                    yield Hit(Place(block.file, inner.line_of(name)), f"{block.address} has a {name}")


@check(
    "S-003",
    "No backend, no settings of Terraform's",
    why="The platform sets the backend and Terraform's settings: an extension is a module, not a root "
    "module.",
    fix="Keep required_version and required_providers only.",
    bad='terraform {\n  backend "s3" {}\n}',
)
def settings(model: Model) -> Iterator[Hit]:
    """Yield all other settings in terraform blocks."""
    for block in model.text.all("terraform"):
        said = {*block.attributes, *(inner.type for inner in block.blocks)}
        for name in sorted(said - {"required_version", "required_providers"}):
            yield Hit(Place(block.file, block.line_of(name)), f"terraform has {name}")


@check(
    "S-004",
    "Only the providers aws and archive",
    why="A provider is a program: it runs where the extension is planned, and can do anything there.",
    fix="Use hashicorp/aws and hashicorp/archive.",
    bad='data "http" "exfiltrate" {\n  url = "https://…"\n}',
)
def providers(model: Model) -> Iterator[Hit]:
    """Yield other providers, and resources of their types."""
    for block in model.text.all():
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
            else:
                wanted = value.get("version") if isinstance(value, dict) else value
                if isinstance(wanted, str) and not provider_versions.exists(name, wanted):
                    what = f"no version of provider {name} that units use is {wanted}"
                    yield Hit(Place(inner.file, inner.line_of(name)), what)


@check(
    "S-014",
    "Terraform reads what the gate reads",
    why="The gate reads Terraform's files with its own parser. Blocks that only one parser sees have not "
    "been judged.",
    fix="Write plain Terraform: run terraform fmt, and leave out unusual syntax.",
    levels=("plan",),
)
def read_alike(model: Model) -> Iterator[Hit]:
    """Yield blocks that only one parser sees."""
    if model.configuration is not None:
        yield from block_comparison.differences(model.configuration, model.text)


# Blocks in Terraform's plan (`configuration`), or without an effect except on names and values.
_NEEDED = frozenset(
    {"check", "data", "locals", "module", "moved", "output", "resource", "terraform", "variable"}
)
# Checks of their own reject these: P1-018, P3-004, S-004.
_JUDGED = frozenset({"action", "ephemeral", "import", "provider"})


@check(
    "S-013",
    "Only blocks that the gate knows",
    why="The effect of other block types has not been judged, and a plan does not show the provisioners of a "
    "removed block.",
    fix="Use resource, data, module, variable, output, locals, check and moved; to remove a resource, delete "
    "its block.",
    bad="removed {\n  from = aws_sqs_queue.old\n}",
)
def known(model: Model) -> Iterator[Hit]:
    """Yield top-level blocks of other types."""
    for block in model.text.all():
        if block.type in _NEEDED | _JUDGED or (block.type == "removed" and keeps(block)):
            continue
        if not any(inner.has("provisioner") for inner in block.within()):  # S-002 reports these
            yield Hit(Place(block.file, block.line), f"a {block.type} block")


@check(
    "P1-018",
    "No provider configuration of its own",
    why="Another region, account or role is outside the boundary's reach: the unit passes the provider "
    "to the extension.",
    fix="Leave out provider blocks, and provider in resources and modules.",
    bad='provider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}',
)
def configured(model: Model) -> Iterator[Hit]:
    """Yield provider blocks and references to another provider."""
    for block in model.text.all():
        if block.type == "provider" and block.labels[:1] in (("aws",), ("archive",)):
            yield Hit(Place(block.file, block.line), f"provider {block.labels[0]} is configured")
        for name in ("provider", "providers"):
            if block.type in ("resource", "data", "module") and block.has(name):
                yield Hit(Place(block.file, block.line_of(name)), f"{block.address} sets another provider")


@check(
    "S-005",
    "Modules are the extension's own or building blocks",
    why="A module from elsewhere is downloaded and run unread, and may be different tomorrow.",
    fix=f"Copy it below the extension, or use ../../modules/: {', '.join(sorted(BUILDING_BLOCKS))}.",
    bad='source = "terraform-aws-modules/sqs/aws"',
    good='source = "../../modules/event-queue"',
)
def modules(model: Model) -> Iterator[Hit]:
    """Yield modules from elsewhere."""
    for folder, blocks in model.text.blocks.items():
        for block in blocks:
            if block.type != "module" or local_module(model.text.root, folder, block) is not None:
                continue
            if platform_module(folder, block) not in BUILDING_BLOCKS:
                source = block.attributes.get("source")
                said = module_source(block) or ("nowhere" if source is None else source_of(source))
                yield Hit(Place(block.file, block.line_of("source")), f"{block.address} comes from {said}")


@check(
    "S-021",
    "No module calls itself",
    why="Terraform follows the calls until its memory or the path of a folder ends.",
    fix="Use for_each for what is repeated.",
    bad='# in ./more/main.tf\nmodule "more" {\n  source = "../more"\n}',
)
def recursive(model: Model) -> Iterator[Hit]:
    """Yield calls that lead back to the module that they are in."""
    calls = {
        folder: [
            (block, called)
            for block in blocks
            if block.type == "module" and (called := local_module(model.text.root, folder, block)) is not None
        ]
        for folder, blocks in model.text.blocks.items()
    }
    for folder, found in calls.items():
        for block, called in found:
            reached, waiting = {called}, [called]
            while waiting:
                more = {inner for _, inner in calls.get(waiting.pop(), [])} - reached
                reached |= more
                waiting += more
            if folder in reached:
                yield Hit(Place(block.file, block.line_of("source")), f"{block.address} leads back to itself")


@check(
    "S-006",
    "Files are read in the extension's folder only",
    why="Terraform reads files with the rights of the user who checks or applies the extension: keys, "
    "tokens, states.",
    fix='Begin with ${path.module}/ and stay below: file("${path.module}/src/query.sql").',
    bad='file("~/.aws/credentials")',
    good='file("${path.module}/menu.json")',
)
def reads(model: Model) -> Iterator[Hit]:
    """Yield reads of files outside the folder, or at an unknown path."""
    from presso.gate.paths import faults

    return faults(model)


declare(
    "S-016",
    "Terraform's plan is the one that was judged",
    why="The judged plan is applied. When values that AWS computes decide which resources exist, each apply "
    "has another plan.",
    fix="Do not let count, for_each or conditions depend on what AWS computes: ids, random parts, times.",
)


@check(
    "S-011",
    "No override files",
    why="Terraform merges an override file over the others: a reader sees something other than what is "
    "applied.",
    fix="Write it in the block that it overrides.",
)
def overrides(model: Model) -> Iterator[Hit]:
    """Yield override files."""
    for name in model.text.files:
        if re.search(r"(^|[/_])override\.tf(\.json)?$", name):
            yield Hit(Place(name), f"{name} is an override file")
