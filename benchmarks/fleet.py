"""What a fleet costs: 100 units unchanged, 40 applied, 1,000 tenants of 10 extensions of which 1 % changed.

1. `presso apply --all` on 100 unchanged units, and its ratio to `terraform plan` in each of their folders.
   Two of them are applied; the other 98 get copies of these two's states and records, since applying them
   would take an hour and show nothing else. Terraform's time is that of the two, times 50.
2. What `plan --all` decides on 11,000 units of which 1 % have changed, until the first Terraform would start:
   seconds and memory of a process of its own. States are files of 20 kB.
3. `presso apply --all` on units that are not deployed, compared with `terraform init` and `terraform apply`
   by `xargs -P2` and by `foreach` of claranet-tfwrapper (no two at a time), on the same folders in checkouts
   of their own, platforms first; then once more, when nothing has changed, with `--refresh`. presso also
   judges the extensions and keeps plans, locks and records. The wrapper comes from PyPI. With `--latency 0.1`
   every call of AWS is answered 0.1 s later, as AWS does; presso runs as many units at a time as it does by
   default on target aws, and `xargs` also runs as many.

Run: .venv/bin/python benchmarks/fleet.py [--tenants 1000] [--applied 40] [--latency 0.1]
    [--only decided|unchanged|applied]
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slow_aws import answering_after

from presso.deployment import decisions, parallelism, unit_selection
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.target_environment import Environments, TargetEnvironment, of_local
from presso.interruption import Interruption
from presso.local_aws import LocalAws
from presso.processes import stat_fields
from presso.tenants import Target, Tenant
from presso.terraform import terraform_cli
from presso.units import unit_folder
from presso.units.unit import Unit, declared
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

UNITS = 100
MOST_SECONDS, LEAST_RATIO = 2.0, 50.0
AT_ONCE, LEAST_FASTER, MOST_REFRESHED, MOST_CPU = 2, 3.0, 0.5, 1.15
EXTENSIONS, CHANGED = 10, 0.01
MOST_DECIDING, MOST_MEMORY = 10.0, 500
STATE = 20_000
PRESSO = [sys.executable, "-m", "presso"]
WRAPPER = "claranet-tfwrapper==15.0.2"
# Applies all units of a checkout in an environment, perhaps again; wall and CPU seconds.
Way = Callable[[Workspace, dict[str, str], bool], tuple[float, float]]


def checkout(folder: Path, tenants: int, extensions: list[str]) -> Workspace:
    """Return a checkout with the real one's modules, copies of order-metrics, and tenants that list all."""
    real = Workspace.find()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "modules").symlink_to(real.modules)
    for name in extensions:
        shutil.copytree(real.extensions / "order-metrics", folder / "extensions" / name)
    for number in range(tenants):
        declare(folder, f"bench-{number}", extensions)
    return Workspace(folder, folder / ".presso")


def declare(folder: Path, tenant: str, extensions: list[str], more: str = "") -> None:
    """Write a tenant's file."""
    file = folder / "tenants" / tenant / "tenant.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(extensions)
    file.write_text(
        f"name: {tenant}\ntitle: Bench\naccount: '{int(tenant[6:]):012}'\n{more}extensions: [{listed}]\n"
    )


def presso(workspace: Workspace, *arguments: str) -> tuple[float, float]:
    """Run presso; wall and CPU seconds."""
    env = {**os.environ, "PRESSO_ROOT": str(workspace.root), "PRESSO_HOME": str(workspace.home)}
    return measured([*PRESSO, *arguments, "--quiet"], env, workspace.root)


def measured(command: list[str], env: dict[str, str], folder: Path) -> tuple[float, float]:
    """Run a program; wall and CPU seconds."""
    before, since = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - since, cpu


def confirm(workspace: Workspace, fingerprints: Fingerprints, tenant: Tenant, text: str) -> None:
    """Write what applies of a tenant's units would leave: folders, states, records."""
    for unit in declared([tenant]):
        folder = unit.folder(workspace)
        folder.mkdir(parents=True, exist_ok=True)
        document = unit_folder.document(workspace, unit, tenant)
        (folder / unit_folder.FILE).write_text(json.dumps(document, indent=2))
        state = unit.state(workspace)
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(text)
        records = ConfirmedStates(workspace, unit, None)
        fingerprint = fingerprints.of(unit, tenant)
        assert fingerprint, unit
        records.end(records.begin(), fingerprint.inputs)


