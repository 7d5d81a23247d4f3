"""EventCatalog's format: its linter complains of nothing, its SDK reads it all back, its pages are MDX."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from presso.catalog.exports import asyncapi, eventcatalog, exported_files
from presso.catalog.exports.export_scope import Scope
from presso.node import NodeJs

pytestmark = pytest.mark.slow

RESOURCES = Path(__file__).parent / "resources"
PLACED = "OrderManager.WaitingCompletion"


def lint(node: NodeJs, where: Path) -> "subprocess.CompletedProcess[str]":
    return node.run(node.tool("eventcatalog-linter"), where, "--fail-on-warning")


def written(scope: Scope, where: Path) -> Path:
    exported_files.write_folder(where, "eventcatalog", eventcatalog.files(scope, "0.1.0"))
    return where


def asked(node: NodeJs, script: str, where: Path) -> dict[str, Any]:
    done = node.run(RESOURCES / script, where)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def real(real_scope: Scope, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real catalog's export."""
    return written(real_scope, tmp_path_factory.mktemp("real") / "out")


@pytest.fixture
def odd_folder(odd_scope: Scope, tmp_path: Path) -> Path:
    """The export of the small catalog in which everything is odd."""
    return written(odd_scope, tmp_path / "out")


def test_the_linter_complains_of_nothing(node: NodeJs, real: Path) -> None:
    done = lint(node, real)
    assert done.returncode == 0, done.stdout
    pages = len(list(real.rglob("*.mdx")))
    assert f"{pages} files checked" in done.stdout


def test_the_linter_accepts_what_is_odd(node: NodeJs, odd_folder: Path) -> None:
    done = lint(node, odd_folder)
    # The linter warns about every user of a deprecated event: that is how it should be.
    complaints = [line for line in done.stdout.splitlines() if re.search("error|warning", line)]
    assert [line for line in complaints if "is deprecated" not in line and "problems" not in line] == []
    assert f"{len(list(odd_folder.rglob('*.mdx')))} files checked" in done.stdout


def test_the_linter_refuses_what_is_broken(node: NodeJs, real_scope: Scope, tmp_path: Path) -> None:
    where = written(real_scope, tmp_path / "out")
    (where / "channels/bus.targets/bus.order-metrics.queue.orders/index.mdx").unlink()
    service = where / "domains/coffee-bar/services/Validator/index.mdx"
    service.write_text(service.read_text().replace("id: Validator.NewOrder", "id: Validator.OldOrder"))
    team = where / "teams/order-metrics-authors.mdx"
    team.unlink()
    done = lint(node, where)
    assert done.returncode == 1
    for rule in ("refs/channel-exists", "refs/valid-version-range", "refs/owner-exists"):
        assert rule in done.stdout


def test_the_sdk_reads_back_who_sends_and_who_receives_what(
    node: NodeJs, real: Path, real_scope: Scope
) -> None:
    found = asked(node, "eventcatalog.cjs", real)
    assert set(found["events"]) == {event.name for event in real_scope.catalog.events}
    for event in real_scope.catalog.events:
        read = found["events"][event.name]
        assert (read["version"], read["summary"]) == (event.version, event.summary.strip())
        assert read["producers"] == [event.producer]
        assert json.loads(read["schemaFile"]) == event.schema
    placed = found["events"][PLACED]
    assert "order-metrics" in placed["consumers"]
    assert "order-metrics" in {one["id"] for one in found["domains"]["extensions"]["services"]}
    assert found["teams"]["order-metrics-authors"]["name"]
    (document,) = found["services"]["order-metrics"]["documents"]
    assert yaml.safe_load(document["content"]) == asyncapi.document(real_scope.part("order-metrics"), "0.1.0")


def test_the_sdk_reads_back_rules_and_their_targets(node: NodeJs, real: Path) -> None:
    found = asked(node, "eventcatalog.cjs", real)
    channels = found["channels"]
    assert channels["bus"]["protocols"] == ["eventbridge"]
    assert {"id": "bus.order-metrics.orders"} in channels["bus"]["routes"]
    rule = channels["bus.order-metrics.orders"]
    assert rule["routes"] == [{"id": "bus.order-metrics.queue.orders"}]
    assert rule["x-eventbridge-rule"]["pattern"]["detail-type"] == [PLACED]
    assert channels["bus.order-metrics.queue.orders"]["protocols"] == ["sqs"]
    receives = found["services"]["order-metrics"]["receives"]
    assert receives == [
        {
            "id": PLACED,
            "version": "1.0.0",
            "from": [{"id": "bus.order-metrics.queue.orders", "delivery_mode": "pull"}],
        }
    ]
    steps = {step["id"]: step for step in found["flows"]["order-metrics-flow"]["steps"]}
    way, here = [], f"in-{PLACED}"
    while here:
        way.append(here)
        here = next(iter(steps[here]["next_steps"]), "")
    assert way == [f"in-{PLACED}", "rule-bus-orders", "target-bus-queue-orders", "service-order-metrics"]


def test_the_sdk_reads_back_what_is_odd(node: NodeJs, odd_folder: Path, odd_scope: Scope) -> None:
    found = asked(node, "eventcatalog.cjs", odd_folder)
    assert len(found["events"]) == len(odd_scope.catalog.events)
    for event in odd_scope.catalog.events:
        read = found["events"][odd_scope.id(event)]
        assert (read["name"], read["version"]) == (event.title, event.version)
        assert read["x-eventbridge"] == {"source": event.source, "detail-type": event.name}
        assert json.loads(read["schemaFile"]) == event.schema
    assert found["teams"]["listener-authors"]["name"] == "0x10"
    rules = [id for id in found["channels"] if id.startswith("bus.listener.")]
    assert len(rules) == 6  # two of a for_each, one that is unknown, one with a topic; its topic, and a queue


def test_pages_are_mdx_in_which_what_people_wrote_is_only_text(
    node: NodeJs, real: Path, odd_folder: Path, odd_scope: Scope
) -> None:
    for where in (real, odd_folder):
        pages = asked(node, "mdx.cjs", where)
        assert len(pages) == len(list(where.rglob("*.mdx")))
        assert {name: page["error"] for name, page in pages.items() if "error" in page} == {}
        kinds = {kind for page in pages.values() for kind in page["kinds"]}
        allowed = {"NodeGraph", "SchemaViewer", "ChannelInformation", "heading", "code"}
        assert kinds - allowed <= {"root", "paragraph", "text", "live"}
        assert not [name for name, page in pages.items() if "live" in page["kinds"]]
    event = odd_scope.catalog.named("bar.ordered")[0]
    page = next(page for name, page in pages.items() if odd_scope.id(event) in name)
    said = [" ".join(part.split()) for part in page["paragraphs"]]
    assert " ".join(event.summary.split()) in said


def test_a_page_that_is_not_mdx_would_be_found(node: NodeJs, tmp_path: Path) -> None:
    (tmp_path / "broken.mdx").write_text("---\nid: a\n---\nA {brace\n")
    (tmp_path / "live.mdx").write_text("---\nid: a\n---\nOne and one are {1 + 1}\n")
    pages = asked(node, "mdx.cjs", tmp_path)
    assert "error" in pages["broken.mdx"]
    assert pages["live.mdx"]["kinds"]["live"] == 1


def test_the_same_catalog_gives_the_same_bytes(real_scope: Scope, odd_scope: Scope) -> None:
    for scope in (real_scope, odd_scope):
        assert eventcatalog.files(scope, "1") == eventcatalog.files(scope, "1")
