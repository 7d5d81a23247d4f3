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
        """Return this program's checkout, with `home` or its `.presso` as home.

        `PRESSO_ROOT` names another checkout (the tests' small ones).

        Raises:
            UsageError: The checkout has no `tenants` folder, or `home` is a file.
        """
        root = Path(os.environ.get("PRESSO_ROOT") or Path(__file__).parents[2]).resolve()
        if not (root / "tenants").is_dir():
            raise UsageError(
                f"{root} is not a presso checkout: it has no folder tenants.",
                hint="Run presso in a checkout: ./presso in its top folder.",
            )
        folder = Path(home).expanduser().resolve() if home else root / ".presso"
        if _is_no_folder(folder):
            raise UsageError(f"--home {folder} is a file.", hint="Name a folder; presso creates it.")
        return cls(root, folder)

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


def _is_no_folder(path: Path) -> bool:
    """Return whether a path is there and not a folder; one call, since the path may change meanwhile."""
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False
