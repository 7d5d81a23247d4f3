"""A pull request is judged by the base's gate: the steps of the workflow, run on a small repository."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
COPIED = (".ci", "extensions", "modules", "tenants", "presso")


def git(folder: Path, *arguments: str) -> str:
    """Run git, without a user's settings."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": "x@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A repository with what the gate needs, its launcher replaced by this Python."""
    folder = tmp_path / "base"
    folder.mkdir()
    left_out = shutil.ignore_patterns("__pycache__", ".terraform*", "build", "*.egg-info")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=left_out)
        else:
            shutil.copy2(source, folder / name)
    launcher = folder / "presso"
    launcher.write_text(f'#!/bin/sh\nPRESSO_ROOT="{folder}" exec "{sys.executable}" -m presso "$@"\n')
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "base")
    return folder


@pytest.fixture
def review(base: Path, tmp_path: Path) -> Callable[[Callable[[Path], None]], tuple[int, str, str]]:
    """`review(change)` makes a pull request and judges it: exit code, annotations, summary."""

    def run(change: Callable[[Path], None]) -> tuple[int, str, str]:
        head = tmp_path / "head"
        git(tmp_path, "clone", "-q", str(base), str(head))
        change(head)
        git(head, "add", "-A")
        git(head, "commit", "-q", "-m", "change")
        summary = tmp_path / "summary.md"
        env = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary)}
        steps = workflow("review")["jobs"]["gate"]["steps"]
        [step] = [each["run"] for each in steps if ".ci/review" in each.get("run", "")]
        done = subprocess.run(["bash", "-ec", step], cwd=tmp_path, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr, summary.read_text()

    return run


def workflow(name: str) -> dict[str, dict[str, dict[str, list[dict[str, str]]]]]:
    """A workflow, parsed."""
    found = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    assert isinstance(found, dict)
    return found


def edit(head: Path, file: str, old: str, new: str) -> None:
    """Change a file of a pull request."""
    path = head / "extensions" / "order-metrics" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_good_change_passes(review: Callable[[Callable[[Path], None]], tuple[int, str, str]]) -> None:
    code, said, summary = review(lambda head: edit(head, "README.md", "# ", "# The "))
    assert code == 0, said
    assert "::error" not in said
    assert "order-metrics: passed" in summary


def test_a_hostile_change_is_refused_though_it_disarms_its_own_gate(
    review: Callable[[Callable[[Path], None]], tuple[int, str, str]],
) -> None:
    def change(head: Path) -> None:
        (head / "presso").write_text("#!/bin/sh\nexit 0\n")
        (head / ".ci" / "review").write_text("#!/bin/sh\nexit 0\n")
        with (head / "extensions" / "order-metrics" / "main.tf").open("a") as file:
            file.write('\nresource "aws_sqs_queue" "outside" {\n  name = "nyc--dead-letters"\n}\n')

    code, said, summary = review(change)
    assert code == 1
    assert "::error file=extensions/order-metrics/main.tf,line=" in said
    assert "order-metrics: refused" in summary
    assert "2 files outside" in summary


def test_a_link_in_place_of_an_extension_is_refused(
    review: Callable[[Callable[[Path], None]], tuple[int, str, str]],
) -> None:
    def change(head: Path) -> None:
        (head / "elsewhere").mkdir()
        (head / "elsewhere" / "main.tf").write_text("")
        (head / "extensions" / "linked").symlink_to("../elsewhere")

    code, said, _ = review(change)
    assert code == 1
    assert "extensions/linked is not a folder" in said


def test_a_file_beside_the_extensions_is_refused_since_it_would_concern_all_of_them(
    review: Callable[[Callable[[Path], None]], tuple[int, str, str]],
) -> None:
    def change(head: Path) -> None:
        (head / "extensions" / "conftest.py").write_text("raise SystemExit(0)\n")
        (head / "extensions" / ".gitattributes").write_text("* -diff\n")

    code, said, summary = review(change)
    assert code == 1
    assert said.count("::error title=S-007 file::") == 2
    assert "outside" not in summary


def test_an_odd_folder_is_refused_and_not_printed(
    review: Callable[[Callable[[Path], None]], tuple[int, str, str]],
) -> None:
    name = "$(touch pwned)\n::set-env name=x::y"

    def change(head: Path) -> None:
        (head / "extensions" / name).mkdir()
        (head / "extensions" / name / "main.tf").write_text("")
        (head / "extensions" / "linked").symlink_to("/etc")

    code, said, _ = review(change)
    assert code == 1
    assert "::error title=M-001" in said
    assert "set-env" not in said


def test_nothing_of_a_pull_request_gets_secrets_or_rights() -> None:
    text = (GITHUB / "workflows" / "review.yml").read_text()
    parsed = yaml.safe_load(text)
    assert list(parsed[True]) == ["pull_request"]  # YAML 1.1 reads `on` as true
    assert parsed["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    for step in parsed["jobs"]["gate"]["steps"]:
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", sorted((GITHUB / "workflows").glob("*.yml"))),
        ("vendor.github-issue-forms", sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))),
    ],
)
def test_github_takes_the_files(schema: str, files: list[Path]) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [program, "--builtin-schema", schema, *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_form_asks_for_the_keys_of_extension_yaml() -> None:
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "extension.yml").read_text())
    asked = {field.get("id") for field in form["body"]}
    from presso.extensions import Extension
    from presso.records import keys_of

    assert keys_of(Extension).keys() <= asked


