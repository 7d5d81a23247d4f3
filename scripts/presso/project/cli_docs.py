"""docs/cli.md, written from the commands themselves.

`python -m presso.project.cli_docs` writes it, with `--check` it only says whether it is stale.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from presso.project.generated import ROOT, keep

PAGE = Path("docs") / "cli.md"
_OPENING = """# The commands

<!-- Written by python -m presso.project.cli_docs; changes made here are lost. -->

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped
by Ctrl-C (143 by SIGTERM, 129 by SIGHUP); `plan --detailed-exitcode` gives Terraform's own. `NO_COLOR` takes
the colours away.
"""


def page() -> str:
    """Return the page as the commands are now."""
    import typer

    from presso.cli import app

    group = typer.main.get_command(app)
    sections = [_options("Everywhere", group)] + [
        _section(name, command) for name, command in _commands(group)
    ]
    return "\n".join([_OPENING, *sections])


def _commands(group: Any, before: str = "presso") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        full = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from _commands(command, full)
        elif not command.hidden:
            yield full, command


def _section(name: str, command: Any) -> str:
    arguments = [
        parameter.metavar or parameter.name.upper()
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    text, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    lines = [f"## {name}\n", f"```sh\n{' '.join([name, *arguments])}\n```\n", f"{text.strip()}\n"]
    if example:
        lines.append(f"Example: `{example.strip()}`\n")
    table = _table(command)
    return "\n".join([*lines, *([table] if table else [])])


def _options(title: str, command: Any) -> str:
    return f"## {title}\n\n{_table(command)}"


def _table(command: Any) -> str:
    rows = [
        f"| {_code([*parameter.opts, *parameter.secondary_opts])} | {_described(parameter)} |\n"
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden
    ]
    shown = [row for row in rows if "completion" not in row]
    return "".join(["| option | meaning |\n", "|---|---|\n", *shown]) if shown else ""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def choices_of(parameter: Any) -> list[str]:
    """Return the values that an option or argument takes; none where it takes any."""
    return [str(_plain(choice)) for choice in getattr(parameter.type, "choices", ())]


def _plain(value: Any) -> Any:
    """Return a member of an enumeration as a person types it."""
    return value.value if isinstance(value, Enum) else value


def _described(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    if choices := choices_of(parameter):
        text += f" One of {_code(choices)}."
    default = _plain(parameter.default)
    has_negative = bool(parameter.secondary_opts)
    if has_negative:
        default = parameter.opts[0] if default else parameter.secondary_opts[0]
    if (has_negative or not parameter.is_flag) and isinstance(default, str | int | float) and default != "":
        text += f" [default: {default}]"
    if isinstance(parameter.envvar, str):
        text += f" Also by `{parameter.envvar}`."
    return text.strip().replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page; with `--check`, return 1 when it is stale."""
    return keep(ROOT, PAGE, page(), "presso.project.cli_docs", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
