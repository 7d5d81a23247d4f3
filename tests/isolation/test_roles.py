"""What AWS itself keeps an extension from: its real roles, assumed, try everything that is deployed.

Every extension of the checkout is applied in one tenant, with IAM enforced; its roles are read from its
state, and the core's and the neighbours' things from theirs. Only services may assume such a role, which is
read from its trust; so the account itself is trusted for a moment, and what it gets are the credentials that
Lambda or EventBridge would have got. Each role has then got a policy that allows everything, so that only the
boundary is left to keep it in its place. A policy that allows takes nothing away: what is denied with it is
denied without it. One extension's roles try everything as they are, too.

The bar's own orders, with faults in their middle, are made here as well: where IAM is enforced, its services
do what they need, or not.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.isolation.calls import CALLS, Call, Values
from tests.modules.core.shop import Shop
from tests.shared_packages import share_packages
from tests.without_gate import WithoutGate

from presso.aws_access import Access, local_access
from presso.bar.owned_bar import OwnedBar
from presso.deployment import unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.event_sources import CORE_SOURCE
from presso.local_aws import LocalAws
from presso.units.dead_letters import DeadLetters
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
EXTENSIONS = sorted(path.parent.name for path in (CHECKOUT / "extensions").glob("*/extension.yaml"))
TENANT, NEIGHBOUR = "nyc", "nyc-order"
BEYOND = "order-metrics"  # deployed in the other tenant, too
CORE = "core"
UNITS = [*EXTENSIONS, CORE]
WIDENED = [*((name, True) for name in UNITS), (BEYOND, False)]
WIDE = pytest.mark.parametrize(
    ("extension", "wide"), WIDENED, ids=[f"{name}{'' if wide else ' as it is'}" for name, wide in WIDENED]
)
HURRIED_ROBOT = (
    "{name: order-robot, variables: {cancel_percent: 0, "
    "seconds: {think: {min: 0, max: 0}, notice: {min: 0, max: 0}, work: {min: 1, max: 1}}}}"
)
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENIALS = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException")
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Thing:
    """A resource of a unit, from its state."""

    unit: str
    address: str
    type: str
    values: Values


@dataclass
class Bar:
    """Two tenants in one account, and the extensions that are deployed in them."""

    workspace: Workspace
    aws: Access
    local: LocalAws
    sessions: dict[str, Client] = field(default_factory=dict)

    @cached_property
    def things(self) -> list[Thing]:
        """Everything that is deployed, by all states."""
        folder = self.workspace.home / "state"
        return [
            Thing(
                str(path.relative_to(folder).parent),
                f"{resource.get('module', '')}.{resource['type']}.{resource['name']}",
                resource["type"],
                instance["attributes"],
            )
            for path in sorted(folder.glob("*/*/*.tfstate"))
            for resource in json.loads(path.read_text())["resources"]
            if resource["mode"] == "managed"
            for instance in resource["instances"]
        ]

    def of(self, unit: str, *types: str) -> list[Thing]:
        """What belongs to a unit, of these types or of all."""
        return [thing for thing in self.things if thing.unit == unit and (not types or thing.type in types)]

    def roles(self, unit: str, *, wide: bool) -> list[Thing]:
        """The roles of a unit; of the core's, which share a boundary, one where all is allowed."""
        found = self.of(unit, "aws_iam_role")
        return found[:1] if wide and unit.endswith(f"/{CORE}") else found

    def policies(self, unit: str, role: Thing) -> list[Any]:
        """The documents of a role's own policies."""
        return [
            json.loads(policy.values["policy"])
            for policy in self.of(unit, "aws_iam_role_policy")
            if policy.values["role"] in (role.values["name"], role.values["id"])
        ]

    def outside(self, unit: str) -> list[Thing]:
        """What does not belong to a unit; of the core's many resources one of each type."""
        others = [thing for thing in self.things if thing.unit != unit]
        of_core = {thing.type: thing for thing in others if thing.unit.endswith(f"/{CORE}")}
        return [
            thing for thing in others if of_core.get(thing.type, thing) is thing or CORE not in thing.unit
        ]

    def assumed(self, role: Thing) -> Client:
        """Clients with the role's credentials; policies are looked up at each request."""
        name = role.values["name"]
        if name not in self.sessions:
            self.sessions[name] = self._assumed(role)
        return self.sessions[name]

    def _assumed(self, role: Thing) -> Client:
        iam, sts, name = self.aws.client("iam"), self.aws.client("sts"), role.values["name"]
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": self.aws.account}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        try:
            found = sts.assume_role(RoleArn=role.values["arn"], RoleSessionName="test")["Credentials"]
        finally:
            trust_before = role.values["assume_role_policy"]
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust_before)
        session = boto3.Session(
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found["SessionToken"],
            region_name="us-east-1",
        )
        once = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in made:
                made[service] = session.client(service, endpoint_url=self.aws.endpoint, config=once)
            return made[service]

        return client


