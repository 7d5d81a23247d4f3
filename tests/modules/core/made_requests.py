"""Requests that Schemathesis makes from the document of the API, good and bad ones, by users of each kind.

A few, the same ones each time; `REQUESTS=3000 ./presso test tests/modules/core/test_applied.py -k made_from
--timeout 0` sends so many others.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.modules.core.documented import DOCUMENT, OPERATIONS
from tests.modules.core.shop import PATIENCE_SECONDS

COUNT = int(os.environ.get("REQUESTS", "52"))


@dataclass(frozen=True)
class Known:
    """What is there, which a request names as often as something made up.

    Args:
        users: Groups and a token by the user's name; the token is "" for a request without one.
        tenant: The tenant.
        orders: Orders' ids.
        code: The code of now.
        drinks: On the menu.
    """

    users: Mapping[str, tuple[frozenset[str], str]]
    tenant: str
    orders: list[str]
    code: Callable[[], str]
    drinks: list[str]


def send_all(url: str, known: Known) -> tuple[dict[str, set[int]], list[str]]:
    """Send requests; the statuses that each operation answered with, and what was wrong.

    Args:
        url: Of the API.
        known: What is there.
    """
    import requests
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from schemathesis import GenerationMode
    from schemathesis.config import SchemathesisConfig
    from schemathesis.core.failures import FailureGroup

    # Parameters that the document does not name are not read; tokens are added below.
    generation = {"allow-extra-parameters": False, "with-security-parameters": False}
    config = SchemathesisConfig.from_dict({"generation": generation})
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=config)
    seen: dict[str, set[int]] = {}
    faults: list[str] = []
    session = requests.Session()

    @settings(
        max_examples=max(1, COUNT // len(OPERATIONS)),
        derandomize="REQUESTS" not in os.environ,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def send(strategies: list[Any], data: st.DataObject) -> None:
        def pick(choices: list[Any]) -> Any:
            # By a number, since orders become more: what is drawn must not depend on answers.
            return choices[data.draw(st.integers(0, 999)) % len(choices)]

        case = data.draw(st.one_of(strategies))
        if case.meta.generation.mode is GenerationMode.POSITIVE:
            _name_what_is_there(case, known, pick)
        groups, token = known.users[pick(sorted(known.users))]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = case.call(base_url=url, headers=headers, session=session, timeout=PATIENCE_SECONDS)
        route = f"{case.method.upper()} {case.path}"
        seen.setdefault(route, set()).add(response.status_code)
        if (route, response.status_code) == ("POST /qr-code", 200):
            known.orders.append(response.json()["orderId"])
        try:
            check(case, route, response, groups, known_user=bool(token))
        except (AssertionError, FailureGroup) as fault:
            faults.append(f"{route}: {fault}")

    for operation in schema.get_all_operations():
        send([operation.ok().as_strategy(generation_mode=mode) for mode in GenerationMode])
    return seen, faults


def check(case: Any, route: str, response: Any, groups: frozenset[str], *, known_user: bool) -> None:
    """Require an answer that the document describes, and a refusal of each user that it does not let in."""
    from schemathesis import checks
    from schemathesis.specs.openapi import checks as described

    wanted = [
        checks.not_a_server_error,
        described.status_code_conformance,
        described.content_type_conformance,
        described.response_schema_conformance,
    ]
    # With an action, no body is read.
    if not case.query or not case.query.get("action"):
        wanted.append(described.negative_data_rejection)
    case.validate_response(response, checks=wanted)
    needed = {group for requirement in OPERATIONS[route]["security"] for group in requirement["user"]}
    if OPERATIONS[route]["security"] and not known_user:
        assert response.status_code == 401, route
    elif needed and not needed & groups:
        assert response.status_code == 403, route


def _name_what_is_there(case: Any, known: Known, draw: Callable[[list[Any]], Any]) -> None:
    """Put names of what is there in the place of made up ones, mostly."""
    if case.query and "eventId" in case.query and draw([True, True, False]):
        case.query["eventId"] = known.tenant
    if case.query and "token" in case.query and draw([True, False]):
        case.query["token"] = known.code()
    if case.path_parameters and "id" in case.path_parameters and draw([True, True, False]):
        case.path_parameters["id"] = draw(known.orders)
    if isinstance(case.body, dict) and "drink" in case.body and draw([True, False]):
        case.body["drink"] = draw(known.drinks)
        case.body.pop("modifiers", None)
