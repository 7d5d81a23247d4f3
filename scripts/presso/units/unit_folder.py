"""The generated Terraform folder of a unit: plain Terraform, also for `terraform -chdir=… plan` by hand."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from presso import atomic, file_lock, names, platform_settings, regular_file
from presso.aws_access import LOCAL_SECRET
from presso.errors import PressoError
from presso.event_sources import CORE_SOURCE
from presso.folders import remove_empty
from presso.packages import bar_pages
from presso.tenants import ExtensionUse, Target, Tenant
from presso.units import deploy_role, state_bucket
from presso.units.extension_calls import calls, literal, tenant_values
from presso.units.unit import Unit
from presso.units.unit_tree import Trees, UnitTree
from presso.workspace import Workspace

FILE = "main.tf.json"
# The extension's files in its unit's folder: always the same path, so that `path.module` never changes.
TREE = "tree"
AWS_PROVIDER = {"source": "hashicorp/aws", "version": "~> 6.0"}
# The caller's own provider, beside the one with the deploy role that creates an extension's resources.
PLATFORM_PROVIDER = "aws.platform"
# What the module was called in units that are deployed already.
_MOVED = {"from": "module.fence", "to": "module.context"}


def write(
    workspace: Workspace,
    unit: Unit,
    tenant: Tenant,
    *,
    role_exists: bool = True,
    tree: UnitTree | None = None,
) -> bool:
    """Update a unit's folder to its tenant's file; return whether its configuration changed.

    Args:
        unit: A unit in the tenant's file.
        role_exists: Whether the tenant's deploy role exists, if it is to have one. Without it an extension
            can be planned, but not applied.
        tree: The extension's files; by default those that its tenant's file selects, read now.

    Raises:
        PressoError: The folder cannot be written, or the extension does not exist or has faults.
        Uninstallable: A dependency of a function cannot be installed.
        Stopped: A stop is requested while the coffee bar's pages are built.
    """
    if unit.is_extension:
        from presso.packages import packages

        use = tenant.use(unit.extension)
        found = tree or Trees(workspace).of(use)
        built = packages.of_extension(workspace, found.tree, use.variables, local=tenant.is_local)
        found.stage(unit.folder(workspace) / TREE, {package.path: package.file for package in built})
    elif not unit.is_platform and tenant.core and tenant.core.pages:
        bar_pages.Pages(workspace).build()
    return _write(unit.folder(workspace), document(workspace, unit, tenant, role_exists=role_exists))


def write_remains(workspace: Workspace, unit: Unit, tenant: Tenant | None) -> bool:
    """Write a folder that can only destroy: for a unit that is deployed but not declared any more.

    It has the backend and the provider; Terraform knows the resources from the state.

    Raises:
        PressoError: The tenant's file is gone and so is the unit's folder, so the account is unknown.
    """
    folder = unit.folder(workspace)
    if tenant is not None:
        # Both configurations, whether one or both created the unit: its state names them.
        remains = _frame(workspace, unit, tenant)
        if unit.is_extension:
            remains |= {**_identity(unit, tenant), "provider": {"aws": _providers(unit, tenant)}}
    else:
        try:
            before = json.loads(regular_file.text(folder / FILE))
            remains = {key: before[key] for key in ("//", "terraform", "provider")}
            remains |= {"data": before["data"]} if "data" in before else {}
        except (OSError, ValueError, KeyError) as error:
            raise PressoError(
                f"{unit} is deployed, but its account is unknown: tenants/{unit.tenant}/tenant.yaml is gone.",
                hint="Restore the file (git log -- tenants), destroy the unit, then remove the file.",
            ) from error
    return _write(folder, remains)


def follow_state(workspace: Workspace, unit: Unit) -> None:
    """Point a unit's folder, if it is there, at the unit's state file after that was moved.

    Raises:
        PressoError: The folder cannot be written.
    """
    folder = unit.folder(workspace)
    try:
        before = json.loads(regular_file.text(folder / FILE))
        before["terraform"]["backend"]["local"]["path"] = _path_of_state(workspace, unit)
    except (OSError, ValueError, LookupError, TypeError):  # none, or its state is in a bucket
        return
    _write(folder, before)


def target(workspace: Workspace, unit: Unit) -> Target | None:
    """Return the target that a unit's folder was last written for; None without a folder."""
    try:
        before = json.loads(regular_file.text(unit.folder(workspace) / FILE))
        settings = before["provider"]["aws"]
        settings = settings[0] if isinstance(settings, list) else settings
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not settings:
        return None
    return "local" if settings.get("secret_key") == LOCAL_SECRET else "aws"


