"""The pages of those who emit and take events: services and extensions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from presso.catalog.graphs import flow
from presso.extensions import Extension
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.modules import module_source, modules_in
from presso.hcl.text import attribute
from presso.site.content import Content, Service
from presso.site.markup import code, raw, rst, title
from presso.site.parts import Parts


def service(content: Content, service: Service) -> str:
    """The page of a service: what it emits, what it takes, and its flow."""
    parts = Parts(content, "../")
    return "\n".join(
        [
            title(service.name),
            raw(parts.lead(service.summary)),
            raw(parts.facts([("Name", service.title if service.title != service.name else "")])),
            *_traffic(content, parts, service.name),
        ]
    )


def extension(content: Content, extension: Extension) -> str:
    """The page of an extension: what it is, what it takes and emits, its flow, what it is made of."""
    parts = Parts(content, "../")
    paragraphs = [rst(part) for part in extension.description.split("\n\n") if part.strip()]
    return "\n".join(
        [
            title(extension.name),
            raw(parts.lead(extension.summary, [("", extension.language), ("", extension.framework)])),
            raw(parts.facts(_facts(content, extension))),
            *_traffic(content, parts, extension.name),
            title("What it is", "-"),
            "\n\n".join(paragraphs) + "\n",
            title("What it is made of", "-"),
            raw(parts.resources(_blocks(content, extension.name))),
            title("To read", "-"),
            raw(f"<ul>{''.join(f'<li>{_link(link)}</li>' for link in extension.resources)}</ul>"),
        ]
    )


def _facts(content: Content, extension: Extension) -> list[tuple[str, object]]:
    author = extension.author
    links = Markup(", ").join(map(_link, author.links))
    try_it = f"presso apply 'TENANT/{extension.name}'"
    return [
        ("Title", extension.title),
        ("Author", Markup("{}. {} {}").format(author.name, author.bio, links)),
        ("In tenants", ", ".join(content.deployed_in.get(extension.name, [])) or "none"),
        ("Folder", Markup("<code>extensions/{}</code>").format(extension.name)),
        ("Apply it", Markup("<code>{}</code>").format(try_it)),
    ]


def _link(link: str) -> Markup:
    return Markup('<a class="external" href="{}">{}</a>').format(link, link)


def _traffic(content: Content, parts: Parts, owner: str) -> list[str]:
    rules, emitted = content.rules.of(owner), content.emitted(owner)
    found = [title("Its flow", "-"), raw(parts.flow(flow(content.view, owner)))]
    found += [title("What it takes", "-")]
    if rules:
        found.append(raw(parts.rules(rules)))
        found += [
            f"{rst(rule.name)}:\n\n{code(attribute('pattern', rule.pattern), 'terraform')}" for rule in rules
        ]
    else:
        found.append("None by a rule.\n")
    found += [title("Emitted events", "-")]
    found.append(raw(parts.events(emitted, f"What {owner} emits")) if emitted else "None.\n")
    return found


def _blocks(content: Content, name: str) -> list[tuple[str, str, str]]:
    """The Terraform blocks of an extension: address, what it is, and where it is written."""
    root = content.workspace.extensions / name
    found = []
    for module in modules_in(root, lambda folder: _readable(root, folder)).values():
        for block in (block for block in module if block.type in ("module", "resource", "data")):
            called = module_source(block)
            kind = (
                f"building block {called.rpartition('/')[2]}"
                if called
                else block.labels[0].removeprefix("aws_").replace("_", " ")
            )
            found.append((block.address, kind, f"extensions/{name}/{block.file}:{block.line}"))
    return found


def _readable(root: Path, folder: str) -> Iterator[Block]:
    """The blocks of a module, without files that are not Terraform; the gate reports those."""
    for path in sorted((root / folder).glob("*.tf")):
        with contextlib.suppress(OSError, UnicodeDecodeError, Unreadable):
            yield from blocks_of(path.read_text(encoding="utf-8"), str(path.relative_to(root)))
