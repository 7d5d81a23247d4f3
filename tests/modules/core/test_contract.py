"""The document of the bar's API, and the functions that check requests by it; without AWS."""

import ast
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.modules.core.conftest import FUNCTIONS
from tests.modules.core.documented import DOCUMENT, OPERATIONS, resolved

from presso import records
from presso.bar_settings import BarSettings

SERVICES = sorted({operation["tags"][0] for operation in OPERATIONS.values()})
BODIES = {
    route: operation["requestBody"] for route, operation in OPERATIONS.items() if "requestBody" in operation
}
GROUPS = ("admin", "barista", "display")
# Keywords that refuse nothing by themselves.
ANNOTATIONS = {"$ref", "default", "description", "examples", "items", "properties", "required", "type"}
GOOD = {
    "PUT /config": {
        "hours": [{"days": ["mon", "tue"], "opens": "09:00", "closes": "24:00"}],
        "languages": ["en", "zh-Hant-TW"],
        "menu": [
            {
                "drink": "Caffè Latte",
                "icon": "latte",
                "available": True,
                "modifiers": [{"name": "Milk", "options": ["Regular", "Oat"]}],
            }
        ],
        "maxOrdersInQueue": 3,
    },
    "PUT /orders/{id}": {"drink": "Caffe Latte", "modifiers": ["Oat"], "userId": "u", "icon": "latte"},
}


