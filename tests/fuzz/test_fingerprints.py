"""A unit's fingerprint sees all that changes its plan: each kind of input is changed, and changed back."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.inputs import fuzzed

from presso import tenants
from presso.deployment import decisions
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.decisions import Decision
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_selection import Selection
from presso.extension_tree import ExtensionTree
from presso.interruption import Interruption
from presso.tenants import ExtensionUse, Tenant
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.units.unit_tree import Trees, UnitTree
from presso.workspace import Workspace

CALL = (
    'module "drinks" {\n  source = "../../modules/event-function"\n}\nmodule "sub" {\n  source = "./sub"\n}\n'
)
ROLE = "arn:aws:iam::222222222222:role/ci"
FILES = {
    "program/scripts/presso/gate.py": "checks = 1\n",
    "program/scripts/offline_aws/engine.py": "plan = 1\n",
    "program/locks/run.txt": "boto3==1.0\n",
    "checkout/waivers.yaml": "waivers: []\n",
    "checkout/modules/tenant/main.tf": 'resource "aws_cloudwatch_event_bus" "default" {\n  name = "x"\n}\n',
    "checkout/modules/tenant/policy.json": '{"Version": "2012-10-17"}\n',
    "checkout/modules/event-player/main.tf": "locals {\n  speed = 1\n}\n",
    "checkout/modules/event-player/scenarios/one.json": "[]\n",
    "checkout/modules/event-catalog/main.tf": 'variable "schemas" {}\n',
    "checkout/modules/event-catalog/events/paid.yaml": "detail-type: Paid\n",
    "checkout/modules/extension-context/main.tf": 'output "context" {\n  value = 1\n}\n',
    "checkout/modules/event-function/main.tf": 'module "queue" {\n  source = "../event-queue"\n}\n',
    "checkout/modules/event-queue/main.tf": 'locals {\n  policy = file("${path.module}/policy.json")\n}\n',
    "checkout/modules/event-queue/policy.json": "{}\n",
    "checkout/modules/event-table/main.tf": "locals {}\n",
    "checkout/extensions/cups/main.tf": CALL,
    "checkout/extensions/cups/sub/main.tf": "locals {}\n",
    "checkout/extensions/cups/src/app.py": "print(1)\n",
    "checkout/extensions/cups/src/requirements.txt": "humanize==4.0 --hash=sha256:00\n",
    "checkout/extensions/cups/extension.yaml": "name: cups\n",
    "checkout/extensions/other/main.tf": "locals {}\n",
    "checkout/extensions/other/extension.yaml": "emits: []\n",
    "checkout/extensions/other/schemas/sold.json": "{}\n",
    "pinned/extensions/cups/main.tf": CALL,
    "pinned/extensions/cups/sub/main.tf": "locals {}\n",
    "pinned/modules/event-function/main.tf": 'module "queue" {\n  source = "../event-queue"\n}\n',
    "pinned/modules/event-queue/main.tf": "locals {}\n",
    "terraform/terraform.rc": "provider_installation {}\n",
    "checkout/.presso/local/data-id": "one",
}
NYC: dict[str, Any] = {"name": "nyc", "title": "New York"}
BER: dict[str, Any] = {
    "name": "ber",
    "title": "Berlin",
    "target": "aws",
    "account": "222222222222",
    "catalog": {"type": "OpenApi3", "discovery": False},
    "deployers": [ROLE],
}
UNITS = [Unit("ber"), Unit("ber", "cups"), Unit("nyc"), Unit("nyc", "cups")]
PLATFORMS, EXTENSIONS = [UNITS[0], UNITS[2]], [UNITS[1], UNITS[3]]
LOCAL, REAL, NYC_CUPS, BER_CUPS, BER_ALONE = UNITS[2:], UNITS[:2], UNITS[3:], UNITS[1:2], UNITS[:1]
# Each folder, and the units whose plan its files may change.
CONCERNED = {
    "program/scripts": UNITS,
    "program/locks": UNITS,
    "checkout/waivers.yaml": EXTENSIONS,
    "checkout/modules/tenant": PLATFORMS,
    "checkout/modules/event-player": PLATFORMS,
    "checkout/modules/event-catalog": [*EXTENSIONS, *BER_ALONE],
    "checkout/modules/extension-context": EXTENSIONS,
    "checkout/modules/event-function": NYC_CUPS,
    "checkout/modules/event-queue": NYC_CUPS,
    "checkout/extensions/cups": NYC_CUPS,
    "checkout/extensions/other/extension.yaml": [*EXTENSIONS, *BER_ALONE],
    "checkout/extensions/other/schemas": [*EXTENSIONS, *BER_ALONE],
    "pinned/extensions/cups": BER_CUPS,
    "pinned/modules": BER_CUPS,
    "terraform": LOCAL,
    "checkout/.presso/local/data-id": LOCAL,
    "checkout/.presso/units/nyc/.terraform.lock.hcl": LOCAL[:1],
    "checkout/.presso/units/ber/cups/.terraform.lock.hcl": BER_CUPS,
}


class PinnedTrees(Trees):
    """Trees whose versions are in a folder, in place of a repository's history."""

    def __init__(self, workspace: Workspace, pinned: Path) -> None:
        super().__init__(workspace)
        self._folder = pinned

    def of(self, use: ExtensionUse) -> UnitTree:
        if not use.version:
            return super().of(use)
        tree = ExtensionTree.read(self._folder / "extensions" / use.name)
        return UnitTree(tree, ExtensionTree.read(self._folder / "modules"))


