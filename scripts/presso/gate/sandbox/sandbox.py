"""The sandbox: a local AWS of the gate's own in which extensions run one after another."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from presso import confinement
from presso.errors import PressoError
from presso.gate.model import Facts, Model
from presso.gate.sandbox.driver import PLAY_SECONDS
from presso.gate.sandbox.sandbox_environment import SandboxEnvironment, Stack
from presso.gate.sandbox.sandbox_run import SandboxRun
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace

# Of the 32 MB that a local AWS records: each extension is to have most of them for itself.
_MOST_RECORDED = 4 << 20
_LONGEST = 1000


class Sandbox:
    """The sandbox; started on entry, removed on exit.

    Args:
        checkout: The checkout with the modules and the catalog.
        play_seconds: How long an extension's work may go on without progress.
        weak: Whether to continue where this machine cannot confine functions with namespaces.
    """

    def __init__(
        self, checkout: Workspace, play_seconds: float = PLAY_SECONDS, *, weak: bool = False
    ) -> None:
        self.checkout = checkout
        self.play_seconds = play_seconds
        self.weak = weak
        self._held = ExitStack()
        self._environment: SandboxEnvironment | None = None

    def __enter__(self) -> Sandbox:
        """Start its local AWS.

        Raises:
            PressoError: It does not start, or this machine cannot confine functions.
        """
        lacking = confinement.lacking()
        if lacking and not self.weak:
            raise PressoError(
                f"This machine cannot confine what the sandbox runs: {lacking}.",
                hint="docs/threat-model.md lists what to allow. For extensions that you trust, or on a "
                "machine without secrets, use --allow-weak-sandbox.",
            )
        self._stack = self._held.enter_context(Stack(self.checkout))
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._held.close()

    def facts_of(self, extension: str) -> Facts:
        """The facts for the next extension."""
        return self.environment.facts_of(extension)

    @property
    def environment(self) -> SandboxEnvironment:
        """The environment for the next extension.

        Raises:
            PressoError: The platform's own modules fail here.
        """
        if self._environment is None:
            environment = SandboxEnvironment(self._stack)
            try:
                environment.set_up()
            except (Refused, TooLong) as error:
                raise PressoError(
                    f"The sandbox's own tenants cannot be applied: {error}.",
                    hint="For details, see presso up, presso apply nyc and the local AWS's logs.",
                ) from error
            self._environment = environment
        return self._environment

    def tried(self, model: Model) -> Model:
        """The model as applied, with its record. One that was not left unchanged is not used again."""
        run = SandboxRun(self.environment, model, self.play_seconds)
        run.record.weak = confinement.lacking()
        self._environment, kept = None, self._environment
        try:
            tried = run.run()
        except Exception as error:  # each error of an extension concerns it alone
            self._begin_again()
            run.record.broken = f"the sandbox run did not finish: {str(error)[:_LONGEST]}"
            return replace(model, level="sandbox", did=run.record)
        if tried.record.unfinished or tried.record.left or self._stack.recorded() > _MOST_RECORDED:
            self._begin_again()
        elif tried.record.harmless:
            self._environment = kept
        return tried

    def _begin_again(self) -> None:
        """Start a new local AWS for the next extension: something may still run in this one."""
        self._held.close()
        self._stack = self._held.enter_context(Stack(self.checkout))
