"""Code in Python, as its parser reads it: the handler's module and those that it imports when it starts."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
import warnings
from collections.abc import Container, Iterator
from dataclasses import dataclass
from io import BytesIO

from presso import syntax_trees
from presso.gate.code import formatted_strings
from presso.gate.code.fault import MOST_BYTES, MOST_BYTES_OF_ALL, CodeFault, Files

# What Lambda's runtimes have beside the standard library: boto3 with what it needs, and the runtime's client.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
OF_RUNTIME = frozenset(
    {
        *("awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "runtime_client", "s3transfer"),
        *("simplejson", "six", "snapshot_restore_py", "urllib3"),
    }
)
# Of the standard library in other versions than this one.
_OF_OTHER_VERSIONS = frozenset(
    {
        *("aifc", "annotationlib", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "compression"),
        *("crypt", "distutils", "imghdr", "imp", "lib2to3", "mailcap", "nntplib", "pipes", "smtpd", "sndhdr"),
        *("spwd", "sunau", "telnetlib", "tomllib", "uu", "xdrlib"),
    }
)
_MOST_FILES = 200
# Faults of all versions of Python, outside formatted strings: those got a syntax of their own.
_NO_ENCODING = "in which it is read"
_OF_ALL_VERSIONS = (
    "was never closed",
    "unexpected indent",
    "unindent does not match",
    "indented block after",
    "null bytes",
    "unknown encoding",
    _NO_ENCODING,
    "invalid syntax",
    "expected ':'",
    "expected '('",
)
# What newer versions have that an older one takes for invalid: statements, and parameters of types.
_OF_NEWER_VERSIONS = re.compile(r"^\s*(?:type|lazy|except)\b|\b(?:def|class)\s+\w+\s*\[")
_FORMATTED = re.compile(rb"\b[rR]?[fFtT][rR]?[\"']")


@dataclass(frozen=True)
class _Import:
    """An import that runs when a module starts: the module's name, and names that may be modules in it."""

    module: str
    names: tuple[str, ...]
    line: int


def faults(
    files: Files, handler: str, installed: Container[str] | None, minor: int = sys.version_info.minor
) -> Iterator[CodeFault]:
    """Yield what keeps a function from starting.

    Args:
        files: The function's folder.
        handler: As Lambda takes it.
        installed: The names at the top of the package, beside the code; None where they are not known.
        minor: Its version of Python 3.
    """
    module, _, name = handler.rpartition(".")
    first = _file(files, module.replace("/", "."))
    if first is None:
        yield CodeFault(f"the handler is {handler}, and there is no {module or handler}.py in its source_dir")
        return
    reached = list(_reached(files, first))
    if any(isinstance(tree, ast.Module) and _changes_path(tree) for _, tree in reached):
        installed = None
    for file, tree in reached:
        if isinstance(tree, CodeFault):
            wrong = tree if minor <= sys.version_info.minor else _wrong_in_all(tree, files[file])
            if wrong:
                yield CodeFault(wrong.found, file, wrong.line)
            continue
        if file == first and not _defines(tree, name):
            yield CodeFault(f"the handler is {handler}, and {file} defines no {name}", file)
        for each in _imports(tree, file):
            top = each.module.partition(".")[0]
            if installed is not None and not _is_known(top, files, installed):
                yield CodeFault(
                    f"{file} imports {top}, which neither Lambda nor requirements.txt has", file, each.line
                )


def _reached(files: Files, first: str) -> Iterator[tuple[str, ast.Module | CodeFault]]:
    """Yield the handler's module and those that it imports, as far as they are not too large to parse."""
    waiting, seen, left = [first], {first}, MOST_BYTES_OF_ALL
    while waiting and len(seen) < _MOST_FILES:
        file = waiting.pop()
        left -= len(files[file])
        if len(files[file]) > MOST_BYTES or left < 0:
            continue
        tree = _parsed(files[file])
        yield file, tree
        for each in _imports(tree, file) if isinstance(tree, ast.Module) else ():
            own = [f for f in (_file(files, n) for n in (each.module, *each.names)) if f]
            waiting += [found for found in own if found not in seen]
            seen |= {*own}