@pytest.fixture(scope="module")
def bar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bar]:
    """The core and all extensions in one tenant, one of them in the other, where IAM is enforced."""
    root = tmp_path_factory.mktemp("roles").resolve()
    local = LocalAws.of_this_process(root / "local", enforce_iam=True)  # a test starts it again
    account = "900000000001"
    (root / "modules").symlink_to(CHECKOUT / "modules")
    kept = shutil.ignore_patterns(".terraform*", "__pycache__", "node_modules", "tests", "build")
    for name in EXTENSIONS:
        shutil.copytree(CHECKOUT / "extensions" / name, root / "extensions" / name, ignore=kept)
    share_packages(CHECKOUT, root)
    for tenant, extensions in ((TENANT, EXTENSIONS), (NEIGHBOUR, [BEYOND])):
        file = root / "tenants" / tenant / "tenant.yaml"
        file.parent.mkdir(parents=True)
        listed = ", ".join({"order-robot": HURRIED_ROBOT}.get(name, name) for name in extensions)
        core = "core: true\n" if tenant == TENANT else ""
        file.write_text(f"name: {tenant}\ntitle: T\naccount: '{account}'\n{core}extensions: [{listed}]\n")
    workspace = Workspace(root, root / ".presso")
    try:
        running = local.ensure()
        selection = unit_selection.select(workspace, "apply", (), everything=True)
        environments = Environments(workspace, running)
        outcomes = WithoutGate(workspace, selection, "apply", environments.of, Silent()).execute()
        assert [outcome for outcome in outcomes if outcome.bad] == []
        yield Bar(workspace, local_access(running.endpoint, account), local)
    finally:
        local.stop()


@pytest.fixture
def widened(wide: bool, bar: Bar, extension: str) -> Iterator[bool]:
    """Whether the extension's roles are given a policy that allows everything."""
    iam = bar.aws.client("iam")
    roles = [role.values["name"] for role in bar.of(f"{TENANT}/{extension}", "aws_iam_role")]
    for role in roles if wide else ():
        iam.put_role_policy(RoleName=role, PolicyName="everything", PolicyDocument=json.dumps(EVERYTHING))
    yield wide
    for role in roles if wide else ():
        iam.delete_role_policy(RoleName=role, PolicyName="everything")


def denied(call: Call, client: Client, values: Values) -> bool:
    """Whether a call is denied; any other answer, also an error, means that it was let through."""
    try:
        call.on(client, values)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIALS
    return False


def emitted(client: Client, bus: str, *sources: str) -> bool:
    """Whether events with these sources, in one call, are taken."""
    entries = [
        {"EventBusName": bus, "Source": source, "DetailType": "Test", "Detail": "{}"} for source in sources
    ]
    try:
        return client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIALS:
            raise
        return False


def test_every_deployed_type_has_calls_to_try(bar: Bar) -> None:
    missing = sorted({thing.type for thing in bar.things} - CALLS.keys())
    assert missing == [], "add them to tests/isolation/calls.py"


@pytest.mark.parametrize("extension", UNITS)
def test_roles_are_for_services_only(bar: Bar, extension: str) -> None:
    roles = bar.of(f"{TENANT}/{extension}", "aws_iam_role")
    assert roles
    for role in roles:
        assert role.values["permissions_boundary"].endswith(f":policy/{TENANT}--{extension}--boundary")
        for statement in json.loads(role.values["assume_role_policy"])["Statement"]:
            services = statement["Principal"]["Service"]
            assert statement["Principal"].keys() == {"Service"}
            for service in [services] if isinstance(services, str) else services:
                assert fnmatchcase(service, "*.amazonaws.com")


@WIDE
def test_roles_are_denied_everything_that_is_not_the_extensions(
    bar: Bar, extension: str, widened: bool
) -> None:
    unit = f"{TENANT}/{extension}"
    let_through = [
        f"{role.values['name']}: {call.service}:{call.method} on {thing.unit} {thing.address}"
        for role in bar.roles(unit, wide=widened)
        for client in [bar.assumed(role)]
        for thing in bar.outside(unit)
        for call in CALLS[thing.type]
        if not (extension == CORE and thing.unit == f"{TENANT}/platform" and call.method == "put_events")
        if not denied(call, client, thing.values)
    ]
    assert let_through == []


