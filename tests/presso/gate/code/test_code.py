"""What keeps code from starting is found without running it, and good code is never accused."""

import sys

import pytest

from presso.gate.code import javascript, python

HANDLER = "handler.handler"


def of_python(code: str, *, handler: str = HANDLER, more: dict[str, str] | None = None) -> list[str]:
    files = {path: text.encode() for path, text in {"handler.py": code, **(more or {})}.items()}
    return [f"{fault.file}:{fault.line} {fault.found}" for fault in python.faults(files, handler, {"numpy"})]


def of_javascript(code: str, *, handler: str = HANDLER, more: dict[str, str] | None = None) -> list[str]:
    files = {path: text.encode() for path, text in {"handler.mjs": code, **(more or {})}.items()}
    found = javascript.faults(files, handler, {"ms", "@own/kit"}, "nodejs22.x")
    return [f"{fault.file}:{fault.line} {fault.found}" for fault in found]


DEF = "def handler(event, context):\n    pass\n"
EXPORT = "export const handler = async () => 1;\n"


@pytest.mark.parametrize(
    ("code", "more"),
    [
        (DEF, {}),
        (f"async {DEF}", {}),
        ("from inner.work import handler\n", {"inner/work.py": DEF, "inner/__init__.py": ""}),
        (
            "from inner import work\nhandler = work.handler\n",
            {"inner/work.py": "from . import other\n" + DEF},
        ),
        ("from work import *\n", {"work.py": DEF}),
        ("handler, other = 1, 2\n", {}),
        ("try:\n    import simplejson as json\nexcept ImportError:\n    import ujson as json\n" + DEF, {}),
        ("if True:\n    " + DEF.replace("\n    ", "\n        "), {}),
        ("class handler:\n    pass\n", {}),
        ("globals()['handler'] = print\n", {}),
        ("import boto3, botocore.config, numpy.linalg, urllib3, json, imp, tomllib\n" + DEF, {}),
        (DEF, {"templates/broken.py": "def {{ name }}:\n"}),
        ("def made():\n    import requests\n" + DEF, {}),
        ("import sys\nsys.path.insert(0, 'vendor')\nimport kit\n" + DEF, {"vendor/kit.py": ""}),
        ("import fast\n" + DEF, {"fast.cpython-313-aarch64-linux-gnu.so": ""}),
        ("import paths\nimport kit\n" + DEF, {"paths.py": "from sys import path\npath.append('x')\n"}),
        ("import kit\nimport site\nsite.addsitedir('vendor')\n" + DEF, {"vendor/kit.py": ""}),
        ("def start():\n    global handler\n    handler = print\nstart()\n", {}),
        ("import " + "b." * 40_000 + "c\n" + DEF, {}),
    ],
)
def test_good_python_is_not_accused(code: str, more: dict[str, str]) -> None:
    assert of_python(code, more=more) == []


@pytest.mark.parametrize(
    ("code", "handler", "more", "expected"),
    [
        (DEF, "count.handler", {}, ":1 the handler is count.handler, and there is no count.py"),
        (DEF, "handler", {}, ":1 the handler is handler, and there is no handler.py"),
        (
            "def handle(): pass\n",
            HANDLER,
            {},
            "handler.py:1 the handler is handler.handler, and handler.py def",
        ),
        (f"{DEF}x = (\n", HANDLER, {}, "handler.py:3 it does not parse with Python"),
        (f"import work\n{DEF}", HANDLER, {"work.py": "\nx ="}, "work.py:2 it does not parse with Python"),
        (
            f"import json\nimport requests\n{DEF}",
            HANDLER,
            {},
            "handler.py:2 handler.py imports requests, which neither",
        ),
        (f"import work\n{DEF}", HANDLER, {"work.py": "import pydantic\n"}, "work.py:1 work.py imports"),
    ],
)
def test_python_that_cannot_start_is_found_with_its_place(
    code: str, handler: str, more: dict[str, str], expected: str
) -> None:
    (found,) = of_python(code, handler=handler, more=more)
    assert found.startswith(expected)


def test_syntax_of_a_newer_python_is_not_accused() -> None:
    files = {"handler.py": b'x = (f"{y["z("]}")\n' + DEF.encode()}
    assert list(python.faults(files, HANDLER, set(), max(12, sys.version_info.minor + 1))) == []
    of_this = list(python.faults(files, HANDLER, set(), sys.version_info.minor))
    assert bool(of_this) == (sys.version_info < (3, 12))


