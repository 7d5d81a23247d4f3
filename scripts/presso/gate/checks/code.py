"""Checks of functions' code, which is read and never run."""

from __future__ import annotations

import codecs
import re
import tokenize
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath

from presso import text_file
from presso.gate.check import check
from presso.gate.code import javascript, python
from presso.gate.code.fault import CodeFault
from presso.gate.model import Hit, Model, Place, Resource

_MODULES = "node_modules/"
_DECLARING = ("package-lock.json", "requirements.txt")
_UNREAD = "dependencies are installed for functions of the building block event-function alone"


_CODE = frozenset(
    {
        *(".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".py", ".pyi"),
        *(".sh", ".sql", ".ts", ".tsx"),
    }
)
# Lines that end where no editor shows it, signs of terminals, marks that reverse the direction of writing,
# and letters that are not seen. https://www.unicode.org/reports/tr55/
_UNSEEN = re.compile(
    r"\r(?!\n)|[\0-\x08\v\x0e-\x1f\x7f\x85\u115f\u1160\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\u3164"
    r"\uffa0]"
)
# Encodings in which each byte of ASCII is what it looks like.
_PLAIN = re.compile(r"ascii|cp125\d|iso8859-\d{1,2}|utf-8(?:-sig)?")


@check(
    "S-023",
    "Code is what people read",
    why="People review the code, for no check judges what it does. Marks that reverse the direction of "
    "writing, letters that are not seen and ends of lines that editors do not show let code run that looks "
    "like a comment or a text. So do encodings such as utf-7 and raw_unicode_escape.",
    fix="Write such signs as escapes (\\u202e), and save code as UTF-8.",
    bad="# coding: raw_unicode_escape\n# \\u000aimport os",
)
def readable(model: Model) -> Iterator[Hit]:
    """Yield signs in code that are not seen, and encodings that hide code."""
    for file in model.text.tree.files:
        suffix = PurePosixPath(file.path).suffix.lower()
        if suffix not in _CODE:
            continue
        if encoding := text_file.wide_encoding(file.content):
            yield Hit(Place(file.path), f"{file.path} is {encoding}, not UTF-8")
            continue
        encoding = _encoding(file.content) if suffix.startswith(".py") else "utf-8"
        if not _PLAIN.fullmatch(encoding):
            yield Hit(Place(file.path), f"{file.path} is encoded in {encoding}")
            continue
        text = file.content.decode(encoding, "replace")
        if found := _UNSEEN.search(text):
            yield Hit(
                Place.in_text(file.path, text, found.start()),
                f"{file.path} has U+{ord(found[0]):04X}, which is not seen",
            )


def _encoding(content: bytes) -> str:
    """The encoding that a file of Python names; utf-8 where it names none, or one that is not there."""
    try:
        return codecs.lookup(tokenize.detect_encoding(BytesIO(content).readline)[0]).name
    except (LookupError, SyntaxError):
        return "utf-8"  # P2-015 reports it


@check(
    "P2-015",
    "Its functions can start",
    why="A function whose code does not parse, whose handler is not there, or that imports what nothing "
    "installs fails for every event. Locally it may even work, by a library that happens to be there.",
    fix="Correct the code or the handler; name libraries in requirements.in or package.json, then run "
    "presso build NAME --lock.",
    bad='handler = "count.handle"   # and count.py defines handler',
    good='handler = "count.handler"',
    levels=("plan",),
)
def starts(model: Model) -> Iterator[Hit]:
    """Yield what keeps functions from starting."""
    tree = model.text.tree
    for function in model.of("aws_lambda_function"):
        folder, handler, runtime = _source(model, function), function.get("handler"), function.get("runtime")
        if folder is None or not isinstance(handler, str) or not isinstance(runtime, str):
            continue
        start = f"{folder}/" if folder else ""
        files = {f.path.removeprefix(start): f.content for f in tree.files if f.path.startswith(start)}
        if runtime.startswith("python"):
            minor = runtime.removeprefix("python3.")
            installed = _installed(model, function, folder)
            found = python.faults(files, handler, installed, int(minor) if minor.isdecimal() else 0)
        elif runtime.startswith("nodejs"):
            found = javascript.faults(files, handler, _installed(model, function, folder, node=True), runtime)
        else:
            continue
        packed = any(package.function.source == folder for package in model.packages or ())
        unread = f"; {_UNREAD}" if not packed and {*_DECLARING} & {*files} else ""
        yield from (_hit(function, start, fault, unread) for fault in found)


def _hit(function: Resource, start: str, fault: CodeFault, unread: str) -> Hit:
    place = Place(f"{start}{fault.file}", fault.line) if fault.file else function.at("handler")
    return Hit(place, f"{function.address}: {fault.found}{unread if ' imports ' in fault.found else ''}")


def _source(model: Model, function: Resource) -> str | None:
    """The folder of a function's code, relative to the extension's; None where it is not known."""
    file = function.get("filename")
    if not isinstance(file, str):
        return None
    folder, _, name = file.rpartition("/build/")
    if "/" in name or not _below(model, folder):
        archives = (each for each in model.resources if each.type == "archive_file")
        folder = next((str(a.get("source_dir")) for a in archives if a.get("output_path") == file), "")
    below = _below(model, folder)
    return below.removeprefix("/") if below else None


def _below(model: Model, folder: str) -> str:
    """A folder of the unit as seen from the extension's, behind a slash; "" for others."""
    _, found, rest = f"{folder}/".partition(f"extensions/{model.facts.extension}/")
    return f"/{rest.rstrip('/')}" if found else ""


def _installed(model: Model, function: Resource, folder: str, *, node: bool = False) -> set[str] | None:
    """The names that are installed beside code; None where that is not known, as with layers."""
    if model.packages is None or function.get("layers") not in (None, []):
        return None
    found: set[str] = set()
    for package in model.packages:
        if package.function.source != folder:
            continue
        with zipfile.ZipFile(package.file) as archive:
            for name in archive.namelist():
                inside = name.removeprefix(_MODULES)
                parts = inside.split("/")
                if node and inside != name:
                    found.add("/".join(parts[:2]) if inside.startswith("@") else parts[0])
                elif not node:
                    found.add(parts[0].partition(".")[0])
    return found
