"""Keeps the files of the chosen pattern and language, and puts them where they belong."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml  # cookiecutter needs it too

PATTERN = "{{ cookiecutter.pattern }}"
LANGUAGE = {"Python": "python", "Node.js": "node"}["{{ cookiecutter.language }}"]
SCAFFOLD = Path({{ cookiecutter._repo_dir | default(cookiecutter._template) | tojson }}).resolve()
# The files of each pattern's code, and those of its tests.
SOURCES = {
    "function": "bar_event metric count",
    "workflow": "bar_event summary summarise",
    "queue-worker": "bar_event batch ticket work",
    "table-writer": "bar_event batch records dynamodb keep",
    "fan-out": "bar_event batch metric records dynamodb count keep",
    "scheduled-digest": "bar_event batch records dynamodb keep digest report",
    "api-destination": "bar_event undelivered log",
}
TESTS = ("bar_event", "count", "summarise", "work", "keep", "digest", "report", "log")


def files() -> dict[str, str]:
    """Return where each file of the chosen language comes from and goes to."""
    names = SOURCES[PATTERN].split()
    if LANGUAGE == "python":
        found = {f"src/{name}.py": f"src/{name}.py" for name in names}
        found |= {f"tests/test_{name}.py": f"tests/test_{name}.py" for name in names if name in TESTS}
    else:
        plain = [name.replace("_", "-") for name in names]
        found = {f"src/{name}.mjs": f"src/{name}.mjs" for name in plain}
        found |= {f"tests/{name}.test.mjs": f"tests/{name}.test.mjs" for name in plain}
    return {f"pieces/{LANGUAGE}/{source}": target for source, target in found.items()}


def put() -> None:
    """Move the chosen files, and remove all others."""
    for source, target in files().items():
        if Path(source).is_file():
            Path(target).parent.mkdir(exist_ok=True)
            Path(source).rename(target)
    chosen = Path("patterns", PATTERN)
    for path in sorted(chosen.rglob("*")):
        target = Path(str(path.relative_to(chosen)).removesuffix(".jinja"))
        if path.is_file():
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
    shutil.rmtree("pieces")
    shutil.rmtree("patterns")


def scalar(text: str) -> str:
    """Return a text as YAML writes it; as presso.scaffold.yaml_scalars, without which this works too."""
    style = "'" if re.fullmatch(r"[yYnN]|[-+]?\.?[0-9]\S*", text) else None
    written = yaml.safe_dump(text, allow_unicode=True, width=10_000, default_style=style)
    return written.removesuffix("\n").removesuffix("\n...")


def write_scalars() -> None:
    """Put answers into YAML: `@yaml("true")@` becomes `'true'`."""
    for path in [Path("extension.yaml"), Path(".scaffold.yaml"), Path("README.md")]:
        text = path.read_text(encoding="utf-8")
        text = re.sub(r'@yaml\(("(?:[^"\\]|\\.)*")\)@', lambda found: scalar(json.loads(found[1])), text)
        path.write_text(text, encoding="utf-8")


def version() -> str:
    """Return what git calls this scaffold's content, so that it can be found again; or `unknown`."""
    changed = _git("status", "--porcelain", "--", ".")
    return "unknown" if changed is None or changed else _git("rev-parse", "HEAD:./") or "unknown"


def _git(*arguments: str) -> "str | None":
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=SCAFFOLD, capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


put()
write_scalars()
answers = Path(".scaffold.yaml")
answers.write_text(answers.read_text(encoding="utf-8").replace("@VERSION@", version()), encoding="utf-8")