@pytest.fixture
def contract(code: Callable[[str], Any]) -> Any:
    return code("contract")


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Each schema in one, and those that it refers to."""
    part = resolved(part)
    yield part
    for inner in (*part.get("properties", {}).values(), *([part["items"]] if "items" in part else [])):
        yield from schemas(inner)


def test_the_document_is_one_of_openapi_3_1() -> None:
    from openapi_spec_validator import validate

    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT)


def test_each_request_is_described_with_the_keywords_that_the_functions_check(contract: Any) -> None:
    described = [
        *(body["content"]["application/json"]["schema"] for body in BODIES.values()),
        *(
            resolved(parameter)["schema"]
            for operation in OPERATIONS.values()
            for parameter in operation["parameters"]
        ),
    ]
    for schema in [found for each in described for found in schemas(each)]:
        assert schema.keys() <= {*contract._HOLDS, *ANNOTATIONS, "additionalProperties"}
        assert schema["type"] in contract._TYPES
        # An object's other members are refused, and patterns are about the whole text.
        assert schema["type"] != "object" or schema["additionalProperties"] is False
        assert "pattern" not in schema or (schema["pattern"][0], schema["pattern"][-1]) == ("^", "$")


def test_an_operation_describes_a_refusal_of_what_it_may_refuse(contract: Any) -> None:
    for route, operation in OPERATIONS.items():
        parameters = [resolved(each) for each in operation["parameters"]]
        possible = {
            "401": bool(operation["security"]),
            "403": bool(contract.groups_of(route)) or route == "PUT /orders/{id}",
            "422": route in BODIES
            or any(each.get("required") or {*contract._HOLDS} & each["schema"].keys() for each in parameters),
            **dict.fromkeys(("400", "413"), route in BODIES),
        }
        possible["400"] |= route == "POST /qr-code"
        assert {*operation["responses"]} & {*possible} == {status for status, may in possible.items() if may}


def test_each_operation_needs_one_of_some_groups_or_any_user_or_none() -> None:
    for operation in OPERATIONS.values():
        needed = [requirement["user"] for requirement in operation["security"]]
        assert needed in ([], [[]]) or all(len(each) == 1 and each[0] in GROUPS for each in needed)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_the_operations_that_have_its_name(
    code: Callable[[str], Any], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = code(service)
    taken: dict[str, Any] = {}
    monkeypatch.setattr(module.bar, "handle", lambda event, routes=None, **_: taken.update(routes or {}))
    module.handler({}, None)
    assert {*taken} == {route for route, each in OPERATIONS.items() if each["tags"][0] == service}


def test_each_problem_is_described_with_its_status() -> None:
    described = {
        (int(status), kind)
        for operation in OPERATIONS.values()
        for status, answer in operation["responses"].items()
        for content in resolved(answer)["content"].values()
        if "allOf" in content["schema"]
        for kind in content["schema"]["allOf"][1]["properties"]["type"]["enum"]
    }
    raised = set()
    for file in FUNCTIONS.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Problem":
                status, kind = call.args[:2]
                if isinstance(status, ast.Constant) and isinstance(kind, ast.Constant):
                    raised.add((status.value, f"urn:presso:{kind.value}"))
    # Of a change that the order's state, the sender or the menu refuses.
    kinds = {403: "forbidden", 404: "unknown-order", 409: "wrong-state", 422: "invalid-order"}
    raised |= {(status, f"urn:presso:{kind}") for status, kind in kinds.items()}
    assert described == raised


@pytest.mark.parametrize(
    "route", [route for route, each in OPERATIONS.items() if each["security"] not in ([], [{"user": []}])]
)
def test_a_sender_in_none_of_an_operations_groups_is_refused(code: Callable[[str], Any], route: str) -> None:
    operation = OPERATIONS[route]
    needed = {group for requirement in operation["security"] for group in requirement["user"]}
    service = code(operation["tags"][0])
    for groups in ("", *(f"[{group}]" for group in {*GROUPS} - needed), "[administrators]", "[admin.x]"):
        claims = {"sub": "u", "cognito:groups": groups}
        event = {"routeKey": route, "requestContext": {"authorizer": {"jwt": {"claims": claims}}}}
        answer = service.handler(event, None)
        assert answer["statusCode"] == 403, groups
        assert json.loads(answer["body"])["type"] == "urn:presso:forbidden"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=4,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a value, with each of its keys."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@st.composite
def altered(draw: st.DrawFn, good: Any) -> Any:
    """A good value, of which a part is another value, left out, written twice or added to."""
    found = json.loads(json.dumps(good))
    container, key = draw(st.sampled_from([*places({"": found})]))
    change = draw(st.sampled_from(["other", "longer", "less", "twice", "more", "none"]))
    if change == "other":
        container[key] = draw(JSON)
    elif change == "longer" and isinstance(container[key], list | str):
        container[key] *= draw(st.sampled_from([0, 2, 21, 101]))
    elif change == "less" and key != "":
        del container[key]
    elif change == "twice" and isinstance(container, list):
        container.append(container[key])
    elif change == "more" and isinstance(container[key], dict):
        container[key][draw(st.text(max_size=5))] = draw(JSON)
    return container[key] if key == "" and change == "other" else found


@pytest.mark.parametrize("route", GOOD)
def test_a_body_is_refused_exactly_where_a_validator_refuses_it(
    code: Callable[[str], Any], contract: Any, route: str
) -> None:
    number = code("bar")._number
    content = BODIES[route]["content"]["application/json"]
    validator = jsonschema_rs.validator_for({**content["schema"], "components": DOCUMENT["components"]})
    verdicts = set()

    @settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(altered(GOOD[route]))
    def agree(body: Any) -> None:
        try:
            # As it comes from a request: 1.0 is a whole number.
            contract.checked_body(route, json.loads(json.dumps(body), parse_float=number))
            taken = True
        except contract.Fault:
            taken = False
        verdicts.add(taken)
        assert validator.is_valid(body) is taken

    agree()
    assert verdicts == {True, False}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (None, "The body: an object of at least 1 members."),
        ({"maxOrdersInQueue": True}, "maxOrdersInQueue: a whole number from 1 to 1000."),
        ({"price": 1, "<script>": 2}, "The body: unknown: price."),
        ({"<script>": 2}, "The body: unknown: a name that is not a word."),
        ({"menu": [{"drink": "Tea"}]}, "menu.0.available: missing."),
        ({"menu": [{"drink": "", "available": True}]}, "menu.0.drink: a text of 1 to 50 characters."),
        ({"languages": ["en", "en"]}, "languages: a list of 1 to 20 items, none of them twice."),
        ({"languages": ["English"]}, "languages.0: a text, such as zh-Hant-TW."),
        (
            {"hours": [{"days": ["Friday"], "opens": "9", "closes": "9"}]},
            "hours.0.days.0: one of mon, tue, wed, thu, fri, sat, sun.",
        ),
    ],
    ids=str,
)
def test_a_fault_names_its_place_and_what_is_expected(contract: Any, body: Any, fault: str) -> None:
    with pytest.raises(contract.Fault) as found:
        contract.checked_body("PUT /config", body)
    assert str(found.value) == fault


@pytest.mark.parametrize(
    ("settings", "good"),
    [
        ({"menu": [{"drink": "T" * 50, "available": False}]}, True),
        ({"menu": [{"drink": "抹茶\u3000ラテ", "available": True}]}, True),
        *(
            ({"menu": [{"drink": text, "available": True}]}, False)
            for text in ("", "T" * 51, "Tea\n", "\u202eaeT", "\x85")
        ),
        *(({"menu": [GOOD["PUT /config"]["menu"][0]] * count}, False) for count in (0, 101)),  # type: ignore[index]
        *(
            (
                {
                    "menu": [
                        {"drink": "T", "available": True, "modifiers": [{"name": "M", "options": ["a"] * n}]}
                    ]
                },
                1 <= n <= 20,
            )
            for n in (0, 20, 21)
        ),
        *(
            (
                {
                    "menu": [
                        {"drink": "T", "available": True, "modifiers": [{"name": "M", "options": ["a"]}] * n}
                    ]
                },
                n <= 10,
            )
            for n in (10, 11)
        ),
        *(
            ({"hours": [{"days": ["mon"], "opens": "00:00", "closes": end}] * n}, good)
            for end, n, good in (("24:00", 21, True), ("24:00", 22, False), ("24:01", 1, False))
        ),
        *(({"languages": ["en", "de", "fr"][:n]}, n > 0) for n in (0, 3)),
        ({"languages": ["English"]}, False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_tenants_file_and_the_api_take_the_same_settings(contract: Any, settings: Any, good: bool) -> None:
    # A drink twice is refused by both in words of their own, which other tests require.
    verdicts = []
    for check, refused in (
        (lambda: records.read(BarSettings, settings), records.Faults),
        (lambda: contract.checked_body("PUT /config", settings), contract.Fault),
    ):
        try:
            check()
            verdicts.append(True)
        except refused:
            verdicts.append(False)
    assert verdicts == [good, good]