def unchanged_units(folder: Path) -> bool:
    """Measure `apply --all` on unchanged units; return whether the targets are met."""
    from presso import tenants

    workspace = checkout(folder, UNITS // 2, ["order-metrics"])
    local = LocalAws(workspace.local)
    running = local.ensure()
    try:
        real = [Unit("bench-0"), Unit("bench-0", "order-metrics")]
        presso(workspace, "apply", *map(str, real))
        text = real[1].state(workspace).read_text()
        environments = Environments.under(workspace, {"local"})
        fingerprints = Fingerprints(workspace, Trees(workspace), environments.of)
        for name, tenant in tenants.load_all(workspace, lambda name: name != "bench-0").items():
            for unit in real:
                lock = Unit(name, unit.extension).folder(workspace) / ".terraform.lock.hcl"
                lock.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(unit.folder(workspace) / ".terraform.lock.hcl", lock)
            confirm(workspace, fingerprints, tenant, text)
        presso(workspace, "apply", "--all")  # what is imported and read is in the system's cache then
        wall, cpu = presso(workspace, "apply", "--all")
        env = dict(of_local(running, None).env)
        command = [*terraform_cli.find().command, "plan", "-input=false"]
        plans = [measured(command, env, unit.folder(workspace)) for unit in real]
        terraform = sum(seconds for _, seconds in plans) * UNITS / 2
    finally:
        local.stop()
    ratio = terraform / cpu
    print(f"{UNITS} units unchanged: apply --all {wall:.2f} s, {cpu:.2f} s of CPU (target {MOST_SECONDS})")
    print(f"terraform plan in each: {terraform:.0f} s of CPU; ratio {ratio:.0f} (target {LEAST_RATIO:.0f})")
    return cpu <= MOST_SECONDS and ratio >= LEAST_RATIO


def large_fleet(folder: Path, tenants_wanted: int) -> bool:
    """Measure what `plan --all` decides on a large fleet; return whether the targets are met."""
    from presso import tenants

    names = [f"extension-{number}" for number in range(EXTENSIONS)]
    workspace = checkout(folder, tenants_wanted, names)
    head = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "bench"}
    resources = [{"mode": "managed", "instances": [{}], "attributes": "x" * STATE}]
    text = json.dumps({**head, "outputs": {}, "resources": resources}, indent=2)
    fingerprints = Fingerprints(workspace, Trees(workspace), environment)
    for tenant in tenants.load_all(workspace).values():
        confirm(workspace, fingerprints, tenant, text)
    changed = int(tenants_wanted * CHANGED)
    for number in range(changed):
        declare(folder, f"bench-{number}", names, "region: eu-central-1\n")
    output = subprocess.run(
        [sys.executable, __file__, "decide", str(folder)], check=True, capture_output=True, text=True
    ).stdout
    seconds, megabytes, to_run = json.loads(output)
    units = tenants_wanted * (1 + EXTENSIONS)
    assert to_run == changed * (1 + EXTENSIONS), to_run
    print(f"{units} units, {to_run} changed: decided in {seconds:.1f} s of CPU, {megabytes:.0f} MB")
    print(f"(targets {MOST_DECIDING:.0f} s, {MOST_MEMORY} MB)")
    return seconds <= MOST_DECIDING and megabytes <= MOST_MEMORY


@dataclass
class Cost:
    """What one way of running Terraform on all units costs.

    Args:
        wall: Seconds.
        cpu: Seconds of computing of what was started: presso, Terraform, the providers that it starts.
        served: Seconds of computing of the local AWS and the provider's server, which all ways share.
    """

    wall: float = 0.0
    cpu: float = 0.0
    served: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s, CPU {self.cpu:6.1f} s and {self.served:5.1f} s of the local AWS"


def ways_of(folder: Path, latency: float) -> dict[str, Way]:
    """The ways to apply a fleet, by name."""
    ours = AT_ONCE
    if latency:
        ours = parallelism.default({"aws"}, parallelism.cores(), parallelism.memory())
    ways: dict[str, Way] = {"presso": partial(by_presso, ours)}
    ways |= {f"xargs -P{number}": partial(by_xargs, number) for number in (AT_ONCE, ours)}
    if wrapper := installed_wrapper(folder / "wrapper"):
        ways["foreach"] = partial(by_foreach, wrapper)
    print(f"presso --parallel {ours}; AWS answers after {latency} s")
    return ways


