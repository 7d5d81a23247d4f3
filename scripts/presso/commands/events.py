"""demo, play, watch, scenario."""

from typing import Annotated, Literal

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings

Tenant = Annotated[str, typer.Argument(metavar="TENANT", autocompletion=completion.tenants)]

Title = Annotated[str, typer.Option(help="What a person reads in a list.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a scenario of that name.")]
With = Annotated[
    str,
    typer.Option(
        "--with",
        metavar="EXTENSION,…",
        help="Also what these emit; all: every one that does.",
        autocompletion=completion.extensions,
    ),
]

scenario = typer.Typer(help="What the player can replay.", no_args_is_help=True)


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything standing afterwards.")] = False,
    json: Json = False,
) -> None:
    """Show it all, start to end.

    Two tenants, an extension, a replay in one of them, isolation checked, everything removed.

    Example: presso demo --json
    """
    from presso.demo import story as demo

    chosen = settings(context)
    raise typer.Exit(demo.run(chosen.workspace, keep=keep, json_wanted=json, quiet=chosen.quiet))


def play(
    context: typer.Context,
    tenant: Tenant,
    scenario: Annotated[str, typer.Option(autocompletion=completion.scenarios)] = "quarter-hour",
    speed: Annotated[str, typer.Option(help="60 plays a minute in a second.")] = "1",
    json: Json = False,
) -> None:
    """Replay a scenario onto a tenant's bus.

    Example: presso play nyc --scenario quarter-hour --speed 60
    """
    from presso.bar import actions as bar

    chosen = settings(context)
    bar.play(chosen.workspace, tenant, scenario, speed, json_wanted=json, quiet=chosen.quiet)


def watch(context: typer.Context, tenant: Tenant, json: Json = False) -> None:
    """Show a tenant's events, live, until Ctrl-C.

    Example: presso watch nyc --json | jq '."detail-type"'
    """
    from presso.bar import actions as bar

    chosen = settings(context)
    bar.watch(chosen.workspace, tenant, json_wanted=json, quiet=chosen.quiet)


@scenario.command()
def make(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Becomes the file's name. [default: from the numbers]")
    ] = "",
    minutes: Annotated[int, typer.Option(help="How long the bar is looked at.")] = 15,
    orders: Annotated[int, typer.Option(help="How many orders customers come for.")] = 80,
    kind: Annotated[
        Literal["usual", "rush", "closing", "timeouts", "chaos"], typer.Option(help="The kind of day.")
    ] = "usual",
    seed: Annotated[int, typer.Option(help="Another seed is another day.")] = 1,
    title: Title = "",
    with_: With = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Simulate a coffee bar and write what happens as a scenario.

    In a rush most customers find no place, at closing newcomers are refused; with timeouts they forget their
    orders or the baristas do; in chaos events come twice, late and out of order.

    Example: presso scenario make big-rush --kind rush --minutes 30 --orders 900 --seed 7
    """
    from presso.bar import writing

    writing.make(
        settings(context).workspace,
        name or f"simulated-{minutes}-{orders}-{seed}",
        minutes=minutes,
        orders=orders,
        seed=seed,
        title=title,
        kind=kind,
        emitters=_names(with_),
        force=force,
        json_wanted=json,
    )


@scenario.command()
def record(
    context: typer.Context,
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="The scenario's. [default: <tenant>-recorded]")] = "",
    minutes: Annotated[int, typer.Option(min=1, help="How far back to look.")] = 60,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From this time instead: 2026-05-01T09:30.")
    ] = "",
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Take what the bus's archive has, not the event log.")
    ] = False,
    with_: With = "",
    invalid: Annotated[
        Literal["refuse", "drop", "keep"],
        typer.Option(help="What becomes of events that the catalog does not allow."),
    ] = "refuse",
    speed: Annotated[str, typer.Option(help="The speed it was played at: a second becomes so many.")] = "1",
    seed: Annotated[int, typer.Option(help="The same seed gives the same new ids.")] = 1,
    title: Title = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Make a scenario of what a tenant saw: relative times, new ids, playable in any tenant.

    Ids, tokens, codes and mail addresses become others, the same one always the same other one.
    The archive is replayed to the recording alone: no extension sees the events again.

    Example: presso scenario record nyc --minutes 15 --name opening-day
    """
    from presso.bar import writing

    writing.record(
        settings(context).workspace,
        tenant,
        name or f"{tenant}-recorded",
        writing.Span(since, minutes),
        from_archive=from_archive,
        emitters=_names(with_),
        invalid=invalid,
        speed=speed,
        seed=seed,
        title=title,
        force=force,
        json_wanted=json,
    )


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


@scenario.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Show the scenarios of this checkout.

    Example: presso scenario list
    """
    from presso.bar import actions as bar

    bar.list_scenarios(settings(context).workspace, json_wanted=json)
