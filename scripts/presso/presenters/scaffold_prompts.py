"""Prompts for missing answers in a terminal."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from presso import terminal
from presso.errors import UsageError
from presso.scaffold import answers
from presso.scaffold.answers import LANGUAGES, PATTERNS, Given
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog


def ask(workspace: Workspace, catalog: Catalog, given: Given) -> Given:
    """Return the complete answers: prompt for missing ones until they are valid.

    Raises:
        typer.Abort: The user has stopped the questions.
    """
    name = given.name or _ask("Name", lambda said: answers.new_name(workspace, said))
    title = given.title or _ask(
        "Title", lambda said: answers.words("title", said), default=answers.title_of(name)
    )
    author = given.author or _ask(
        "Author", lambda said: answers.words("author", said), default=_name_of_the_user()
    )
    events = given.events or _ask_for_events(catalog)
    pattern = given.pattern or _choose("Pattern", "pattern", PATTERNS)
    language = given.language or _choose("Language", "language", dict.fromkeys(LANGUAGES, ""))
    return replace(
        given, name=name, title=title, author=author, events=events, pattern=pattern, language=language
    )


def _ask(question: str, check: Callable[[str], str], default: str = "") -> str:
    while True:
        said: str = typer.prompt(question, default=default or None, err=True)
        try:
            return check(said)
        except UsageError as error:
            terminal.error(error.message, error.hint)


def _ask_for_events(catalog: Catalog) -> list[str]:
    known = [f"{event.producer}/{event.name}" if len(catalog.named(event.name)) > 1 else event.name
             for event in catalog.events]  # fmt: skip
    rows = [
        (str(n), name, event.title)
        for n, (name, event) in enumerate(zip(known, catalog.events, strict=True), 1)
    ]
    terminal.say(terminal.table(("", "event", ""), rows, right=[0]))

    def check(said: str) -> str:
        picked = [known[int(word) - 1] if word.isdigit() and 0 < int(word) <= len(known) else word
                  for word in said.replace(",", " ").split()]  # fmt: skip
        answers.found(catalog, picked)
        return " ".join(picked)

    with _completed(known):
        return _ask("Events to listen to (numbers or names; Tab completes)", check).split()


def _choose(question: str, key: str, known: dict[str, str]) -> str:
    rows = [(str(n), name, words) for n, (name, words) in enumerate(known.items(), 1)]
    terminal.say(terminal.table(("", key, ""), rows, right=[0]))
    choices = list(known)

    def check(said: str) -> str:
        if said.isdigit() and 0 < int(said) <= len(choices):
            return choices[int(said) - 1]
        return answers.one_of(key, said, choices)

    with _completed(choices):
        return _ask(question, check, default=choices[0])


@contextlib.contextmanager
def _completed(known: Sequence[str]) -> Iterator[None]:
    """Let Tab complete these words, where Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return

    def complete(text: str, state: int) -> str | None:
        fitting = [name for name in known if name.lower().startswith(text.lower())]
        return fitting[state] if state < len(fitting) else None

    before, delimiters = readline.get_completer(), readline.get_completer_delims()
    readline.set_completer(complete)
    readline.set_completer_delims(" ,")
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        readline.set_completer(before)
        readline.set_completer_delims(delimiters)


def _name_of_the_user() -> str:
    """The name that git knows, when it can be an author's."""
    try:
        done = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, check=True, timeout=10
        )
        return answers.words("author", done.stdout.strip())
    except (OSError, subprocess.SubprocessError, UsageError):
        return ""
