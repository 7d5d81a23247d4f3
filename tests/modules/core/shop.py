"""A deployed bar and its users, for tests that order, make and wait."""

import contextlib
import http.client
import json
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from tests.modules.core.documented import check_answer, route_of
from tests.without_gate import WithoutGate
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, TextMessage
from wsproto.events import Request as WebSocketRequest

from presso.aws_access import Access
from presso.deployment import unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.event_sources import CORE_SOURCE
from presso.local_aws import Running
from presso.processes import wait_until
from presso.simulation.event_log import EventLog
from presso.workspace import Workspace

PATIENCE_SECONDS = 120  # on a machine that does much else
LATTE = {"drink": "Caffe Latte", "modifiers": ["Oat"]}


class LiveSocket:
    """A WebSocket to the local AWS, whose APIs have names that do not resolve."""

    def __init__(self, endpoint: str, host: str, target: str) -> None:
        place = urlsplit(endpoint)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=PATIENCE_SECONDS)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._texts: list[str] = []
        self._send(WebSocketRequest(host=host, target=target))
        assert isinstance(self._next(), AcceptConnection)

    def _send(self, event: Any) -> None:
        self._socket.sendall(self._protocol.send(event))

    def _next(self) -> Any:
        while True:
            for event in self._protocol.events():
                return event
            self._protocol.receive_data(self._socket.recv(65536) or None)

    def receive(self) -> Any:
        """The next message."""
        text = ""
        while True:
            event = self._next()
            assert isinstance(event, TextMessage), event
            text += event.data
            if event.message_finished:
                return json.loads(text)

    def close(self) -> None:
        """End the connection."""
        self._send(CloseConnection(code=1000))
        self._socket.close()


