"""The corpora: extensions written as changes of a base, and what is to become of them."""

import datetime
import functools
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.presso.gate import together

from presso import confinement
from presso.gate.gate import Gate
from presso.gate.planner import Planner
from presso.gate.report import Report
from presso.gate.sandbox.sandbox import Sandbox
from presso.workspace import Workspace

TESTS = Path(__file__).parents[2]
needs_boxes = pytest.mark.skipif(
    bool(confinement.lacking()), reason=f"programs get no box here: {confinement.lacking()}"
)
BASES = TESTS / "good"
# A good one is planned for six tenants, a hostile one seldom for more than one.
_IN_A_BATCH = {"good": 8, "hostile": 20}
# The kind of attack that may show in the checkout's own tenants alone.
_NAMES_TENANTS = "other-in-one-tenant"


_SHOWN = re.compile(r"^```(?:hcl|python|js)\n(?:#|//) (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_IN_NODEJS = """
module "node" {
  source  = "./node"
  context = merge(var.context, { prefix = "${var.context.prefix}node-" })
}
"""


@dataclass(frozen=True)
class Case:
    """An extension of a corpus.

    Args:
        breaks: The check that it breaks, "" for none.
        change: What it changes of its base.
        kind: Of a hostile one, the kind of attack.
    """

    name: str
    breaks: str
    base: str
    change: dict[str, Any]
    kind: str = ""

    def write(self, folder: Path) -> Path:
        """Write the extension into a folder and return its own."""
        root = folder / self.base
        shutil.copytree(BASES / self.base, root)
        for name, how in self.change.items():
            _changed(root, root / name, how)
        return root


@dataclass(frozen=True)
class Group:
    """Cases that cost one plan: each is a file of its own in one extension, and must break its own check.

    Args:
        parts: By the file's name without its ending: the check ("" for none), and the Terraform.
        local: Whether the local AWS has all of it, so that the sandbox can try it.
        found: By the file's name, words of its finding, where a finding names no file of Terraform's.
        consumes: By the file's name, events that its rules match beside the base's.
        kind: Of hostile ones, the kind of attack.
    """

    name: str
    base: str
    change: dict[str, Any]
    parts: dict[str, tuple[str, str]]
    local: bool = True
    found: Mapping[str, str] = field(default_factory=dict)
    consumes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kind: str = ""

    @property
    def breaks(self) -> dict[str, set[str]]:
        """The checks that each file must break, without files that break none."""
        return {name: {breaks} for name, (breaks, _) in self.parts.items() if breaks}

    def write(self, folder: Path) -> Path:
        """Write the extension into a folder and return its own."""
        files = {f"{name}.tf": text for name, (_, text) in self.parts.items()}
        root = Case(self.name, "", self.base, {**self.change, **files}).write(folder)
        events = sorted({event for name in self.parts for event in self.consumes.get(name, ())})
        listed = "".join(f"  - {event}\n" for event in events)
        _changed(root, root / "extension.yaml", {"replace": {"consumes:\n": f"consumes:\n{listed}"}})
        return root


def _changed(root: Path, path: Path, how: Any) -> None:
    """A text is a new file; `replace` (old: new), `append`, `delete`, `link` change one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(how, str):
        path.write_text(how)
        return
    # A waiver lasts a year at most, so no date in the corpus stays right.
    soon = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
    for old, new in how.get("replace", {}).items():
        text = path.read_text()
        assert old in text, f"{path.name} has no {old!r}"
        path.write_text(text.replace(old, new, 1))
    if "append" in how:
        path.write_text(path.read_text() + "\n" + how["append"].replace("SOON", soon))
    if "repeat" in how:
        path.write_text(how["repeat"]["text"] * how["repeat"]["times"])
    if how.get("delete"):
        path.unlink()
    if "link" in how:
        path.symlink_to(how["link"])


def _kind(corpus: str, name: str, body: Mapping[str, Any]) -> str:
    """The kind of attack that a case or group of a hostile corpus is."""
    assert "kind" in body or not corpus.startswith("hostile"), f"{name}: add its kind of test_attacks.py"
    return str(body.get("kind", ""))


@functools.cache
def cases(corpus: str) -> list[Case]:
    """The cases of `tests/<corpus>/*.yaml`."""
    found = []
    for path in sorted((TESTS / corpus).glob("*.yaml")):
        for name, body in yaml.load(path.read_text(), yaml.CSafeLoader).items():
            base, change = body.get("base", "drinks"), body.get("change", {})
            found.append(Case(name, body.get("breaks", ""), base, change, _kind(corpus, name, body)))
    return found


@functools.cache
def groups(corpus: str) -> list[Group]:
    """The groups of `tests/<corpus>/grouped/*.yaml`: `breaks` is the default of a part's own."""
    found = []
    for path in sorted((TESTS / corpus / "grouped").glob("*.yaml")):
        for name, body in yaml.load(path.read_text(), yaml.CSafeLoader).items():
            usual = body.get("breaks", "")
            wanted = {
                part: {"text": said} if isinstance(said, str) else said
                for part, said in body["parts"].items()
            }
            parts = {part: (said.get("breaks", usual), said["text"]) for part, said in wanted.items()}
            words, events = (
                {part: said[key] for part, said in wanted.items() if key in said}
                for key in ("found", "consumes")
            )
            change, local = body.get("change", {}), body.get("local", True)
            base, kind = body.get("base", "drinks"), _kind(corpus, name, body)
            found.append(Group(name, base, change, parts, local, words, events, kind))
    return [*found, _of_the_guide()] if corpus == "good" else found


def kinds() -> list[Group]:
    """Each kind of `tests/good/grouped/gallery.yaml` as an extension of its own."""
    galleries = [group for group in groups("good") if group.name.endswith("-of-the-gallery")]
    return [
        replace(group, name=name, parts={name: part})
        for group in galleries
        for name, part in group.parts.items()
    ]


def _of_the_guide() -> Group:
    """What the guide to sources and targets shows: in Python, and beside it in Node.js."""
    shown = dict(_SHOWN.findall((TESTS.parent / "docs/guides/sources-and-targets.md").read_text()))
    terraform = {name: text for name, text in shown.items() if name.endswith(".tf")}
    runtime = 'locals {\n  runtime = "%s"\n}\n'
    within = {
        "variables.tf": 'variable "context" {}\n',
        "runtime.tf": runtime % "nodejs22.x",
        **{name: text.replace('"../../modules', '"../../../modules') for name, text in terraform.items()},
        **{name: text for name, text in shown.items() if name.endswith(".mjs")},
    }
    emits = "emits: [{detail-type: Drinks.Praised, schema: {type: object, required: [orderId]}}]"
    change = {
        "extension.yaml": {"replace": {"emits: []": emits}},
        "runtime.tf": runtime % "python3.13",
        **{name: text for name, text in shown.items() if name.endswith(".py")},
        **{f"node/{name}": text for name, text in within.items()},
    }
    parts = {name.removesuffix(".tf"): ("", text) for name, text in terraform.items()}
    return Group(
        "the-guide-to-sources-and-targets", "drinks", change, {**parts, "in-nodejs": ("", _IN_NODEJS)}
    )


@pytest.fixture(scope="session")
def planner(workspace: Workspace) -> Iterator[Planner]:
    """One provider server for all plans of this process."""
    with Planner(workspace) as started:
        yield started


@pytest.fixture(scope="session")
def without_tenants(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The checkout without tenants: what is not about them is planned for drawn ones alone."""
    return replace(workspace, declared=tmp_path_factory.mktemp("no-tenants"))


@pytest.fixture(scope="session")
def gate(workspace: Workspace, planner: Planner) -> Gate:
    """The gate up to the plan."""
    return Gate(workspace, "plan", planner)


@dataclass(frozen=True)
class Batched:
    """A case that is planned together with others.

    Args:
        case: The case.
        batch: The name of its batch; "" for one that is planned alone.
    """

    case: Case | Group
    batch: str = ""


@pytest.fixture(scope="session")
def checked(
    request: pytest.FixtureRequest,
    workspace: Workspace,
    without_tenants: Workspace,
    planner: Planner,
    gate: Gate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Batched], Report]:
    """`checked(batched)` is the report on a case, up to the plan; those of a batch are planned at once."""
    wanted: dict[str, list[Case | Group]] = {}
    for item in request.session.items:
        each = getattr(item, "callspec", None) and item.callspec.params.get("batched")  # type: ignore[attr-defined]
        if each and each.batch:
            wanted.setdefault(each.batch, []).append(each.case)
    reports: dict[tuple[str, str], Report] = {}

    def written(case: Case | Group) -> Path:
        return case.write(tmp_path_factory.mktemp("extension"))

    def report(batched: Batched) -> Report:
        if not batched.batch:
            return gate.check(str(written(batched.case)))
        key = (batched.batch, batched.case.name)
        if key not in reports:
            batch = wanted[batched.batch]
            named = any(case.kind == _NAMES_TENANTS for case in batch)
            found = together.checked(
                workspace if named else without_tenants, planner, [written(case) for case in batch]
            )
            reports.update(
                {(batched.batch, case.name): each for case, each in zip(batch, found, strict=True)}
            )
        return reports[key]

    return report


@pytest.fixture(scope="session")
def static_gate(workspace: Workspace) -> Gate:
    """The gate on the text alone."""
    return Gate(workspace, "static")


@pytest.fixture(scope="session")
def sandbox_gate(workspace: Workspace, without_tenants: Workspace, planner: Planner) -> Iterator[Gate]:
    """The whole gate."""
    with Sandbox(workspace, weak=bool(confinement.lacking())) as sandbox:
        yield Gate(without_tenants, "sandbox", planner, sandbox)


def batches(corpus: str, found: Sequence[Case | Group]) -> list[Any]:
    """Cases as parameters `batched`; tests of a batch run in one process.

    What is unsafe to plan is checked alone, in the main thread: only there Python can stop itself.
    """
    parameters, planned = [], 0
    for case in found:
        if isinstance(case, Case) and case.breaks.startswith("S-"):
            parameters.append(pytest.param(Batched(case), id=case.name))
        else:
            number = planned // _IN_A_BATCH[corpus]
            batch = f"{corpus}, such as {found[0].name}: {number}"
            parameters.append(pytest.param(Batched(case, batch), id=f"batch {number}/{case.name}"))
            planned += 1
    return parameters


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`hostile` and `good` are cases, `textual` needs only the text, `running` a run."""
    corpora = {
        "hostile": "hostile",
        "good": "good",
        "textual": "hostile/static",
        "running": "hostile/running",
    }
    for name, corpus in corpora.items():
        if name in metafunc.fixturenames:
            found = cases(corpus)
            metafunc.parametrize(name, found, ids=[case.name for case in found])
    for name, corpus in (("hostile_group", "hostile"), ("good_group", "good"), ("tried_group", "good")):
        if name in metafunc.fixturenames:
            # Those that are tried share the sandbox, which takes as long to start as a small one to try.
            tried, start = name == "tried_group", "a sandbox/" if name == "tried_group" else ""
            gathered = [group for group in groups(corpus) if group.local or not tried]
            metafunc.parametrize(name, gathered, ids=[f"{start}{group.name}" for group in gathered])
