"""Words that the project's texts and names no longer use: docs/glossary.md and plain English replace them.

Texts are documents, and the comments, docstrings and messages of Python files, and the names of tests. Names
are those of Python files in scripts/ and tests/, and of what is in them.
`python -m presso.project.words` prints every use, and exits with 1 if there is one.
"""

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from presso.project.generated import ROOT

WHERE = (
    *("*.md", "docs/**/*.md", "scripts/**/*.py", "tests/**/*.py"),
    *(
        f"{folder}/**/*.{ending}"
        for folder in ("modules", "extensions", "cookiecutter-extension")
        for ending in ("jinja", "md", "mjs", "py", "tf")
    ),
)
# Each pattern, and what to write instead.
WORDS = {
    r"(?:no|some|any|every)body": "the user, the caller, no one; or a passive sentence",
    r"who(?:ever|mever|m)": "the user who, the caller that",
    r"what stands|stands?(?= (?:in|on|for|up|beside|behind|still)\b)|stands|stood": "is, is deployed, means",
    r"told|tells?": "prints, shows, reports, returns",
    r"said|says?": "states, prints, has, sets",
    r"learnt": "changed",
    r"by lot": "random",
    r"held against|holds? \w+ against": "compared with, checked",
    r"in need of": "needs",
    r"whatever": "any, each, all that; regardless of",
    r"(?<!there )(?:is|are|was|were) no(?= (?!longer|more|less|one|such|further|room|way|wider)\w)": "is not",
    r"rules? each other out": "cannot be combined",
}
# Words of names, wherever a name has them.
NAMES = frozenset(
    {
        *("anonymity", "anybody", "deeds", "echoes", "foresight", "occasion", "performance", "possibility"),
        *("reaching", "shelf", "somebody", "stands", "surroundings", "tells", "throwaway", "told", "trial"),
        *("undeclared", "wellformed", "whatever", "wheres", "whoever"),
    }
)
# Words that are not names for files: they do not show what it is about.
FILES = frozenset(
    {
        *("chaos", "checking", "days", "dialects", "drift", "fence", "gaps", "ground", "kinds", "making"),
        *("observation", "reach", "readers", "stage", "statements", "whole", "writing"),
    }
)
# The list itself, and its test.
ABOUT_WORDS = ("scripts/presso/project/words.py", "tests/presso/project/test_words.py")
# A file, the part of a text that it may have, and why.
ALLOWED = (
    ("scripts/presso/confinement.py", "the user nobody", "the name of a user in Linux"),
    ("scripts/presso/linux/namespaces.py", "the user nobody", "the name of a user in Linux"),
    ("scripts/presso/local_aws/stack.py", "the user nobody", "the name of a user in Linux"),
    (
        "scripts/presso/simulation/simulator.py",
        "Nobody chose a drink in time.",
        "an event's text in scenarios",
    ),
    (
        "scripts/presso/simulation/simulator.py",
        "Nobody made the order in time.",
        "an event's text in scenarios",
    ),
)
_WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_NAME = re.compile("|".join(sorted(NAMES)), re.IGNORECASE)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Code in a text, the expressions of an f-string, and the names of a docstring's arguments.
_CODE = re.compile(r"``?[^`\n]*``?|\{[^{}\n]*\}|^ +\w+:(?= |$)", re.MULTILINE)


def uses(root: Path) -> Iterator[str]:
    """Yield each use of such a word as `file:line: word: the line`."""
    for path in sorted({path for pattern in WHERE for path in root.glob(pattern)}):
        file = path.relative_to(root).as_posix()
        if file in ABOUT_WORDS:
            continue
        text = path.read_text(encoding="utf-8")
        is_ours = path.suffix == ".py" and file.startswith(("scripts/", "tests/"))
        found = [*_names(path, text)] if is_ours else []
        if _WORD.search(text.replace("_", " ")):
            for start, part in _parts(text) if path.suffix == ".py" else [(1, text)]:
                found += [(start + number, word) for number, word in _found(file, part)]
        lines = text.splitlines()
        yield from (f"{file}:{line}: {word}: {lines[line - 1].strip()}" for line, word in found)


def _names(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The names of a Python file, and of what is in it, that have such a word."""
    words = path.stem.removeprefix("test_").split("_")
    yield from ((1, word) for word in words if word in NAMES or (word in FILES and len(words) == 1))
    if _NAME.search(text):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and {part.lower() for part in _PART.findall(token.string)} & NAMES:
                yield token.start[0], token.string


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The comments of a Python file, and its strings of more than one word."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_text = token.type == tokenize.STRING or token.type == getattr(tokenize, "FSTRING_MIDDLE", -1)
        if token.type == tokenize.COMMENT or (is_text and " " in token.string.strip()):
            yield token.start[0], token.string
        elif token.type == tokenize.NAME and token.string.startswith("test_"):
            yield token.start[0], token.string.replace("_", " ")


def _found(file: str, text: str) -> Iterator[tuple[int, str]]:
    for allowed_in, words, _ in ALLOWED:
        if file == allowed_in:
            text = text.replace(words, " " * len(words))
    plain = text
    for _ in range(2):  # an f-string in an f-string's expression has braces in braces
        plain = _CODE.sub(lambda code: " " * len(code[0]), plain)
    for match in _WORD.finditer(plain):
        yield plain.count("\n", 0, match.start()), match[0]


def main() -> int:
    """Print the uses in this checkout; return 1 when there are any."""
    found = list(uses(ROOT))
    for use in found:
        print(use)
    if found:
        print("Write plain English (docs/glossary.md); for an exception see presso/project/words.py.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