class TestChangedOnes:
    def test_are_those_that_differ_new_ones_included(self, base: Path) -> None:
        from presso.gate.changed import changed
        from presso.workspace import Workspace

        here = Workspace(base, base / ".presso")
        assert changed(here, "main") == []
        edit(base, "README.md", "# ", "# The ")
        shutil.copytree(base / "extensions" / "order-metrics", base / "extensions" / "new")
        (base / "extensions" / "nowhere").symlink_to("../nowhere")
        (base / "extensions" / "elsewhere").symlink_to(base / "modules")
        assert changed(here, "main") == ["elsewhere", "new", "nowhere", "order-metrics"]

    def test_need_a_ref_that_is_there(self, base: Path) -> None:
        from presso.errors import UsageError
        from presso.gate.changed import changed
        from presso.workspace import Workspace

        for ref in ("nowhere", "--output=x"):
            with pytest.raises(UsageError, match=re.escape(ref)):
                changed(Workspace(base, base / ".presso"), ref)


def test_what_git_tracks_in_folders_of_tools_is_found(base: Path) -> None:
    from presso.gate.changed import unread
    from presso.workspace import Workspace

    here = Workspace(base, base / ".presso")
    root = here.extensions / "order-metrics"
    for name in ("src/__pycache__/count.cpython-311.pyc", "node_modules/x/index.js"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("x")
    assert unread(here, root) == []
    (root / os.fsdecode(b"node_modules/x/\xff.js")).write_text("x")
    git(
        base, "add", "-f", "extensions/order-metrics/src/__pycache__", "extensions/order-metrics/node_modules"
    )
    assert [(number, hit.place.file) for number, hit in unread(here, root)] == [
        ("S-007", "node_modules/x/index.js"),
        ("S-007", r"node_modules/x/\udcff.js"),
        ("S-007", "src/__pycache__/count.cpython-311.pyc"),
    ]


def test_a_repository_in_the_place_of_a_folder_of_tools_is_found(base: Path) -> None:
    from presso.gate.changed import unread
    from presso.workspace import Workspace

    here = Workspace(base, base / ".presso")
    commit = git(base, "rev-parse", "HEAD").strip()
    path = "extensions/order-metrics/src/__pycache__"
    git(base, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    (finding,) = unread(here, here.extensions / "order-metrics")
    assert finding[1].place.file == "src/__pycache__"


def test_the_action_judges_what_a_platform_changes(base: Path, tmp_path: Path) -> None:
    place, summary = tmp_path / "presso" / "bin", tmp_path / "summary.md"
    place.mkdir(parents=True)
    shutil.copy2(base / "presso", place / "presso")
    env = {"AGAINST": "HEAD", "LEVEL": "static", "FOLDER": str(base), "RUNNER_TEMP": str(tmp_path)}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "check" / "run"],
            env={**os.environ, **env, "GITHUB_STEP_SUMMARY": str(summary)},
            capture_output=True,
            text=True,
            check=False,
        )

    same = run()
    assert (same.returncode, same.stdout, summary.exists()) == (0, "", False), same.stderr
    main = base / "extensions" / "order-metrics" / "main.tf"
    main.write_text(main.read_text().replace("OrderManager.WaitingCompletion", "OrderManager.<b>"))
    changed = run()
    assert changed.returncode == 1, changed.stderr
    assert re.search(r"^::error .*file=extensions/order-metrics/main\.tf.*P2-002", changed.stdout, re.M)
    page = summary.read_text()
    assert page.startswith("<pre>\norder-metrics: refused")
    assert "OrderManager.&lt;b&gt;" in page
    assert page.count("<pre>") == 1
    assert "<b>" not in page


def test_the_action_pins_what_it_uses_and_runs_files_that_are_there() -> None:
    action = yaml.safe_load((ROOT / "check" / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert [step["uses"] for step in steps if "uses" in step]
    for step in steps:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step.get("uses", f"actions/a@{'0' * 40}"))
        if "GITHUB_ACTION_PATH" in step.get("run", ""):
            assert os.access(ROOT / "check" / step["run"].rpartition("/")[2], os.X_OK)
    # What an input holds is never a part of a script.
    assert not any("${{" in step.get("run", "") for step in steps)
