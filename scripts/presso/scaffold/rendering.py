"""The scaffold, rendered: the answers become files."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso.errors import PressoError
from presso.hcl import module_docs
from presso.scaffold import wording
from presso.scaffold.answers import LANGUAGES, PATTERNS, Answers
from presso.yaml_file import YamlFile

if TYPE_CHECKING:
    from presso.catalog.events import Catalog, CatalogEvent

# cookiecutter renders the answers, too: what is in these runs as Python.
_JINJA = ("{{", "{%", "{#")
FOLDER = "cookiecutter-extension"
ANSWERS = ".scaffold.yaml"


def render(template: Path, answers: Answers, chosen: Catalog, into: Path) -> Path:
    """Return the folder of the extension that the answers make, in an empty folder.

    Args:
        template: The scaffold, of this checkout or of an earlier commit.
        answers: The answers.
        chosen: The catalog with the events that they name, and no others.
        into: Where to.

    Raises:
        PressoError: The scaffold is broken, or an answer is a template.
    """
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.generate import generate_context, generate_files
    from cookiecutter.prompt import prompt_for_config

    said = {**answers.as_json(), "events": " ".join(answers.events), "_events_checked": "yes"}
    said["_sources"] = " ".join(answers.sources)
    said["_classes"] = "yes" if answers.language == "Python" else ""
    if wrong := next(
        (text for text in map(str, said.values()) if any(sign in text for sign in _JINJA)), None
    ):
        raise PressoError(f"An answer must not hold a template: {wrong[:80]!r}.", hint="Correct the answer.")
    try:
        context = generate_context(str(template / "cookiecutter.json"), extra_context=said)
        final: dict[str, Any] = dict(prompt_for_config(context, no_input=True))
        final |= {"_template": str(template), "_repo_dir": str(template)}
        final["_copy_without_render"] = [*final.get("_copy_without_render", ()), *_of_others(answers)]
        with contextlib.redirect_stdout(io.StringIO()), _hooks_below(into), _interrupts_wait():
            folder = Path(generate_files(template, {"cookiecutter": final}, str(into)))
    except (CookiecutterException, OSError) as error:
        raise PressoError(f"The scaffold {template.name} is broken: {error}") from error
    wording.bring_over(folder, chosen.platform, answers.events[0])
    write_examples(folder, chosen.events)
    if final.get("_classes"):  # an earlier scaffold did not know of them
        write_classes(folder, chosen)
    readme = folder / "README.md"
    readme.write_text(module_docs.updated(readme), encoding="utf-8")
    return folder


def _of_others(answers: Answers) -> list[str]:
    """The folders of other patterns and languages: most of the files, and the hook removes them."""
    patterns = [f"patterns/{name}" for name in PATTERNS if name != answers.pattern]
    languages = [name.lower().removesuffix(".js") for name in LANGUAGES if name != answers.language]
    return [*patterns, *(f"pieces/{name}" for name in languages)]


@contextlib.contextmanager
def _hooks_below(folder: Path) -> Iterator[None]:
    """Have cookiecutter render its hooks below a folder: it leaves them where temporary files are made."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix=".hooks-", dir=folder) as tempfile.tempdir:
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Let Ctrl-C wait, here and in what is started: a hook that it reaches would print a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def write_examples(folder: Path, events: Sequence[CatalogEvent]) -> None:
    """Write the catalog's examples of the events, for the tests of the code."""
    samples = [
        {**sample, "id": f"{sample['id'][:-4]}{number:04d}"}
        for number, sample in enumerate(sample for event in events for sample in event.samples())
    ]
    if samples:
        text = json.dumps(samples, indent=2, ensure_ascii=False)
        (folder / "tests" / "events.json").write_text(f"{text}\n", encoding="utf-8")


def write_classes(folder: Path, chosen: Catalog) -> None:
    """Write Python classes of the events, for the code."""
    from presso.catalog.bindings import generate
    from presso.catalog.bindings.code_folder import Folder

    names = [f"{event.producer}/{event.name}" for event in chosen.events]
    Folder.read(folder / "src" / "events").write(generate(chosen, names, "python"))


def kept_answers(folder: Path) -> tuple[str, dict[str, Any]]:
    """Return what an extension keeps of how it was made: what git calls the scaffold, and the answers.

    Raises:
        UsageError: It keeps nothing, or the file is not YAML.
        LookupError, TypeError, ValueError: Something is missing in it, or not what it should be.
    """
    kept = YamlFile.read(folder / ANSWERS, ANSWERS).data
    return str(kept["scaffold"]), dict(kept["answers"])
