"""Limits on what Terraform may access while it works on an extension: a second defence after the judged plan.

Landlock enforces it, not a box: the process keeps its id, so that Ctrl-C and a killed presso end it like any
other. Where the system has no Landlock, Terraform runs unconfined (`lacking`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from presso import atomic, confinement
from presso.confinement import DEVICES, SYSTEM
from presso.deployment.target_environment import TargetEnvironment
from presso.errors import PressoError
from presso.linux import landlock
from presso.terraform import cli_config, terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

# Files that programs need for calls to AWS, besides the system's programs.
_NETWORK = (
    *("/etc/ca-certificates", "/etc/gai.conf", "/etc/host.conf", "/etc/hosts", "/etc/pki"),
    *("/etc/resolv.conf", "/etc/services", "/run/resolvconf", "/run/systemd/resolve"),
)
# Variables that name a file which Terraform or a provider reads.
_NAMING = ("AWS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
_CONFIG = "terraform.rc"
# A provider's socket is in TMPDIR, and its path may have 107 characters.
_LONGEST_FOLDER = 80


@dataclass(frozen=True)
class AccessRights:
    """What a program may access.

    Args:
        read: Files and folders that it may read.
        write: Files and folders that it may also change.
        run: Files, and folders of files, that it may run as programs.
        network: Whether it may make TCP connections.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    run: tuple[str, ...]
    network: bool

    def start(self, begin: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """Start a program within these limits; `begin` starts it.

        A thread gives up all other rights for good, and its children inherit that: it needs no process.

        Raises:
            PressoError: The kernel refuses the limits.
        """

        def restricted() -> subprocess.Popen[bytes]:
            try:
                ports = None if self.network else ()
                landlock.restrict(self.read, self.write, self.run, ports, signals=True)
            except OSError as error:
                raise PressoError(f"Terraform cannot be confined: {error.strerror or error}.") from error
            return begin()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(restricted).result()


def lacking() -> str:
    """Return why Terraform cannot be confined here; "" when it can."""
    if landlock.version() == 0:
        return "this system has no Landlock, which needs Linux 5.13 or newer"
    path = terraform_cli.find().command[0]
    return f"{path} is a script that starts Terraform" if confinement.is_script(path) else ""


def rights(
    workspace: Workspace,
    unit: Unit,
    environment: TargetEnvironment,
    *,
    network: bool,
    temporary: str | None = None,
) -> AccessRights:
    """Return what Terraform may access for an extension.

    It reads the platform's modules and its providers, changes the unit's folder and state, and runs its
    providers; when it is attached to the local AWS's provider, it runs nothing. It reads the system's files
    only where it makes connections, or is a program that needs libraries.

    Args:
        unit: The extension's unit.
        network: Whether Terraform itself makes connections, because its state is in a bucket.
        temporary: The folder for temporary files; the unit's by default.
    """
    binary = terraform_cli.find().command
    folder, state = unit.folder(workspace), unit.state(workspace).parent
    state.mkdir(parents=True, exist_ok=True)  # Landlock needs an existing folder
    read = [*confinement.needed_by(binary), str(workspace.modules.resolve()), *_named(environment.env)]
    write = [*DEVICES, str(folder), str(state)]
    run = [binary[0], str(Path(binary[0]).resolve()), *confinement.loaders(binary[0])]
    network = network or environment.control is None
    read += (*SYSTEM, *_NETWORK) if network else ()
    if environment.control is None:
        cache = [str(environment.cache)] if environment.cache else []
        mirrors = cli_config.folders(cli_config.needed(environment.env))
        read += mirrors
        write += [*cache, temporary or str(folder)]
        run += [*cache, *mirrors, str(folder / ".terraform" / "providers")]
    elif config := environment.env.get("TF_CLI_CONFIG_FILE"):  # the local AWS's
        read += [config, *cli_config.folders(Path(config).read_text(encoding="utf-8"))]
    return AccessRights(tuple(read), tuple(write), tuple(run), network)


@contextlib.contextmanager
def temporary(folder: Path) -> Iterator[str]:
    """Yield a folder for temporary files of Terraform in a unit's folder: that one, if its path is short."""
    if len(str(folder)) <= _LONGEST_FOLDER:
        yield str(folder)
        return
    with tempfile.TemporaryDirectory(prefix="presso-") as made:
        yield made


def environment(
    environment: TargetEnvironment, folder: Path, *, local: bool, temporary: str | None = None
) -> dict[str, str]:
    """Return the environment of a confined Terraform, without the files in the user's home.

    Args:
        folder: The unit's folder.
        local: Whether it runs on the local AWS. On aws, credentials are resolved here and passed to it.
        temporary: The folder for temporary files; the unit's by default.

    Raises:
        PressoError: Credentials are configured but not available.
        OSError: The folder cannot be written.
    """
    env = {**environment.env, "HOME": str(folder), "TMPDIR": temporary or str(folder)}
    if environment.control is not None:
        return env
    env["TF_CLI_CONFIG_FILE"] = str(folder / _CONFIG)
    atomic.write(folder / _CONFIG, cli_config.needed(environment.env), mode=0o600)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    if local:
        return {**env, **nothing}
    found = credentials()
    profiles = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if found else ()
    return {name: value for name, value in env.items() if name not in profiles} | nothing | found


def credentials() -> dict[str, str]:
    """Return the variables with this process's AWS credentials; empty when there are none.

    Raises:
        PressoError: Credentials are configured but not available.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = boto3.Session().get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except (BotoCoreError, ClientError) as error:
        raise PressoError(
            f"AWS rejected the credentials: {error}", hint="Log in first, for example: aws sso login."
        ) from error
    if keys is None:
        return {}
    token = {"AWS_SESSION_TOKEN": keys.token} if keys.token else {}
    return {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key, **token}


def _named(env: Mapping[str, str]) -> Iterator[str]:
    """The files and folders that variables name."""
    yield from (env[name] for name in _NAMING if env.get(name))
