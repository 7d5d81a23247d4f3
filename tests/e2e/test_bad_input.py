"""A wrong request is one clear error; what is deployed stays as it was, and the next run works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import sites

from presso import snapshot

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.e2e.conftest import Done, Site

TENANT = "tenants/nyc/tenant.yaml"
GOOD = "name: nyc\ntitle: Summit\nextensions: [order-metrics]\n"


def assert_shown(done: "Done", code: int, *parts: str) -> None:
    """One error, with what helps, and nothing else."""
    assert (done.returncode, done.stdout) == (code, ""), done.stdout + done.stderr
    assert len(re.findall("^Error:", done.stderr, re.MULTILINE)) == 1
    assert not [word for word in ("Traceback", "has a bug") if word in done.stderr]
    assert [part for part in parts if part not in done.stderr] == [], done.stderr


# What is asked for, in which environment, with which tenant's file; the exit code and parts of the message.
BAD: dict[str, tuple[str, dict[str, str], str, int, list[str]]] = {
    "an unknown tenant": ("apply nyk", {}, GOOD, 2, ["no tenant nyk", "Did you mean nyc?"]),
    "an unknown tenant to play in": ("play nyk", {}, GOOD, 2, ["no tenant nyk", "Did you mean nyc?"]),
    "an unknown tenant to destroy": ("destroy nyk", {}, GOOD, 2, ["no tenant nyk", "Did you mean nyc?"]),
    "invalid YAML": ("apply nyc", {}, "name: nyc\ntitle: [\n", 2, [f"{TENANT}:3: invalid YAML"]),
    "an empty file": ("apply nyc", {}, "", 2, [TENANT]),
    "an unknown key": ("apply nyc", {}, f"{GOOD}acount: 1\n", 2, [f"{TENANT}:4: acount:", "account"]),
    "an unknown key elsewhere": ("play nyc", {}, f"{GOOD}speed: 1\n", 2, [f"{TENANT}:4: speed:"]),
    "an extension that is not there": (
        *("apply nyc", {}, "name: nyc\ntitle: T\nextensions: [order-metric]\n", 2),
        [f"{TENANT}:3: extensions.0:", "no extension order-metric", "Did you mean order-metrics?"],
    ),
    "no speed": ("play nyc --speed 0", {}, GOOD, 2, ["above 0 and at most 1000, not 0"]),
    "a speed that is not a number": (
        "play nyc --speed nan",
        {},
        GOOD,
        2,
        ["above 0 and at most 1000, not nan"],
    ),
    "a speed beyond all": ("play nyc --speed 1e9", {}, GOOD, 2, ["above 0 and at most 1000, not 1e9"]),
    "an unknown scenario": (
        *("play nyc --scenario one-oder", {}, GOOD, 2),
        ["no scenario 'one-oder' on the player of nyc", "one-order"],
    ),
    "a tenant that is not applied": ("play sfo", {}, GOOD, 2, ["sfo has no player", "presso apply sfo"]),
    "an extension before its tenant": (
        *("apply sfo/order-metrics", {}, GOOD, 1),
        ["sfo is not applied", "presso apply sfo sfo/order-metrics"],
    ),
    "no port": ("apply nyc", {"PRESSO_PORT": "coffee"}, GOOD, 2, ["PRESSO_PORT=coffee is not a port number"]),
    "another port than it runs on": (
        *("apply nyc", {"PRESSO_PORT": "1"}, GOOD, 2),
        ["already runs on http://127.0.0.1:", "not on port 1", "presso down"],
    ),
    "a home in a file": (
        *("apply nyc", {"PRESSO_HOME": f"{TENANT}/x"}, GOOD, 1),
        [f"{TENANT}/x/local: Not a directory", "PRESSO_HOME"],
    ),
}


@pytest.fixture(scope="module")
def with_platform(checkout: Path) -> "Iterator[Site]":
    """A checkout in which nyc's platform is applied, for all tests of this file."""
    with sites(checkout) as make:
        site = make()
        site.local.ensure()
        site.done("apply", "nyc")
        yield site


@pytest.fixture
def deployed(with_platform: "Site") -> "Site":
    """The checkout with nyc's platform, and nothing else."""
    with_platform.write(TENANT, GOOD)
    if len(list((with_platform.home / "state").rglob("*.tfstate"))) > 1:
        with_platform.done("destroy", "sfo", "nyc/*", "--with-extensions")
    return with_platform