@WIDE
def test_roles_may_use_what_is_the_extensions_and_not_change_it(
    bar: Bar, extension: str, widened: bool
) -> None:
    unit = f"{TENANT}/{extension}"
    used = 0
    for role in bar.roles(unit, wide=widened):
        client = bar.assumed(role)
        for thing in bar.of(unit):
            for call in CALLS[thing.type]:
                refused = denied(call, client, thing.values)
                assert refused or call.own, f"{call.method} on {thing.address}"
                assert not (widened and call.own and refused and extension != CORE), (
                    f"{call.method} on {thing.address}"
                )
                used += not refused
    assert used or not widened


@WIDE
def test_roles_emit_under_the_extensions_own_source_on_its_own_bus_only(
    bar: Bar, extension: str, widened: bool
) -> None:
    sources = {name: f"serverlesspresso.extension.{name}" for name in EXTENSIONS}
    sources[CORE] = "awsserverlessda.serverlesspresso"
    own = sources.pop(extension)
    foreign = ["aws.ec2", f"{own}x", own.upper(), *sources.values()]
    for role in bar.roles(f"{TENANT}/{extension}", wide=widened):
        client = bar.assumed(role)
        assert emitted(client, TENANT, own) or not widened
        assert [source for source in foreign if emitted(client, TENANT, source)] == []
        assert not emitted(client, TENANT, own, foreign[0])
        assert [bus for bus in (NEIGHBOUR, "default") if emitted(client, bus, own)] == []


@pytest.mark.parametrize("extension", UNITS)
def test_roles_are_allowed_what_their_own_policies_allow(bar: Bar, extension: str) -> None:
    """Actions of the table's calls, wherever a role's own policy allows one on a deployed resource."""
    unit = f"{TENANT}/{extension}"
    for role in bar.of(unit, "aws_iam_role"):
        client = bar.assumed(role)
        policies = bar.policies(unit, role)
        for thing in bar.of(unit):
            for call in CALLS[thing.type]:
                if call.own and any(allows(policy, call.action, thing) for policy in policies):
                    assert not denied(call, client, thing.values), f"{call.method} on {thing.address}"


def test_a_role_of_the_core_uses_only_the_tables_and_functions_that_its_own_policy_names(bar: Bar) -> None:
    unit = f"{TENANT}/{CORE}"
    things = bar.of(unit, "aws_dynamodb_table", "aws_lambda_function", "aws_sfn_state_machine")
    let_through = {
        f"{role.values['name']}: {call.method} on {thing.address}"
        for role in bar.of(unit, "aws_iam_role")
        for client, policies in [(bar.assumed(role), bar.policies(unit, role))]
        for thing in things
        for call in CALLS[thing.type]
        if not any(allows(policy, call.action, thing) for policy in policies)
        if not denied(call, client, thing.values)
    }
    assert let_through == set()


def allows(policy: dict[str, Any], action: str, thing: Thing) -> bool:
    """Whether a policy allows an action on a thing; actions are compared without regard to case."""

    def listed(value: Any) -> list[str]:
        return value if isinstance(value, list) else [value]

    statements = listed(policy["Statement"])
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase(action, each.lower()) for each in listed(statement["Action"]))
        and any(fnmatchcase(str(thing.values.get("arn")), each) for each in listed(statement["Resource"]))
        for statement in statements
        if isinstance(statement, dict)
    )


@pytest.fixture(scope="module")
def shop(bar: Bar) -> Shop:
    """The bar as its users see it, open."""
    found = Shop(bar.workspace, bar.local.ensure(), bar.aws, TENANT)
    found.opened()
    return found


