"""presso catalog export and presso catalog cloudevent from the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.presso.conftest import with_rules
from typer.testing import CliRunner, Result

from presso.catalog.exports.export_scope import Scope
from presso.catalog.rule import Rule, RuleTarget
from presso.catalog.rules import Rules
from presso.cli import app
from presso.errors import UsageError

if TYPE_CHECKING:
    from presso.workspace import Workspace

FORMATS = ("asyncapi", "cloudevents", "openapi")


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = with_rules(tmp_path_factory.getbasetemp() / "exports-home", tmp_path_factory)

    def call(*arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(app, ["--home", str(home), "catalog", *arguments], input=stdin)
        assert done.exit_code == code, done.output
        return done

    return call


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.slow
def test_a_document_is_printed_and_written_in_yaml_or_json(run: Any, form: str, tmp_path: Path) -> None:
    printed = run("export", form).stdout
    document = yaml.safe_load(printed)
    assert json.loads(run("export", form, "--json").stdout) == document
    assert run("export", form).stdout == printed
    for name, parse in (("a.yaml", yaml.safe_load), ("a.json", json.loads)):
        done = run("export", form, "--out", str(tmp_path / name))
        assert done.stdout == f"{tmp_path / name}: 1 written, 0 removed, 0 unchanged.\n"
        assert parse((tmp_path / name).read_text()) == document
        again = json.loads(run("export", form, "--out", str(tmp_path / name), "--json").stdout)
        assert again == {"out": str(tmp_path / name), "written": [], "removed": [], "unchanged": 1}


@pytest.mark.parametrize("form", [*FORMATS, "eventcatalog"])
@pytest.mark.slow
def test_a_folder_is_the_same_twice(run: Any, form: str, tmp_path: Path) -> None:
    made = [tmp_path / "one", tmp_path / "two"]
    for folder in made:
        run("export", form, "--out", str(folder))
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in made
    )
    assert one == two
    assert len(one) > 2
    done = run("export", form, "--out", str(made[0]))
    assert done.stdout == f"{made[0]}: 0 written, 0 removed, {len(one) - 1} unchanged.\n"


def test_an_extensions_part_is_its_own(run: Any) -> None:
    document = json.loads(run("export", "asyncapi", "order-metrics", "--json").stdout)
    assert {tag["name"] for operation in document["operations"].values() for tag in operation["tags"]} == {
        "order-metrics"
    }


@pytest.mark.slow
def test_a_folder_of_asyncapi_has_the_bus_and_each_extension(run: Any, tmp_path: Path) -> None:
    run("export", "asyncapi", "--out", str(tmp_path / "out"))
    part = yaml.safe_load((tmp_path / "out" / "extensions" / "order-metrics.yaml").read_text())
    assert part == json.loads(run("export", "asyncapi", "order-metrics", "--json").stdout)
    assert (tmp_path / "out" / "asyncapi.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["asyncapi", "order-metric"], "Did you mean order-metrics?"),
        (["eventcatalog"], "--out"),
        (["eventcatalog", "--out", "a.yaml"], "is a folder"),
        (["swagger"], "eventcatalog"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_error(run: Any, arguments: list[str], reported: str) -> None:
    done = run("export", *arguments, code=2)
    assert reported in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_another_folder_is_left_alone(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run("export", "eventcatalog", "--out", str(tmp_path), code=2)
    assert "was not created by presso catalog export" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_tenants_have_a_bus_each_with_the_rules_deployed_there(
    odd: "Workspace",
) -> None:
    (odd.root / "tenants" / "sfo").mkdir()
    (odd.root / "tenants" / "sfo" / "tenant.yaml").write_text("name: sfo\ntitle: S\nregion: us-west-2\n")
    queue = RuleTarget("queue", "orders", ("count",))
    rule = Rule("listener", "orders", {"detail-type": ["Bar.Ordered"]}, (queue,), extension=True)
    deployed = Rules((rule,))
    from presso.catalog.exports import asyncapi, eventcatalog

    scope = Scope.of(odd, ["sfo", "nyc", "listener"], lambda *_: deployed)
    document = asyncapi.document(scope, "1")
    assert [bus.name for bus in scope.buses] == ["sfo", "nyc"]
    addresses = {name: channel["address"] for name, channel in document["channels"].items()}
    assert addresses == {
        "sfo": "sfo",
        "sfo.listener.orders.queue": "sfo--listener--orders",
        "nyc": "nyc",
        "nyc.listener.orders.queue": "nyc--listener--orders",
    }
    assert document["servers"]["eventbridge"]["variables"]["region"]["enum"] == ["us-east-1", "us-west-2"]
    files = eventcatalog.files(scope, "1")
    assert {"channels/nyc/index.mdx", "channels/sfo.rules/sfo.listener.orders/index.mdx"} <= set(files)
    with pytest.raises(UsageError, match="missing has no bus, rule or event"):
        Scope.of(odd, ["nyc", "missing"], lambda *_: deployed)


class TestCloudevent:
    def test_there_and_back_is_the_event_again(self, run: Any) -> None:
        events = run("example", "OrderManager.MakeOrder", "--count", "3").stdout
        there = run("cloudevent", "-", stdin=events).stdout
        assert [json.loads(line)["specversion"] for line in there.splitlines()] == ["1.0"] * 3
        back = run("cloudevent", "--back", "-", stdin=there).stdout
        assert [json.loads(line) for line in back.splitlines()] == [
            json.loads(line) for line in events.splitlines()
        ]
        assert json.loads(run("cloudevent", "-", "--json", stdin=events).stdout) == [
            json.loads(line) for line in there.splitlines()
        ]

    @pytest.mark.parametrize(
        ("event", "arguments", "reported"),
        [
            ({"detail-type": "A", "source": "a", "detail": {}}, [], "-: has no id"),
            ({"specversion": "1.0"}, [], "is a CloudEvent already"),
            ({"detail-type": "A"}, ["--back"], "is not a CloudEvent 1.0"),
            ([5], [], "-[0]: is not an object"),
            ({"DetailType": "A", "Source": "a", "Detail": "{"}, [], "Detail: is not JSON"),
        ],
    )
    def test_what_has_no_counterpart_is_one_clear_error(
        self, run: Any, event: Any, arguments: list[str], reported: str
    ) -> None:
        done = run("cloudevent", "-", *arguments, code=2, stdin=json.dumps(event))
        assert reported in done.stderr
        assert done.stdout == ""
