"""Code in JavaScript: whether Node.js parses it, and what its text shows of exports and imports."""

from __future__ import annotations

import contextlib
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from presso.comments import without_comments
from presso.confinement import DEVICES, Limits, installation
from presso.gate.code.fault import MOST_BYTES, MOST_BYTES_OF_ALL, CodeFault, Files
from presso.json_text import NotJson, loads
from presso.local_aws import emulator_sandbox, nodejs

# Node.js's own modules; those of "node:" are not in question.
BUILTIN = frozenset(
    {
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto"),
        *("dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https"),
        *("inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring"),
        *("readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty"),
        *("url", "util", "v8", "vm", "wasi", "worker_threads", "zlib"),
    }
)
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
_SCOPES_OF_RUNTIME = ("@aws-sdk/", "@smithy/", "@aws/")
_ENDINGS = ("", ".js", ".mjs", ".cjs")
_TYPESCRIPT = (".ts", ".mts", ".cts")
_HANDLER = re.compile(r"(.*/)?([^./]*)\.(.*)")
_IMPORT = re.compile(
    r"""^[ \t]*(?:import|export)\b(?:[^"'();]{0,2000}?\bfrom)?\s*["']([^"'\n]+)["']""", re.MULTILINE
)
# An export of a name that the text does not show: `exports` is passed on, or a pattern is taken apart.
_ANY_EXPORT = re.compile(r"export\s*\*|export\s+(?:const|let|var)\s*[\[{]")
_ANY_COMMON = re.compile(r"module\.exports\b|\bexports\b(?!\s*\.)")
# Node.js's words where a file with `import` or `export` is not an ES module.
_NO_MODULE = ("import statement outside a module", "Unexpected token 'export'", "import.meta")
_ERROR = re.compile(r"^(.*?):(\d+)$", re.MULTILINE)
_KIND = re.compile(r"^(SyntaxError: .*)$", re.MULTILINE)
_MOST_FILES = 50
_SECONDS = 30.0


def faults(
    files: Files, handler: str, installed: Container[str] | None, runtime: str = ""
) -> Iterator[CodeFault]:
    """Yield what keeps a function from starting; arguments as in `python.faults`, with the whole runtime."""
    parts = _HANDLER.fullmatch(handler)
    if parts is None:
        yield CodeFault(f"the handler is {handler}; Lambda takes FILE.FUNCTION")
        return
    base, name = f"{parts[1] or ''}{parts[2]}", parts[3].partition(".")[0]
    first = next((f"{base}{ending}" for ending in _ENDINGS if f"{base}{ending}" in files), None)
    if first is None:
        typed = next((f"{base}{ending}" for ending in _TYPESCRIPT if f"{base}{ending}" in files), None)
        why = f"; Lambda does not run {typed}: compile it to JavaScript" if typed else ""
        yield CodeFault(f"the handler is {handler}, and there is no {base}.mjs or .js in its source_dir{why}")
        return
    reached = _reached(files, first)
    if first not in reached:
        return
    broken = _unparsable(files, list(reached), nodejs.options(runtime))
    if broken is not None:
        yield broken
        return
    if not _exports(reached[first], name, common=not first.endswith(".mjs")):
        how = ": an ES module has `export`" if _exports(reached[first], name, common=True) else ""
        yield CodeFault(f"the handler is {handler}, and {first} exports no {name}{how}", first)
    own = _own_names(files)
    for file, text in reached.items():
        for found in _IMPORT.finditer(text):
            package = _package(found[1])
            known = installed is None or package in own or _is_known(package, installed)
            if package and not known:
                line = text.count("\n", 0, found.start(1)) + 1
                yield CodeFault(
                    f"{file} imports {package}, which neither Lambda nor package.json has", file, line
                )


