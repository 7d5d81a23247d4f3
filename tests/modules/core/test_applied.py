"""The bar as a unit of a tenant, on the local AWS: its API, its workflows, its coming and going."""

import base64
import io
import json
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.modules.core.documented import DOCUMENT, OPERATIONS, resolved
from tests.modules.core.made_requests import Known, send_all
from tests.modules.core.shop import Shop
from tests.shared_packages import share_packages

from event_patterns.pattern import Pattern
from presso import snapshot
from presso.aws_access import local_access
from presso.bar.owned_bar import OwnedBar
from presso.catalog.events import Catalog
from presso.errors import PressoError, UsageError
from presso.local_aws import Running
from presso.presenters import bar as commands
from presso.simulation import scenarios
from presso.units.dead_letters import DeadLetters
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

TENANT = "brew"
NAMED = {
    *(
        "aws_apigatewayv2_api",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_log_group",
        "aws_cognito_user_pool",
    ),
    *("aws_dynamodb_table", "aws_iam_policy", "aws_iam_role"),
    *("aws_lambda_function", "aws_sfn_state_machine", "aws_sqs_queue"),
}


@pytest.fixture(scope="module")
def bare(checkout: Path, local_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A tenant with an extension, before it has a bar."""
    root, account = tmp_path_factory.mktemp("core").resolve(), "900000000012"
    for name in ("modules", "extensions"):
        (root / name).symlink_to(checkout / name)
    share_packages(checkout, root)
    file = root / "tenants" / TENANT / "tenant.yaml"
    file.parent.mkdir(parents=True)
    head = f'name: {TENANT}\ntitle: T\naccount: "{account}"\nplayer: false\ncore: true\n'
    file.write_text(f"{head}extensions: [order-robot]\n")
    shop = Shop(
        Workspace(root, root / ".presso"), local_aws, local_access(local_aws.endpoint, account), TENANT
    )
    shop.run("apply", TENANT, f"{TENANT}/order-robot")
    return shop


@pytest.fixture(scope="module")
def shop(bare: Shop, before: Any) -> Shop:
    """The same with a bar, which is open."""
    bare.run("apply", f"{TENANT}/core")
    bare.opened()
    return bare


@pytest.fixture(scope="module")
def before(bare: Shop) -> tuple[str, dict[str, bytes]]:
    """Everything in the account, and the states, before there was a bar."""
    return snapshot.text(snapshot.take(bare.aws.client)), bare.states()


def test_an_order_by_hand_is_the_events_of_the_catalog_in_the_players_sequence(
    before: Any, shop: Shop, catalog: Any
) -> None:
    guest = shop.user()
    heard = shop.live(guest)
    assert shop.ask("", "GET /config")[0] == 401
    assert shop.ask("x.y.z", "GET /config")[0] == 401
    order = shop.placed(guest)
    assert shop.ask(guest, f"PUT /orders/{order}?action=make")[0] == 403
    assert shop.ask(shop.barista, f"PUT /orders/{order}?action=complete")[0] == 409
    for action in ("make", "complete"):
        assert shop.ask(shop.barista, f"PUT /orders/{order}?action={action}")[0] == 200
    shop.heard(order, "OrderProcessor.orderFinished")
    # The same events with the same fields as one order of the player's.
    played = scenarios.load(scenarios.folder(shop.workspace.root) / "one-order.json").events
    fields = {each.detail_type: {*each.detail} for each in played if "orderId" in each.detail}
    events, kinds = shop.of(order), {*fields}
    assert sorted(event["detail-type"] for event in events) == sorted(kinds)
    assert {event["detail-type"]: {*event["detail"]} for event in events} == fields
    assert [fault for event in shop.log for fault in catalog(event["detail-type"], event["detail"])] == []
    shop.eventually(shop.runs_nothing)
    story = shop.eventually(
        lambda: (found := shop.ask(guest, f"GET /orders/{order}/journey")[1]["events"])[6:] and found
    )
    assert {line["event"] for line in story} == kinds
    # Its guest heard of it live, over a socket; what is between services is not for pages.
    published = kinds - {"Validator.NewOrder", "OrderProcessor.WaitingCompletion"}
    messages = [heard.receive() for _ in published]
    assert {message["event"] for message in messages} == published
    assert sorted(message["number"] for message in messages) == list(range(1, len(messages) + 1))
    heard.close()
    # Measurements are lines of a log; only AWS makes metrics of them (docs/local-aws.md).
    logs, group = shop.aws.client("logs"), f"/aws/lambda/{TENANT}--core--metrics"
    shop.eventually(
        lambda: logs.filter_log_events(logGroupName=group, filterPattern='"MakingTime"')["events"]
    )
    assert shop.aws.client("cloudwatch").list_metrics(Namespace=f"presso/{TENANT}/core")["Metrics"] == []


def test_every_way_through_an_order_ends_in_an_event_and_gives_the_capacity_back(shop: Shop) -> None:
    # No drink is chosen; no barista comes; the guest cancels before and after; twice the same event.
    shop.set(customerSeconds=1)
    order = shop.scanned(shop.user())
    assert shop.heard(order, "OrderProcessor.OrderTimeOut")["detail"]["cause"] == "Customer timedout"
    shop.set(customerSeconds=300, baristaSeconds=1)
    order = shop.placed(guest := shop.user())
    assert shop.heard(order, "OrderProcessor.OrderTimeOut")["detail"]["cause"] == "Barista timedout"
    shop.eventually(lambda: shop.ask(guest, f"GET /orders/{order}")[1]["state"] == "TIMEDOUT")
    shop.set(baristaSeconds=900)
    for begin in (shop.scanned, shop.placed):
        order = begin(guest := shop.user())
        shop.eventually(lambda: shop.ask(guest, f"PUT /orders/{order}?action=cancel")[0] == 200)  # noqa: B023
        shop.heard(order, "OrderManager.OrderCancelled")
        shop.heard(order, "OrderProcessor.orderFinished")
    shop.eventually(shop.runs_nothing)


def test_the_capacity_is_exact_and_a_closed_shop_begins_no_order(shop: Shop) -> None:
    shop.set(maxOrdersRunning=3)
    orders = [str(uuid.uuid4()) for _ in range(5)]
    shop.put(*orders, *orders[:2])
    ends = ("OrderProcessor.WorkflowStarted", "OrderProcessor.ShopUnavailable")
    found = {order: shop.heard(order, *ends)["detail-type"] for order in orders}
    begun = [order for order, kind in found.items() if kind == ends[0]]
    assert len(begun) == 3
    shop.set(state="closed", maxOrdersRunning=20)
    late = str(uuid.uuid4())
    shop.put(late)
    assert shop.heard(late, *ends)["detail"]["Message"] == "The shop is closed."
    # An event that comes twice begins one order, and closing ends none.
    assert (
        len([event for order in orders for event in shop.of(order) if event["detail-type"] == ends[0]]) == 3
    )
    assert sorted(shop.item("processor", "shop")["running"]["SS"]) == sorted(begun)


def three_running(shop: Shop) -> list[str]:
    """Orders that run: those that the test before has left, if it was in this shop; else new ones."""
    if "running" not in shop.item("processor", "shop"):
        shop.set(state="open", maxOrdersRunning=3)
        orders = [str(uuid.uuid4()) for _ in range(3)]
        shop.put(*orders)
        for order in orders:
            shop.heard(order, "OrderProcessor.WorkflowStarted")
    return sorted(shop.item("processor", "shop")["running"]["SS"])


def test_orders_whose_workflows_are_stopped_by_hand_end_and_give_their_capacity_back(shop: Shop) -> None:
    workflows, left = shop.aws.client("stepfunctions"), three_running(shop)
    for order in left[1:]:
        shop.eventually(lambda order=order: shop.item("manager", order))  # type: ignore[misc]
        workflows.stop_execution(executionArn=shop.item("processor", f"order#{order}")["execution"]["S"])
    shop.call("processor", {"due": "reconcile"})
    for order in left[1:]:
        shop.heard(order, "OrderProcessor.orderFinished")
        shop.heard(order, "OrderManager.OrderCancelled")
    assert shop.item("processor", "shop")["running"]["SS"] == left[:1]
    # What its workflow waits for still is the customer.
    assert "OrderProcessor.orderFinished" not in [event["detail-type"] for event in shop.of(left[0])]
    workflows.stop_execution(executionArn=shop.item("processor", f"order#{left[0]}")["execution"]["S"])
    shop.call("processor", {"due": "reconcile"})
    assert shop.runs_nothing()


def test_tokens_that_are_forged_over_or_another_tenants_are_refused(shop: Shop) -> None:
    head, claims, signature = shop.admin.split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert shop.ask(shop.admin, "GET /admin-config")[0] == 200
    forged = base64.urlsafe_b64encode(json.dumps({**known, "sub": "another"}).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg": "none"}').decode().rstrip("=")
    for token in (f"{head}.{forged}.{signature}", f"{unsigned}.{forged}.", f"{head}.{claims}."):
        assert shop.ask(token, "GET /config")[0] == 401
    cognito = shop.aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="sfo--core--users")["UserPool"]["Id"]
    flows = {"ClientName": "pages", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    client = cognito.create_user_pool_client(UserPoolId=pool, **flows)["UserPoolClient"]["ClientId"]
    cognito.create_group(UserPoolId=pool, GroupName="admin")
    assert shop.ask(shop.signed_in(pool, client, "admin"), "GET /config")[0] == 401
    cognito.delete_user_pool(UserPoolId=pool)
    # A token of one second.
    pool, client = shop.outputs["users"]["pool_id"], shop.outputs["users"]["client_id"]
    kept = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    ids, units = {"UserPoolId": pool, "ClientId": client}, {"IdToken": "seconds"}
    cognito.update_user_pool_client(**ids, IdTokenValidity=1, TokenValidityUnits=units)
    token = shop.user()
    units = kept.get("TokenValidityUnits", {})
    cognito.update_user_pool_client(**ids, IdTokenValidity=kept["IdTokenValidity"], TokenValidityUnits=units)
    shop.eventually(lambda: shop.ask(token, "GET /config")[0] == 401)
    assert shop.ask(shop.user(), "GET /config")[0] == 200


def test_the_owner_runs_the_bar_by_commands(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def asked(show: Callable[..., None], *arguments: Any, **options: Any) -> Any:
        show(shop.workspace, TENANT, *arguments, **options)
        out = capsys.readouterr().out
        return json.loads(out) if options.get("json_wanted") else out.strip()

    monkeypatch.setattr(OwnedBar, "of", lambda *_: OwnedBar(shop.aws, TENANT))
    for state in ("closed", "open"):
        assert asked(commands.turn, state, json_wanted=True)["storeOpen"] is (state == "open")
    file = tmp_path / "menu.yaml"
    file.write_text(
        "menu:\n- {drink: Mocha}\n- {drink: Caffe Latte, modifiers: [{name: Milk, options: [Oat]}]}\n"
    )
    assert "Milk: Oat" in asked(commands.menu, str(file), json_wanted=False)
    assert [drink["drink"] for drink in asked(commands.menu, "", json_wanted=True)] == [
        "Mocha",
        "Caffe Latte",
    ]
    links = asked(commands.links, json_wanted=True)
    assert links["pages"] == {
        "guest": f"{links['api']}/",
        **{name: f"{links['api']}/{name}" for name in ("barista", "display", "admin", "journey")},
    }
    shown = asked(commands.links, json_wanted=False)
    for page in links["pages"].values():
        with urllib.request.urlopen(page, timeout=60) as answer:
            assert b'name="bar"' in answer.read()
        assert page in shown
    # A member signs in without a page; the link works as it is.
    password = asked(commands.add, "anna", "barista", json_wanted=False)
    assert asked(commands.add, "anna", "display", json_wanted=True)["password"] is None
    assert {"name": "anna", "groups": ["barista", "display"]} in asked(commands.members, json_wanted=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    token = asked(commands.token, "anna")
    request = urllib.request.Request(f"{links['api']}/qr-code", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["last_code"] == links["code"]
    # A guest who has taken the name of a future member is not made one.
    guest = {"Username": "ben", "Password": "x" * 24, "ClientId": links["client_id"]}
    shop.aws.client("cognito-idp").sign_up(**guest)
    with pytest.raises(UsageError, match="guest"):
        asked(commands.add, "ben", "admin", json_wanted=False)
    asked(commands.remove, "anna")
    assert "anna" not in asked(commands.members, json_wanted=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    for refused in (commands.token, commands.remove):
        with pytest.raises(PressoError, match="anna"):
            asked(refused, "anna")


def test_events_that_a_function_failed_to_take_are_sent_again(shop: Shop) -> None:
    # Its own settings name a table that is not there; then they are put right.
    functions, name = shop.aws.client("lambda"), f"{TENANT}--core--journey"
    right = functions.get_function_configuration(FunctionName=name)["Environment"]
    wrong = {"Variables": {**right["Variables"], "TABLE": "none"}}
    functions.update_function_configuration(FunctionName=name, Environment=wrong)
    order = str(uuid.uuid4())
    shop.put(order)
    letters = DeadLetters(OwnedBar(shop.aws, TENANT))
    assert shop.eventually(letters.all)[0].name == "journey"
    (failed,) = letters.send()
    assert (failed.sent, len(failed.faults)) == (0, 1)
    functions.update_function_configuration(FunctionName=name, Environment=right)
    shop.eventually(lambda: not [each for each in letters.send() if each.faults] and letters.all() == [])
    story = shop.ask(shop.admin, f"GET /orders/{order}/journey")[1]["events"]
    assert "Validator.NewOrder" in [line["event"] for line in story]


def test_the_routes_are_those_of_the_document_with_their_authorization(shop: Shop) -> None:
    made = shop.resources()
    ((api, authorizer),) = [
        (values["api_id"], values["id"]) for kind, values in made if kind == "aws_apigatewayv2_authorizer"
    ]
    functions = {
        values["id"]: values["integration_uri"].rpartition("--")[2]
        for kind, values in made
        if kind == "aws_apigatewayv2_integration" and values["api_id"] == api
    }
    routes = {
        values["route_key"]: (
            functions[values["target"].removeprefix("integrations/")],
            values["authorization_type"],
            values["authorizer_id"] or "",
        )
        for kind, values in made
        if kind == "aws_apigatewayv2_route" and values["api_id"] == api
    }
    pages = {route for route, (function, *_) in routes.items() if function == "pages"}
    assert {routes.pop(route) for route in pages} == {("pages", "NONE", "")}
    assert pages >= {"GET /", "GET /assets/{file}"}
    assert routes == {
        route: (each["tags"][0], *(("JWT", authorizer) if each["security"] else ("NONE", "")))
        for route, each in OPERATIONS.items()
    }
    assert shop.ask("", "GET /openapi.json") == (200, DOCUMENT)


def test_requests_made_from_the_document_get_the_answers_that_it_describes(shop: Shop) -> None:
    settings = shop.ask(shop.admin, "GET /admin-config")[1]
    shop.set(drinksPerBarcode=1000, maxOrdersPerUser=1000, maxOrdersInQueue=1000, maxOrdersRunning=1000)
    guest = shop.user()
    known = Known(
        users={
            "admin": (frozenset({"admin"}), shop.admin),
            "barista": (frozenset({"barista"}), shop.barista),
            "display": (frozenset({"display"}), shop.user("display")),
            "guest": (frozenset(), guest),
            "none": (frozenset(), ""),
        },
        tenant=TENANT,
        orders=[shop.scanned(guest)],
        code=lambda: str(shop.ask(shop.admin, "GET /qr-code")[1]["last_code"]),
        drinks=[drink["drink"] for drink in settings["menu"]],
    )
    seen, faults = send_all(OwnedBar(shop.aws, TENANT).links.api, known)
    assert faults == []
    assert seen.keys() == OPERATIONS.keys()
    changeable = OPERATIONS["PUT /config"]["requestBody"]["content"]["application/json"]["schema"]
    names = resolved(changeable)["properties"]
    shop.set(**{name: value for name, value in settings.items() if name in names})
    shop.end_all()


def test_what_the_core_makes_has_its_prefix_and_its_roles_the_boundary(shop: Shop) -> None:
    found = shop.resources()
    for kind, values in found:
        name = values.get("function_name") or values.get("name") or ""
        if kind in NAMED:
            assert name.removeprefix("/aws/lambda/").startswith(f"{TENANT}--core--"), (kind, name)
        if kind == "aws_iam_role":
            assert values["permissions_boundary"].endswith(f":policy/{TENANT}--core--boundary")
    assert {kind for kind, _ in found} >= NAMED


def test_each_event_that_a_rule_names_is_one_of_the_catalog_and_matches(shop: Shop, checkout: Path) -> None:
    catalog = Catalog.load(Workspace(checkout, shop.workspace.home))
    account = {"account": shop.aws.account}
    samples = [{**sample, **account} for event in catalog.events for sample in event.samples()]
    taken = set()
    for values in [values for kind, values in shop.resources() if kind == "aws_cloudwatch_event_rule"]:
        document = json.loads(values["event_pattern"])
        pattern = Pattern(document)
        matched = {str(event["detail-type"]) for event in samples if pattern.matches(event)}
        assert values["event_bus_name"] == TENANT
        assert matched == {*document.get("detail-type", matched)}
        taken |= matched
    assert {"Validator.NewOrder", "OrderRobot.FulfillOrder"} <= taken
    # The catalog's producers are the services whose roles may emit.
    emitting = {
        values["role"].removeprefix(f"{TENANT}--core--")
        for kind, values in shop.resources()
        if kind == "aws_iam_role_policy" and "events:PutEvents" in values["policy"]
    }
    assert {producer.service for producer in catalog.producers.values() if producer.service} == emitting - {
        "order"
    }


def test_a_bar_comes_and_goes_without_a_change_to_the_rest(before: Any, shop: Shop) -> None:
    assert shop.run("plan", f"{TENANT}/core") == {f"{TENANT}/core": "unchanged"}
    shop.run("destroy", f"{TENANT}/core")
    assert (snapshot.text(snapshot.take(shop.aws.client)), shop.states()) == before
    assert shop.aws.client("apigatewayv2").get_apis()["Items"] == []
    assert shop.aws.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