@dataclass
class Shop:
    """A tenant with a bar, and its users.

    Args:
        workspace: The checkout of its own.
        running: The local AWS.
        aws: A way into the tenant's account.
        tenant: The tenant.
        outputs: Of the core's unit.
    """

    workspace: Workspace
    running: Running
    aws: Access
    tenant: str
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    def run(self, action: Any, *units: str) -> dict[str, Any]:
        """Plan, apply or destroy units, each of which must succeed; the results by unit."""
        selection = unit_selection.select(self.workspace, action, units)
        environments = Environments(self.workspace, self.running)
        outcomes = WithoutGate(self.workspace, selection, action, environments.of, Silent()).execute()
        assert [outcome for outcome in outcomes if outcome.bad] == []
        return {str(outcome.unit): outcome.result for outcome in outcomes}

    def states(self) -> dict[str, bytes]:
        """Every state but the core's."""
        folder = self.workspace.home / "state"
        files = [path for path in folder.glob("*/*/*.tfstate") if path.stem != "core"]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    def resources(self) -> list[tuple[str, dict[str, Any]]]:
        """What the core has made: the type and attributes of each resource, from its state."""
        text = (self.workspace.home / "state" / self.tenant / "core" / "core.tfstate").read_text()
        return [
            (resource["type"], instance["attributes"])
            for resource in json.loads(text)["resources"]
            if resource["mode"] == "managed"
            for instance in resource["instances"]
        ]

    def opened(self) -> None:
        """Open the shop and follow its log."""
        text = (self.workspace.home / "state" / self.tenant / "core" / "core.tfstate").read_text()
        self.outputs = json.loads(text)["outputs"]["core"]["value"]
        self.admin, self.barista = self.user("admin"), self.user("barista")
        self.events = EventLog(self.aws.client("logs"), self.tenant)
        self.set(state="open")

    def user(self, *groups: str) -> str:
        """The token of a new user of the bar."""
        return self.signed_in(self.outputs["users"]["pool_id"], self.outputs["users"]["client_id"], *groups)

    def signed_in(self, pool: str, client: str, *groups: str) -> str:
        """The token of a new user of a pool."""
        cognito, name, secret = self.aws.client("cognito-idp"), uuid.uuid4().hex, f"Aa1-{uuid.uuid4().hex}"
        if not cognito.sign_up(ClientId=client, Username=name, Password=secret)["UserConfirmed"]:
            cognito.admin_confirm_sign_up(UserPoolId=pool, Username=name)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
        parameters = {"USERNAME": name, "PASSWORD": secret}
        answer = cognito.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def ask(self, user: str, request: str, body: Any = None) -> tuple[int, Any]:
        """Send a request such as `GET /config` and return the status and the answer."""
        method, path = request.split(" ")
        connection = http.client.HTTPConnection(urlsplit(self.running.endpoint).netloc, timeout=60)
        host = urlsplit(self.outputs["api"]["url"]).netloc
        headers = {"Host": host, **({"Authorization": f"Bearer {user}"} if user else {})}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        check_answer(route_of(request), answer.status, str(answer.getheader("content-type")), content)
        return answer.status, content

    def live(self, user: str) -> LiveSocket:
        """A socket on which a user hears what happens."""
        place = urlsplit(self.ask(user, "GET /live")[1]["url"])
        return LiveSocket(self.running.endpoint, place.netloc, f"{place.path}?{place.query}")

    def set(self, *, state: str = "open", **settings: Any) -> None:
        """Change the settings and wait until the services follow them."""
        if settings:
            assert self.ask(self.admin, "PUT /config", settings)[0] == 200
        row = self.ask(self.admin, f"PUT /store?state={state}")[1]
        for table, key in (("validator", "settings"), ("processor", "shop"), ("manager", "settings")):
            self.eventually(lambda table=table, key=key: self.kept(table, key) == row["version"])  # type: ignore[misc]

    def kept(self, table: str, key: str) -> int:
        """The version of the settings that a service has."""
        item = self.item(table, key)
        return int(item["version"]["N"]) if "version" in item else 0

    def item(self, table: str, key: str) -> dict[str, Any]:
        """An item of a service's table."""
        found = self.aws.client("dynamodb").get_item(
            TableName=f"{self.tenant}--core--{table}", Key={"pk": {"S": key}}, ConsistentRead=True
        )
        return dict(found.get("Item", {}))

    def eventually(self, reached: Callable[[], Any]) -> Any:
        """What a function returns, once that is true."""
        found: list[Any] = []
        assert wait_until(lambda: bool(found.append(reached()) or found[-1]), PATIENCE_SECONDS), reached()
        return found[-1]

    def scanned(self, user: str) -> str:
        """Scan the code of now, and wait until the order's workflow waits; the order's id."""
        code = self.ask(self.admin, "GET /qr-code")[1]["last_code"]
        status, answer = self.ask(user, f"POST /qr-code?token={code}")
        assert status == 200, answer
        order = str(answer["orderId"])
        self.heard(order, "OrderProcessor.WorkflowStarted", "OrderProcessor.ShopUnavailable")
        return order

    def placed(self, user: str) -> str:
        """Scan and choose a drink, and wait until the baristas see it."""
        order = self.scanned(user)
        self.eventually(lambda: self.ask(user, f"GET /orders/{order}")[0] == 200)
        status, answer = self.ask(user, f"PUT /orders/{order}", LATTE)
        assert status == 200, answer
        self.heard(order, "OrderManager.WaitingCompletion")
        return order

    def heard(self, order: str, *kinds: str) -> dict[str, Any]:
        """Wait for an event of one of these types about an order."""

        def found() -> Any:
            return next((event for event in self.of(order) if event["detail-type"] in kinds), None)

        return dict(self.eventually(found))

    def of(self, order: str) -> list[dict[str, Any]]:
        """All events about an order so far, in the order of their times."""
        self.log += [event.document for event in self.events.poll()]
        return [event for event in self.log if event["detail"].get("orderId") == order]

    def runs_nothing(self) -> bool:
        """Whether no order has a place of the capacity."""
        shop = self.item("processor", "shop")
        return "running" not in shop and "waiting" not in shop

    def end_all(self) -> None:
        """Stop the workflow of each order that runs, and wait until none has a place of the capacity."""
        for order in self.item("processor", "shop").get("running", {}).get("SS", []):
            execution = self.item("processor", f"order#{order}")["execution"]["S"]
            # Some end by themselves meanwhile.
            with contextlib.suppress(ClientError):
                self.aws.client("stepfunctions").stop_execution(executionArn=execution)
        self.call("processor", {"due": "reconcile"})
        self.eventually(self.runs_nothing)

    def call(self, function: str, event: dict[str, Any]) -> None:
        """Call a function, which must succeed."""
        name, payload = f"{self.tenant}--core--{function}", json.dumps(event)
        answer = self.aws.client("lambda").invoke(FunctionName=name, Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()

    def put(self, *orders: str) -> None:
        """Put `Validator.NewOrder` of these orders, as if codes had been scanned."""
        details = [
            {"orderId": order, "userId": order, "bucket": {"eventId": self.tenant}} for order in orders
        ]
        entries = [
            {"EventBusName": self.tenant, "Source": CORE_SOURCE, "DetailType": "Validator.NewOrder"}
            | {"Detail": json.dumps(detail)}
            for detail in details
        ]
        events = self.aws.client("events")
        for some in (entries[:10], entries[10:]):
            assert not some or events.put_events(Entries=some)["FailedEntryCount"] == 0
