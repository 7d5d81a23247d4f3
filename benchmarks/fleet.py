"""What a fleet costs: 100 units unchanged, 40 applied, 1,000 tenants of 10 extensions of which 1 % changed.

1. `presso apply --all` on 100 unchanged units, and its ratio to `terraform plan` in each of their folders.
   Two of them are applied; the other 98 get copies of these two's states and records, since applying them
   would take an hour and show nothing else. Terraform's time is that of the two, times 50.
2. What `plan --all` decides on 11,000 units of which 1 % have changed, until the first Terraform would start:
   seconds and memory of a process of its own. States are files of 20 kB.
3. `presso apply --all` on units that are not deployed, compared with `terraform init` and `terraform apply`
   by `xargs -P2` on the same folders in a checkout of its own, platforms first; then once more, when nothing
   has changed, with `--refresh`. presso also judges the extensions and keeps plans, locks and records.

Run: .venv/bin/python benchmarks/fleet.py [--tenants 1000] [--applied 40] [--only decided|unchanged|applied]
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from presso.deployment import decisions, unit_selection
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.target_environment import Environments, TargetEnvironment, of_local
from presso.interruption import Interruption
from presso.local_aws import LocalAws
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


def applied_units(folder: Path, units: int) -> bool:
    """Measure applies, also of what is unchanged, against xargs; return whether the targets are met."""
    ours = checkout(folder / "presso", units // 2, ["order-metrics"])
    theirs = checkout(folder / "xargs", units // 2, ["order-metrics"])
    found: dict[str, list[tuple[float, float]]] = {"presso": [], "xargs": []}
    local = LocalAws(ours.local)
    local.ensure()
    try:
        for refresh in ([], ["--refresh"]):
            found["presso"].append(presso(ours, "apply", "--all", "--parallel", str(AT_ONCE), *refresh))
    finally:
        local.stop()
    local = LocalAws(theirs.local)
    env = dict(of_local(local.ensure(), None).env)
    try:
        found["xargs"] = [by_xargs(theirs, env), by_xargs(theirs, env)]
    finally:
        local.stop()
    (first, first_cpu), (again, again_cpu) = found["presso"]
    (slow, slow_cpu), (slow_again, slow_again_cpu) = found["xargs"]
    print(f"{units} units applied: presso {first:.1f} s, xargs -P{AT_ONCE} {slow:.1f} s")
    cpu = first_cpu / slow_cpu
    print(f"ratio {slow / first:.2f} (target {LEAST_FASTER}); CPU {cpu:.2f} (target {MOST_CPU})")
    print(f"{units} units unchanged, with --refresh: presso {again:.1f} s, xargs {slow_again:.1f} s")
    print(f"ratio {again / slow_again:.2f} (target {MOST_REFRESHED}); CPU {again_cpu / slow_again_cpu:.2f}")
    return slow / first >= LEAST_FASTER and again / slow_again <= MOST_REFRESHED


def by_xargs(workspace: Workspace, env: dict[str, str]) -> tuple[float, float]:
    """Write the units' folders, run Terraform in each, platforms first; wall and CPU seconds of Terraform."""
    from presso import tenants

    known = tenants.load_all(workspace)
    units = declared(known.values())
    for unit in units:
        unit_folder.write(workspace, unit, known[unit.tenant])
        unit.state(workspace).parent.mkdir(parents=True, exist_ok=True)
    terraform = " ".join(terraform_cli.find().command)
    script = (
        f"{terraform} -chdir=$0 init -input=false && {terraform} -chdir=$0 apply -auto-approve -input=false"
    )
    wall = cpu = 0.0
    for part in ([u for u in units if u.is_platform], [u for u in units if not u.is_platform]):
        listed = workspace.root / "units.txt"
        listed.write_text("\n".join(str(unit.folder(workspace)) for unit in part))
        command = ["xargs", "-a", str(listed), f"-P{AT_ONCE}", "-n1", "sh", "-c", script]
        seconds, computed = measured(command, env, workspace.root)
        wall, cpu = wall + seconds, cpu + computed
    return wall, cpu


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
    parser.add_argument("--only", choices=("decided", "unchanged", "applied"))
    given = parser.parse_args()
    parts = {
        "decided": lambda folder: large_fleet(folder, given.tenants),
        "unchanged": unchanged_units,
        "applied": lambda folder: applied_units(folder, given.applied),
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
