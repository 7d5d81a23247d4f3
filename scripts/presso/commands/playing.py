"""demo, play, watch, scenario."""

from typing import Annotated, Literal

import typer

from presso.commands import completion
from presso.commands.bar import Address, Lan
from presso.commands.settings import Json, settings

Tenant = Annotated[str, typer.Argument(metavar="TENANT", autocompletion=completion.tenants)]

Title = Annotated[str, typer.Option(help="Human-readable title.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing scenario of that name.")]
With = Annotated[
    str,
    typer.Option(
        "--with",
        metavar="EXTENSION,…",
        help="Include events emitted by these extensions; all includes every extension.",
        autocompletion=completion.extensions,
    ),
]

scenario = typer.Typer(help="Make, record and list scenarios.", no_args_is_help=True)


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything deployed afterwards.")] = False,
    bar: Annotated[
        bool, typer.Option("--bar", help="Show two coffee bars instead, one of them busy with robots.")
    ] = False,
    orders: Annotated[
        int, typer.Option(min=0, help="With --bar: end after so many orders of robots; 0 is until Ctrl-C.")
    ] = 0,
    lan: Lan = False,
    address: Address = "",
    json: Json = False,
) -> None:
    """Run the demo, start to end.

    Deploys two tenants with an extension, replays events in one of them, checks that the other receives none,
    and removes everything. With --bar, the tenants have coffee bars: robots order and make drinks in one of
    them, until Ctrl-C; then everything is removed. Phones in the local network reach them with --lan.

    Example: presso demo --bar --lan
    """
    from presso.errors import UsageError

    chosen = settings(context)
    if bar and keep:
        stays = "A bar that stays: set core: true in a tenant's file, apply it."
        raise UsageError("--bar keeps nothing deployed.", hint=stays)
    if bar:
        from presso.bar import lan_proxy
        from presso.demo import bar_demo

        place = lan_proxy.address(address) if lan or address else ""
        code = bar_demo.run(chosen.workspace, orders=orders, lan=place, json_wanted=json, quiet=chosen.quiet)
        raise typer.Exit(code)
    if given := [name for name, value in (("orders", orders), ("lan", lan), ("address", address)) if value]:
        raise UsageError(f"--{given[0]} is for the coffee bar: presso demo --bar --{given[0]} …")
    from presso.demo import demo_run

    raise typer.Exit(demo_run.run(chosen.workspace, keep=keep, json_wanted=json, quiet=chosen.quiet))


def play(
    context: typer.Context,
    tenant: Tenant,
    scenario: Annotated[
        str, typer.Option(autocompletion=completion.scenarios, help="Scenario to replay.")
    ] = "quarter-hour",
    speed: Annotated[str, typer.Option(help="Replay speed; 60 replays a minute in a second.")] = "1",
    json: Json = False,
) -> None:
    """Replay a scenario onto a tenant's bus.

    Example: presso play nyc --scenario quarter-hour --speed 60
    """
    from presso.presenters import replay as bar

    chosen = settings(context)
    bar.play(chosen.workspace, tenant, scenario, speed, json_wanted=json, quiet=chosen.quiet)


def watch(context: typer.Context, tenant: Tenant, json: Json = False) -> None:
    """Show a tenant's events live, until Ctrl-C, and why its functions fail.

    Example: presso watch nyc --json | jq '."detail-type"'
    """
    from presso.presenters import replay as bar

    chosen = settings(context)
    bar.watch(chosen.workspace, tenant, json_wanted=json, quiet=chosen.quiet)


@scenario.command()
def make(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]", help="Name of the scenario and its file. [default: from the options]"
        ),
    ] = "",
    minutes: Annotated[int, typer.Option(help="Minutes to simulate.")] = 15,
    orders: Annotated[int, typer.Option(help="Number of orders.")] = 80,
    kind: Annotated[
        Literal["usual", "rush", "closing", "timeouts", "chaos"],
        typer.Option(help="Kind of day to simulate."),
    ] = "usual",
    seed: Annotated[int, typer.Option(help="Random seed; the same seed simulates the same day.")] = 1,
    title: Title = "",
    with_: With = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Simulate a coffee bar and write its events as a scenario.

    usual: a normal day. rush: more orders than the queue takes. closing: the store closes and rejects orders.
    timeouts: customers or baristas do not respond. chaos: events arrive twice, late and out of order.

    Example: presso scenario make big-rush --kind rush --minutes 30 --orders 900 --seed 7
    """
    from presso.presenters import scenarios
    from presso.simulation.scenario_writer import ScenarioDraft

    draft = ScenarioDraft(name or f"simulated-{minutes}-{orders}-{seed}", title, seed, _names(with_), force)
    workspace = settings(context).workspace
    scenarios.make(workspace, draft, minutes=minutes, orders=orders, kind=kind, json_wanted=json)


@scenario.command()
def record(
    context: typer.Context,
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="Name of the scenario. [default: <tenant>-recorded]")] = "",
    minutes: Annotated[int, typer.Option(min=1, help="Minutes of the event log to read.")] = 60,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Start time instead of --minutes, such as 2026-05-01T09:30.")
    ] = "",
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Read the bus's archive instead of the event log.")
    ] = False,
    with_: With = "",
    invalid: Annotated[
        Literal["refuse", "drop", "keep"],
        typer.Option(help="What to do with events that violate the catalog."),
    ] = "refuse",
    speed: Annotated[
        str, typer.Option(help="Speed of the recorded replay; times are multiplied by it.")
    ] = "1",
    seed: Annotated[int, typer.Option(help="Random seed; the same seed generates the same new ids.")] = 1,
    title: Title = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Record a scenario from a tenant's events: relative times, new ids, replayable in any tenant.

    Replaces ids, tokens, codes and mail addresses, each value by the same other one everywhere.
    The archive is replayed to the recording only: extensions do not receive the events again.

    Example: presso scenario record nyc --minutes 15 --name opening-day
    """
    from presso.presenters import scenarios
    from presso.simulation.scenario_writer import ScenarioDraft, Traffic

    draft = ScenarioDraft(name or f"{tenant}-recorded", title, seed, _names(with_), force)
    traffic = Traffic(tenant, minutes, since, from_archive, speed)
    scenarios.record(settings(context).workspace, draft, traffic, invalid=invalid, json_wanted=json)


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


@scenario.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the scenarios of this checkout.

    Example: presso scenario list
    """
    from presso.presenters import scenarios

    scenarios.list_(settings(context).workspace, json_wanted=json)