@contextmanager
def without(bar: Bar, role: str, action: str) -> Iterator[None]:
    """Deny an action to a role of the core for a while."""
    iam, which = bar.aws.client("iam"), {"RoleName": f"{TENANT}--{CORE}--{role}", "PolicyName": "denied"}
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    iam.put_role_policy(**which, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    yield
    iam.delete_role_policy(**which)


def test_an_order_is_made_by_roles_that_may_do_nothing_else(shop: Shop) -> None:
    order = shop.placed(shop.user())
    for action in ("make", "complete"):
        assert shop.ask(shop.barista, f"PUT /orders/{order}?action={action}")[0] == 200
    shop.heard(order, "OrderProcessor.orderFinished")
    shop.eventually(shop.runs_nothing)
    assert DeadLetters(OwnedBar(shop.aws, TENANT)).all() == []


def test_extensions_written_against_the_player_work_against_the_bar(shop: Shop) -> None:
    """A robot's order in the bar: it chooses and makes the drink, and the others count and measure it."""
    order = str(uuid.uuid4())
    tables, table = shop.aws.client("dynamodb"), f"{TENANT}--order-metrics--counters"

    def counted() -> dict[str, int]:
        items = tables.scan(TableName=table, ConsistentRead=True)["Items"]
        return {item["sk"]["S"]: int(item["orders"]["N"]) for item in items if item["pk"]["S"] == "drink"}

    shop.of(order)  # reads the log so far
    before, heard = counted(), len(shop.log)
    detail = {"orderId": order, "userId": "robot", "bucket": {"eventId": TENANT}}
    entry = {"EventBusName": TENANT, "Source": CORE_SOURCE, "DetailType": "Validator.NewOrder"}
    shop.aws.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
    shop.heard(order, "OrderProcessor.orderFinished")
    shop.heard(order, "OrderManager.OrderCompleted")
    drink = shop.heard(order, "OrderManager.WaitingCompletion")["detail"]["drinkOrder"]["drink"]

    def measured() -> bool:
        shop.of(order)
        measurements = [
            each for each in shop.log[heard:] if each["detail-type"].endswith(".DrinkAverageTime")
        ]
        return drink in [each["detail"]["drink"] for each in measurements]

    shop.eventually(measured)
    shop.eventually(lambda: counted().get(drink, 0) > before.get(drink, 0))
    shop.eventually(shop.runs_nothing)


def test_a_change_whose_event_could_not_be_emitted_is_sent_again(bar: Bar, shop: Shop) -> None:
    functions, name = shop.aws.client("lambda"), f"{TENANT}--{CORE}--config"
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    letters, age = DeadLetters(OwnedBar(shop.aws, TENANT)), mapping["MaximumRecordAgeInSeconds"]
    # Records that fail are given up at once, instead of after a quarter of an hour.
    functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=1)
    with without(bar, "config", "events:PutEvents"):
        row = shop.ask(shop.admin, "PUT /config", {"drinksPerBarcode": 7})[1]
        assert [each.name for each in shop.eventually(letters.all)] == ["config"]
        (failed,) = letters.send()
        assert (failed.sent, len(failed.faults)) == (0, 1)
    functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=age)
    assert [(each.name, each.sent) for each in letters.send()] == [("config", 1)]
    shop.eventually(lambda: shop.kept("validator", "settings") == row["version"])
    assert shop.item("validator", "settings")["drinks"] == {"N": "7"}


def test_an_admin_changes_the_staff_of_the_own_bar(shop: Shop) -> None:
    added = shop.ask(shop.admin, "PUT /staff/ben?group=barista")
    assert (added[0], added[1]["groups"]) == (200, ["barista"])
    assert {"name": "ben", "groups": ["barista"]} in shop.ask(shop.admin, "GET /staff")[1]
    assert shop.ask(shop.barista, "DELETE /staff/ben")[0] == 403
    assert shop.ask(shop.admin, "DELETE /staff/ben") == (200, {"name": "ben", "groups": ["barista"]})


def test_an_order_whose_workflow_could_not_be_started_begins_when_it_is_sent_again(
    bar: Bar, shop: Shop
) -> None:
    letters, order = DeadLetters(OwnedBar(shop.aws, TENANT)), str(uuid.uuid4())
    (role,) = [
        role.values["role"].removeprefix(f"{TENANT}--{CORE}--")
        for role in bar.of(f"{TENANT}/{CORE}", "aws_iam_role_policy")
        if "states:StartExecution" in role.values["policy"]
    ]
    with without(bar, role, "states:StartExecution"):
        shop.put(order)
        assert [each.name for each in shop.eventually(letters.all)] == ["order"]
    assert [(each.name, each.sent, each.faults) for each in letters.send()] == [("order", 1, ())]
    shop.heard(order, "OrderProcessor.WorkflowStarted")
    assert letters.all() == []
    shop.end_all()


def test_orders_that_the_local_aws_is_restarted_in_the_middle_of_end_and_others_begin(
    bar: Bar, shop: Shop
) -> None:
    guest = shop.user()
    waiting, begun = shop.placed(guest), shop.scanned(shop.user())
    bar.local.stop()
    assert bar.local.ensure().endpoint == shop.running.endpoint
    # Its workflows are gone with it; the schedule finds that out within a minute.
    shop.call("processor", {"due": "reconcile"})
    for order in (waiting, begun):
        shop.heard(order, "OrderProcessor.orderFinished")
    shop.eventually(shop.runs_nothing)
    shop.eventually(lambda: shop.ask(guest, f"GET /orders/{waiting}")[1]["state"] == "CANCELLED")
    # The guest is signed in as before, and may order again.
    shop.placed(guest)
    shop.end_all()
