"""Code of functions in Python that is for a newer version than the one which reads it."""

import sys

import pytest

from presso.gate.code import formatted_strings, python

NEWER = sys.version_info.minor + 1
BEGIN = "def handler(event, context):\n    return "
RIGHT = {
    "quotes in quotes": f"""order = {{}}\n{BEGIN}f"{{event["id"]}} of {{order['b']}}"\n""",
    "brackets in quotes in quotes": BEGIN + """(f"{event["a("]}")\n""",
    "lines and comments": BEGIN + 'f"{\n  event  # its (id\n}"\n',
    "formats": BEGIN + """f"{1:{'>'}{2}} {{ {event!r:>{len("x")}} \\N{DASH} \\{1}"\n""",
    "raw ones": BEGIN + """rf"\\{event['a']}" + Rf'{"'"}'\n""",
    "template strings": BEGIN + """t"{event["id"]}"\n""",
    "parameters of types": "class Box[T]:\n    pass\n\ndef handler[T](event: T, context): pass\n",
    "types": "type Order = dict\n\ndef handler(event, context): pass\n",
}
WRONG = {
    "a bracket that is not closed": (
        "ORDER = {\n    1: 2,\n\ndef handler(event, context):\n    return f'{event}'\n",
        1,
        "'{' was never closed",
    ),
    "a comma too few": (
        'def handler(event context):\n    return f"""{\n    event}"""\n',
        1,
        "invalid syntax",
    ),
    "a colon too few behind a text of lines": (
        'def handler(event, context):\n    print(f"""{\n    event["a"]}""")\n    if event\n        pass\n',
        4,
        "expected ':'",
    ),
    "an indentation": ("def handler(event, context):\n    a = f'{1}'\n      b = 2\n", 3, "unexpected indent"),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_newer_versions_take_is_not_a_fault(case: str) -> None:
    code = RIGHT[case].encode()
    assert list(python.faults({"count.py": code}, "count.handler", set(), max(NEWER, 14))) == []


@pytest.mark.parametrize("case", WRONG)
def test_what_no_version_takes_is_found_beside_formatted_strings(case: str) -> None:
    code, line, words = WRONG[case]
    files = {"count.py": b"import records\ndef handler(event, context): pass\n", "records.py": code.encode()}
    (found,) = python.faults(files, "count.handler", set(), NEWER)
    assert (found.file, found.line) == ("records.py", line)
    assert words in found.found


@pytest.mark.parametrize("code", ['f"{a', "f'{a:", '"""', "x = f'{'\nimport nothing_here\n'}'\n"])
def test_a_text_without_an_end_is_one_in_no_version(code: str) -> None:
    with pytest.raises(formatted_strings.Unfinished):
        formatted_strings.replaced(code)
