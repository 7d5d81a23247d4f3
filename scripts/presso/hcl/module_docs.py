"""The tables of inputs and outputs in the READMEs of modules and extensions, written from their HCL.

A README marks their place by two lines, `<!-- tables -->` and `<!-- /tables -->`; the text between them
is generated. `python -m presso.hcl.module_docs` writes them; with `--check` it only reports stale ones.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso.errors import PressoError
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.values import evaluate

BEGIN, END = "<!-- tables -->", "<!-- /tables -->"


@dataclass(frozen=True)
class Variable:
    """An input of a module; `type` and `default` as HCL, `default` None when it must be given."""

    name: str
    description: str
    type: str
    default: str | None


@dataclass(frozen=True)
class Output:
    """An output of a module."""

    name: str
    description: str


@dataclass(frozen=True)
class Interface:
    """What a module takes and gives."""

    variables: list[Variable]
    outputs: list[Output]


def read(module: Path) -> Interface:
    """Return the interface of the module in a folder, by name.

    Raises:
        PressoError: A file is not HCL; the file and the place are named.
    """
    blocks = [(file, block) for file in sorted(module.glob("*.tf")) for block in _blocks(file)]
    variables = [
        Variable(
            name=block.labels[0],
            description=_described(block, file),
            type=_type(block.attributes["type"].serialize()) if "type" in block.attributes else "any",
            default=_hcl(block.attributes["default"].serialize()) if "default" in block.attributes else None,
        )
        for file, block in blocks
        if block.type == "variable"
    ]
    outputs = [
        Output(block.labels[0], _described(block, file)) for file, block in blocks if block.type == "output"
    ]
    return Interface(sorted(variables, key=lambda v: v.name), sorted(outputs, key=lambda o: o.name))


def tables(interface: Interface) -> str:
    """Return the interface as Markdown."""
    lines = []
    if interface.variables:
        lines += ["## Inputs", "", "| name | description | type | default |", "|---|---|---|---|"]
        for variable in interface.variables:
            default = "required" if variable.default is None else f"`{variable.default}`"
            cells = (f"`{variable.name}`", variable.description, f"`{variable.type}`", default)
            lines.append(_row(cells))
        lines.append("")
    if interface.outputs:
        lines += ["## Outputs", "", "| name | description |", "|---|---|"]
        lines += [_row((f"`{output.name}`", output.description)) for output in interface.outputs]
        lines.append("")
    return "\n".join(lines)


def updated(readme: Path) -> str:
    """Return the wanted text of a README: its own text, with the tables of its folder.

    Raises:
        PressoError: It has no place for them, or the module's HCL is broken or undescribed.
    """
    text = readme.read_text(encoding="utf-8")
    before, *begun = text.split(f"{BEGIN}\n")
    _, *after = begun[0].split(f"{END}\n") if len(begun) == 1 else ("",)
    if len(after) != 1:
        raise PressoError(
            f"{readme} has no place for the tables of inputs and outputs.",
            hint=f"Add two lines where they should be: {BEGIN} and {END}",
        )
    generated = f"{BEGIN}\n\n{tables(read(readme.parent))}\n{END}\n"
    return f"{before}{generated}{after[0]}"


def readmes(root: Path) -> list[Path]:
    """Return the READMEs of a checkout's modules and extensions."""
    folders = sorted(
        main.parent for kind in ("modules", "extensions") for main in root.glob(f"{kind}/*/main.tf")
    )
    return [folder / "README.md" for folder in folders if (folder / "README.md").is_file()]


def stale(root: Path) -> list[Path]:
    """Return the READMEs of a checkout whose tables differ from the HCL.

    Raises:
        PressoError: As `updated`.
    """
    return [readme for readme in readmes(root) if readme.read_text(encoding="utf-8") != updated(readme)]


def write(root: Path) -> list[Path]:
    """Write the tables that differ from the HCL, and return the READMEs that changed.

    Raises:
        PressoError: As `updated`.
    """
    changed = stale(root)
    for readme in changed:
        readme.write_text(updated(readme), encoding="utf-8")
    return changed


def _row(cells: tuple[str, ...]) -> str:
    # A pipe ends a cell even within code.
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _blocks(file: Path) -> list[Block]:
    try:
        return blocks_of(file.read_text(encoding="utf-8"), file.name)
    except Unreadable as error:
        raise PressoError(f"{file} is not HCL: {error}, in line {error.line}") from error


def _described(block: Block, file: Path) -> str:
    node = block.attributes.get("description")
    text = "" if node is None else " ".join(str(evaluate(node, {})).split())
    if not text:
        raise PressoError(
            f"{file}: {block.labels[0]} has no description.", hint="Describe its purpose in one sentence."
        )
    return text


def _type(hcl: str) -> str:
    """Return a type on one line, as it is written in HCL."""
    return re.sub(r"^\$\{(.*)\}$", r"\1", " ".join(hcl.split()), flags=re.DOTALL)


def _hcl(value: Any) -> str:
    """Return a default, as python-hcl2 writes it, as HCL again."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        pairs = [f"{key} = {_hcl(item)}" for key, item in value.items() if key != "__is_block__"]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_hcl, value))}]"
    return re.sub(r"^\$\{(.*)\}$", r"\1", str(value), flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write the tables of the checkout in the current folder, or with `--check` name the stale ones."""
    root = Path.cwd()
    check = "--check" in arguments
    try:
        changed = stale(root) if check else write(root)
    except PressoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    for readme in changed:
        print(f"{readme.relative_to(root)}: {'its tables are stale' if check else 'tables written'}")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
