"""presso new --update: changes of the scaffold come in, and what an author wrote stays."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.presso.scaffold.conftest import Bench, bench_in

from presso.errors import PressoError, UsageError
from presso.presenters import scaffold
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

PIECES = Path("cookiecutter-extension", "{{cookiecutter.name}}", "pieces", "python", "src")


def git(bench: Bench, *arguments: str) -> str:
    settings = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=bench.root, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def made_once(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a checkout in git with an extension of its scaffold; each test gets a copy."""
    bench = bench_in(tmp_path_factory.mktemp("versioned") / "checkout", checkout)
    (bench.root / "cookiecutter-extension").unlink()
    shutil.copytree(checkout / "cookiecutter-extension", bench.root / "cookiecutter-extension")
    git(bench, "init", "-q")
    git(bench, "add", "cookiecutter-extension")
    git(bench, "commit", "-qm", "Add the scaffold")
    bench.new("mine")
    return bench.root


@pytest.fixture
def versioned(made_once: Path, tmp_path: Path) -> Bench:
    """A checkout in git, whose scaffold can be changed, with the extension `mine` made from it."""
    root = shutil.copytree(made_once, tmp_path / "checkout", symlinks=True)
    return Bench(Workspace(root, root / ".presso"))


def change(bench: Bench, file: Path, old: str, new: str, *, commit: bool = True) -> None:
    path = bench.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    if commit:
        git(bench, "commit", "-qam", "Improve the scaffold")


def update(bench: Bench, name: str = "mine") -> bool:
    return scaffold.update(bench.workspace, name, json_wanted=True)


def test_both_sides_are_kept_where_they_do_not_meet(versioned: Bench) -> None:
    own = versioned.workspace.extensions / "mine"
    count = own / "src" / "count.py"
    count.write_text(count.read_text().replace('"""Counts each event', '"""Counts every single event'))
    (own / "src" / "more.py").write_text("MINE = 1\n")
    change(versioned, PIECES / "count.py", "Count one event.", "Count an event.")
    change(versioned, PIECES / "metric.py", '"Events": 1,', '"Events": 1,  # one')
    before = yaml.safe_load((own / ".scaffold.yaml").read_text())

    assert update(versioned)
    assert '"""Counts every single event' in count.read_text()
    assert "Count an event." in count.read_text()
    assert '"Events": 1,  # one' in (own / "src" / "metric.py").read_text()
    assert (own / "src" / "more.py").read_text() == "MINE = 1\n"
    after = yaml.safe_load((own / ".scaffold.yaml").read_text())
    assert after["answers"] == before["answers"]
    assert after["scaffold"] == git(versioned, "rev-parse", "HEAD:cookiecutter-extension").strip()
    assert after["scaffold"] != before["scaffold"]


