"""Plans an extension where it can do no harm: a copy, no environment, no AWS, limits on everything."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from presso import child, interruption
from presso.confinement import DEVICES, Limits
from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.gate import module_manifest, predictions
from presso.gate.elsewhere import Elsewhere, suffix
from presso.gate.model import ExtensionText, Facts
from presso.packages import packages
from presso.terraform.confined_terraform import SECONDS, ConfinedTerraform, Refused, environment, readable
from presso.units.extension_calls import call, literal
from presso.units.unit_folder import TREE
from presso.workspace import Workspace

_LOOKED_EVERY = 0.1
_INIT = ("init", "-backend=false", "-input=false", "-json")
_REQUIRED = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}
_PLAN = (("plan", "-out=plan", "-lock=false", "-input=false", "-json"), ("show", "-json", "plan"))


@dataclass
class Planner:
    """A provider server of the gate's own, and a temporary folder.

    Args:
        workspace: The checkout whose modules the extensions are built from.
        seconds: How long Terraform may take to plan one.
    """

    workspace: Workspace
    seconds: float = SECONDS
    folder: Path = field(init=False)
    control: Path = field(init=False)
    _server: subprocess.Popen[bytes] = field(init=False)
    _held: contextlib.ExitStack = field(init=False)
    _starting: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __enter__(self) -> Planner:
        """Start the server.

        Raises:
            PressoError: It does not start.
            Stopped: A stop is requested.
        """
        with contextlib.ExitStack() as held:
            self.folder = Path(tempfile.mkdtemp(prefix="presso-gate-")).resolve()
            held.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.control = self.folder / "s" / "control"
            self.control.parent.mkdir(mode=0o700)
            self._start(held)
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and remove the folder."""
        self._held.close()

    def _start(self, held: contextlib.ExitStack) -> None:
        program = [sys.executable, "-m", "offline_aws.server", "--without-aws", "--with-stdin"]
        program += ["--control", str(self.control)]
        limits = Limits(readable(self.workspace.modules), (str(self.folder), *DEVICES), run=())
        server = child.running(
            limits.command(program),
            cwd=self.folder,
            env=environment(self.folder),
            stdin=subprocess.PIPE,  # closed by our death, however we die
            stdout=subprocess.PIPE,
            stderr=held.enter_context((self.folder / "server.log").open("wb")),
        )
        self._server = held.enter_context(server)
        self._await_ready()

    def _await_ready(self) -> None:
        said = self._server.stdout
        assert said is not None
        while not select.select([said], [], [], _LOOKED_EVERY)[0]:
            interruption.check()
        if said.readline() != b"ready\n":
            log = (self.folder / "server.log").read_text(errors="replace").strip().splitlines()
            raise PressoError(f"The gate's provider does not start: {log[-1] if log else 'no output'}.")

    def plan(
        self,
        root: Path,
        facts: Facts,
        modules: ExtensionTree | None = None,
        text: ExtensionText | None = None,
        *,
        others: bool = False,
    ) -> dict[str, Any]:
        """Terraform's plan of an extension, as `terraform show -json` prints it.

        Args:
            root: The extension's folder.
            facts: The tenant that it is planned for.
            modules: The platform's modules for it, when not those of the checkout.
            text: The folder as the gate read it; it saves an `init`.
            others: Whether to plan it with other predictions, too: in calls of their own.

        Raises:
            Refused: Terraform cannot plan it.
            TooLong: It takes too long.
            Uninstallable: A dependency of a function cannot be installed.
        """
        tenants = {"": Elsewhere(facts), **(predictions.others(facts) if others else {})}
        with self._staged(root, partial(_unit, tenants), facts, modules) as unit:
            terraform = self._terraform(unit)
            found: dict[str, Any] = json.loads(self._shown(terraform, unit, text))
            if waits(found):
                found["settled"] = self._settled(terraform, unit, found)
            return found

    def plan_beside(self, root: Path, others: Sequence[Elsewhere], text: ExtensionText) -> dict[str, Any]:
        """One plan of an extension for several tenants, each in a module call of its own.

        Args:
            root: The extension's folder.
            others: The tenants.
            text: What the gate read of the folder.

        Raises:
            Refused: Terraform does not plan it for one of them.
            TooLong: It takes too long.
        """
        tenants = {suffix(number): other for number, other in enumerate(others)}
        with self._staged(root, partial(_unit, tenants), others[0].facts) as unit:
            found: dict[str, Any] = json.loads(self._shown(self._terraform(unit), unit, text))
            return found

    def _terraform(self, unit: Path) -> ConfinedTerraform:
        with self._starting:
            if self._server.poll() is not None:  # with the last plan, such as when the memory was full
                self.control.unlink(missing_ok=True)
                self._start(self._held)
        servers = (self._server.pid,)
        terraform = ConfinedTerraform(
            unit.parent, self.workspace.modules, self.control, self.seconds, servers=servers
        )
        terraform.prepare()
        return terraform

    def _shown(self, terraform: ConfinedTerraform, unit: Path, text: ExtensionText | None) -> str:
        if text is not None and module_manifest.write(unit, _calls(unit), text):
            try:
                return terraform.run(unit, *_PLAN)
            except Refused as refused:
                if not refused.asks_for_init:
                    raise
                shutil.rmtree(unit / ".terraform")
        return terraform.run(unit, _INIT, *_PLAN)

    def _settled(self, terraform: ConfinedTerraform, unit: Path, plan: dict[str, Any]) -> dict[str, Any]:
        """The state after a simulated apply, where data sources wait for it: nothing is created.

        Raises:
            Refused: Terraform found a provisioner that the gate's own parser did not.
        """
        if _mentions(plan.get("configuration"), "provisioners"):
            raise Refused("it has a provisioner")
        apply = ("apply", "-input=false", "-json", "-lock=false", "plan")
        found: dict[str, Any] = json.loads(terraform.run(unit, apply, ("show", "-json")))
        return found

    @contextlib.contextmanager
    def _staged(
        self,
        root: Path,
        document: Callable[[str], dict[str, Any]],
        facts: Facts,
        modules: ExtensionTree | None = None,
    ) -> Iterator[Path]:
        """A unit with a copy of the extension in a real unit's place, and the modules of the checkout."""
        tree = ExtensionTree.read(root)
        built = packages.of_extension(self.workspace, tree, facts.given)
        place = Path(tempfile.mkdtemp(prefix="unit-", dir=self.folder))
        try:
            unit = place / "unit"
            unit.mkdir()
            try:
                files = {package.path: package.file for package in built}
                staged = tree.stage(unit / TREE, modules or self.workspace.modules, files)
            except PressoError as error:
                raise Refused(error.message) from error
            source = f"./{staged.relative_to(unit)}"
            (unit / "main.tf.json").write_text(json.dumps(document(source)), encoding="utf-8")
            yield unit
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _calls(unit: Path) -> dict[str, str]:
    """The modules that a unit calls, and their sources."""
    document = json.loads((unit / "main.tf.json").read_text(encoding="utf-8"))
    return {name: call["source"] for name, call in document["module"].items()}