@pytest.mark.parametrize(
    "wrong",
    [b"x = (\n", b"x = 1\0\n", b"# coding: nothing\n", b"# caf\xe9\n", b"\n\n\nx = 1 # caf\xe9\n"],
    ids=["not closed", "a NUL", "an encoding", "Latin-1 in the first line", "Latin-1 in a comment"],
)
def test_code_that_is_wrong_in_every_python_is_found_with_each_version(wrong: bytes) -> None:
    files = {"handler.py": wrong + DEF.encode()}
    assert list(python.faults(files, HANDLER, set(), sys.version_info.minor + 9)) != []


def test_a_byte_of_another_encoding_is_found_with_its_line() -> None:
    latin = DEF.encode() + b"x = 1 # caf\xe9\n"
    (found,) = python.faults({"handler.py": latin}, HANDLER, set())
    assert (found.line, found.found) == (
        3,
        "it does not parse: the byte 0xE9 is not UTF-8, in which it is read",
    )
    assert list(python.faults({"handler.py": b"# coding: latin-1\n" + latin}, HANDLER, set())) == []
    assert list(python.faults({"handler.py": b"\xef\xbb\xbf" + DEF.encode()}, HANDLER, set())) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "more"),
    [
        (EXPORT, {}),
        ("export async function handler(event) { return 1; }\n", {}),
        ("const run = () => 1;\nexport { run as handler };\n", {}),
        ('export * from "./work.mjs";\n', {"work.mjs": EXPORT}),
        (
            'import ms from "ms";\nimport kit from "@own/kit/a";\nimport fs from "node:fs";\nimport "path";\n'
            'import {\n  DynamoDBClient,\n} from "@aws-sdk/client-dynamodb";\n' + EXPORT,
            {},
        ),
        ("const x = `" + "import\n" * 9_000 + "`;\n" + EXPORT, {}),
        (
            'import own from "me/db";\nconst all = { accept: "*/*", path: \'src/*\', url: "a//b" };\n'
            "const code = `\nimport y from 'zzz'\n`;\nexport const a = 1, handler = () => a;\n",
            {"package.json": '{"name": "me"}'},
        ),
        ('export * from "./work.cjs";\n', {"work.cjs": 'Object.defineProperty(exports, "handler", {});\n'}),
        ("// import left from 'left-pad';\n/* import x from 'y'; */\n" + EXPORT, {}),
    ],
)
def test_good_javascript_is_not_accused(code: str, more: dict[str, str]) -> None:
    assert of_javascript(code, more=more) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "more"),
    [
        (EXPORT, {"package.json": '{"type": "module"}'}),
        ('Object.defineProperty(exports, "handler", { value: () => "*/*" });\n', {}),
        ("exports.handler = async () => 1;\n", {}),
    ],
)
def test_a_file_in_javascript_is_of_the_kind_that_its_package_has(code: str, more: dict[str, str]) -> None:
    assert of_javascript("", handler="count.handler", more={"count.js": code, **more}) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "handler", "more", "expected"),
    [
        (EXPORT, "count.handler", {}, ":1 the handler is count.handler, and there is no count.mjs or .js"),
        (
            "export const handle = 1;\n",
            HANDLER,
            {},
            "handler.mjs:1 the handler is handler.handler, and handler.mjs exp",
        ),
        (
            "exports.handler = async () => 1;\n",
            HANDLER,
            {},
            "handler.mjs:1 the handler is handler.handler, and handler.mjs exports no handler: an ES",
        ),
        (
            "",
            "count.handler",
            {"count.ts": EXPORT},
            ":1 the handler is count.handler, and there is no count.mjs or .js in its source_dir; "
            "Lambda does not run count.ts",
        ),
        (
            "",
            "count.handler",
            {"count.js": f"\n{EXPORT}"},
            "count.js:2 it does not parse: SyntaxError: Unexpected token 'export'; name it .mjs, or set",
        ),
        (f"{EXPORT}const x = ( => 1;\n", HANDLER, {}, "handler.mjs:2 it does not parse: SyntaxError"),
        (f'import "./work.mjs";\n{EXPORT}', HANDLER, {"work.mjs": "\n\nlet let = 1;"}, "work.mjs:3 it does"),
        (
            f"\nimport pad from 'left-pad';\n{EXPORT}",
            HANDLER,
            {},
            "handler.mjs:2 handler.mjs imports left-pad",
        ),
    ],
)
def test_javascript_that_cannot_start_is_found_with_its_place(
    code: str, handler: str, more: dict[str, str], expected: str
) -> None:
    (found,) = of_javascript(code, handler=handler, more=more)
    assert found.startswith(expected)