def test_a_second_update_changes_nothing(versioned: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    change(versioned, PIECES / "metric.py", '"Events": 1,', '"Events": 1,  # one')
    assert update(versioned)
    own = versioned.workspace.extensions / "mine"
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert update(versioned)
    assert (
        capsys.readouterr().out
        == '{\n  "name": "mine",\n  "changed": [],\n  "conflicts": [],\n  "left": []\n}\n'
    )
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_a_conflict_is_marked_and_reported(versioned: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    own = versioned.workspace.extensions / "mine"
    count = own / "src" / "count.py"
    count.write_text(count.read_text().replace("Count one event.", "Count my event."))
    change(versioned, PIECES / "count.py", "Count one event.", "Count an event.")
    done = versioned.presso("new", "mine", "--update")
    assert done.returncode == 1
    assert "conflict  src/count.py" in done.stdout
    assert "1 files of extensions/mine have conflicts." in done.stderr
    text = count.read_text()
    assert "<<<<<<< yours\n" in text
    assert "Count my event." in text
    assert "Count an event." in text


def test_files_that_come_and_go_in_the_scaffold_come_and_go(versioned: Bench) -> None:
    folder = versioned.root / "cookiecutter-extension" / "{{cookiecutter.name}}"
    (folder / "NOTES.md").write_text("Notes on {{ cookiecutter.title }}.\n")
    (folder / "versions.tf").rename(folder / "terraform.tf")
    git(versioned, "add", "-A", "cookiecutter-extension")
    git(versioned, "commit", "-qm", "Rename a file")
    own = versioned.workspace.extensions / "mine"
    (own / "tests" / "test_count.py").unlink()  # its author does not want it
    assert update(versioned)
    assert (own / "NOTES.md").read_text() == "Notes on Mine.\n"
    assert not (own / "versions.tf").exists()
    assert (own / "terraform.tf").is_file()
    assert not (own / "tests" / "test_count.py").exists()


def test_what_cannot_be_updated_is_refused_and_stays_as_it_is(versioned: Bench) -> None:
    own = versioned.workspace.extensions / "mine"
    answers = own / ".scaffold.yaml"
    kept = answers.read_text()
    versioned.extension("order-metrics")
    (versioned.workspace.extensions / "order-metrics" / ".scaffold.yaml").unlink()
    with pytest.raises(UsageError, match="There is no extension min") as missing:
        update(versioned, "min")
    assert "Did you mean mine?" in missing.value.hint
    with pytest.raises(UsageError, match="extensions/order-metrics was not created from the scaffold"):
        update(versioned, "order-metrics")
    answers.write_text(kept.replace("function", "functoin"))
    with pytest.raises(UsageError, match=r"extensions/mine/.scaffold.yaml: pattern: there is no 'functoin'"):
        update(versioned)
    version = yaml.safe_load(kept)["scaffold"]
    answers.write_text(kept.replace(version, "0" * 40))
    with pytest.raises(UsageError, match="is not in this repository") as unknown:
        update(versioned)
    assert "git fetch --unshallow" in unknown.value.hint
    answers.write_text(kept)
    change(versioned, PIECES / "metric.py", '"Events": 1,', '"Events": 1,  # one', commit=False)
    with pytest.raises(UsageError, match="has uncommitted changes"):
        update(versioned)
    assert answers.read_text() == kept
    assert "# one" not in (own / "src" / "metric.py").read_text()


def test_a_commit_can_be_named_in_place_of_a_scaffold_that_is_unknown(versioned: Bench) -> None:
    own = versioned.workspace.extensions / "mine"
    answers = own / ".scaffold.yaml"
    version = yaml.safe_load(answers.read_text())["scaffold"]
    answers.write_text(answers.read_text().replace(version, "HEAD"))
    change(versioned, PIECES / "metric.py", '"Events": 1,', '"Events": 1,  # one')
    answers.write_text(answers.read_text().replace('"HEAD"', '"HEAD~1"'))
    assert update(versioned)
    assert "# one" in (own / "src" / "metric.py").read_text()


EVIL = "import pathlib\npathlib.Path({!r}).touch()\n"


@pytest.mark.parametrize(
    "way", ["a tree in the extension", "another branch", "an earlier commit of a branch", "-h"]
)
def test_hooks_of_what_was_never_the_scaffold_do_not_run(versioned: Bench, tmp_path: Path, way: str) -> None:
    ran = tmp_path / "ran"
    answers = versioned.workspace.extensions / "mine" / ".scaffold.yaml"
    git(versioned, "update-ref", "refs/remotes/origin/main", "HEAD")
    inside = way == "a tree in the extension"
    scaffold = versioned.root / "cookiecutter-extension"
    folder = shutil.copytree(scaffold, answers.parent / "mine") if inside else scaffold
    (folder / "hooks" / "pre_gen_project.py").write_text(EVIL.format(str(ran)))
    git(versioned, "add", "-A", "-f", str(folder))
    git(versioned, "commit", "-qm", "Add it")
    name = "HEAD:extensions/mine/mine" if inside else "HEAD:cookiecutter-extension"
    evil = git(versioned, "rev-parse", name).strip()
    if not inside:
        git(versioned, "revert", "--no-edit", "HEAD")
    if way == "another branch":
        git(versioned, "reset", "-q", "--hard", "origin/main")
    version = yaml.safe_load(answers.read_text())["scaffold"]
    answers.write_text(answers.read_text().replace(version, "-h" if way == "-h" else evil))
    with pytest.raises(UsageError, match="is not in this repository"):
        update(versioned)
    assert not ran.exists()


def test_links_are_refused_and_not_followed(versioned: Bench, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    readme = versioned.workspace.extensions / "mine" / "README.md"
    readme.unlink()
    readme.symlink_to(tmp_path / "theirs")
    with pytest.raises(UsageError, match=r"README\.md is a link"):
        update(versioned)
    assert (tmp_path / "theirs").read_text() == "theirs"


@pytest.mark.parametrize("answer", ["name", "title", "author"])
def test_a_template_in_an_answer_is_refused_and_not_rendered(
    versioned: Bench, tmp_path: Path, answer: str
) -> None:
    ran = tmp_path / "ran"
    answers = versioned.workspace.extensions / "mine" / ".scaffold.yaml"
    kept = yaml.safe_load(answers.read_text())
    kept["answers"][answer] = f"{{{{ cycler.__init__.__globals__.os.system('touch {ran}') }}}}"
    answers.write_text(yaml.safe_dump(kept))
    with pytest.raises((UsageError, PressoError)):
        update(versioned)
    assert not ran.exists()