def applied_units(folder: Path, units: int, latency: float) -> bool:
    """Measure applies, also of what is unchanged, against xargs and foreach; whether the targets are met."""
    ways = ways_of(folder, latency)
    first, again = {}, {}
    for name, way in ways.items():
        workspace = checkout(folder / name.replace(" ", ""), units // 2, ["order-metrics"])
        local = LocalAws(workspace.local)
        local.ensure()
        servers = [part.pid for part in local.status().parts if part.pid]
        try:
            with answering_after(local, latency) if latency else contextlib.nullcontext():
                env = dict(of_local(local.ensure(), None).env)
                for found, unchanged in ((first, False), (again, True)):
                    before = computed(servers)
                    found[name] = Cost(*way(workspace, env, unchanged))
                    found[name].served = computed(servers) - before
        finally:
            local.stop()
    return reported(units, first, again)


def reported(units: int, first: dict[str, Cost], again: dict[str, Cost]) -> bool:
    """Print what each way costs, and the ratios; whether the targets are met."""
    bare = f"xargs -P{AT_ONCE}"
    for title, found in (("applied", first), ("unchanged, with --refresh", again)):
        print(f"{units} units {title}:")
        for name, cost in found.items():
            print(f"  {name:12}{cost}")
    faster = {name: cost.wall / first["presso"].wall for name, cost in first.items() if name != "presso"}
    refreshed = again["presso"].wall / again[bare].wall
    cpu = first["presso"].cpu / first[bare].cpu
    ratios = ", ".join(f"{ratio:.2f} x {name}" for name, ratio in faster.items())
    print(f"applied: {ratios} (target {LEAST_FASTER}); CPU {cpu:.2f} (target {MOST_CPU})")
    print(f"unchanged: {refreshed:.2f} of {bare} (target {MOST_REFRESHED})")
    against = [ratio for name, ratio in faster.items() if name in (bare, "foreach")]
    return min(against) >= LEAST_FASTER and refreshed <= MOST_REFRESHED and cpu <= MOST_CPU


def computed(servers: list[int]) -> float:
    """Seconds of computing of processes so far."""
    fields = [stat_fields(pid) or [] for pid in servers]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def by_presso(
    at_once: int, workspace: Workspace, env: dict[str, str], unchanged: bool
) -> tuple[float, float]:
    """Apply all units by presso; wall and CPU seconds."""
    options = ["--refresh"] if unchanged else []
    return presso(workspace, "apply", "--all", "--parallel", str(at_once), *options)


def folders(workspace: Workspace) -> list[list[Path]]:
    """Write the units' folders; return those of the platforms, then those of the extensions."""
    from presso import tenants

    known = tenants.load_all(workspace)
    units = declared(known.values())
    for unit in units:
        unit_folder.write(workspace, unit, known[unit.tenant])
        unit.state(workspace).parent.mkdir(parents=True, exist_ok=True)
    return [[u.folder(workspace) for u in units if u.is_platform is kind] for kind in (True, False)]


def script(folder: str) -> str:
    """Return the shell's commands for one folder."""
    terraform = f"{' '.join(terraform_cli.find().command)} -chdir={folder}"
    return f"{terraform} init -input=false && {terraform} apply -auto-approve -input=false"


def by_xargs(at_once: int, workspace: Workspace, env: dict[str, str], unchanged: bool) -> tuple[float, float]:
    """Run Terraform in the units' folders by xargs, platforms first; wall and CPU seconds."""
    wall = cpu = 0.0
    for part in folders(workspace):
        listed = workspace.root / "units.txt"
        listed.write_text("\n".join(map(str, part)))
        command = ["xargs", "-a", str(listed), f"-P{at_once}", "-n1", "sh", "-c", script("$0")]
        more = measured(command, env, workspace.root)
        wall, cpu = wall + more[0], cpu + more[1]
    return wall, cpu


def by_foreach(
    wrapper: Path, workspace: Workspace, env: dict[str, str], unchanged: bool
) -> tuple[float, float]:
    """Run the same by the wrapper's `foreach`, which takes stacks in the order of their names."""
    conf = workspace.root / "conf"
    conf.mkdir(exist_ok=True)
    for number, folder in enumerate(path for part in folders(workspace) for path in part):
        name = f"{number:05}"
        stack = workspace.root / "fleet" / "_global" / name
        stack.mkdir(parents=True, exist_ok=True)
        (stack / "unit").write_text(str(folder))
        (conf / f"fleet_global_{name}.yml").write_text("terraform:\n  legacy: true\n  vars: {by: bench}\n")
    command = [str(wrapper), "foreach", "-S", "--", script("$(cat unit)")]
    return measured(command, env, workspace.root)


def installed_wrapper(folder: Path) -> Path | None:
    """Install claranet-tfwrapper in an environment of its own; None where PyPI does not have it."""
    venv.create(folder, with_pip=True)
    install = [str(folder / "bin" / "pip"), "install", "-qq", WRAPPER]
    if subprocess.run(install, check=False).returncode:
        print(f"{WRAPPER} cannot be installed: not compared")
        return None
    return folder / "bin" / "tfwrapper"


def environment(target: Target, tenant: Tenant | None) -> TargetEnvironment:
    """Return an environment as on the local AWS, which need not run for decisions."""
    return TargetEnvironment({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, Path("control"), "plugins")


def decide(folder: Path) -> None:
    """Decide as `plan --all` does; print CPU seconds, megabytes and the number of units to run."""
    workspace = Workspace(folder, folder / ".presso")
    selection = unit_selection.select(workspace, "plan", [], everything=True)
    fingerprints = Fingerprints(workspace, Trees(workspace), environment)
    found = decisions.of(workspace, selection, fingerprints, Interruption())
    to_run = sum(decision.change != "unchanged" for decision in found)
    print(
        json.dumps([time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, to_run])
    )


def main() -> int:
    """Print the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--applied", type=int, default=40)
    parser.add_argument(
        "--latency", type=float, default=0.0, help="seconds until AWS answers an apply's calls"
    )
    parser.add_argument("--only", choices=("decided", "unchanged", "applied"))
    given = parser.parse_args()
    parts = {
        "decided": lambda folder: large_fleet(folder, given.tenants),
        "unchanged": unchanged_units,
        "applied": lambda folder: applied_units(folder, given.applied, given.latency),
    }
    met = []
    for name, part in parts.items():
        if given.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                met.append(part(Path(folder).resolve()))
    return 0 if all(met) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["decide"]:
        decide(Path(sys.argv[2]))
    else:
        sys.exit(main())
