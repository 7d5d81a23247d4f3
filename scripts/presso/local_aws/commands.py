"""What `presso up`, `down`, `status` and `env` do. Each returns what the command prints, ready for JSON."""

from pathlib import Path
from typing import Any

from presso.errors import PressoError, UsageError
from presso.local_aws.stack import LocalAws, Running

DEFAULT_ACCOUNT = "111111111111"


def up(folder: Path) -> dict[str, Any]:
    """Start the local AWS of this folder, if it does not run.

    Returns:
        `status`, with `started`: whether it had to be started.

    Raises:
        PressoError: it does not start.
    """
    local = LocalAws(folder)
    ran = local.running() is not None
    local.ensure()
    return {"started": not ran, **status(folder)}


def down(folder: Path) -> dict[str, Any]:
    """Stop the local AWS of this folder. Its data stay, for the next `up`.

    Returns:
        `stopped`: whether anything ran; `folder`.
    """
    local = LocalAws(folder)
    return {"stopped": local.stop(), "folder": str(local.folder)}


def status(folder: Path) -> dict[str, Any]:
    """What runs of the local AWS of this folder.

    Returns:
        `running` (both parts run and answer), `endpoint`, `control` and `cli_config` (None unless running),
        `folder`, `parts` (name → pid, answers, log), `data_lost` and `note`, a sentence about the data or "".
    """
    local = LocalAws(folder)
    found = local.status()
    running = found.running
    return {
        "running": running is not None and all(part.answers for part in found.parts),
        "endpoint": running.endpoint if running else None,
        "control": str(running.control) if running else None,
        "cli_config": str(running.cli_config) if running else None,
        "folder": str(local.folder),
        "parts": {
            part.name: {"pid": part.pid, "answers": part.answers, "log": str(part.log)}
            for part in found.parts
        },
        "data_lost": found.data_lost,
        "note": _NOTE if found.data_lost else "",
    }


_NOTE = (
    "The emulator was killed, and what was in it is gone (objects in S3 excepted). "
    "Terraform's next plan makes it again: presso apply."
)


def environment(folder: Path, account: str | None = None) -> dict[str, str]:
    """Environment variables for running Terraform or the AWS CLI by hand against a local AWS.

    Args:
        folder: Its folder.
        account: The 12-digit account to act in; None leaves the credentials out.

    Raises:
        UsageError: `account` is no account.
        PressoError: it does not run.
    """
    if account is not None and not (len(account) == 12 and account.isdecimal()):
        raise UsageError(f"{account} is no AWS account.", hint="An account has twelve digits.")
    return _running(folder).environment(account)


def _running(folder: Path) -> Running:
    running = LocalAws(folder).running()
    if running is None:
        raise PressoError("The local AWS does not run.", hint="Start it: presso up")
    return running
