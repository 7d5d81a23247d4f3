"""The demo extensions have the shape that `presso new` gives with their answers, and stay examples of it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.presso.scaffold.conftest import bench_in

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
DEMOS = sorted(path.parent for path in ROOT.glob("extensions/*/extension.yaml"))
IGNORED = {"__pycache__", "build", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
# What an author writes: other files of these forms may be there, and these need not be.
WRITTEN = re.compile(r"src/[a-z_]+\.py|tests/test_[a-z_]+\.py|[a-z-]+\.asl\.yaml")
# What an author may add.
ADDED = re.compile(
    r"events/[a-z-]+\.yaml|moved\.tf|src/requirements\.(in|txt)|tests/(conftest\.py|plan-[a-z-]+\.yaml|played\.yaml|example\.yaml)"
)
# What no author changes.
FIXED = re.compile(
    r"versions\.tf|src/(bar_event|batch)\.py|src/events/.+|tests/(events\.json|test_bar_event\.py)"
)
BLOCK = re.compile(
    r'^(module|resource|variable|output|data|locals|moved)(?: "([^"]+)")?[^\n]*\{\n(.*?)^\}$', re.M | re.S
)
ARGUMENT = re.compile(r"^  (\w+) *[={]", re.M)


@dataclass(frozen=True)
class Pair:
    """A demo extension, and what the scaffold makes of the same answers."""

    demo: Path
    made: Path
    has_code: bool

    def files(self, folder: Path) -> set[str]:
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and not IGNORED & set(path.parts)
        }

    def expected(self) -> set[str]:
        """The files of the scaffold that belong to the demo: without the code, when it has none."""
        of_code = re.compile(r"src/.*|tests/test_(?!played).*")
        return {file for file in self.files(self.made) if self.has_code or not of_code.fullmatch(file)}

    def both(self, file: str) -> tuple[str, str]:
        return (self.demo / file).read_text(), (self.made / file).read_text()


@pytest.fixture(scope="module", params=DEMOS, ids=lambda demo: demo.name)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    demo: Path = request.param
    answers = yaml.safe_load((demo / ".scaffold.yaml").read_text())["answers"]
    bench = bench_in(tmp_path_factory.mktemp("demos") / "checkout", ROOT)
    described = yaml.safe_load((demo / "extension.yaml").read_text())
    return Pair(demo, bench.new(**answers), described["language"] == answers["language"])


def test_it_has_the_scaffolds_files(pair: Pair) -> None:
    expected, found = pair.expected(), pair.files(pair.demo)
    missing = {file for file in expected - found if FIXED.fullmatch(file) or not WRITTEN.fullmatch(file)}
    assert missing == set()
    more = {file for file in found - expected if not ADDED.fullmatch(file) and not WRITTEN.fullmatch(file)}
    assert more == set()


def test_what_no_author_changes_is_as_the_scaffold_makes_it(pair: Pair) -> None:
    fixed = {file for file in pair.expected() if FIXED.fullmatch(file)}
    assert "versions.tf" in fixed
    for file in fixed:
        demo, made = pair.both(file)
        assert demo == made, file
    demo, made = (re.sub(r'(?m)^scaffold: "[0-9a-f]{40}"$', "", text) for text in pair.both(".scaffold.yaml"))
    assert demo == made


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Each block's type, first label and body."""
    return [(kind, label, body) for kind, label, body in BLOCK.findall(text)]


def test_blocks_come_in_the_scaffolds_order(pair: Pair) -> None:
    order = ["module", "locals", "resource", "data"]
    kinds = [kind for kind, _, _ in blocks(pair.both("main.tf")[0])]
    assert kinds == sorted(kinds, key=order.index)
    for file in ("variables.tf", "outputs.tf"):
        names = [label for _, label, _ in blocks(pair.both(file)[0])]
        assert names == sorted(names)
        assert names


def test_what_the_platform_gives_is_declared_as_the_scaffold_does(pair: Pair) -> None:
    demo, made = (blocks(text) for text in pair.both("variables.tf"))
    given = [block for block in made if "default" not in ARGUMENT.findall(block[2])]
    assert given
    assert [block for block in given if block not in demo] == []


def test_arguments_of_building_blocks_come_in_the_scaffolds_order(pair: Pair) -> None:
    demo, made = (
        [(body.split('"')[1], ARGUMENT.findall(body)) for kind, _, body in blocks(text) if kind == "module"]
        for text in pair.both("main.tf")
    )
    known = dict(made)
    shared = [(arguments, known[source]) for source, arguments in demo if source in known]
    assert shared
    for arguments, order in shared:
        found = [name for name in arguments if name in order]
        assert found == sorted(found, key=order.index)


def test_its_description_has_the_scaffolds_keys_in_their_order(pair: Pair) -> None:
    demo, made = (list(yaml.safe_load(text)) for text in pair.both("extension.yaml"))
    assert demo == made


def test_its_readme_has_the_scaffolds_parts(pair: Pair) -> None:
    demo, made = pair.both("README.md")
    parts = [line for line in made.splitlines() if re.match(r"#|<!--|presso |Everything is called", line)]
    assert [line for line in demo.splitlines() if line in parts] == parts
