"""The commands of presso."""

import typer

app = typer.Typer()


@app.command()
def demo() -> None:
    """Two tenants, one extension, a replay, isolation proven."""


def main() -> None:
    """Run the CLI."""
    app()
