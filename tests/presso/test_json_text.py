"""JSON is read within bounds, and only what can be written again."""

import json
import time

import pytest

from presso.json_text import DEEPEST, NotJson, line_of, loads


def nested(depth: int) -> str:
    return '{"a": [' * (depth // 2) + "1" + "]}" * (depth // 2)


def test_json_is_read_as_the_value_it_represents() -> None:
    text = '{"a": [1, -2.5e-3, true, null, "\\ud83d\\ude00 \\u00e9"], "b": {}}'
    assert loads(text) == json.loads(text) == {"a": [1, -0.0025, True, None, "😀 é"], "b": {}}


@pytest.mark.parametrize(
    ("text", "reported", "line"),
    [
        pytest.param("", "Expecting value", 1, id="nothing"),
        pytest.param("{\n'a': 1}", "Expecting property name", 2, id="quotes of Python"),
        pytest.param('{"a": 1}\n\n{', "Extra data", 3, id="something more"),
        pytest.param('{"a": NaN}', "NaN is not a JSON value", 1, id="no number"),
        pytest.param("[-Infinity]", "-Infinity is not a JSON value", 1, id="infinity"),
        pytest.param("[1e999]", "the number 1e999 is too large", 1, id="an infinite number"),
        pytest.param(f"[{'9' * 400}]", "a number of 400 digits is too large", 1, id="a number of 400 digits"),
        pytest.param(f"[{'9' * 5000}]", "a number of 5000 digits is too large", 1, id="one of 5,000 digits"),
        pytest.param('["\\ud83d"]', "half of a surrogate pair", 1, id="half of a character"),
        pytest.param('{"\\udc00": 1}', "half of a surrogate pair", 1, id="half of a character as a key"),
        pytest.param(nested(DEEPEST + 2), "nested more than 100 deep", 1, id="a bit too deep"),
        pytest.param(nested(3000), "nested more than 100 deep", 1, id="3,000 levels"),
        pytest.param(nested(200_000), "nested more than 100 deep", 1, id="200,000 levels"),
        pytest.param("[" * 200_000, "nested more than 100 deep", 1, id="200,000 levels and no end"),
    ],
)
def test_what_is_not_json_is_refused_in_words(text: str, reported: str, line: int) -> None:
    with pytest.raises(NotJson, match=reported) as error:
        loads(text)
    assert error.value.line == line


def test_the_deepest_that_is_read() -> None:
    assert loads(nested(DEEPEST))


def test_many_shallow_values_are_not_deep() -> None:
    assert len(loads("[" + ",".join(["[{}]"] * 10_000) + "]")) == 10_000


def test_bounds_cost_little() -> None:
    text = json.dumps([{"detail-type": "A", "detail": {"a": [1, 2.5, {"b": "c" * 50}]}}] * 20_000)
    since = time.process_time()
    loads(text)
    assert time.process_time() - since < 5


LINES = """{
  "a": {"x": [1,
    {"y": "}]", "n": -1.5e3,
     "z": null}]},
  "\\u0062\x7f\x85":
    true,
  "a": [

    "the second"
  ]
}"""


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ((), 1),
        (("b\x7f\x85",), 6),
        (("a",), 7),
        (("a", 0), 9),
        (("a", 1), 7),
        (("a", "x"), 7),
        (("c", "x"), 1),
    ],
)
def test_the_line_of_a_value(where: tuple[str | int, ...], line: int) -> None:
    loads(LINES)
    assert line_of(LINES, where) == line


def test_the_line_of_a_value_deep_inside() -> None:
    text = LINES.replace('"a": [', '"c": [')
    assert [line_of(text, ("a", "x", *more)) for more in [(), (1,), (1, "z"), (0, "z")]] == [2, 3, 4, 2]


def test_the_line_of_a_value_in_a_long_text_is_found_in_no_time() -> None:
    text = json.dumps([{"at": number} for number in range(20_000)], indent=0)
    since = time.process_time()
    assert line_of(text, (19_999, "at")) == text.count("\n", 0, text.index("19999")) + 1
    assert time.process_time() - since < 5
