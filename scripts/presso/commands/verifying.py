"""verify."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from presso.commands.settings import Json, settings
from presso.commands.unit_runs import Provider, Yes

if TYPE_CHECKING:
    from presso.verification.verification_run import VerificationRun


Probes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROBE…", help="Probes. [default: all; docs/aws-verified.md lists them]", show_default=False
    ),
]
Where = Annotated[Literal["local", "aws"], typer.Option("--target", help="Where the probes run.")]
Account = Annotated[
    str,
    typer.Option(metavar="ID", help="On aws: the account of the credentials.", show_default=False),
]
Region = Annotated[str, typer.Option(help="Region of AWS.")]
Limit = Annotated[str, typer.Option(help="Time limit of all probes; removing comes on top.")]
ReportFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Report to write. [default: in .presso/verified]", show_default=False),
]
Remove = Annotated[bool, typer.Option("--remove", help="Only remove what runs that were killed have left.")]


def verify(
    context: typer.Context,
    probes: Probes = None,
    target: Where = "local",
    account: Account = "",
    region: Region = "us-east-1",
    provider: Provider = None,
    time_limit: Limit = "45m",
    report: ReportFile = None,
    remove: Remove = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Try the documents' claims about AWS by small probes in a temporary tenant, and remove what they made.

    Prints the most that it costs before it starts. Exits 1 if a claim is refuted or something is left.

    Example: presso verify --target aws --account 111111111111
    """
    from presso.presenters import verified
    from presso.verification import verification_run

    workspace = settings(context).workspace
    if not verification_run.remove_left(workspace, verified.show_removed):
        raise typer.Exit(1)
    if remove:
        return
    run = verification_run.prepared(
        workspace, target, account, region, provider=provider, names=probes or (), time_limit=time_limit
    )
    verified.show_estimate(run)
    _confirm(run, yes=yes)
    file = report or workspace.home / "verified" / f"{target}-{region}.json"
    run.progress = verified.show_result
    done = run.execute(lambda ended: ended.write(file))
    verified.show_report(done, file, json_wanted=json)
    if done.count("refuted") or done.left:
        raise typer.Exit(1)


def _confirm(run: "VerificationRun", *, yes: bool) -> None:
    """Ask before anything is created on AWS.

    Raises:
        UsageError: There is no terminal to ask in.
        Exit: The answer is no.
    """
    from presso.errors import UsageError

    if run.place.target == "local" or yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("verify creates resources on aws.", hint="Confirm by --yes.")
    if not typer.confirm(f"Create them in account {run.place.account}?", err=True):
        raise typer.Exit(1)
