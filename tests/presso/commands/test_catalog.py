"""presso catalog and presso graph from the command line, on the real catalog."""

import io
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.presso.conftest import with_rules
from typer.testing import CliRunner, Result

from presso.cli import app

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

PLACED = "OrderManager.WaitingCompletion"


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = with_rules(tmp_path_factory.getbasetemp() / "catalog-home", tmp_path_factory)

    def call(*arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(app, ["--home", str(home), *arguments], input=stdin)
        assert done.exit_code == code, done.output
        return done

    return call


def test_list_shows_events_with_producers_and_consumers(run: Any) -> None:
    lines = run("catalog", "list").stdout.splitlines()
    assert lines[0].split() == ["event", "producer", "consumers", "what", "happened"]
    (row,) = [line for line in lines if line.startswith(f"{PLACED} ")]
    assert "order-metrics" in row


def test_list_is_narrowed_by_producer_and_consumer(run: Any) -> None:
    rows = json.loads(run("catalog", "list", "--producer", "Validator", "--json").stdout)
    assert [row["detail-type"] for row in rows] == ["Validator.NewOrder"]
    rows = json.loads(run("catalog", "list", "--producer", "wait-times", "--json").stdout)
    assert "OrderManager.DrinkAverageTime" in [row["detail-type"] for row in rows]
    rows = json.loads(run("catalog", "list", "--consumer", "order-metrics", "--json").stdout)
    assert [row["detail-type"] for row in rows] == [PLACED]
    everything = json.loads(run("catalog", "list", "--consumer", "platform", "--json").stdout)
    assert len(everything) == len(json.loads(run("catalog", "list", "--json").stdout))


def test_list_of_an_unknown_owner_names_the_nearest(run: Any) -> None:
    done = run("catalog", "list", "--producer", "OrderManger", code=2)
    assert "Did you mean OrderManager?" in done.stderr


def test_show_is_a_page_with_tree_example_and_pattern(run: Any) -> None:
    text = run("catalog", "show", PLACED.lower()).stdout
    assert "order-metrics (rule orders → queue orders)" in " ".join(text.split())
    for part in (
        PLACED,
        "    drink ",
        "Message?",
        "each",
    ):
        assert part in text
    assert text.rstrip().endswith(f'detail-type = ["{PLACED}"]\n}}')
    data = json.loads(run("catalog", "show", PLACED, "--json").stdout)
    assert data["schema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "order-metrics" in [rule["owner"] for rule in data["rules"]]


def test_search_finds_names_descriptions_fields_and_values(run: Any) -> None:
    def found(*words: str) -> list[str]:
        return [hit["detail-type"] for hit in json.loads(run("catalog", "search", *words, "--json").stdout)]

    assert found("average") == ["OrderManager.DrinkAverageTime"]
    assert found("Customer timedout") == ["OrderProcessor.OrderTimeOut"]
    assert found("waitingcompletion")[0] == PLACED
    assert PLACED in found("milk")
    assert found("no", "such", "thing") == []
    assert "No event in the catalog has" in run("catalog", "search", "xyzzy").stderr


class TestValidate:
    def test_the_catalog_itself_is_valid(self, run: Any) -> None:
        assert "all valid" in run("catalog", "validate").stdout

    def test_a_scenario_is_valid(self, run: Any, checkout: Path) -> None:
        scenario = checkout / "modules/event-player/scenarios/one-order.json"
        assert run("catalog", "validate", str(scenario)).stdout.endswith(" events, none of them wrong.\n")

    def test_what_is_made_up_is_valid(self, run: Any) -> None:
        events = run("catalog", "example", PLACED, "--count", "20").stdout
        assert run("catalog", "validate", "-", stdin=events).stdout == "20 events, none of them wrong.\n"

    def test_faults_are_reported_with_file_line_and_path(self, run: Any, tmp_path: Path) -> None:
        file = tmp_path / "events.jsonl"
        detail = {"userId": "u", "eventID": "nyc"}
        event = json.dumps({"detail-type": "OrderProcessor.ShopUnavailable", "detail": detail})
        file.write_text(f"{event}\n{event}\n")
        done = run("catalog", "validate", str(file), code=1)
        assert f"{file}:2: OrderProcessor.ShopUnavailable: detail.eventId: is missing" in done.stdout
        assert "There is eventID: is that it?" in done.stdout
        data = json.loads(run("catalog", "validate", str(file), "--json", code=1).stdout)
        assert data["valid"] is False
        assert data["faults"][0]["faults"][0]["path"] == "detail.eventId"

    def test_unknown_fields_are_errors_only_when_strict(self, run: Any) -> None:
        detail = {"userId": "u", "eventId": "e", "x": 1}
        event = json.dumps({"detail-type": "OrderProcessor.ShopUnavailable", "detail": detail})
        assert "warning: " in run("catalog", "validate", "-", stdin=event).stdout
        assert "1 of them wrong" in run("catalog", "validate", "-", "--strict", stdin=event, code=1).stdout

    def test_a_file_that_is_not_there_is_named(self, run: Any) -> None:
        assert "nothere.json cannot be read" in run("catalog", "validate", "nothere.json", code=2).stderr


class TestExample:
    def test_events_come_in_three_forms(self, run: Any) -> None:
        whole = json.loads(run("catalog", "example", PLACED).stdout)
        assert whole["detail-type"] == PLACED
        assert json.loads(run("catalog", "example", PLACED, "--format", "detail").stdout) == whole["detail"]
        entry = json.loads(run("catalog", "example", PLACED, "--format", "entry").stdout)
        assert json.loads(entry["Detail"]) == whole["detail"]

    def test_a_seed_repeats_itself(self, run: Any) -> None:
        calls = [run("catalog", "example", PLACED, "--count", "3", "--seed", seed).stdout for seed in "771"]
        assert calls[0] == calls[1] != calls[2]
        assert len(json.loads(run("catalog", "example", PLACED, "--count", "3", "--json").stdout)) == 3


class TestPattern:
    def test_a_pattern_is_built_and_tried(self, run: Any) -> None:
        done = run("catalog", "pattern", PLACED, "--where", "drinkOrder.drink=Espresso")
        assert '      drink = ["Espresso"]' in done.stdout
        assert "Matches 1 of 2 examples" in done.stderr
        data = json.loads(run("catalog", "pattern", PLACED, "--json").stdout)
        assert len(data["matches"]) == 2

    def test_what_can_never_match_is_refused(self, run: Any) -> None:
        done = run("catalog", "pattern", "OrderRobot.FulfillOrder", "--where", "action=mkae", code=2)
        assert "it is one of make, complete, cancel. Did you mean make?" in done.stderr

    def test_a_pattern_is_tried_on_every_event(self, run: Any) -> None:
        pattern = '{"detail": {"drinkOrder": {"drink": ["Espresso"]}}}'
        text = run("catalog", "test-pattern", pattern).stdout
        assert text == (
            f"The pattern: detail.drinkOrder.drink is Espresso.\n  matches {PLACED} (1 of 2 examples)\n"
        )

    def test_for_a_pattern_that_matches_nothing_the_reason_is_printed_for_each_event(self, run: Any) -> None:
        pattern = json.dumps({"detail-type": [PLACED], "detail": {"orderNumber": [17]}})
        text = run("catalog", "test-pattern", pattern, code=1).stdout
        assert f"{PLACED} never matches:\n" in text
        assert 'detail.orderNumber is 17: it is text, like ^[0-9]+$. Write it as a text: "17".' in text
        assert text.index(PLACED, 200) < text.index("Validator.NewOrder")

    def test_a_pattern_is_tried_on_events_of_a_file(self, run: Any, checkout: Path) -> None:
        scenario = str(checkout / "modules/event-player/scenarios/one-order.json")
        pattern = '{"detail-type": [{"prefix": "OrderManager."}]}'
        data = json.loads(run("catalog", "test-pattern", pattern, "--events", scenario, "--json").stdout)
        assert sum(row["matches"] for row in data["events"]) == 3

    @pytest.mark.parametrize(
        ("pattern", "reported"),
        [
            ('{"source": "x"}', 'Reason: "source" must be an object or an array'),
            ("{", "Reason: Invalid JSON"),
            ('{"a": [{"starts": "x"}]}', "Reason: Unrecognized match type starts"),
        ],
    )
    def test_a_pattern_that_eventbridge_refuses_is_reported_with_its_reason(
        self, run: Any, pattern: str, reported: str
    ) -> None:
        assert reported in run("catalog", "test-pattern", pattern, code=1).stderr

    def test_a_pattern_comes_from_a_file_too(self, run: Any, tmp_path: Path) -> None:
        (tmp_path / "pattern.json").write_text('{"detail": {"cause": [{"exists": true}]}}')
        text = run("catalog", "test-pattern", f"@{tmp_path}/pattern.json").stdout
        assert "matches OrderProcessor.OrderTimeOut (2 of 2 examples)" in text


def test_test_pattern_takes_events_in_any_form(run: Any, tmp_path: Path) -> None:
    pattern = '{"source": ["awsserverlessda.serverlesspresso"], "detail": {"orderId": ["a"]}}'
    entry = {"Source": "awsserverlessda.serverlesspresso", "DetailType": "A", "Detail": '{"orderId": "a"}'}
    for events in ({"Entries": [entry]}, {"detail-type": "A", "detail": {"orderId": "a"}}):
        (tmp_path / "events.json").write_text(json.dumps(events))
        text = run("catalog", "test-pattern", pattern, "--events", str(tmp_path / "events.json")).stdout
        assert text.endswith("1 of 1 events match.\n")
    (tmp_path / "events.json").write_text('[{"detail-type": "A"}]')
    done = run("catalog", "test-pattern", pattern, "--events", str(tmp_path / "events.json"), code=2)
    assert "events.json[0]: detail: is missing" in done.stderr


@pytest.mark.parametrize(
    ("pattern", "reported"), [("@", "@ names no file"), ("@/nope", "/nope cannot be read: No such file")]
)
def test_test_pattern_of_no_file_is_refused(run: Any, pattern: str, reported: str) -> None:
    assert reported in run("catalog", "test-pattern", pattern, code=2).stderr


def test_infer_reports_a_detail_that_is_none(run: Any) -> None:
    event = '{"detail-type": "OrderManager.MakeOrder", "detail": "x"}'
    text = run("catalog", "infer", "-", code=1, stdin=event).stdout
    assert "OrderManager.MakeOrder: detail: is of the wrong type, expected object: in 1 of 1 events" in text


def test_what_is_not_a_value_of_json_is_not_an_event(run: Any) -> None:
    for text, value in (
        ('{"detail-type": "A.B", "detail": {"a": NaN}}', "NaN"),
        ('{"detail-type": "A"}\n{"a": -Infinity}', "-Infinity"),
    ):
        for command in ("validate", "infer", "cloudevent"):
            said = run("catalog", command, "-", code=2, stdin=text).stderr
            assert f"{value} is not a JSON value" in said


def test_validate_reports_an_event_without_a_name(run: Any) -> None:
    done = run("catalog", "validate", "-", code=1, stdin="[5]")
    assert done.stdout.startswith("-[0]: event: is not an object: found 5\n")


def test_infer_prints_what_it_leaves_out(run: Any) -> None:
    events = '[{"detail-type": "A.B", "source": "x", "detail": {}}, {"detail-type": "A.B"}, 5]'
    assert "2 of 3 in - are not events; skipped." in run("catalog", "infer", "-", code=1, stdin=events).stderr


def test_infer_reads_a_scenario_and_finds_no_drift(run: Any, checkout: Path) -> None:
    scenario = str(checkout / "modules/event-player/scenarios/quarter-hour.json")
    text = run("catalog", "infer", scenario).stdout
    assert "No drift" in text
    assert "  action: text (make 14, complete 12, cancel 2), 28 times" in text
    assert json.loads(run("catalog", "infer", scenario, "--json").stdout)["events"] > 500


def test_infer_reports_drift_and_exits_1(run: Any) -> None:
    event = '{"detail-type": "OrderProcessor.ShopUnavailable", "detail": {"userId": "u"}}'
    assert "detail.eventId: is missing" in run("catalog", "infer", "-", stdin=event, code=1).stdout


def test_infer_of_nothing_that_is_known_is_refused(run: Any) -> None:
    assert "There is no file and no tenant nyk" in run("catalog", "infer", "nyk", code=2).stderr


class TestImpact:
    @pytest.fixture
    def repository(self, bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> "Bench":
        monkeypatch.setenv("PRESSO_ROOT", str(bench.workspace.root))
        self.git(bench, "init", "-q")
        self.git(bench, "add", ".")
        self.git(bench, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-qm", "x")
        return bench

    def git(self, bench: "Bench", *arguments: str) -> None:
        subprocess.run(["git", "-C", str(bench.workspace.root), *arguments], check=True, capture_output=True)

    @pytest.mark.slow
    def test_changes_since_a_ref_are_listed_with_who_breaks(self, run: Any, repository: "Bench") -> None:
        assert run("catalog", "impact").stdout == "The catalog has not changed since HEAD.\n"
        file = repository.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml"
        file.write_text(file.read_text().replace("  - drink\n", ""))
        text = run("catalog", "impact", code=1).stdout
        assert "breaking  Bar.Ordered: detail.drink: was required, is optional (breaks consumers)" in text
        assert "version 1.0.0 should be 2.0.0" in text
        data = json.loads(run("catalog", "impact", "--json", code=1).stdout)
        assert data["breaking"] == 1

    @pytest.mark.slow
    def test_harmless_changes_exit_0(self, run: Any, repository: "Bench") -> None:
        file = repository.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml"
        file.write_text(file.read_text().replace("A guest ordered.", "A guest has ordered."))
        assert "2 changes since HEAD, none of them breaking." in run("catalog", "impact").stdout

    @pytest.mark.slow
    def test_a_ref_that_is_not_there_is_named(self, run: Any, repository: "Bench") -> None:
        assert (
            "There is no git ref nowhere" in run("catalog", "impact", "--against", "nowhere", code=2).stderr
        )


@pytest.mark.parametrize(
    ("form", "begin"), [("mermaid", "---\ntitle:"), ("svg", "<svg "), ("dot", "digraph"), ("json", "{")]
)
def test_graph_draws_in_every_format(run: Any, form: str, begin: str) -> None:
    text = run("graph", "order-metrics", "--format", form).stdout
    assert text.startswith(begin)
    assert "order-metrics" in text


def test_graph_of_an_unknown_owner_names_the_nearest(run: Any) -> None:
    assert "Did you mean order-metrics?" in run("graph", "order-metric", code=2).stderr


@pytest.mark.slow
def test_a_list_needs_none_of_the_slow_libraries(checkout: Path, tmp_path: Path) -> None:
    """Once the rules are kept: neither a parser of HCL nor a validator nor boto3."""
    import os
    import sys

    code = (
        "import sys, presso.cli\n"
        "try: presso.cli.app(['--home', sys.argv[1], 'catalog', 'list', '--json'])\n"
        "except SystemExit: pass\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
    loaded = done.stderr.split()
    assert len(json.load(io.StringIO(done.stdout))) >= 14
    assert {"hcl2", "lark", "jsonschema_rs", "boto3", "rich"} & set(loaded) == set()
