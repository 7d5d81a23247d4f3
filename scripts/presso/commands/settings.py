"""What every command gets: the global options."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from presso.workspace import Workspace

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def output_format(help_text: str = "Output format.") -> Any:
    """Return the option for the format of a command's output; its choices are the parameter's type."""
    return typer.Option("--format", help=help_text)


@dataclass(frozen=True)
class GlobalOptions:
    """The global options.

    Args:
        home: `--home` or `PRESSO_HOME`; "" is the checkout's `.presso`.
        quiet: Results and errors only.
    """

    home: str = ""
    quiet: bool = False

    @property
    def workspace(self) -> "Workspace":
        """The checkout and its home.

        Raises:
            UsageError: As `Workspace.find`.
        """
        from presso.workspace import Workspace

        return Workspace.find(self.home)


def settings(context: typer.Context) -> GlobalOptions:
    """Return the global options of this call."""
    found: GlobalOptions = context.find_root().obj
    return found