def _wrong_in_all(fault: CodeFault, content: bytes) -> CodeFault | None:
    """The fault of code that is wrong in newer versions, too, which may have a syntax that this one lacks."""
    if _FORMATTED.search(content):
        try:
            encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
            code = formatted_strings.replaced(content.decode(encoding))
        except UnicodeDecodeError:
            return None
        except (SyntaxError, LookupError, formatted_strings.Unfinished):
            return fault
        parsed = None if code is None else _parsed(code.encode())
        if not isinstance(parsed, CodeFault):
            return None
        fault = parsed
    lines = content.decode("utf-8", "replace").split("\n")
    if _OF_NEWER_VERSIONS.search(lines[min(fault.line, len(lines)) - 1]):
        return None
    return fault if any(words in fault.found for words in _OF_ALL_VERSIONS) else None


def _parsed(content: bytes) -> ast.Module | CodeFault:
    if wrong := _undecodable(content):
        return wrong
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with syntax_trees.ALONE:
                return ast.parse(content)
    except SyntaxError as error:
        version = f"3.{sys.version_info.minor}"
        return CodeFault(f"it does not parse with Python {version}: {error.msg}", line=error.lineno or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        return CodeFault(f"it does not parse: {error}")


def _undecodable(content: bytes) -> CodeFault | None:
    """The first byte that is not of the code's encoding; `ast` takes one in a comment, an import does not."""
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
    except SyntaxError as error:
        if "unknown encoding" in str(error):
            return None  # `ast` names it
        encoding = "utf-8"  # neither of the first two lines names one
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        byte = f"the byte 0x{error.object[error.start]:02X}"
        line = error.object.count(b"\n", 0, error.start) + 1
        return CodeFault(f"it does not parse: {byte} is not {encoding.upper()}, {_NO_ENCODING}", line=line)
    return None


def _file(files: Files, module: str) -> str | None:
    path = module.replace(".", "/")
    return next((name for name in (f"{path}.py", f"{path}/__init__.py") if name in files), None)


def _is_known(top: str, files: Files, installed: Container[str]) -> bool:
    if top in sys.stdlib_module_names or top in OF_RUNTIME or top in _OF_OTHER_VERSIONS or top in installed:
        return True
    return any(path.startswith((f"{top}/", f"{top}.")) for path in files)


def _changes_path(tree: ast.Module) -> bool:
    """Whether a module may add folders in which others are found."""
    return any(_is_path(node) for node in ast.walk(tree))


def _is_path(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "path" and isinstance(node.value, ast.Name) and node.value.id == "sys"
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        return (node.module == "sys" and bool(names & {"*", "path"})) or node.module == "site"
    return isinstance(node, ast.Import) and any(alias.name == "site" for alias in node.names)


def _imports(tree: ast.Module, file: str) -> Iterator[_Import]:
    """Yield the imports that no condition guards."""
    package = file.split("/")[:-1]
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (_Import(alias.name, (), node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module:
                names = tuple(f"{module}.{alias.name}" for alias in node.names)
                yield _Import(module, names, node.lineno)


def _defines(tree: ast.Module, name: str) -> bool:
    """Whether a module may have a name; one that makes names as it runs may have any."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("exec", "globals", "setattr", "vars"):
                return True
        elif (isinstance(node, ast.alias) and node.name == "*") or (
            isinstance(node, ast.Global) and name in node.names
        ):
            return True
    return bool({name, "__getattr__"} & set(_bound(tree.body)))


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements bind, outside functions and classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.alias):
                yield (inner.asname or inner.name).partition(".")[0]
            elif isinstance(inner, ast.expr):
                yield from (n.id for n in ast.walk(inner) if isinstance(n, ast.Name) and _stores(n))
            elif isinstance(inner, ast.stmt):
                yield from _bound([inner])
            elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                yield from _bound(inner.body)


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
