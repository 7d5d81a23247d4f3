"""Tenants: one event each, described by `tenants/<name>/tenant.yaml`.

What a file does not set, `tenants/defaults.yaml` may set for all: mappings are merged key by key, any other
value of a tenant's file replaces the default.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

from presso import names, platform_settings
from presso.bar_settings import BarSettings
from presso.errors import PressoError, UsageError
from presso.quotas import Quotas
from presso.records import Before, matching, sized
from presso.suggestions import did_you_mean
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

DEFAULTS = "defaults.yaml"
LOCAL_ACCOUNT = "111111111111"
_WESTERNMOST = timezone(timedelta(hours=-12))  # where a day ends last
# Arguments that the generated unit sets itself, and Terraform's own arguments of a module block.
RESERVED_VARIABLES = frozenset(
    {"context", "source", "version", "providers", "count", "for_each", "depends_on", "lifecycle"}
)

Target = Literal["local", "aws"]
Name = Annotated[str, names.tenant_checked]
ExtensionName = Annotated[str, names.extension_checked]


def partition_of(region: str) -> str:
    """Return the partition of AWS that a region is in, as ARNs name it."""
    partitions = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for start, name in partitions.items() if region.startswith(start)), "aws")


def _variables_checked(variables: dict[str, Any]) -> dict[str, Any]:
    for name in sorted(RESERVED_VARIABLES & variables.keys()):
        raise ValueError(f"{name} is set by presso itself; list only the extension's own variables")
    return variables


def _region_checked(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
        raise ValueError("a region looks like us-east-1")
    return value


def _account_checked(value: str) -> str:
    if len(value) != 12 or not value.isascii() or not value.isdigit():
        raise ValueError('an account has 12 digits, in quotes: "111111111111"')
    return value


def _date_checked(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("a day looks like 2026-12-31") from None


def _deployer_checked(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[^*?]+", value):
        raise ValueError(
            "a deployer is one role or user, such as arn:aws:iam::111111111111:role/ci; "
            "not a whole account (root), a wildcard or a session (sts)"
        )
    return value


@dataclass(frozen=True, kw_only=True)
class ExtensionUse:
    """One extension in one tenant.

    Args:
        name: The folder under `extensions/`.
        version: A git ref of this repository to take the extension from; empty is the working tree.
        variables: The extension's own variables, passed to its module unchanged: values that HCL has too, so
            a date is a text (see `yaml_file`).
        quotas: Its quotas on shared resources, where they differ from the defaults.
    """

    name: ExtensionName
    version: Annotated[str, matching(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] | None = None
    variables: Annotated[dict[str, Any], _variables_checked] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)


def _use(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class CatalogUse:
    """A registry of the tenant's events in EventBridge Schemas.

    Args:
        type: The language of its schemas. AWS's tools generate code from one, and validate with the other.
        discovery: EventBridge also infers schemas from the traffic, and bills for it.
    """

    type: Literal["OpenApi3", "JSONSchemaDraft4"] = "OpenApi3"
    discovery: bool = False


def _present(value: Any) -> Any:
    return {} if value is True else None if value is False else value


@dataclass(frozen=True, kw_only=True)
class StateBucket:
    """Where a tenant's states are kept, when not on this machine.

    Args:
        bucket: An S3 bucket; `presso state init` creates it.
        region: The bucket's.
        prefix: The start of its objects' names, before the tenant's name: empty, or ends in a slash.
    """

    bucket: Annotated[str, matching(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: Annotated[str, _region_checked] = "us-east-1"
    prefix: Annotated[str, matching(r"^([A-Za-z0-9._-]+/)*$")] = ""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """The content of `tenant.yaml`.

    Args:
        account: The 12-digit account. On the local target the default is `LOCAL_ACCOUNT`; on aws, None is the
            account of the credentials.
        core: Settings of the coffee bar; None for a tenant without it.
        catalog: None for no registry. The local AWS has no EventBridge Schemas, so it has no registry.
        state: The bucket that keeps the states on aws; None keeps them on this machine.
        canary: Whether it gets upgrades of extensions first.
        ends: The last day of its event, wherever that is: `presso sweep` destroys it when that day is over
            everywhere. None: it stays.
        deployers: ARNs of the roles and users that may assume the tenant's deploy role, to apply extensions.
    """

    name: Name
    title: Annotated[str, sized(1, 100)]
    target: Target = "local"
    region: Annotated[str, _region_checked] = "us-east-1"
    account: Annotated[str, _account_checked] | None = None
    player: bool = True
    core: Annotated[BarSettings | None, Before(_present)] = None
    catalog: Annotated[CatalogUse | None, Before(_present)] = None
    state: StateBucket | None = None
    canary: bool = False
    ends: Annotated[str, _date_checked] | None = None
    deployers: list[Annotated[str, _deployer_checked]] = field(default_factory=list)
    extensions: list[Annotated[ExtensionUse, Before(_use)]] = field(default_factory=list)

    def use(self, extension: str) -> ExtensionUse:
        """Return the settings of an extension that it lists."""
        return next(use for use in self.extensions if use.name == extension)

    @property
    def has_ended(self) -> bool:
        """Whether its last day is over everywhere."""
        return self.ends is not None and date.fromisoformat(self.ends) < today(_WESTERNMOST)

    @property
    def partition(self) -> str:
        """The partition of AWS that the region is in, as ARNs name it."""
        return partition_of(self.region)

    @property
    def is_local(self) -> bool:
        """Whether this tenant's units are applied to the local AWS."""
        return self.target == "local"

    @property
    def has_registry(self) -> bool:
        """Whether its catalog is in a registry: it is requested, and the target has registries."""
        return self.catalog is not None and not self.is_local

    @property
    def narrows(self) -> bool:
        """Whether extensions are applied through the deploy role; not locally, where the caller is root."""
        return bool(self.deployers) and not self.is_local

    @property
    def known_account(self) -> str | None:
        """The account, as far as it is known without a call to AWS."""
        return self.account or (LOCAL_ACCOUNT if self.is_local else None)


