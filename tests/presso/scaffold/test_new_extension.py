"""presso new: what it makes, what it refuses, and that it writes all or nothing."""

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.patience import PATIENCE

from presso import extensions
from presso.gate.gate import Gate
from presso.presenters import scaffold, scaffold_prompts
from presso.scaffold.answers import LANGUAGES, PATTERNS, Given
from presso.scaffold.yaml_scalars import scalar

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.scaffold.conftest import Bench


ANSWERS = {
    "--author": "Ada Lovelace",
    "--event": "OrderManager.OrderCompleted",
    "--pattern": "function",
    "--language": "python",
}


# Its classes are made in half the time.
IN_NODE = ("--language", "Node.js")


@pytest.fixture
def flags() -> list[str]:
    """Right answers, as flags."""
    return [word for pair in ANSWERS.items() for word in pair]


def test_an_extension_is_made_of_flags_alone_and_keeps_its_answers(bench: "Bench", flags: list[str]) -> None:
    done = bench.presso("new", "wait-times", *flags, "--event", "validator.neworder", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["folder"] == "extensions/wait-times"
    assert made["events"] == ["OrderManager.OrderCompleted", "Validator.NewOrder"]
    assert sorted(made["files"]) == [
        path.removeprefix("extensions/wait-times/") for path in bench.made() if path.startswith("extensions/")
    ]
    described = yaml.safe_load((bench.root / "extensions/wait-times/extension.yaml").read_text())
    assert described["title"] == "Wait times"
    assert described["consumes"] == made["events"]
    kept = yaml.safe_load((bench.root / "extensions/wait-times/.scaffold.yaml").read_text())
    assert kept["answers"] == {
        "name": "wait-times",
        "title": "Wait times",
        "author": "Ada Lovelace",
        "events": made["events"],
        "pattern": "function",
        "language": "Python",
    }
    examples = json.loads((bench.root / "extensions/wait-times/tests/events.json").read_text())
    assert {event["detail-type"] for event in examples} == set(made["events"])


def test_events_of_other_extensions_can_be_listened_to(bench: "Bench") -> None:
    bench.new("evening", pattern="scheduled-digest")
    folder = bench.new("wall", events=("Evening.Digest", "OrderManager.OrderCompleted"))
    main = (folder / "main.tf").read_text()
    assert '"serverlesspresso.extension.evening",' in main
    assert '"awsserverlessda.serverlesspresso",' in main


@pytest.mark.parametrize("name", ["true", "null"])
def test_a_name_is_a_text_in_every_file_even_if_it_is_a_word_of_yaml(bench: "Bench", name: str) -> None:
    folder = bench.new(name, pattern="api-destination")
    assert extensions.load(bench.workspace, name).name == name
    assert yaml.safe_load((folder / ".scaffold.yaml").read_text())["answers"]["name"] == name
    shown = re.findall(r"```yaml\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    listed = [use["name"] if isinstance(use, dict) else use for text in shown for use in tenant_of(text)]
    assert listed == [name] * len(shown)
    with Gate(bench.workspace, "static") as gate:
        report = gate.check(name)
    assert [finding.found for finding in report.findings if finding.counts] == []


def tenant_of(text: str) -> list[Any]:
    found: list[Any] = yaml.safe_load(text)["extensions"]
    return found


@pytest.mark.parametrize("text", ["Ana María's Café & Bar", "true", "珈琲: (b), c's!"])
def test_titles_and_authors_are_texts_that_a_person_can_read(bench: "Bench", text: str) -> None:
    folder = bench.new("mine", title=text, author=text, pattern="scheduled-digest")
    described = (folder / "extension.yaml").read_text(encoding="utf-8")
    assert "\\u" not in described
    assert extensions.load(bench.workspace, "mine").title == text
    assert yaml.safe_load(described)["author"]["name"] == text
    assert yaml.safe_load(described)["emits"][0]["schema"]["title"] == text


@pytest.mark.parametrize("text", ["true", "a: b"])
def test_a_copy_is_as_readable(bench: "Bench", text: str) -> None:
    bench.new("mine", title=text, pattern="scheduled-digest")
    scaffold.copy(bench.workspace, "mine", Given("null", title=f"{text}!"), json_wanted=True)
    copied = extensions.load(bench.workspace, "null")
    assert (copied.name, copied.title) == ("null", f"{text}!")
    kept = yaml.safe_load((bench.workspace.extensions / "null" / ".scaffold.yaml").read_text())
    assert (kept["answers"]["name"], kept["answers"]["title"]) == ("null", f"{text}!")


# What YAML, in one version or another, takes for something else than a text.
TEXTS = [
    *("true", "yes", "on", "off", "no", "null", "nan", "inf", "y", "1e3", "0x1f", "0o17", "1_000", ".5"),
    *("-1", "2026-01-01", "12:30", "!", "? a", "& c", "- d", "a: b", "Kaffee, bitte!"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_written_as_yaml_that_reads_back_the_same_by_the_scaffold_alone_too(text: str) -> None:
    assert scalar(text) == scalar_of_the_scaffold()(text)
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    quoted = scalar(text)[0] in "'\""
    assert quoted or not re.fullmatch(r"[yYnN]|[-+.]?[0-9]\S*", text)  # which PyYAML takes for texts


def scalar_of_the_scaffold() -> Callable[[str], str]:
    """The function of this name in the scaffold's hook, which is a template and so cannot be imported."""
    hook = Path(__file__).parents[3] / "cookiecutter-extension" / "hooks" / "post_gen_project.py"
    found = re.search(
        r"^def scalar\(.*?\n(?=\n\n)", hook.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found
    names: dict[str, Any] = {"re": re, "yaml": yaml}
    exec(found[0], names)
    function: Callable[[str], str] = names["scalar"]
    return function


@given(st.text(min_size=1).filter(lambda text: text.isprintable() and text == text.strip()))
def test_any_text_is_written_as_yaml_that_reads_back_the_same(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    assert "\n" not in scalar(text)


BAD = {
    "a name with a capital": (["Wait"], "name: a name has lower-case letters"),
    "a name with a double hyphen": (["wait--times"], "name: a double hyphen separates"),
    "a name that is too long": (["a-name-of-21-characters"], "name: a name has 2 to 20 characters"),
    "a name with a way out of the folder": (["../x"], "name: a name has lower-case letters"),
    "the platform's name": (["platform"], "name: the platform reserves platform"),
    "an unknown event": (
        ["x1", "--event", "OrderManager.Complete"],
        "Did you mean OrderManager.OrderCompleted?",
    ),
    "an event twice": (["x1", "--event", "ordermanager.ordercompleted"], "is given twice"),
    "an unknown pattern": (["x1", "--pattern", "table"], "Did you mean table-writer?"),
    "an unknown language": (["x1", "--language", "pyton"], "Did you mean Python?"),
    "a title with a quote": (["x1", "--title", 'The "best"'], "title: 1 to 80 letters"),
    "a title that Terraform would evaluate": (["x1", "--title", "${path.root}"], "title: 1 to 80 letters"),
    "an author of two lines": (["x1", "--author", "Ada\nLovelace"], "author: 1 to 80 letters"),
    "a copy with answers": (["x1", "--from", "order-metrics"], "A copy keeps the author"),
    "an update with answers": (["x1", "--update"], "--update takes only a name"),
}


@pytest.mark.parametrize(("arguments", "reported"), BAD.values(), ids=BAD)
def test_a_bad_answer_is_refused_with_the_way_out_and_nothing_is_written(
    bench: "Bench", flags: list[str], arguments: list[str], reported: str
) -> None:
    name, *more = arguments
    options = dict(zip(flags[::2], flags[1::2], strict=True))
    repeated = more[:1] == ["--event"]
    words = [w for key, value in options.items() if repeated or key not in more for w in (key, value)]
    done = bench.here("new", name, *words, *more)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("Error:") == 1
    assert reported in done.stderr
    assert bench.made() == []


def test_all_that_is_wrong_is_reported_at_once(bench: "Bench") -> None:
    words = ("--author", "Ada", "--event", "Nothing", "--pattern", "p", "--language", "cobol")
    done = bench.here("new", "Bad", *words)
    assert done.returncode == 2
    for key in ("name:", "event:", "pattern:", "language:"):
        assert key in done.stderr


def test_what_is_missing_is_one_error_without_a_terminal(bench: "Bench") -> None:
    done = bench.here("new", "wait-times", "--pattern", "function")
    assert done.returncode == 2
    assert "Missing: --author, --event, --language." in done.stderr
    assert "presso new wait-times --author" in done.stderr
    assert bench.made() == []


def test_a_name_that_is_taken_is_refused_and_what_is_there_stays(bench: "Bench", flags: list[str]) -> None:
    readme = bench.root / "extensions" / "mine" / "README.md"
    readme.parent.mkdir()
    readme.write_text("mine")
    done = bench.here("new", "mine", *flags)
    assert done.returncode == 2
    assert "name: mine is taken: extensions/mine exists." in done.stderr
    assert bench.made() == ["extensions/mine/README.md"]
    assert readme.read_text() == "mine"


KILLED = """
import sys, time
from pathlib import Path
from presso.scaffold import staging
def wait(folder, target, shown):
    print("rendered", (folder / "main.tf").is_file(), flush=True)
    time.sleep(60)
from presso.scaffold import new_extension
new_extension.put = wait
sys.argv = ["presso", "new", "half", *sys.argv[1:]]
from presso.__main__ import main
main()
"""


@pytest.mark.parametrize("killed_by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kill_in_the_middle_leaves_no_extension_and_the_next_one_cleans_up(
    bench: "Bench", flags: list[str], killed_by: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSO_ROOT", str(bench.root))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, *flags, *IN_NODE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "rendered True\n"
    process.send_signal(killed_by)
    process.wait(timeout=PATIENCE)
    assert list(bench.workspace.extensions.iterdir()) == []
    bench.new("half")
    assert (bench.workspace.extensions / "half" / "main.tf").is_file()
    assert list((bench.root / ".presso" / "new").iterdir()) == []


def test_nothing_is_left_where_temporary_files_are_made(
    bench: "Bench", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    bench.new("tidy")
    assert list(temporary.iterdir()) == []
    assert tempfile.tempdir == str(temporary)


def test_two_at_once_do_not_disturb_each_other(bench: "Bench", flags: list[str]) -> None:
    names = [f"twin-{n}" for n in range(3)]
    program = [sys.executable, "-m", "presso", "new"]
    env = {"PRESSO_ROOT": str(bench.root), "PATH": "/usr/bin:/bin"}
    processes = [
        subprocess.Popen([*program, name, *flags, *IN_NODE], env=env, stdin=subprocess.DEVNULL)
        for name in (*names, "twin-0")
    ]
    codes = [process.wait(timeout=PATIENCE) for process in processes]
    assert codes[1:3] == [0, 0]
    assert sorted((codes[0], codes[3])) in ([0, 1], [0, 2])
    assert sorted(path.name for path in bench.workspace.extensions.iterdir()) == names
    assert list((bench.root / ".presso" / "new").iterdir()) == []


def test_a_prompt_is_repeated_until_the_answer_is_right(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from presso.catalog.events import Catalog

    said = iter(
        [
            "Bad Name",
            "wait-times",
            "",
            "Ada",
            "OrderManager.Complete",
            "validator.neworder 6",
            "nothing",
            "4",
            "",
        ]
    )
    asked = []

    def prompt(question: str, default: str | None = None, **_: Any) -> str:
        asked.append(question)
        return next(said) or default or ""

    monkeypatch.setattr(scaffold_prompts.typer, "prompt", prompt)
    catalog = Catalog.load(bench.workspace)
    given = scaffold_prompts.ask(bench.workspace, catalog, Given())
    assert given.events == ["validator.neworder", catalog.events[5].name]
    assert (given.name, given.title, given.author) == ("wait-times", "Wait times", "Ada")
    assert (given.pattern, given.language) == (list(PATTERNS)[3], LANGUAGES[0])
    reported = capsys.readouterr().err
    assert "name has lower-case letters" in reported
    assert "Did you mean OrderManager.OrderCompleted?" in reported
    assert "there is no 'nothing'" in reported
    assert list(said) == []


def cookiecutter(checkout: Path, into: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Plain cookiecutter, without presso: it runs where presso cannot be imported."""
    program = "import sys; sys.modules['presso'] = None; from cookiecutter.__main__ import main; main()"
    words = [f"{key}={value}" for key, value in answers.items()]
    temporary = into.with_name(f"{into.name}-temporary")  # its hooks stay there
    temporary.mkdir()
    return subprocess.run(
        [
            *(sys.executable, "-c", program, "--no-input", "--default-config"),
            *(str(checkout / "cookiecutter-extension"), "-o", str(into), *words),
        ],
        env={"HOME": str(into), "PATH": "/usr/bin:/bin", "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_plain_cookiecutter_makes_the_same_but_for_classes_examples_and_tables(
    bench: "Bench", checkout: Path, tmp_path: Path
) -> None:
    folder = bench.new("wait-times", pattern="fan-out")
    into = tmp_path / "plain"
    into.mkdir()
    done = cookiecutter(
        checkout,
        into,
        name="wait-times",
        author="Ada Lovelace",
        events="OrderManager.OrderCompleted",
        pattern="fan-out",
    )
    assert done.returncode == 0, done.stderr
    plain = into / "wait-times"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    names -= {name for name in names if name.startswith("src/events/")}
    assert {str(path.relative_to(plain)) for path in plain.rglob("*") if path.is_file()} == names
    different = {name for name in names if (plain / name).read_bytes() != (folder / name).read_bytes()}
    assert different == {"README.md", "src/bar_event.py", "tests/events.json"}


WORSE = {
    "a name with a capital": {"name": "Wait"},
    "a reserved name": {"name": "core"},
    "a name with a double hyphen": {"name": "a--b"},
    "no author": {"author": ""},
    "a title that ends a string": {"title": 'x""" or "'},
    "an unknown event": {"events": "OrderManager.Complete"},
    "no event": {"events": " "},
}


@pytest.mark.parametrize("changed", WORSE.values(), ids=WORSE)
def test_plain_cookiecutter_refuses_what_presso_new_refuses(
    checkout: Path, tmp_path: Path, changed: dict[str, str]
) -> None:
    done = cookiecutter(checkout, tmp_path, **{"name": "x1", "author": "Ada", **changed})
    assert done.returncode != 0
    assert "Error: " in done.stderr
    assert [path for path in tmp_path.iterdir() if path.name != ".cookiecutter_replay"] == []
