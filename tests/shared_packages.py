"""A checkout of a test's own has what the real one has installed and built: no test needs an index again."""

from pathlib import Path


def share_packages(checkout: Path, root: Path) -> None:
    """Link the packages of the real checkout into another one."""
    kept = checkout / ".presso" / "packages"
    kept.mkdir(parents=True, exist_ok=True)
    (root / ".presso").mkdir(exist_ok=True)
    (root / ".presso" / "packages").symlink_to(kept)
