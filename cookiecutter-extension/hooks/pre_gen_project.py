"""Rejects answers that would not make an extension; nothing has been written yet."""

import re
import sys
from pathlib import Path

NAME = {{ cookiecutter.name | tojson }}
TITLE = {{ cookiecutter.title | tojson }}
AUTHOR = {{ cookiecutter.author | tojson }}
EVENTS = {{ cookiecutter.events | tojson }}.replace(",", " ").split()
CHECKOUT = Path({{ cookiecutter._repo_dir | default(cookiecutter._template) | tojson }}).resolve().parent
# Used in texts of every language: no quotes, braces, backslashes, control characters.
WORDS = re.compile(r"[\w '&,.:()!?/+-]{1,80}")
RESERVED = ("core", "extension", "platform", "tenant")


def faults() -> list[str]:
    """Return what is wrong, a sentence each."""
    found = []
    if not re.fullmatch(r"[a-z](-?[a-z0-9]){1,19}", NAME) or len(NAME) > 20 or NAME in RESERVED:
        found.append(
            f"name: {NAME} is not valid; 2 to 20 lower-case letters, digits, single hyphens; not {RESERVED}"
        )
    for key, words in (("title", TITLE), ("author", AUTHOR)):
        if not WORDS.fullmatch(words) or not words.strip():
            found.append(f"{key}: 1 to 80 letters, digits, spaces and '&,.:()!?/+- are needed")
    if not EVENTS or len(EVENTS) > 15 or len(set(EVENTS)) < len(EVENTS):
        found.append("events: 1 to 15 are needed, each once")
    catalog = CHECKOUT / "modules" / "event-catalog" / "events"
    if catalog.is_dir() and "{{ cookiecutter._events_checked }}" != "yes":
        known = sorted(path.stem for path in catalog.glob("*.yaml"))
        found += [
            f"events: there is no event {e}; there are {', '.join(known)}" for e in EVENTS if e not in known
        ]
    return found


if wrong := faults():
    sys.exit("\n".join(f"Error: {fault}." for fault in wrong))
