"""The temporary tenant of a run: its folder, its platform, and its removal, by this run or a later one."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from presso import aws_access, file_lock, interruption, text_file
from presso.aws_access import Access
from presso.deployment import runs, unit_selection
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.errors import PressoError
from presso.local_aws import LocalAws, Running
from presso.tenants import LOCAL_ACCOUNT, Target, Tenant
from presso.verification import removal
from presso.verification.call_guard import Ledger
from presso.workspace import Workspace

_ABOUT = "run.json"
_PREFIX = "verify-"


@dataclass(frozen=True)
class RunPlace:
    """Where the probes run.

    Args:
        target: `local` or `aws`.
        account: The account that must be the credentials'; None on the local target.
        region: AWS's region.
        published: Whether the platform is applied with the published provider.
    """

    target: Target
    account: str | None
    region: str
    published: bool = False


class TemporaryTenant:
    """A tenant that exists for one run.

    Args:
        workspace: The checkout and its home.
        name: Its name, in everything that belongs to it.
        place: Where it is.
    """

    def __init__(self, workspace: Workspace, name: str, place: RunPlace) -> None:
        self.folder = folder_of(workspace) / name
        self.name = name
        self.place = place
        self.ledger = Ledger(self.folder / "created.jsonl")
        self._workspace = Workspace(workspace.root, self.folder, self.folder / "tenants")
        self._local = LocalAws.of_this_process(self.folder / "local", enforce_iam=True, forget=True)

    @classmethod
    def new(cls, workspace: Workspace, place: RunPlace) -> TemporaryTenant:
        """Return a tenant whose folder is there, before anything else is."""
        tenant = cls(workspace, f"{_PREFIX}{secrets.token_hex(4)}", place)
        file = tenant.folder / "tenants" / tenant.name / "tenant.yaml"
        with interruption.deferred():
            file.parent.mkdir(parents=True)
            (tenant.folder / _ABOUT).write_text(json.dumps(asdict(place)), encoding="utf-8")
            known = {"title": "A temporary tenant of presso verify", "target": place.target}
            file.write_text(
                json.dumps({"name": tenant.name, "region": place.region, **known, **tenant._account()})
            )
        return tenant

    def _account(self) -> dict[str, str]:
        return {"account": self.place.account} if self.place.account else {}

    @cached_property
    def running(self) -> Running | None:
        """The local AWS of this run alone; None on aws."""
        return self._local.ensure() if self.place.target == "local" else None

    def access(self) -> Access:
        """Return access to its account with the caller's credentials.

        Raises:
            PressoError: There are none, or they are another account's.
        """
        if self.running:
            return aws_access.local_access(self.running.endpoint, LOCAL_ACCOUNT, self.place.region)
        title, account = "A temporary tenant", self.place.account
        tenant = Tenant(name=self.name, title=title, target="aws", region=self.place.region, account=account)
        return aws_access.real_access(tenant, os.environ)

    def apply(self, seconds: float) -> None:
        """Apply its platform.

        Raises:
            PressoError: That failed; its message has Terraform's words.
        """
        self._run("apply", seconds)

    def _run(self, action: Action, seconds: float | None = None) -> None:
        selection = unit_selection.select(self._workspace, action, [self.name])
        environments = Environments(self._workspace, self.running, self.place.published)
        run = runs.Runs(self._workspace, selection, action, environments.of, Silent())
        run.time_limit = seconds
        for outcome in run.execute():
            if outcome.bad:
                raise PressoError(
                    f"{action} of the temporary tenant failed: {_words(outcome)}", hint=outcome.hint
                )

    def remove(self) -> list[str]:
        """Remove all that belongs to it; return what is left. Its folder stays where something is."""
        if self.place.target == "local":  # nothing outlives its AWS
            self._local.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            return []
        left = removal.remove_all(self.access(), self.ledger, self.name)
        if (self.folder / "state").exists() or (self.folder / "units").exists():
            try:
                self._run("destroy")
            except PressoError as error:
                left.append(str(error))
        if not left:
            shutil.rmtree(self.folder, ignore_errors=True)
        return left

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Hold its folder while this is entered; yield whether no other process does."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            yield file_lock.take(handle)
        finally:
            os.close(handle)


def _words(outcome: Outcome) -> str:
    found = [each.summary for each in outcome.diagnostics if each.severity == "error"]
    return (outcome.message or "; ".join(found) or outcome.result).strip()


def folder_of(workspace: Workspace) -> Path:
    """Return the folder with a folder for each run."""
    return workspace.home / "verify"


def left_behind(workspace: Workspace) -> list[TemporaryTenant]:
    """Return the tenants of earlier runs, whether these still run or not."""
    found = []
    for file in sorted(folder_of(workspace).glob(f"{_PREFIX}*/{_ABOUT}")):
        with contextlib.suppress(ValueError, TypeError, OSError):
            place = RunPlace(**json.loads(text_file.read(file, file.name)))
            found.append(TemporaryTenant(workspace, file.parent.name, place))
    return found
