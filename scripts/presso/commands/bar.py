"""bar."""

from typing import Annotated, Literal

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings

Tenant = Annotated[str, typer.Argument(metavar="TENANT", autocompletion=completion.tenants)]
Lan = Annotated[
    bool,
    typer.Option("--lan", help="Serve the bar, and nothing else of the local AWS, to the local network."),
]
Address = Annotated[
    str,
    typer.Option(metavar="IPV4", help="This machine's address in the network, where --lan takes another."),
]
Member = Annotated[str, typer.Argument(metavar="NAME", help="Name of the member.")]

bar = typer.Typer(help="Run a tenant's coffee bar: open, close, menu, staff.", no_args_is_help=True)
staff = typer.Typer(help="Add, list and remove members of the staff.", no_args_is_help=True)
bar.add_typer(staff, name="staff")


@bar.command("open")
def open_(context: typer.Context, tenant: Tenant, json: Json = False) -> None:
    """Open the shop.

    With opening hours, it closes at their next end.

    Example: presso bar open nyc
    """
    from presso.presenters import bar as shown

    shown.turn(settings(context).workspace, tenant, "open", json_wanted=json)


@bar.command()
def close(context: typer.Context, tenant: Tenant, json: Json = False) -> None:
    """Close the shop: it takes no further orders; those that are open go on.

    With opening hours, it opens at their next beginning.

    Example: presso bar close nyc
    """
    from presso.presenters import bar as shown

    shown.turn(settings(context).workspace, tenant, "closed", json_wanted=json)


@bar.command()
def links(
    context: typer.Context,
    tenant: Tenant,
    lan: Lan = False,
    address: Address = "",
    json: Json = False,
) -> None:
    """Print where the bar is: its pages, its API, its users, and the code of these five minutes.

    With --lan, phones in the local network reach it until Ctrl-C; each new code is printed as a QR code, too.

    Example: presso bar links nyc --lan
    """
    from presso.bar import lan_proxy
    from presso.presenters import bar as shown

    place = lan_proxy.address(address) if lan or address else ""
    shown.links(settings(context).workspace, tenant, lan=place, json_wanted=json)


@bar.command()
def menu(
    context: typer.Context,
    tenant: Tenant,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="YAML file with the new menu: menu, as in tenant.yaml.")
    ] = "",
    json: Json = False,
) -> None:
    """Print the menu, or replace it with a file's.

    Example: presso bar menu nyc summer.yaml
    """
    from presso.presenters import bar as shown

    shown.menu(settings(context).workspace, tenant, file, json_wanted=json)


@bar.command("dead-letters")
def dead_letters(
    context: typer.Context,
    tenant: Tenant,
    send: Annotated[bool, typer.Option("--send", help="Send each once more.")] = False,
    json: Json = False,
) -> None:
    """Print how many events and changes the bar's functions failed to take, or send them again.

    Mend the cause first: what fails again stays in its queue.

    Example: presso bar dead-letters nyc --send
    """
    from presso.presenters import bar as shown

    shown.dead_letters(settings(context).workspace, tenant, send=send, json_wanted=json)


@staff.command()
def add(
    context: typer.Context,
    tenant: Tenant,
    name: Member,
    group: Annotated[
        Literal["barista", "admin", "display"], typer.Option(help="What the member may do.")
    ] = "barista",
    json: Json = False,
) -> None:
    """Add a member of the staff, and print the password: it is not shown again.

    A member who is there already gets the group in addition, and keeps the password.

    Example: presso bar staff add nyc anna --group admin
    """
    from presso.presenters import bar as shown

    shown.add(settings(context).workspace, tenant, name, group, json_wanted=json)


@staff.command("list")
def list_(context: typer.Context, tenant: Tenant, json: Json = False) -> None:
    """List the staff.

    Example: presso bar staff list nyc
    """
    from presso.presenters import bar as shown

    shown.members(settings(context).workspace, tenant, json_wanted=json)


@staff.command()
def remove(context: typer.Context, tenant: Tenant, name: Member) -> None:
    """Remove a member of the staff. A token of theirs is good for an hour at most.

    Example: presso bar staff remove nyc anna
    """
    from presso.presenters import bar as shown

    shown.remove(settings(context).workspace, tenant, name)


@staff.command()
def token(context: typer.Context, tenant: Tenant, name: Member) -> None:
    """Sign a member in and print a token for requests to the API.

    Prompts for the password in a terminal, else reads it from stdin.

    Example: curl -H "Authorization: $(presso bar staff token nyc anna <password)" "$api/orders"
    """
    from presso.presenters import bar as shown

    shown.token(settings(context).workspace, tenant, name)