def today(zone: timezone = UTC) -> date:
    """Return the day in a time zone."""
    return datetime.now(zone).date()


def names_of(workspace: Workspace) -> list[str]:
    """Return the names of the tenants' folders, sorted, without reading them (for completion and hints)."""
    return [path.parent.name for path in _files(workspace)]


def _files(workspace: Workspace) -> list[Path]:
    """Return the tenants' files, sorted: also those that cannot be read, whose tenants are not gone."""
    try:
        folders = sorted(workspace.tenants.iterdir())
    except FileNotFoundError:
        return []
    return [path for path in (folder / "tenant.yaml" for folder in folders) if _is_there(path)]


def _is_there(path: Path) -> bool:
    """Return whether there is a file, or a link to one that is not there or cannot be reached."""
    try:
        path.stat()
    except NotADirectoryError:
        return False
    except FileNotFoundError:
        return path.is_symlink() or (path.parent.is_symlink() and not path.parent.exists())
    except OSError:
        return True
    return True


def load(workspace: Workspace, name: str) -> Tenant:
    """Return one tenant.

    Raises:
        UsageError: There is no such tenant, or its file is wrong (the message names file, line and key).
    """
    return read(workspace, name)[0]


def file_of(workspace: Workspace, name: str) -> Path:
    """Return the place of a tenant's file."""
    return workspace.tenants / name / "tenant.yaml"


def read(workspace: Workspace, name: str) -> tuple[Tenant, YamlFile]:
    """Return one tenant, and its file over the defaults, which knows where each value came from.

    Raises:
        UsageError: As `load`.
    """
    known = names_of(workspace)
    if name not in known:
        raise unknown(workspace, name)
    path = file_of(workspace, name)
    document = _over(YamlFile.read(path, workspace.shown(path)), _defaults(workspace))
    return _tenant(workspace, path, document), document


def load_all(workspace: Workspace, wanted: Callable[[str], bool] = lambda name: True) -> dict[str, Tenant]:
    """Return the tenants with these names, by name, sorted; the files of the others are not read.

    Raises:
        UsageError: A file is wrong, or two tenants have one name.
    """
    known, broken = load_each(workspace, wanted)
    for error in broken.values():
        raise error
    return known


def load_each(
    workspace: Workspace, wanted: Callable[[str], bool] = lambda name: True
) -> tuple[dict[str, Tenant], dict[str, PressoError]]:
    """Return the tenants with these names, as `load_all`, and the errors of wrong files, by folder.

    Raises:
        UsageError: The defaults of all are wrong.
    """
    files = [path for path in _files(workspace) if wanted(path.parent.name)]
    broken: dict[str, PressoError] = {}
    documents: dict[Path, YamlFile] = {}
    seen: dict[str, str] = {}
    known: dict[str, Tenant] = {}

    def each(paths: Iterable[Path], step: Callable[[Path], None]) -> None:
        for path in paths:
            try:
                step(path)
            except PressoError as error:
                broken.setdefault(path.parent.name, error)

    def read(path: Path) -> None:
        documents[path] = YamlFile.read(path, workspace.shown(path))

    def parse(path: Path) -> None:
        if path.parent.name not in broken:
            known[path.parent.name] = _tenant(workspace, path, _over(documents[path], defaults))

    each(files, read)
    # The folders that have their own names first: a copy of a tenant's file stops the copy alone.
    named = sorted(documents, key=lambda path: _name(documents[path]) != path.parent.name)
    each(named, lambda path: _refuse_duplicate(workspace, path, documents[path], seen))
    defaults = _defaults(workspace) if files else None
    each([*documents], parse)
    return known, broken