def extension(**keys: Any) -> dict[str, Any]:
    return {"name": "cups", "variables": {"size": "1", "sizes": {"small": [1, 2]}}, **keys}


@dataclass
class Fleet:
    """Two tenants, one on each target, with one extension each; a decision reads everything anew."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    plugins: str = "plugins"
    control: Path | None = Path("control")
    tenants: dict[str, Tenant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        files = FILES | {
            f"checkout/.presso/units/{unit}/.terraform.lock.hcl": "provider {}\n" for unit in UNITS
        }
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.workspace = Workspace(self.root / "checkout", self.root / "checkout" / ".presso")
        self.declare(NYC, extensions=[extension()])
        self.declare(BER, extensions=[extension(version="v1")])
        for unit in UNITS:
            self.confirm(unit)

    def declare(self, document: dict[str, Any], **keys: Any) -> None:
        path = self.workspace.tenants / document["name"] / "tenant.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document | keys))
        self.tenants[document["name"]] = tenants.load(self.workspace, document["name"])

    def environment(self, target: str, tenant: Tenant | None) -> TargetEnvironment:
        env = {**self.env, "TF_CLI_CONFIG_FILE": str(self.root / "terraform" / "terraform.rc")}
        if target == "aws":
            return TargetEnvironment(
                {name: value for name, value in env.items() if "CLI" not in name}, None, ""
            )
        return TargetEnvironment(env, self.control, self.plugins)

    @property
    def fingerprints(self) -> Fingerprints:
        trees = PinnedTrees(self.workspace, self.root / "pinned")
        return Fingerprints(self.workspace, trees, self.environment, self.root / "program" / "scripts")

    def records(self, unit: Unit) -> ConfirmedStates:
        return ConfirmedStates(self.workspace, unit, None)

    def confirm(self, unit: Unit) -> None:
        """Do what an apply does."""
        records = self.records(unit)
        run = records.begin()
        state = unit.state(self.workspace)
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps({"version": 4, "serial": 3, "lineage": "l", "resources": []}, indent=2))
        fingerprint = self.fingerprints.of(unit, self.tenants[unit.tenant])
        assert fingerprint
        records.end(run, fingerprint.inputs)

    def decided(self) -> dict[Unit, Decision]:
        selection = Selection(UNITS, self.tenants, frozenset(), deployed=frozenset(UNITS))
        found = decisions.of(self.workspace, selection, self.fingerprints, Interruption())
        return {decision.unit: decision for decision in found}

    def unchanged(self) -> list[Unit]:
        return [unit for unit, decision in self.decided().items() if decision.change == "unchanged"]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


Change = Callable[[Fleet, Any], Any]
KINDS: dict[str, Callable[[Fleet, st.DataObject], "contextlib.AbstractContextManager[list[Unit]]"]] = {}


def kind(function: Callable[[Fleet, st.DataObject], Iterator[list[Unit]]]) -> None:
    KINDS[function.__name__] = contextlib.contextmanager(function)


def files_of(fleet: Fleet, place: str) -> list[Path]:
    top = fleet.root / place
    return [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())


@contextlib.contextmanager
def restored(path: Path) -> Iterator[None]:
    content, mode = path.read_bytes(), path.stat().st_mode
    try:
        yield
    finally:
        path.write_bytes(content)
        path.chmod(mode)


@kind
def a_file_s_content(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    place = data.draw(st.sampled_from(sorted(CONCERNED)))
    path = data.draw(st.sampled_from(files_of(fleet, place)))
    with restored(path):
        before = path.read_bytes()
        at = data.draw(st.integers(0, len(before) - 1))
        after = data.draw(
            st.sampled_from(
                [
                    before[:at],
                    before[:at] + bytes([before[at] ^ data.draw(st.integers(1, 255))]) + before[at + 1 :],
                    before[:at] + data.draw(st.binary(min_size=1, max_size=9)) + before[at:],
                    b"",
                ]
            )
        )
        path.write_bytes(after)
        yield CONCERNED[place] if after != before else []


@kind
def a_file_s_content_with_its_time_and_size_kept(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    place = data.draw(st.sampled_from(sorted(CONCERNED)))
    path = data.draw(st.sampled_from(files_of(fleet, place)))
    with restored(path):
        status, before = path.stat(), path.read_bytes()
        path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        yield CONCERNED[place]


@kind
def a_file_removed_or_renamed(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    place = data.draw(st.sampled_from(sorted(CONCERNED)))
    path = data.draw(st.sampled_from(files_of(fleet, place)))
    name = data.draw(st.sampled_from([None, f"x{path.name}", f"{path.name}.tf", f"{path.stem}"]))
    target = path.with_name(name) if name else None
    with restored(path):
        moved = bool(target and target != path and not target.exists())
        if moved and target:
            path.rename(target)
        else:
            path.unlink()
        try:
            yield CONCERNED[place]
        finally:
            if moved and target:
                target.unlink()


@kind
def a_file_added(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    places = sorted(place for place in CONCERNED if (fleet.root / place).is_dir())
    for covered in ("checkout/extensions/other/schemas", "terraform"):  # by a pattern, and by the plugins
        places.remove(covered)
    place = data.draw(st.sampled_from(places))
    folders = [fleet.root / place, *(path for path in (fleet.root / place).rglob("*") if path.is_dir())]
    name = data.draw(st.sampled_from(["new.tf", "new.tf.json", ".hidden", "new", "x.auto.tfvars", "new.py"]))
    path = data.draw(st.sampled_from(sorted(folders))) / name
    path.write_bytes(data.draw(st.binary(max_size=5)))
    try:
        yield CONCERNED[place]
    finally:
        path.unlink()


@kind
def a_file_made_executable_or_a_link(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    modules = (p for p in CONCERNED if ("modules" in p or "cups" in p) and "catalog" not in p)
    place = data.draw(st.sampled_from(sorted(modules)))
    path = data.draw(
        st.sampled_from([p for p in files_of(fleet, place) if "lock.hcl" not in p.name] or [None])
    )
    if path is None:
        yield []
        return
    if data.draw(st.booleans()):
        with restored(path):
            path.chmod(0o755)
            yield CONCERNED[place]
        return
    aside = fleet.root / "aside"
    path.rename(aside)
    path.symlink_to(aside)
    try:
        yield CONCERNED[place]
    finally:
        path.unlink()
        aside.rename(path)


SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("ab${}%1é", max_size=4)
VALUES = st.recursive(
    SCALARS | st.floats(-1e6, 1e6, allow_nan=False),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text("abc", min_size=1), each, max_size=3),
    max_leaves=5,
)


def typed(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@kind
def a_variable(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    document, version = data.draw(st.sampled_from([(NYC, {}), (BER, {"version": "v1"})]))
    before = extension()["variables"]
    value = data.draw(VALUES | st.sampled_from([1, True, "1", 1.0, "1 ", [], {}, None]))
    name = data.draw(st.sampled_from(["size", "sizes", "more"]))
    variables = data.draw(st.sampled_from([{**before, name: value}, {name: value}, {}]))
    fleet.declare(document, extensions=[extension(**version, variables=variables)])
    concerned = [Unit(document["name"], "cups")] if typed(variables) != typed(before) else []
    try:
        yield concerned
    finally:
        fleet.declare(document, extensions=[extension(**version)])


@kind
def a_field_of_a_tenant(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    pinned = {"version": "v1"}
    cases: list[tuple[dict[str, Any], dict[str, Any], list[Unit]]] = [
        (NYC, {"region": "eu-central-1"}, LOCAL),
        (NYC, {"account": "333333333333"}, LOCAL),
        (NYC, {"player": False}, LOCAL[:1]),
        (NYC, {"extensions": [extension(quotas={"rules": 3})]}, NYC_CUPS),
        (NYC, {"extensions": [extension(version="v1")]}, NYC_CUPS),
        (NYC, {"target": "aws", "account": "111111111111", "deployers": [ROLE]}, LOCAL),
        (BER, {"region": "eu-central-1"}, REAL),
        (BER, {"account": "333333333333"}, REAL),
        (BER, {"player": False}, BER_ALONE),
        (BER, {"deployers": [f"{ROLE}-2"]}, BER_ALONE),
        (BER, {"deployers": [ROLE, f"{ROLE}-2"]}, BER_ALONE),
        (BER, {"catalog": {"type": "JSONSchemaDraft4", "discovery": False}}, BER_ALONE),
        (BER, {"catalog": {"type": "OpenApi3", "discovery": True}}, BER_ALONE),
        (BER, {"catalog": False}, BER_ALONE),
        (BER, {"extensions": []}, BER_ALONE),
        (BER, {"extensions": [extension()]}, REAL),
        (BER, {"extensions": [extension(**pinned), {"name": "other"}]}, BER_ALONE),
        (BER, {"extensions": [extension(**pinned, quotas={"rules": 3})]}, BER_CUPS),
    ]
    document, keys, concerned = data.draw(st.sampled_from(cases))
    original = {"extensions": [extension()] if document is NYC else [extension(**pinned)]}
    fleet.declare(document, **(original | keys))
    try:
        yield [unit for unit in concerned if not (keys.get("extensions") == [] and unit.extension)]
    finally:
        fleet.declare(document, **original)


@kind
def the_defaults_of_all_tenants(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    cases: list[tuple[dict[str, Any], list[Unit]]] = [
        ({"region": "eu-central-1"}, UNITS),
        ({"account": "333333333333"}, LOCAL),  # the other tenant has its own
        ({"player": False}, PLATFORMS),
        ({"catalog": {"type": "JSONSchemaDraft4"}, "player": True}, []),
    ]
    document, concerned = data.draw(st.sampled_from(cases))
    path = fleet.workspace.tenants / "defaults.yaml"
    path.write_text(yaml.safe_dump(document))
    fleet.tenants.update(tenants.load_all(fleet.workspace))
    try:
        yield concerned
    finally:
        path.unlink()
        fleet.tenants.update(tenants.load_all(fleet.workspace))


@kind
def the_account_left_to_the_credentials(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    document = {key: value for key, value in BER.items() if key != "account"}
    fleet.declare(document, extensions=[extension(version="v1")])
    yield REAL
    fleet.declare(BER, extensions=[extension(version="v1")])


@kind
def the_environment(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    before = replace(fleet)
    names = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_USE_FIPS_ENDPOINT", "TF_AWS_DEFAULT_TAGS_team"]
    case = data.draw(st.sampled_from([*names, "plugins", "control"]))
    if case == "plugins":
        fleet.plugins += data.draw(st.text(min_size=1, max_size=3))
    elif case == "control":
        fleet.control = None
    else:
        fleet.env = {**fleet.env, case: f"http://127.0.0.1:{data.draw(st.integers(2, 65535))}"}
    yield LOCAL if case in ("plugins", "control") else UNITS
    fleet.plugins, fleet.control, fleet.env = before.plugins, before.control, before.env


@kind
def terraform_itself(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    found = terraform_cli.find()
    with pytest.MonkeyPatch.context() as patch:
        version = data.draw(st.text("0123456789.", min_size=1, max_size=6))
        patch.setattr(terraform_cli, "find", lambda: replace(found, version=version))
        yield UNITS


@kind
def a_state(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    unit = data.draw(st.sampled_from(UNITS))
    path = unit.state(fleet.workspace)
    with restored(path):
        before = path.read_bytes()
        document = json.loads(before)
        at = data.draw(st.integers(0, len(before) - 1))
        changed = [
            document | {"serial": data.draw(st.integers(0, 99).filter(lambda serial: serial != 3))},
            document | {"lineage": data.draw(st.text("ab", max_size=3))},
            document | {"resources": [{"mode": "managed", "instances": []}]},
        ]
        texts = [
            *(json.dumps(each, indent=2).encode() for each in changed),
            before[:at],
            before + b" ",
            b"{}",
        ]
        if (text := data.draw(st.sampled_from([*texts, None]))) is None:
            path.unlink()
        else:
            path.write_bytes(text)
        yield [unit]


@kind
def a_record(fleet: Fleet, data: st.DataObject) -> Iterator[list[Unit]]:
    unit = data.draw(st.sampled_from(UNITS))
    name = unit.extension or "platform"
    path = fleet.workspace.home / "confirmed" / unit.tenant / f"{name}.json"
    with restored(path):
        kept = json.loads(path.read_text())
        case = data.draw(st.sampled_from(["removed", "run", "failed", "truncated", *sorted(kept["inputs"])]))
        if case == "removed":
            path.unlink()
        elif case == "run":
            fleet.records(unit).begin()
        elif case == "failed":
            records = fleet.records(unit)
            records.end(records.begin(), None)
        elif case == "truncated":
            path.write_text(path.read_text()[: data.draw(st.integers(0, 100))])
        elif data.draw(st.booleans()):
            del kept["inputs"][case]
            path.write_text(json.dumps(kept))
        else:
            kept["inputs"][case] = "0" * 64
            path.write_text(json.dumps(kept))
        yield [unit]


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(fuzzed, max_examples=-(-fuzzed.max_examples // len(KINDS)))  # each kind has its share
@given(data=st.data())
def test_no_change_is_missed(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    fleet = _shared(tmp_path_factory)
    with KINDS[name](fleet, data) as concerned:
        missed = sorted({*concerned} & {*fleet.unchanged()})
        assert not missed, f"{name}: {', '.join(map(str, missed))}"
    assert fleet.unchanged() == UNITS, f"{name}: not as before, once it is undone"


_fleets: list[Fleet] = []


def _shared(factory: pytest.TempPathFactory) -> Fleet:
    """One for all inputs: each is undone."""
    if not _fleets:
        _fleets.append(Fleet(factory.mktemp("fleet")))
    return _fleets[0]


def test_what_reaches_no_plan_changes_nothing(fleet: Fleet) -> None:
    fleet.declare(NYC | {"title": "Another title"}, extensions=[extension()])
    (fleet.root / "checkout/modules/event-table/main.tf").write_text("# not called\n")
    (fleet.root / "checkout/extensions/other/main.tf").write_text("# another extension\n")
    assert fleet.unchanged() == UNITS


def test_a_changed_module_is_named_as_the_cause(fleet: Fleet) -> None:
    (fleet.root / "checkout/modules/event-queue/main.tf").write_text("# changed\n")
    decided = fleet.decided()
    assert decided[Unit("nyc", "cups")].why == ("module event-queue",)
    assert decided[Unit("nyc")].change == "unchanged"