def test_a_wrong_request_changes_nothing_and_the_next_run_works(deployed: "Site") -> None:
    before = snapshot.text(deployed.snapshot())
    for arguments, env, tenant, code, parts in BAD.values():
        deployed.write(TENANT, tenant)
        deployed.env |= env
        done = deployed.presso(*arguments.split())
        for name in env:
            del deployed.env[name]
        assert_shown(done, code, *parts)
        assert snapshot.text(deployed.snapshot()) == before
    deployed.write(TENANT, GOOD)
    assert deployed.presso("plan", "nyc", "--detailed-exitcode").returncode == 0
    deployed.done("play", "nyc", "--scenario", "one-order", "--speed", "1000")


def test_a_port_in_use_is_named_and_another_one_works(site: "Site", deployed: "Site") -> None:
    port = deployed.running().endpoint.rpartition(":")[2]
    for command in ("up", "apply nyc", "env"):
        site.env["PRESSO_PORT"] = port
        assert_shown(site.presso(*command.split()), 1, f"Port {port} is in use", "PRESSO_PORT=<port>")
    del site.env["PRESSO_PORT"]
    assert "runs at http://127.0.0.1:" in site.done("up")
    assert site.running().endpoint != deployed.running().endpoint
    site.done("down")


EXTENSION = """
variable "context" { type = any }

resource "aws_sqs_queue" "first" {
  name = "${var.context.prefix}first"
}

resource "aws_cloudwatch_event_rule" "second" {
  name           = "${var.context.prefix}second"
  event_bus_name = var.context.bus_name
  event_pattern = jsonencode({
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion"]
  })
  depends_on = [aws_sqs_queue.first]
}

resource "aws_cloudwatch_event_target" "second" {
  rule           = aws_cloudwatch_event_rule.second.name
  event_bus_name = var.context.bus_name
  arn            = aws_sqs_queue.first.arn
}

resource "aws_dynamodb_table" "third" {
  name         = "${var.context.prefix}third"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  depends_on   = [aws_cloudwatch_event_target.second]

  attribute {
    name = "pk"
    type = "S"
  }
}
"""


def test_when_terraform_fails_half_way_what_was_made_stays_and_the_next_run_makes_the_rest(
    deployed: "Site",
) -> None:
    for name in ("half", "whole"):
        deployed.write(f"extensions/{name}/main.tf", EXTENSION)
    dynamodb = deployed.aws().client("dynamodb")
    dynamodb.create_table(  # not presso's
        TableName="nyc--half--third",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    deployed.tenant("nyc", "half", "whole")
    done = deployed.presso("apply", "nyc/*")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    [error] = re.findall("^Error: .*", done.stderr, re.MULTILINE)
    assert error.startswith("Error: nyc/half: ")
    assert "extensions/half/main.tf:24" in done.stderr
    assert ".presso/units/nyc/half/terraform.log" in done.stderr
    dynamodb.delete_table(TableName="nyc--half--third")
    half = {f"nyc--half--{name}" for name in ("boundary", "first", "second")}
    whole = {f"nyc--whole--{name}" for name in ("boundary", "first", "second", "third")}
    assert things(deployed) == half | whole

    assert "unchanged" in deployed.done("apply", "nyc/*")
    assert things(deployed) == whole | {name.replace("whole", "half") for name in whole}
    deployed.done("destroy", "nyc/*")
    assert things(deployed) == set()


def things(site: "Site") -> set[str]:
    """The names of what nyc's extensions have made."""
    names = {re.split("[ /]", name)[-1] for name in site.snapshot()}
    return {name for name in names if re.match("nyc--(half|whole)--", name)}


def test_when_a_platform_fails_its_extensions_are_skipped_and_other_tenants_are_not(
    deployed: "Site",
) -> None:
    events = deployed.aws().client("events")
    events.create_event_bus(Name="sfo")  # not presso's
    done = deployed.presso("apply", "--all", "--json")
    assert done.returncode == 1
    assert {unit["unit"]: unit["result"] for unit in json.loads(done.stdout)["units"]} == {
        "nyc": "unchanged",
        "nyc/order-metrics": "applied",
        "sfo": "failed",
        "sfo/order-metrics": "skipped",
    }
    assert "Traceback" not in done.stderr
    assert "modules/tenant/main.tf:" in done.stderr
    events.delete_event_bus(Name="sfo")
    deployed.done("apply", "sfo", "sfo/*")
    assert deployed.presso("plan", "--all", "--refresh", "--detailed-exitcode").returncode == 0