def waits(plan: Mapping[str, Any]) -> bool:
    """Return whether a data source is read only after another resource is created."""
    return any(change.get("mode") == "data" for change in plan.get("resource_changes", ()))


def _mentions(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_mentions(item, key) for item in value.values())
    return isinstance(value, list) and any(_mentions(item, key) for item in value)


def _unit(tenants: Mapping[str, Elsewhere], source: str) -> dict[str, Any]:
    """A unit as `presso apply` writes one, but with a call of the extension for each tenant.

    Args:
        tenants: By the end of the names of their calls; "" is the one with the default provider.
        source: The source of the extension's module.
    """
    return {"terraform": _REQUIRED, **_calls_for(tenants, source)}


def _calls_for(tenants: Mapping[str, Elsewhere], source: str, contexts: str = "contexts") -> dict[str, Any]:
    """The calls of an extension, each with a provider and the context that modules/extension-context gives.

    That module would be half of what Terraform goes through for a small extension. What waits for its policy
    waits here for a resource of Terraform's own, of the name `contexts`.
    """
    providers: list[dict[str, Any]] = []
    sections: dict[str, dict[str, Any]] = {"module": {}, "output": {}}
    known = {}
    for end, tenant in tenants.items():
        name, facts = f"extension{end}", tenant.facts
        known[name] = literal(facts.variables["context"])
        found = call(name, facts.given, context=f"terraform_data.{contexts}.input.{name}", source=source)
        providers.append(_provider(tenant))
        if end:
            providers[-1]["alias"] = f"tenant{end}"
            found["module"][name]["providers"] = {"aws": f"aws.tenant{end}"}
        for key, part in found.items():
            sections[key] |= part
    resources = {"terraform_data": {contexts: {"input": known}}}
    return {"provider": {"aws": providers}, "resource": resources, **sections}


def _provider(tenant: Elsewhere) -> dict[str, Any]:
    return {
        "region": tenant.facts.region,
        "access_key": tenant.facts.account,
        "secret_key": tenant.prediction,
        "default_tags": {"tags": tenant.facts.variables["context"]["tags"]},
    }
