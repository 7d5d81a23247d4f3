"""Prints a tenant's coffee bar: its shop, its links, its menu, its staff."""

import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from presso import interruption, terminal
from presso.bar import lan_proxy
from presso.bar.owned_bar import Links, OwnedBar
from presso.bar.staff import Staff
from presso.bar_settings import BarSettings, Drink, menu_checked
from presso.errors import PressoError
from presso.presenters.qr_code import qr_code
from presso.records import sized
from presso.units.dead_letters import DeadLetters
from presso.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class MenuFile:
    """A file with a menu, as `core` in tenant.yaml has it."""

    menu: Annotated[list[Drink], sized(1, 100), menu_checked]


def turn(workspace: Workspace, tenant: str, state: str, *, json_wanted: bool) -> None:
    """Open or close the shop.

    Raises:
        PressoError: As `OwnedBar.of` and `OwnedBar.ask`.
    """
    row = OwnedBar.of(workspace, tenant).ask("config", "PUT /store", state=state)
    if json_wanted:
        terminal.as_json(row)
    else:
        terminal.result(f"The bar of {tenant} is {state}.")


def links(workspace: Workspace, tenant: str, *, lan: str = "", json_wanted: bool) -> None:
    """Print where the bar is, and its code.

    Args:
        workspace: The checkout.
        tenant: The tenant.
        lan: The address on which the bar is served to the local network, until a stop; "" is not at all.
        json_wanted: One object on stdout, before it is served.

    Raises:
        UsageError: It is to be served, and is on AWS.
        PressoError: As `OwnedBar.of`, `OwnedBar.links` and `OwnedBar.ask`.
    """
    bar = OwnedBar.of(workspace, tenant)
    code = bar.ask("validator", "GET /qr-code")
    if not lan:
        _print_links(bar.links, code, json_wanted=json_wanted)
        return
    with lan_proxy.serving(lan_proxy.Served.of(bar), lan) as place:
        served = bar.links.through(place)
        _print_links(served, code, json_wanted=json_wanted)
        terminal.say("\nServed to the local network, without encryption, until Ctrl-C.")
        while not interruption.requested():
            link = served.guest(code["last_code"])
            terminal.say(f"\n{link}\n{qr_code(link)}")
            interruption.wait(max(1, code["end_ts"] / 1000 - time.time()))
            code = bar.ask("validator", "GET /qr-code")


def _print_links(links: Links, code: dict[str, Any], *, json_wanted: bool) -> None:
    shown = {**asdict(links), "code": code["last_code"], "drinks": code["availableTokens"]}
    if json_wanted:
        terminal.as_json(shown)
        return
    pages = [[f"{name}'s page", url] for name, url in links.pages.items()]
    names = {
        "api": "API",
        "pool_id": "user pool",
        "client_id": "client",
        "code": "code",
        "drinks": "drinks left",
    }
    rows = [*pages, *([title, str(shown[name])] for name, title in names.items())]
    terminal.result(terminal.table(["what", "where"], rows))


def menu(workspace: Workspace, tenant: str, file: str, *, json_wanted: bool) -> None:
    """Print the menu; replace it first when a file is given.

    Raises:
        UsageError: The file has no menu.
        PressoError: As `OwnedBar.of` and `OwnedBar.ask`.
    """
    from presso.yaml_file import YamlFile

    new = YamlFile.read(Path(file), file).parse(MenuFile).menu if file else None
    bar = OwnedBar.of(workspace, tenant)
    if new:
        values = BarSettings(menu=new).as_values()["menu"]
        row = bar.ask("config", "PUT /config", {"menu": values})
    else:
        row = bar.ask("config", "GET /admin-config")
    if json_wanted:
        terminal.as_json(row["menu"])
        return
    rows = [[drink["drink"], "yes" if drink["available"] else "no", _options(drink)] for drink in row["menu"]]
    terminal.result(terminal.table(["drink", "available", "modifiers"], rows))


def _options(drink: dict[str, Any]) -> str:
    return "; ".join(f"{each['name']}: {', '.join(each['options'])}" for each in drink.get("modifiers", []))


def dead_letters(workspace: Workspace, tenant: str, *, send: bool, json_wanted: bool) -> None:
    """Print the dead letters of the bar, or send them again.

    Raises:
        PressoError: As `OwnedBar.of`; or some could not be sent.
    """
    letters = DeadLetters(OwnedBar.of(workspace, tenant))
    found: list[Any] = [*(letters.send() if send else letters.all())]
    rows = [[each.name, str(each.sent if send else each.count)] for each in found]
    if json_wanted:
        terminal.as_json([asdict(each) for each in found])
    elif rows:
        terminal.result(terminal.table(["of", "sent" if send else "dead letters"], rows, right=(1,)))
    else:
        terminal.result(f"The bar of {tenant} has no dead letters.")
    if faults := [f"{each.name}: {fault}" for each in found if send for fault in each.faults]:
        raise PressoError("\n".join(["Some were not taken again:", *terminal.bullets(faults)]))


def add(workspace: Workspace, tenant: str, name: str, group: str, *, json_wanted: bool) -> None:
    """Add a member of the staff and print the password.

    Raises:
        PressoError: As `OwnedBar.of` and `Staff.add`.
    """
    password = Staff(OwnedBar.of(workspace, tenant)).add(name, group)
    if json_wanted:
        terminal.as_json({"name": name, "group": group, "password": password or None})
    elif password:
        terminal.say(f"{name} is {group} of {tenant}. The password, which is not shown again:")
        terminal.result(password)
    else:
        terminal.say(f"{name} is {group} of {tenant}, too, with the password as before.")


def members(workspace: Workspace, tenant: str, *, json_wanted: bool) -> None:
    """List the staff.

    Raises:
        PressoError: As `OwnedBar.of` and `Staff`.
    """
    found = Staff(OwnedBar.of(workspace, tenant)).members()
    if json_wanted:
        terminal.as_json([asdict(member) for member in found])
    elif found:
        rows = [[member.name, ", ".join(member.groups)] for member in found]
        terminal.result(terminal.table(["name", "groups"], rows))
    else:
        terminal.result(f"The bar of {tenant} has no staff yet: presso bar staff add {tenant} NAME")


def remove(workspace: Workspace, tenant: str, name: str) -> None:
    """Remove a member of the staff.

    Raises:
        PressoError: As `OwnedBar.of` and `Staff.remove`.
    """
    Staff(OwnedBar.of(workspace, tenant)).remove(name)
    terminal.result(f"{name} has left the staff of {tenant}.")


def token(workspace: Workspace, tenant: str, name: str) -> None:
    """Print a token of a member, whose password comes from the terminal or from stdin.

    Raises:
        PressoError: As `OwnedBar.of` and `Staff.token`.
    """
    from getpass import getpass

    staff = Staff(OwnedBar.of(workspace, tenant))
    password = getpass(f"Password of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    terminal.result(staff.token(name, password))
