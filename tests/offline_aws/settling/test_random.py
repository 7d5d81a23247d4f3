"""Random valid configurations of every type reach an empty second plan, in this process; so does what is left
of them when all optional arguments are taken away, which AWS then has as if they had never been set.

``PRESSO_EXAMPLES=100 ./presso test tests/offline_aws/settling`` tries many more, other ones each time, and
takes each argument away by itself.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from tests.offline_aws.settling.conftest import HINTS, Shape, meant

from offline_aws import registry, schema, untried
from offline_aws.configuration import Caller
from offline_aws.handler_values import Values
from offline_aws.protocol import ERROR, message
from offline_aws.provider import Provider
from offline_aws.schema import Block
from offline_aws.values import ABSENT, block_type, decode, encode, same, walk
from presso.local_aws import Running

AWS = schema.load("aws")
KINDS = [name for name in sorted(AWS.resources) if registry.resource(name)]
EXAMPLES = int(os.environ.get("PRESSO_EXAMPLES", "3"))
ALONE = "PRESSO_EXAMPLES" in os.environ
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ],
}


class Refused(Exception):
    """AWS or a plan refused the configuration: it was not valid after all."""


class Machine:
    """Terraform's part: calls the provider as it would.

    Args:
        kind: The type.
        caller: The environment with the local AWS.
    """

    def __init__(self, kind: str, caller: Caller) -> None:
        self.kind = kind
        self.block: Block = AWS.resources[kind]["block"]
        self.provider = Provider(AWS, caller)
        self.replaced: list[str] = []
        empty = dict.fromkeys(AWS.provider["attributes"])
        self._call("Configure", config=self._wire(empty, AWS.provider), typed=False)

    def _wire(self, values: Values | None, block: Block | None = None) -> Any:
        return message("DynamicValue", msgpack=encode(values, block or self.block))

    def _call(self, method: str, *, typed: bool = True, **arguments: Any) -> Any:
        named = {"type_name": self.kind} if typed else {}
        answer = self.provider.answer(method, message(f"{method}Request", **named, **arguments))
        said = [f"{item.summary} {item.detail}" for item in answer.diagnostics if item.severity == ERROR]
        if said and any("is a bug" in text for text in said):
            raise AssertionError(said)
        if said:
            raise Refused(said)
        return answer

    def validate(self, config: Values) -> None:
        self._call("ValidateResourceTypeConfig", config=self._wire(config))

    def plan(self, config: Values, prior: Values | None) -> Values:
        def leaf(path: Any, spec: Block, configured: Any, stored: Any) -> Any:
            kept = spec.get("computed") and configured is None and stored is not ABSENT
            return stored if kept else configured

        whole = decode(encode(config, self.block), self.block)
        proposed = walk(self.block, leaf, whole, prior)
        answer = self._call(
            "PlanResourceChange",
            prior_state=self._wire(prior),
            proposed_new_state=self._wire(proposed),
            config=self._wire(config),
        )
        self.replaced = [step.attribute_name for path in answer.requires_replace for step in path.steps]
        return decode(answer.planned_state.msgpack, self.block) or {}

    def apply(self, config: Values | None, prior: Values | None, planned: Values | None) -> Values:
        answer = self._call(
            "ApplyResourceChange",
            prior_state=self._wire(prior),
            planned_state=self._wire(planned),
            config=self._wire(config),
        )
        return decode(answer.new_state.msgpack, self.block) or {}

    def read(self, state: Values) -> Values:
        answer = self._call("ReadResource", current_state=self._wire(state))
        return decode(answer.new_state.msgpack, self.block) or {}

    def differences(self, one: Values, other: Values) -> dict[str, Any]:
        kinds = block_type(self.block)[1]
        return {
            name: (one[name], other[name])
            for name, kind in kinds.items()
            if not same(one[name], other[name], kind)
        }


@pytest.fixture(scope="module")
def world(local_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What configurations may refer to, made once in an account of this module's own."""
    account = f"{os.getpid() % 10**6:06d}777777"
    folder = tmp_path_factory.mktemp("world")
    session = boto3.Session(account, "local", region_name="us-east-1")

    def client(name: str) -> Any:
        return session.client(name, endpoint_url=local_aws.endpoint)

    (folder / "index.py").write_text("")
    found = {
        "account": account,
        "folder": str(folder),
        "endpoint": local_aws.endpoint,
        "role": client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))[
            "Role"
        ]["Arn"],
        "bus": client("events").create_event_bus(Name="bus")["EventBusArn"],
        "topic": client("sns").create_topic(Name="topic")["TopicArn"],
        "queue_url": client("sqs").create_queue(QueueName="queue")["QueueUrl"],
        "key": client("kms").create_key()["KeyMetadata"]["KeyId"],
        "secret": client("secretsmanager").create_secret(Name="secret", SecretString="s")["ARN"],
    }
    found["key_arn"] = f"arn:aws:kms:us-east-1:{account}:key/{found['key']}"
    found["metadata"] = f"<EntityDescriptor>{'a' * 1000}</EntityDescriptor>"
    found["queue"] = f"arn:aws:sqs:us-east-1:{account}:queue"
    client("events").put_rule(Name="rule", EventBusName="bus", EventPattern='{"source": ["a"]}')
    client("logs").create_log_group(logGroupName="group")
    ordered = {"FifoTopic": "true", "ArchivePolicy": '{"MessageRetentionPeriod":"30"}'}
    found["archived"] = client("sns").create_topic(Name="archived.fifo", Attributes=ordered)["TopicArn"]
    client("sqs").create_queue(QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})
    found["ordered"] = f"arn:aws:sqs:us-east-1:{account}:ordered.fifo"
    client("iam").create_user(UserName="user")
    client("iam").create_group(GroupName="group")
    client("kinesis").create_stream(StreamName="data", ShardCount=1)
    found["data"] = f"arn:aws:kinesis:us-east-1:{account}:stream/data"
    client("logs").put_delivery_source(name="source", resourceArn=found["bus"], logType="INFO_LOGS")
    found["group"] = f"arn:aws:logs:us-east-1:{account}:log-group:group"
    found["destination"] = client("logs").put_delivery_destination(
        name="destination", deliveryDestinationConfiguration={"destinationResourceArn": found["group"]}
    )["deliveryDestination"]["arn"]
    found["destination_of_bucket"] = client("logs").put_delivery_destination(
        name="bucket",
        outputFormat="plain",
        deliveryDestinationConfiguration={"destinationResourceArn": f"arn:aws:s3:::bucket-{account}"},
    )["deliveryDestination"]["arn"]
    client("s3").create_bucket(Bucket=f"bucket-{account}")
    found["bucket"] = f"bucket-{account}"
    found["locked"] = f"locked-{account}"
    client("s3").create_bucket(Bucket=found["locked"], ObjectLockEnabledForBucket=True)
    found["owner"] = client("s3").get_bucket_acl(Bucket=found["bucket"])["Owner"]["ID"]
    found["written"] = f"written-{account}"
    client("s3").create_bucket(Bucket=found["written"], ObjectOwnership="BucketOwnerPreferred")
    client("s3").put_bucket_versioning(Bucket=found["written"], VersioningConfiguration={"Status": "Enabled"})
    table = client("dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    lake = client("s3tables")
    found["table_bucket"] = lake.create_table_bucket(name="lake")["arn"]
    inside = {"tableBucketARN": found["table_bucket"], "namespace": "bar0"}
    lake.create_namespace(tableBucketARN=found["table_bucket"], namespace=["bar0"])
    lake.create_table(**inside, name="sales", format="ICEBERG")
    backup = client("dynamodb").create_backup(TableName="table", BackupName="backup")
    found["backup"] = backup["BackupDetails"]["BackupArn"]
    found["stream"] = table["TableDescription"]["LatestStreamArn"]
    found["table"] = table["TableDescription"]["TableArn"]
    found["policy"] = client("iam").create_policy(
        PolicyName="policy",
        PolicyDocument=json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
    )["Policy"]["Arn"]
    _compute(client, folder, found)
    _sign(client, found)
    abroad = session.client("kms", region_name="eu-west-1", endpoint_url=local_aws.endpoint)
    found["primary"] = abroad.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    found["material"] = base64.b64encode(bytes(32)).decode()
    found["external"] = _external_key(abroad)
    return found


def _sign(client: Any, found: dict[str, str]) -> None:
    """Signed code, its profile, something that scales, and an API of WebSockets."""
    code = Path(found["zip"]).read_bytes()
    put = client("s3").put_object(Bucket=found["written"], Key="code.zip", Body=code)
    found["signed_version"] = put["VersionId"]
    profile = {"profileName": "profile", "platformId": "AWSLambda-SHA384-ECDSA"}
    found["publisher"] = client("signer").put_signing_profile(**profile)["profileVersionArn"]
    found["signing"] = client("lambda").create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [found["publisher"]]}
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/scaled",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
    )
    found["socket"] = client("apigatewayv2").create_api(
        Name="socket", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    deployment = client("apigatewayv2").create_deployment(ApiId=found["socket"])
    found["deployment"] = deployment["DeploymentId"]


def _external_key(kms: Any) -> str:
    """A key of several regions with imported material; its ARN."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = kms.create_key(MultiRegion=True, Origin="EXTERNAL")["KeyMetadata"]
    how = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    parameters = kms.get_parameters_for_import(KeyId=key["KeyId"], **how)
    public = load_der_public_key(parameters["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    scheme = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    kms.import_key_material(
        KeyId=key["KeyId"],
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=public.encrypt(bytes(32), scheme),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    return str(key["Arn"])


def _compute(client: Any, folder: Path, found: dict[str, str]) -> None:
    import zipfile

    with zipfile.ZipFile(folder / "code.zip", "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    found["zip"] = str(folder / "code.zip")
    made = client("lambda").create_function(
        FunctionName="function",
        Runtime="python3.12",
        Handler="index.handler",
        Role=found["role"],
        Code={"ZipFile": (folder / "code.zip").read_bytes()},
        Publish=True,
    )
    found["function"], found["code_sha256"] = made["FunctionArn"], made["CodeSha256"]
    found["layer"] = client("lambda").publish_layer_version(
        LayerName="layer", Content={"ZipFile": (folder / "code.zip").read_bytes()}
    )["LayerVersionArn"]
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    found["version"] = client("stepfunctions").create_state_machine(
        name="machine", roleArn=found["role"], definition=definition, publish=True
    )["stateMachineVersionArn"]
    found["machine"] = found["version"].rpartition(":")[0]
    found["connection"] = client("events").create_connection(
        Name="connection",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}},
    )["ConnectionArn"]
    api = client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP")
    found["api"] = api["ApiId"]
    found["pool"] = client("cognito-idp").create_user_pool(PoolName="pool")["UserPool"]["Id"]


def _settles(machine: Machine, config: Values, stay: Collection[str]) -> None:
    """Create, read, plan again: nothing is to change; nor without the optional arguments; then it goes."""
    machine.validate(config)
    planned = machine.plan(config, None)
    handler = registry.resource(machine.kind)
    if handler is not None and handler.emulator_lacks:
        return
    state = machine.apply(config, None, planned)
    try:
        again = machine.read(state)
        assert machine.differences(machine.plan(config, again), again) == {}, config
        for rest in _reductions(machine, config, again, stay):
            state = _updated(machine, rest, again)
            again = machine.read(state)
            assert machine.differences(machine.plan(rest, again), again) == {}
            if ALONE:
                again = state = _updated(machine, config, again)
    finally:
        machine.apply(None, state, None)


def _updated(machine: Machine, config: Values, state: Values) -> Values:
    return machine.apply(config, state, machine.plan(config, state))


def _reductions(machine: Machine, config: Values, state: Values, stay: Collection[str]) -> Iterator[Values]:
    """The configuration without what can be left out; or, of many examples, without one argument each."""
    rest = config
    for path in _optional(machine.block, config):
        if ".".join(str(step) for step in path if isinstance(step, str)) in stay:
            continue
        candidate = _without(rest, path, machine.block)
        if _empty(candidate, path[:-1]):
            continue  # a block without anything is another thing than none
        try:
            machine.validate(candidate)
            machine.plan(candidate, state)
        except Refused:
            continue
        if machine.replaced:
            continue
        if ALONE:
            yield candidate
        else:
            rest = candidate
    if rest is not config:
        yield rest


def _optional(block: Block, config: Values, before: tuple[str | int, ...] = ()) -> Iterator[Any]:
    for name, value in config.items():
        if value in (None, []):
            continue
        if name in block["attributes"]:
            if block["attributes"][name].get("optional"):
                yield (*before, name)
            continue
        nested = block["block_types"][name]
        if nested["nesting_mode"] in ("list", "set"):
            for index, item in enumerate(value):
                yield from _optional(nested["block"], item, (*before, name, index))
        elif nested["nesting_mode"] == "single":
            yield from _optional(nested["block"], value, (*before, name))
        if not nested.get("min_items"):
            yield (*before, name)


def _empty(config: Values, path: tuple[str | int, ...]) -> bool:
    owner: Any = config
    for step in path:
        owner = owner[step]
    return bool(path) and all(value in (None, []) for value in owner.values())


def _without(config: Values, path: tuple[str | int, ...], block: Block) -> Values:
    found = copy.deepcopy(config)
    owner: Any = found
    for step in path[:-1]:
        owner = owner[step]
    value = owner[path[-1]]
    is_block = isinstance(value, list) and isinstance(value[0], dict) and path[0] not in block["attributes"]
    owner[path[-1]] = [] if is_block else None
    return found


@pytest.fixture
def machine(kind: str, world: dict[str, str]) -> Machine:
    """A provider that is asked about the type ``kind``."""
    env = {
        "AWS_ENDPOINT_URL": world["endpoint"],
        "AWS_ACCESS_KEY_ID": world["account"],
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }
    return Machine(kind, Caller(Path(world["folder"]), env))


@pytest.mark.parametrize("kind", KINDS)
def test_random_configurations_settle(
    kind: str,
    machine: Machine,
    world: dict[str, str],
    configurations_of: Callable[..., st.SearchStrategy[Values]],
) -> None:
    configurations = configurations_of(kind, world)
    stay = untried.kept(HINTS.get(kind, {}))
    settled, refusals = [], []

    @settings(
        max_examples=EXAMPLES,
        derandomize="PRESSO_EXAMPLES" not in os.environ,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def settle(data: st.DataObject) -> None:
        config = data.draw(configurations)
        try:
            _settles(machine, config, stay)
        except Refused as refused:
            refusals.append((config, refused.args))
            assume(False)
        settled.append(config)

    with contextlib.suppress(Unsatisfiable):
        settle()
    assert settled, refusals[:3]


@pytest.mark.parametrize(
    ("kind", "number"),
    [(kind, number) for kind in KINDS for number, _ in enumerate(HINTS.get(kind, {}).get("whole", ()))],
)
def test_what_is_left_of_a_whole_configuration_settles(
    kind: str, number: int, machine: Machine, world: dict[str, str]
) -> None:
    hints = HINTS[kind]
    _settles(machine, meant(hints["whole"][number], world), untried.kept(hints))


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_has_values_to_try_or_is_left_out(kind: str) -> None:
    handler = registry.resource(kind)
    assert handler is not None
    shape = Shape(handler, HINTS.get(kind, {}), {})
    whole = untried.whole(kind, HINTS)
    drawn = untried.drawn(kind, HINTS)
    assert [
        path
        for path, spec in drawn.items()
        if spec and path not in whole and shape.attribute(path, spec).is_empty
    ] == []


@pytest.mark.parametrize("kind", ["aws_lambda_event_source_mapping"])
@pytest.mark.parametrize(("source", "size"), [("data", 100), ("queue", 10)])
def test_a_batch_size_that_is_taken_away_is_the_default_of_the_source(
    source: str, size: int, machine: Machine, world: dict[str, str]
) -> None:
    position = {"starting_position": "LATEST"} if source == "data" else {}
    rest = {"function_name": "function", "event_source_arn": world[source], "enabled": False, **position}
    config = {**rest, "batch_size": 7}
    state = machine.apply(config, None, machine.plan(config, None))
    state = _updated(machine, rest, state)
    session = boto3.Session(world["account"], "local", region_name="us-east-1")
    client = session.client("lambda", endpoint_url=world["endpoint"])
    assert client.get_event_source_mapping(UUID=state["uuid"])["BatchSize"] == size
    machine.apply(None, state, None)


@pytest.mark.parametrize("kind", ["aws_lambda_permission"])
def test_a_statement_of_a_version_is_another_than_that_of_its_function(
    machine: Machine, world: dict[str, str]
) -> None:
    config = {"function_name": "function", "statement_id": "same", "action": "lambda:InvokeFunction"}
    configs = [{**config, "principal": "sns.amazonaws.com", **more} for more in ({}, {"qualifier": "1"})]
    of_function, of_version = (machine.apply(each, None, machine.plan(each, None)) for each in configs)
    machine.apply(None, of_function, None)
    assert machine.differences(machine.plan(configs[1], machine.read(of_version)), of_version) == {}
    machine.apply(None, of_version, None)
