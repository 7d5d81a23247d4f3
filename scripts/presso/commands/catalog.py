"""catalog list, show, search, validate, example, pattern, test-pattern, infer, impact, code."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from presso.commands import completion, exports
from presso.commands.settings import Json, settings

if TYPE_CHECKING:
    from presso.catalog.answers import Books
    from presso.catalog.events import Catalog

catalog = typer.Typer(
    help="Find events, their schemas, who emits and who consumes them.", no_args_is_help=True
)

Event = Annotated[str, typer.Argument(metavar="EVENT", autocompletion=completion.events)]
OfTenant = Annotated[
    str,
    typer.Option(
        help="Consumers from the rules deployed there, not from the checkout's.",
        autocompletion=completion.tenants,
    ),
]


@catalog.command("list")
def list_(
    context: typer.Context,
    producer: Annotated[str, typer.Option(help="Only events that this one emits.")] = "",
    consumer: Annotated[str, typer.Option(help="Only events that a rule of this one takes.")] = "",
    tenant: OfTenant = "",
    json: Json = False,
) -> None:
    """Show the events.

    Example: presso catalog list --consumer order-metrics
    """
    from presso.catalog import answers

    answers.list_events(_books(context, tenant), producer=producer, consumer=consumer, json_wanted=json)


@catalog.command()
def show(context: typer.Context, event: Event, tenant: OfTenant = "", json: Json = False) -> None:
    """Show an event: its fields, producer, consumers, an example, a pattern for a rule.

    Example: presso catalog show OrderManager.WaitingCompletion
    """
    from presso.catalog import answers

    answers.show(_books(context, tenant), event, json_wanted=json)


@catalog.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS…", help="All of them must be there.")],
    json: Json = False,
) -> None:
    """Find events by names, descriptions and fields.

    Example: presso catalog search average drink
    """
    from presso.catalog import answers

    answers.search(_books(context), words, json_wanted=json)


@catalog.command()
def validate(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE…|-", help="Events in JSON; without any, the catalog itself and all scenarios."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Unknown fields are errors too.")] = False,
    json: Json = False,
) -> None:
    """Hold events against their schemas.

    A file has an event, a list of them, one a line, a scenario or a PutEvents request.

    Example: presso watch nyc --json | head -100 | presso catalog validate -
    """
    from presso.catalog import checking

    if not checking.validate(_catalog(context), files or [], strict=strict, json_wanted=json):
        raise typer.Exit(1)
    if not files:
        from presso import terminal
        from presso.catalog import scenario_check

        terminal.say(f"{scenario_check.check_files(settings(context).workspace)} scenarios agree with it.")


@catalog.command()
def example(
    context: typer.Context,
    event: Event,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    form: Annotated[
        Literal["event", "detail", "entry"],
        typer.Option("--form", help="In its envelope, only the detail, or as PutEvents takes it."),
    ] = "event",
    json: Json = False,
) -> None:
    """Make up events from the schema: one a line, or with --json a list.

    Example: presso catalog example OrderManager.MakeOrder --count 3 --seed 7
    """
    from presso.catalog import making

    making.examples(_catalog(context), event, count, seed, form=form, json_wanted=json)


@catalog.command()
def pattern(
    context: typer.Context,
    event: Event,
    where: Annotated[
        list[str] | None,
        typer.Option(help="A condition: path=value, != ^= $= ~ > >= < <=, path? (is there), !path (is not)."),
    ] = None,
    form: Annotated[Literal["hcl", "json"], typer.Option("--form", help="How to write it.")] = "hcl",
    json: Json = False,
) -> None:
    """Build a rule's pattern, and try it on the event's examples.

    Example: presso catalog pattern OrderManager.WaitingCompletion --where drinkOrder.drink=Americano
    """
    from presso.catalog import checking

    checking.build_pattern(_catalog(context), event, where or [], form=form, json_wanted=json)


@catalog.command("test-pattern")
def try_pattern(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="JSON, @file, or - for stdin.")],
    events: Annotated[
        list[str] | None, typer.Option("--events", metavar="FILE", help="Try these, not the examples.")
    ] = None,
    json: Json = False,
) -> None:
    """Say which events a pattern matches, and what keeps it from the others; exit 1 when it matches none.

    Example: presso catalog test-pattern '{"detail": {"drinkOrder": {"drink": ["Caffe Latte"]}}}'
    """
    from presso.catalog import checking

    if not checking.try_pattern(_books(context), pattern, events or [], json_wanted=json):
        raise typer.Exit(1)


@catalog.command("infer")
def infer_(
    context: typer.Context,
    observed: Annotated[
        str, typer.Argument(metavar="TENANT|FILE", autocompletion=completion.tenants, help="Or - for stdin.")
    ],
    minutes: Annotated[int, typer.Option(min=1, help="How far back to look in a tenant's event log.")] = 60,
    json: Json = False,
) -> None:
    """Infer schemas from observed events and compare them with the catalog; exit 1 when they drift apart.

    Example: presso catalog infer nyc --minutes 15
    """
    from presso.catalog import observation

    workspace = settings(context).workspace
    if not observation.report(workspace, observed, minutes=minutes, json_wanted=json):
        raise typer.Exit(1)


@catalog.command()
def impact(
    context: typer.Context,
    against: Annotated[str, typer.Option(help="A git ref, such as origin/main.")] = "HEAD",
    json: Json = False,
) -> None:
    """Say what changed in the catalog since a git ref and who breaks; exit 1 when anybody does.

    Example: presso catalog impact --against origin/main
    """
    from presso.catalog import impact

    if not impact.report(settings(context).workspace, against, json_wanted=json):
        raise typer.Exit(1)


@catalog.command()
def code(
    context: typer.Context,
    events: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EVENT…", help="Without any, those whose code is there.", autocompletion=completion.events
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="python, typescript, java or go.",
            autocompletion=completion.languages,
            show_default="that of the code there, else python",
        ),
    ] = None,
    out: Annotated[str, typer.Option(metavar="DIR|-", help="Where to write it; - is stdout.")] = "-",
    check: Annotated[
        str, typer.Option(metavar="DIR", help="Write nothing; exit 1 when the code there is not up to date.")
    ] = "",
    json: Json = False,
) -> None:
    """Write classes that read and write events, in a language of your choice.

    Example: presso catalog code OrderManager.WaitingCompletion --out extensions/order-metrics/src/events
    """
    from presso.catalog.bindings import answering

    workspace = settings(context).workspace
    if check:
        if not answering.check(workspace, check, json_wanted=json):
            raise typer.Exit(1)
    else:
        answering.write(workspace, events or [], language, out, json_wanted=json)


catalog.command()(exports.export)
catalog.command()(exports.cloudevent)


def _catalog(context: typer.Context) -> "Catalog":
    from presso.catalog.events import Catalog

    return Catalog.load(settings(context).workspace)


def _books(context: typer.Context, tenant: str = "") -> "Books":
    """The catalog, with the rules of the checkout or of a tenant."""
    from presso.catalog.answers import Books
    from presso.catalog.events import Catalog
    from presso.catalog.rules import Rules

    workspace = settings(context).workspace
    if tenant:
        from presso.catalog.live_rules import deployed

        return Books(Catalog.load(workspace), deployed(workspace, tenant))
    return Books(Catalog.load(workspace), Rules.load(workspace))


def graph(
    context: typer.Context,
    whose: Annotated[
        str,
        typer.Argument(
            metavar="[TENANT|EXTENSION]",
            help="A tenant's as deployed, an extension's part; without it all that the checkout has.",
            autocompletion=completion.tenants_and_extensions,
        ),
    ] = "",
    form: Annotated[
        Literal["mermaid", "svg", "dot", "json"], typer.Option("--format", help="How it is written.")
    ] = "mermaid",
    json: Json = False,
) -> None:
    """Draw the flow of events: producers, bus, rules, targets, and what these emit.

    Example: presso graph order-metrics --format svg > flow.svg
    """
    from presso import tenants
    from presso.catalog import graphs

    tenant = whose if whose and whose in tenants.names_of(settings(context).workspace) else ""
    books = _books(context, tenant)
    drawn = graphs.flow(books, "" if tenant else whose, bus=tenant or "bus")
    graphs.draw(drawn, "json" if json else form)
