"""catalog list, show, search, validate, example, pattern, test-pattern, infer, impact, code."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from presso.commands import completion, exports
from presso.commands.settings import Json, output_format, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from presso.catalog.catalog_view import CatalogView
    from presso.catalog.events import Catalog

catalog = typer.Typer(help="Browse, validate and export the events.", no_args_is_help=True)

Event = Annotated[str, typer.Argument(metavar="EVENT", autocompletion=completion.events)]
OfTenant = Annotated[
    str,
    typer.Option(
        help="Show consumers from the rules deployed in this tenant instead of the checkout's.",
        autocompletion=completion.tenants,
    ),
]


@catalog.command("list")
def list_(
    context: typer.Context,
    producer: Annotated[str, typer.Option(help="Only events emitted by this service or extension.")] = "",
    consumer: Annotated[str, typer.Option(help="Only events matched by a rule of this extension.")] = "",
    tenant: OfTenant = "",
    json: Json = False,
) -> None:
    """List the events.

    Example: presso catalog list --consumer order-metrics
    """
    from presso.presenters import catalog_events

    catalog_events.list_events(_view(context, tenant), producer=producer, consumer=consumer, json_wanted=json)


@catalog.command()
def show(context: typer.Context, event: Event, tenant: OfTenant = "", json: Json = False) -> None:
    """Show an event: fields, producer, consumers, an example and a rule pattern.

    Example: presso catalog show OrderManager.WaitingCompletion
    """
    from presso.presenters import catalog_events

    catalog_events.show(_view(context, tenant), event, json_wanted=json)


@catalog.command()
def search(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORDS…", help="Words to search for; an event must contain all of them."),
    ],
    json: Json = False,
) -> None:
    """Search events by name, description and field.

    Example: presso catalog search average drink
    """
    from presso.presenters import catalog_events

    catalog_events.search(_view(context), words, json_wanted=json)


@catalog.command()
def validate(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE…|-", help="JSON files of events. [default: the catalog and all scenarios]"
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat unknown fields as errors.")] = False,
    json: Json = False,
) -> None:
    """Validate events against their schemas.

    A file has an event, a list of them, one a line, a scenario or a PutEvents request.

    Example: presso watch nyc --json | head -100 | presso catalog validate -
    """
    from presso.presenters import validation

    if not validation.validate(_catalog(context), files or [], strict=strict, json_wanted=json):
        raise typer.Exit(1)
    if not files:
        from presso import terminal
        from presso.simulation import scenario_check

        terminal.say(f"{scenario_check.check_files(settings(context).workspace)} scenarios agree with it.")


@catalog.command()
def example(
    context: typer.Context,
    event: Event,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Number of events.")] = 1,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed generates the same events.")] = 1,
    form: Annotated[
        Literal["event", "detail", "entry"],
        output_format("Output format: the EventBridge envelope, the detail alone, or a PutEvents entry."),
    ] = "event",
    json: Json = False,
) -> None:
    """Generate events from the schema: one per line, or a list with --json.

    Example: presso catalog example OrderManager.MakeOrder --count 3 --seed 7
    """
    from presso.presenters import examples

    examples.examples(_catalog(context), event, count, seed, form=form, json_wanted=json)


@catalog.command()
def pattern(
    context: typer.Context,
    event: Event,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Condition: path=value, != ^= $= ~ > >= < <=, path? (exists), !path (does not exist)."
        ),
    ] = None,
    form: Annotated[Literal["hcl", "json"], output_format()] = "hcl",
    json: Json = False,
) -> None:
    """Build an event pattern for a rule and test it on the event's examples.

    Example: presso catalog pattern OrderManager.WaitingCompletion --where drinkOrder.drink=Americano
    """
    from presso.presenters import validation

    validation.build_pattern(_catalog(context), event, where or [], form=form, json_wanted=json)


@catalog.command("test-pattern")
def try_pattern(
    context: typer.Context,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Pattern as JSON, @file, or - for stdin.")
    ],
    events: Annotated[
        list[str] | None,
        typer.Option("--events", metavar="FILE", help="Events to test instead of the examples."),
    ] = None,
    json: Json = False,
) -> None:
    """Show which events a pattern matches and why it does not match others; exit 1 if it matches none.

    Example: presso catalog test-pattern '{"detail": {"drinkOrder": {"drink": ["Caffe Latte"]}}}'
    """
    from presso.presenters import validation

    if not validation.try_pattern(_view(context), pattern, events or [], json_wanted=json):
        raise typer.Exit(1)


@catalog.command("infer")
def infer_(
    context: typer.Context,
    observed: Annotated[
        str,
        typer.Argument(
            metavar="TENANT|FILE", autocompletion=completion.tenants, help="Tenant, file, or - for stdin."
        ),
    ],
    minutes: Annotated[int, typer.Option(min=1, help="Minutes of the tenant's event log to read.")] = 60,
    json: Json = False,
) -> None:
    """Infer schemas from observed events and compare them with the catalog; exit 1 if they differ.

    Example: presso catalog infer nyc --minutes 15
    """
    from presso.presenters import inferred

    workspace = settings(context).workspace
    if not inferred.report(workspace, observed, minutes=minutes, json_wanted=json):
        raise typer.Exit(1)


@catalog.command()
def impact(
    context: typer.Context,
    against: Annotated[str, typer.Option(help="Git ref to compare with, such as origin/main.")] = "HEAD",
    json: Json = False,
) -> None:
    """Show what changed in the catalog since a git ref and which consumers break; exit 1 if any does.

    Example: presso catalog impact --against origin/main
    """
    from presso.presenters import impact

    if not impact.report(settings(context).workspace, against, json_wanted=json):
        raise typer.Exit(1)


@catalog.command()
def code(
    context: typer.Context,
    events: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EVENT…",
            help="Events to generate code for. [default: those with code in --out]",
            autocompletion=completion.events,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="Language: python, typescript, java or go.",
            autocompletion=completion.languages,
            show_default="that of the code there, else python",
        ),
    ] = None,
    out: Annotated[str, typer.Option(metavar="DIR|-", help="Output folder, or - for stdout.")] = "-",
    check: Annotated[
        str,
        typer.Option(metavar="DIR", help="Write nothing; exit 1 if the code in this folder is out of date."),
    ] = "",
    json: Json = False,
) -> None:
    """Generate classes that parse and serialise events.

    Example: presso catalog code OrderManager.WaitingCompletion --out extensions/order-metrics/src/events
    """
    from presso.presenters import event_code

    workspace = settings(context).workspace
    if check:
        if not event_code.check(workspace, check, json_wanted=json):
            raise typer.Exit(1)
    else:
        event_code.write(workspace, events or [], language, out, json_wanted=json)


catalog.command()(exports.export)
catalog.command()(exports.cloudevent)


def _catalog(context: typer.Context) -> "Catalog":
    from presso.catalog.events import Catalog

    catalog = Catalog.load(settings(context).workspace)
    warn(catalog.faults)
    return catalog


def warn(faults: "Iterable[str]") -> None:
    """Print a warning for each broken extension, which is left out."""
    from presso import terminal

    for fault in dict.fromkeys(faults):
        terminal.say(f"Warning: {fault} This extension is left out.")


def _view(context: typer.Context, tenant: str = "") -> "CatalogView":
    """The catalog, with the rules of the checkout or of a tenant."""
    from presso.catalog.catalog_view import CatalogView
    from presso.catalog.rules import Rules

    workspace = settings(context).workspace
    found = _catalog(context)
    if tenant:
        from presso.deployment.live_rules import deployed

        return CatalogView(found, deployed(workspace, tenant))
    rules = Rules.load(workspace)
    warn(rules.faults)
    return CatalogView(found, rules)


def graph(
    context: typer.Context,
    whose: Annotated[
        str,
        typer.Argument(
            metavar="[TENANT|EXTENSION]",
            help="Tenant (as deployed) or extension to draw. [default: the whole checkout]",
            autocompletion=completion.tenants_and_extensions,
        ),
    ] = "",
    form: Annotated[Literal["mermaid", "svg", "dot", "json"], output_format()] = "mermaid",
    json: Json = False,
) -> None:
    """Draw the flow of events between producers, rules and targets.

    Example: presso graph order-metrics --format svg > flow.svg
    """
    from presso import tenants
    from presso.catalog import graphs
    from presso.presenters import graph

    tenant = whose if whose and whose in tenants.names_of(settings(context).workspace) else ""
    view = _view(context, tenant)
    drawn = graphs.flow(view, "" if tenant else whose, bus=tenant or "bus")
    graph.draw(drawn, "json" if json else form)
