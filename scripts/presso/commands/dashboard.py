"""dashboard."""

from typing import Annotated

import typer

from presso.commands.settings import Json, settings


def dashboard(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks a free one.")] = 8050,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Traffic is not encrypted: prefer an SSH tunnel.")
    ] = "127.0.0.1",
    allow_actions: Annotated[
        bool, typer.Option("--allow-actions", help="Let the page send dead letters again.")
    ] = False,
    json: Json = False,
) -> None:
    """Serve a control room: tenants, units, events live, dead letters and runs on a page, until Ctrl-C.

    Prints a link for this start, with a token; nothing is shown without it.

    Example: presso dashboard --allow-actions
    """
    from presso import terminal
    from presso.dashboard import control_room

    def started(link: str) -> None:
        if json:
            terminal.as_json({"link": link, "actions": allow_actions})
            return
        terminal.say("The control room, until Ctrl-C. The link is for you alone:")
        terminal.result(link)

    workspace = settings(context).workspace
    control_room.serve_until_stopped(workspace, host, port, actions=allow_actions, started=started)