def forget_init(folder: Path, *, lock_file: bool) -> None:
    """Remove what `terraform init` created, so that the next one starts from scratch.

    Args:
        folder: The unit's folder.
        lock_file: Also remove the provider lock file: the offline provider's hashes change with its launcher.
    """
    shutil.rmtree(folder / ".terraform", ignore_errors=True)
    if lock_file:
        (folder / ".terraform.lock.hcl").unlink(missing_ok=True)


def remove(workspace: Workspace, unit: Unit) -> None:
    """Remove a unit's folder; its extensions' folders inside are kept."""
    folder = unit.folder(workspace)
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if not path.is_dir() or path.is_symlink():
            path.unlink(missing_ok=True)
        elif not (path / FILE).exists():
            shutil.rmtree(path, ignore_errors=True)
    remove_empty((folder, folder.parent))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a unit's folder, so that two runs do not prepare it at the same time.

    Raises:
        PressoError: The folder cannot be created.
        Stopped: A stop is requested while another run holds the lock.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(file_lock.on_folder(folder))
        except OSError as error:
            raise PressoError(f"{folder} cannot be created: {error.strerror}.") from error
        yield


def document(
    workspace: Workspace,
    unit: Unit,
    tenant: Tenant,
    *,
    role_exists: bool = True,
    schemas: Callable[[], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a unit's whole Terraform configuration.

    Args:
        workspace: As for `write`.
        unit: As for `write`.
        tenant: As for `write`.
        role_exists: As for `write`.
        schemas: Returns the schemas of the tenant's registry; by default they are read from the catalog.
    """
    whole = _frame(workspace, unit, tenant)
    if unit.is_platform:
        return {**whole, **_platform(workspace, unit, tenant, schemas)}
    if not unit.is_extension:
        return {**whole, **_identity(unit, tenant), **_core(workspace, unit, tenant)}
    whole |= {**_identity(unit, tenant), **_extension(workspace, unit, tenant, tenant.use(unit.extension))}
    if tenant.narrows:
        whole["provider"] = {"aws": _providers(unit, tenant, role_exists=role_exists)}
        whole["module"] = _with_narrowed_provider(whole["module"])
        whole["output"]["extension"]["value"] = "${one(module.extension)}"
    return whole


def _with_narrowed_provider(modules: dict[str, Any]) -> dict[str, Any]:
    """Return a unit's modules, such that the extension gets no provider except the narrowed one.

    The boundary is the platform's. A module does not inherit a provider that has an alias; and Terraform
    refuses a module with a `provider` block of its own, which would sign with the caller's own keys, once it
    is called with `count`.
    """
    return {
        "context": {**modules["context"], "providers": {"aws": PLATFORM_PROVIDER}},
        "extension": {**modules["extension"], "count": 1},
    }


def _frame(workspace: Workspace, unit: Unit, tenant: Tenant) -> dict[str, Any]:
    local = {"path": _path_of_state(workspace, unit)}
    bucket = tenant.state
    return {
        "//": f"Generated by presso from tenants/{tenant.name}/tenant.yaml. Changes to this file are lost.",
        "terraform": {
            "required_version": ">= 1.10",
            "required_providers": {"aws": AWS_PROVIDER},
            "backend": {"s3": state_bucket.backend(bucket, unit)} if bucket else {"local": local},
        },
        "provider": {"aws": provider(unit, tenant)},
    }


def _path_of_state(workspace: Workspace, unit: Unit) -> str:
    return os.path.relpath(unit.state(workspace), unit.folder(workspace))


def _providers(unit: Unit, tenant: Tenant, *, role_exists: bool = True) -> Any:
    """Return the configurations of the provider `aws` of an extension: the narrowed one, and the caller's."""
    own = provider(unit, tenant)
    role = {"assume_role": [deploy_role.assumed(unit, tenant, _account(tenant))]}
    narrowed = own | role if tenant.narrows and role_exists else own
    return [narrowed, {**own, "alias": PLATFORM_PROVIDER.partition(".")[2]}]


def _identity(unit: Unit, tenant: Tenant) -> dict[str, Any]:
    """Return the data source for the account, where the tenant's file does not set it."""
    if tenant.known_account:
        return {}
    asks = {"provider": PLATFORM_PROVIDER} if tenant.narrows and unit.is_extension else {}
    return {"data": {"aws_caller_identity": {"current": asks}}}


def _account(tenant: Tenant) -> str:
    return tenant.known_account or "${data.aws_caller_identity.current.account_id}"


def provider(unit: Unit, tenant: Tenant) -> dict[str, Any]:
    """Return the configuration of the provider `aws` for a unit.

    On the local target the access key is the account, and the endpoint comes from `AWS_ENDPOINT_URL`.
    """
    settings: dict[str, Any] = {
        "region": tenant.region,
        "default_tags": {"tags": unit.tags},
    }
    if tenant.known_account:
        settings["allowed_account_ids"] = [tenant.known_account]
    if tenant.is_local:
        settings |= {"access_key": tenant.known_account, "secret_key": LOCAL_SECRET}
        settings["s3_use_path_style"] = True  # buckets have no host names of their own
    return settings


def _platform(
    workspace: Workspace, unit: Unit, tenant: Tenant, schemas: Callable[[], dict[str, Any]] | None
) -> dict[str, Any]:
    modules: dict[str, Any] = {
        "tenant": {
            "source": _module(workspace, unit, "tenant"),
            "name": tenant.name,
            "region": tenant.region,
            **({"deployers": tenant.deployers} if tenant.deployers else {}),
        }
    }
    if tenant.player:
        modules["player"] = {
            "source": _module(workspace, unit, "event-player"),
            "tenant": "${module.tenant.tenant}",
            **_replayed(workspace, unit),
        }
    if tenant.has_registry:
        modules["catalog"] = _catalog(workspace, unit, tenant, schemas)
    outputs = {name: {"value": f"${{module.{name}}}"} for name in modules}
    return {"module": modules, "output": outputs}


def _replayed(workspace: Workspace, unit: Unit) -> dict[str, str]:
    """Return what a platform with scenarios or events of its own sets of its player."""
    folder = workspace.root / platform_settings.SCENARIOS
    source = platform_settings.load(workspace).sources.default
    return {
        **({"scenarios_dir": _relative(folder, unit.folder(workspace))} if folder.is_dir() else {}),
        **({} if source == CORE_SOURCE else {"default_source": source}),
    }


def _core(workspace: Workspace, unit: Unit, tenant: Tenant) -> dict[str, Any]:
    """Return the sections of a core's unit. The platform is not read: its values follow from names."""
    assert tenant.core is not None
    core = {
        "source": _module(workspace, unit, names.CORE),
        "tenant": tenant_values(tenant.name, tenant.region, tenant.partition, _account(tenant)),
        "settings": literal(tenant.core.as_values()),
    }
    if tenant.core.pages:
        core["pages"] = _relative(bar_pages.Pages(workspace).folder, unit.folder(workspace))
    return {"module": {"core": core}, "output": {names.CORE: {"value": "${module.core}"}}}


def _catalog(
    workspace: Workspace, unit: Unit, tenant: Tenant, schemas: Callable[[], dict[str, Any]] | None
) -> dict[str, Any]:
    from presso.catalog import registry

    found = schemas() if schemas else registry.schemas(workspace, tenant)
    return {
        "source": _module(workspace, unit, "event-catalog"),
        "tenant": "${module.tenant.tenant}",
        "schemas": literal(found),
        "discovery": bool(tenant.catalog and tenant.catalog.discovery),
    }


def _extension(workspace: Workspace, unit: Unit, tenant: Tenant, use: ExtensionUse) -> dict[str, Any]:
    values = tenant_values(tenant.name, tenant.region, tenant.partition, _account(tenant))
    context = _module(workspace, unit, "extension-context")
    source = f"./{TREE}/extensions/{use.name}"
    prefix = platform_settings.load(workspace).sources.prefix
    made = calls(use.name, use.variables, values, context=context, source=source, source_prefix=prefix)
    return {**made, "moved": [_MOVED]}


def _module(workspace: Workspace, unit: Unit, name: str) -> str:
    return _relative(workspace.modules / name, unit.folder(workspace))


def _relative(path: Path, start: Path) -> str:
    # Terraform reads a source as a local folder only when it begins with a dot.
    text = os.path.relpath(path, start)
    return text if text.startswith(".") else f"./{text}"


def _write(folder: Path, content: dict[str, Any]) -> bool:
    """Write the configuration if it differs; other processes see the old or the new one, complete."""
    text = json.dumps(content, indent=2) + "\n"
    path = folder / FILE
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        atomic.write(path, text)
    except OSError as error:
        raise PressoError(f"{path} cannot be written: {error.strerror}.") from error
    return True
