"""worker."""

from typing import Annotated

import typer

from presso.commands.settings import settings


def worker(
    context: typer.Context,
    scheduler: Annotated[str, typer.Argument(help="The Dask scheduler, such as tcp://10.0.0.1:8786.")],
    name: Annotated[
        str, typer.Option("--name", help="Its name in messages. [default: the host's]", show_default=False)
    ] = "",
) -> None:
    """Run units of commands with --cluster, one at a time, in this checkout, by this process's credentials.

    Start one for each core, each with a --home of its own. A program that reaches the scheduler can run any
    code here: see docs/guides/platform.md.

    Example: presso worker tcp://10.0.0.1:8786
    """
    from presso.deployment import cluster_worker
    from presso.deployment.target_environment import Environments

    workspace = settings(context).workspace
    environments = Environments.under(workspace, {"aws"})
    cluster_worker.serve(workspace, scheduler, environments.of, name)