def _defaults(workspace: Workspace) -> YamlFile | None:
    """Return the defaults of all tenants; None where there are none.

    Raises:
        UsageError: The file is wrong.
    """
    path = workspace.tenants / DEFAULTS
    if not _is_there(path):
        return None
    document = YamlFile.read(path, workspace.shown(path))
    if document.data is None:
        return None
    if not isinstance(document.data, dict):
        document.refuse((), "expected keys and values, as in a tenant.yaml")
    if "name" in document.data:
        document.refuse(("name",), "each tenant has a name of its own; set it in its tenant.yaml")
    return document


def _over(document: YamlFile, defaults: YamlFile | None) -> YamlFile:
    return document.over(defaults) if defaults else document


def unknown(workspace: Workspace, name: str) -> UsageError:
    """Return the error for an unknown tenant; it names the known ones."""
    hint = did_you_mean(name, names_of(workspace), "tenants")
    return UsageError(f"There is no tenant {name}: no tenants/{name}/tenant.yaml.", hint=hint)


def _refuse_duplicate(workspace: Workspace, path: Path, document: YamlFile, seen: dict[str, str]) -> None:
    """Refuse a name that another file has; `seen` has the files by the names so far."""
    name = _name(document)
    if name is not None and name in seen:
        where = document.where(("name",))
        raise UsageError(
            f"{where}: name: {name} is already the name of {seen[name]}.",
            hint=f"Tenant names are unique; the name for this folder would be {path.parent.name}.",
        )
    if name is not None:
        seen[name] = workspace.shown(path)


def _name(document: YamlFile) -> str | None:
    name = document.data.get("name") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) else None


def _tenant(workspace: Workspace, path: Path, document: YamlFile) -> Tenant:
    tenant = document.parse(Tenant)
    if tenant.name != path.parent.name:
        raise UsageError(
            f"{document.where(('name',))}: name: {tenant.name} does not match the folder {path.parent.name}.",
            hint=f"Rename one of them: a tenant lives in tenants/{tenant.name}. A deployed one keeps "
            "its name: the names of its resources begin with it.",
        )
    _check_extensions(workspace, document, tenant)
    _check_deployers(document, tenant)
    if tenant.core and not platform_settings.load(workspace).has_bar:
        raise UsageError(
            f"{document.where(('core',))}: core: this platform has no coffee bar.",
            hint=f"Remove core, or set events.bar: true in {platform_settings.FILE}, "
            "then presso upgrade-platform.",
        )
    if tenant.state and tenant.is_local:
        raise UsageError(
            f"{document.where(('state',))}: state: on target local, states stay on this machine.",
            hint="Remove state, or set target: aws.",
        )
    return tenant


def _check_extensions(workspace: Workspace, document: YamlFile, tenant: Tenant) -> None:
    known = {path.parent.name for path in workspace.extensions.glob("*/main.tf")}
    seen: set[str] = set()
    for index, use in enumerate(tenant.extensions):
        where = f"{document.where(('extensions', index))}: extensions.{index}"
        if use.name in seen:
            raise UsageError(f"{where}: {use.name} is listed twice.", hint="Keep one of them.")
        seen.add(use.name)
        # A version may hold an extension that the working tree no longer has.
        if use.name not in known and use.version is None:
            raise UsageError(
                f"{where}: there is no extension {use.name}: no extensions/{use.name}/main.tf.",
                hint=did_you_mean(use.name, known, "extensions"),
            )


def _check_deployers(document: YamlFile, tenant: Tenant) -> None:
    where = document.where(("deployers" if tenant.deployers else "extensions",))
    if not tenant.is_local and tenant.extensions and not tenant.deployers:
        raise UsageError(
            f"{where}: deployers: missing: on aws, extensions are applied through the tenant's deploy role, "
            "and deployers lists who may assume it.",
            hint="List the roles and users that deploy: deployers: [arn:aws:iam::111111111111:role/ci]. "
            "Print your own: aws sts get-caller-identity",
        )
    if len({*tenant.deployers}) < len(tenant.deployers):
        raise UsageError(f"{where}: deployers: one is listed twice.", hint="Keep one of them.")