def _reached(files: Files, first: str) -> dict[str, str]:
    """The text, without comments, of a file and of those that it imports, by their names."""
    found: dict[str, str] = {}
    waiting, left = [first], MOST_BYTES_OF_ALL
    while waiting and len(found) < _MOST_FILES:
        file = waiting.pop()
        if file in found or not file.endswith(_ENDINGS[1:]) or len(files[file]) > MOST_BYTES:
            continue
        left -= len(files[file])
        if left < 0:
            break
        found[file] = without_comments(files[file].decode("utf-8", "replace"), templates=False)
        for spec in _IMPORT.findall(found[file]):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(file), spec))
            if spec.startswith(".") and path in files:
                waiting.append(path)
    return found


def _exports(text: str, name: str, *, common: bool) -> bool:
    """Whether a module may export a name; `common`: it may be CommonJS."""
    own = re.escape(name)
    # Possessive: what is between words is read once.
    kinds = r"(?:async\s++)?function(?:\s*+\*)?|const|let|var|class"
    patterns = (
        rf"export\s++(?:{kinds})\s*+(?<=[\s*]){own}\b",
        rf"export\s*\{{[^}}]{{0,4000}}\b{own}\b",
        rf"export\s+(?:const|let|var)\b[^;]{{0,4000}}[,\s]{own}\s*[=,;]",
        rf"(?:\bexports|\bthis)\.{own}\b" if common else r"(?!)",
        r"export\s+default\b" if name == "default" else r"(?!)",
    )
    unclear = _ANY_EXPORT.search(text) or (common and _ANY_COMMON.search(text))
    return bool(unclear) or any(re.search(pattern, text) for pattern in patterns)


def _package(spec: str) -> str:
    """The package that an import names; "" for files and Node.js's own modules."""
    if spec.startswith((".", "/", "#", "node:", "file:", "data:")):
        return ""
    parts = spec.split("/")
    return "/".join(parts[:2]) if spec.startswith("@") else parts[0]


def _own_names(files: Files) -> set[Any]:
    """The names by which packages may import themselves."""
    found = set()
    for file, content in files.items():
        if posixpath.basename(file) == "package.json":
            with contextlib.suppress(NotJson, AttributeError, TypeError):
                found.add(loads(content.decode("utf-8", "replace")).get("name"))
    return found


def _is_known(package: str, installed: Container[str]) -> bool:
    return package in BUILTIN or package.startswith(_SCOPES_OF_RUNTIME) or package in installed


def _unparsable(files: Files, names: list[str], options: Sequence[str]) -> CodeFault | None:
    """The first file that Node.js does not parse; it is confined, and runs none of them."""
    node = nodejs.find()
    if node is None:
        return None
    with tempfile.TemporaryDirectory(prefix="presso-code-") as place:
        for name, content in files.items():
            if name in names or name.endswith("package.json"):
                path = Path(place, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        read = (*emulator_sandbox.readable(), *installation(Path(node).resolve().parents[1]), place)
        limits = Limits(read=read, write=DEVICES, memory=0, data=1 << 30, seconds=10)
        first, *others = [[node, *options, "--check", str(Path(place, name))] for name in names]
        try:
            with tempfile.TemporaryFile() as sink:  # several programs in one box need a file
                done = subprocess.run(
                    limits.command(first, then=others),
                    cwd=place,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.PIPE,
                    env={"HOME": place, "NO_COLOR": "1"},
                    text=True,
                    errors="replace",
                    timeout=_SECONDS,
                    check=False,
                )
        except (OSError, subprocess.TimeoutExpired):
            return None
        where, kind = _ERROR.search(done.stderr), _KIND.search(done.stderr)
        if not done.returncode or where is None or kind is None:
            return None
        file = Path(where[1]).relative_to(place).as_posix()
        is_module = file.endswith(".js") and any(words in kind[1] for words in _NO_MODULE)
        way = '; name it .mjs, or set "type": "module" in package.json' if is_module else ""
        return CodeFault(f"it does not parse: {kind[1]}{way}", file, int(where[2]))
