"""The checkout, and the folder for presso's own files."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from presso.errors import UsageError


@dataclass(frozen=True)
class Workspace:
    """A checkout and the home of its runs.

    Args:
        root: The checkout: has `modules/`, `extensions/` and `tenants/`.
        home: presso's files: `units/` (generated Terraform folders), `state/` (one state per unit), `local/`
            (the local AWS) and `catalog/` (the rules in Terraform's text). Does not exist until something
            is written.
        declared: Where the tenants' files are, when not in the checkout (the demo has its own).
    """

    root: Path
    home: Path
    declared: Path | None = None

    @classmethod
    def find(cls, home: str | os.PathLike[str] | None = None) -> "Workspace":
        """Return the checkout, with `home` or its `.presso` as home.

        It is the folder that `PRESSO_ROOT` names; or the one whose launcher, `./presso`, was started; or the
        nearest one with tenants and modules, from the working folder upwards; or presso's own.

        Raises:
            UsageError: There is no checkout, or `home` is a file.
        """
        root = _named() or _launched() or _above(Path.cwd()) or _above(Path(__file__).parents[2])
        if root is None:
            raise UsageError(
                f"{Path.cwd()} is not in a checkout: neither it nor a folder above has tenants and modules.",
                hint="Create one: presso init DIR. Or run presso in one.",
            )
        folder = Path(home).expanduser().resolve() if home else root / ".presso"
        if _is_no_folder(folder):
            raise UsageError(f"--home {folder} is a file.", hint="Name a folder; presso creates it.")
        return cls(root, folder)

    @property
    def is_presso(self) -> bool:
        """Whether this is presso's own checkout, and not a platform that was created with it."""
        return (self.root / "scripts" / "presso").is_dir()

    @property
    def local(self) -> Path:
        """The local AWS's folder: its data, logs and `local.json`."""
        return self.home / "local"

    @property
    def modules(self) -> Path:
        """The checkout's Terraform modules."""
        return self.root / "modules"

    @property
    def extensions(self) -> Path:
        """The checkout's extensions, a folder each."""
        return self.root / "extensions"

    @property
    def tenants(self) -> Path:
        """The tenants, a folder with a `tenant.yaml` each."""
        return self.declared or self.root / "tenants"

    def shown(self, path: Path) -> str:
        """Return `path` as a user in the checkout would type it: relative when it is inside."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def program() -> str:
    """Return how a user starts presso: the launcher of a checkout, or the installed command."""
    return "./presso" if "_PRESSO_CHECKOUT" in os.environ else "presso"


def brought() -> Path:
    """Return the folder with presso's own modules, scaffold and example: the package's, or its checkout."""
    package = Path(__file__).parent
    inside = package / "checkout"
    return inside if inside.is_dir() else package.parents[1]


def _named() -> Path | None:
    """Return the checkout that PRESSO_ROOT names.

    Raises:
        UsageError: It is none.
    """
    name = os.environ.get("PRESSO_ROOT")
    if not name:
        return None
    root = Path(name).resolve()
    if not (root / "tenants").is_dir():
        raise UsageError(
            f"PRESSO_ROOT {root} is not a checkout: it has no folder tenants.",
            hint="Unset PRESSO_ROOT, or name the top folder of a checkout.",
        )
    return root


def _launched() -> Path | None:
    """Return the checkout of the launcher that started this process or one above it."""
    name = os.environ.get("_PRESSO_CHECKOUT", "")
    return _above(Path(name)) if name else None


def _above(folder: Path) -> Path | None:
    """Return the nearest checkout, from a folder upwards."""
    for root in (folder, *folder.parents):
        if (root / "tenants").is_dir() and (root / "modules" / "tenant").is_dir():
            return root.resolve()
    return None


def _is_no_folder(path: Path) -> bool:
    """Return whether a path is there and not a folder; one call, since the path may change meanwhile."""
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False
