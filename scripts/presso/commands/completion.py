"""What the shell may complete: names found by a look at folders, without reading a file."""

import typer

from presso.commands.settings import GlobalOptions
from presso.errors import PressoError
from presso.workspace import Workspace


def _workspace(context: typer.Context) -> Workspace | None:
    home = context.find_root().params.get("home") or ""
    try:
        return GlobalOptions(home).workspace
    except PressoError:
        return None


def tenants(context: typer.Context, incomplete: str) -> list[str]:
    """Return the tenants' names."""
    workspace = _workspace(context)
    if workspace is None:
        return []
    return sorted(path.parent.name for path in workspace.tenants.glob(f"{incomplete}*/tenant.yaml"))


def units(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the declared and of the deployed units; a broken file has none."""
    workspace = _workspace(context)
    if workspace is None:
        return []
    from presso import tenants
    from presso.deployment import state_files
    from presso.units.unit import declared

    try:
        known = {*declared(tenants.load_all(workspace).values())}
        known |= {state.unit for state in state_files.deployed(workspace)}
    except PressoError:
        return []
    return sorted(name for name in map(str, known) if name.startswith(incomplete))


def extensions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the extensions' names."""
    workspace = _workspace(context)
    if workspace is None:
        return []
    return sorted(path.parent.name for path in workspace.extensions.glob(f"{incomplete}*/main.tf"))


def tenants_and_extensions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the tenants' and the extensions' names."""
    return [*tenants(context, incomplete), *extensions(context, incomplete)]


def scenarios(context: typer.Context, incomplete: str) -> list[str]:
    """Return the scenarios' names."""
    workspace = _workspace(context)
    if workspace is None:
        return []
    from presso.simulation import scenarios as stored

    folder = stored.folder(workspace.root)
    return sorted(path.stem for path in folder.glob(f"{incomplete}*.json"))


def languages() -> list[str]:
    """Return the languages that there is code in."""
    from presso.catalog.bindings import LANGUAGES

    return list(LANGUAGES)


def events(context: typer.Context, incomplete: str) -> list[str]:
    """Return the detail-types of the core's events."""
    from presso.platform_settings import CATALOG

    workspace = _workspace(context)
    if workspace is None:
        return []
    folders = (workspace.modules / "event-catalog" / "events", workspace.root / CATALOG / "events")
    return sorted(path.stem for folder in folders for path in folder.glob(f"{incomplete}*.yaml"))


def scaffold_patterns(incomplete: str) -> list[str]:
    """Return the patterns that an extension can be made from."""
    from presso.scaffold.answers import PATTERNS

    return [name for name in PATTERNS if name.startswith(incomplete)]


def scaffold_languages(incomplete: str) -> list[str]:
    """Return the languages that an extension can be made in."""
    return [name for name in ("python", "node") if name.startswith(incomplete)]
