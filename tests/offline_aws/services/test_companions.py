"""The small providers beside aws: what they make, keep, refuse and replace; and that Terraform finds them."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.offline_aws.conftest import Folder, environment

from offline_aws import control, schema
from offline_aws.configuration import Caller
from offline_aws.endpoint import Endpoint
from offline_aws.handler_values import UNKNOWN, Values
from offline_aws.protocol import message
from offline_aws.provider import Provider
from offline_aws.services import times
from offline_aws.values import decode, encode
from offline_aws.without_aws import ProviderWithoutAws
from presso.local_aws import Running


class Refused(Exception):
    """The diagnostics of a call, as a text."""


class Companion:
    """A provider without Terraform: applies, refreshes and reads one thing."""

    def __init__(self, name: str, cwd: Path = Path("/"), env: dict[str, str] | None = None) -> None:
        self.schema = schema.load(name)
        self.provider = Provider(self.schema, Caller(cwd, env or {}))

    def ask(self, method: str, block: Any, **fields: Any) -> Any:
        wrapped = {
            name: message("DynamicValue", msgpack=encode(value, block))
            if value is None or isinstance(value, dict)
            else value
            for name, value in fields.items()
        }
        answer = self.provider.answer(method, message(f"{method}Request", **wrapped))
        if answer.diagnostics and answer.diagnostics[0].severity == 1:
            raise Refused(" ".join(f"{found.summary} {found.detail}" for found in answer.diagnostics))
        return answer

    def validate(self, kind: str, **config: Any) -> None:
        block = self.schema.resources[kind]["block"]
        self.ask("ValidateResourceTypeConfig", block, type_name=kind, config=config)

    def plan(self, kind: str, prior: Values | None, **config: Any) -> tuple[Values, list[str]]:
        block = self.schema.resources[kind]["block"]
        answer = self.ask(
            "PlanResourceChange",
            block,
            type_name=kind,
            config=config,
            prior_state=prior,
            proposed_new_state=config,
        )
        values = decode(answer.planned_state.msgpack, block)
        assert values is not None
        return values, [path.steps[0].attribute_name for path in answer.requires_replace]

    def apply(self, kind: str, prior: Values | None = None, /, **config: Any) -> Values:
        block = self.schema.resources[kind]["block"]
        planned, replaced = self.plan(kind, prior, **config)
        assert not replaced
        answer = self.ask(
            "ApplyResourceChange",
            block,
            type_name=kind,
            config=config,
            prior_state=prior,
            planned_state=planned,
        )
        state = decode(answer.new_state.msgpack, block)
        assert state is not None
        assert self.plan(kind, state, **config) == (state, []), "the second plan is empty"
        return state

    def destroy(self, kind: str, state: Values) -> None:
        block = self.schema.resources[kind]["block"]
        self.ask(
            "ApplyResourceChange", block, type_name=kind, config=None, prior_state=state, planned_state=None
        )

    def refresh(self, kind: str, state: Values) -> Values | None:
        block = self.schema.resources[kind]["block"]
        answer = self.ask("ReadResource", block, type_name=kind, current_state=state)
        return decode(answer.new_state.msgpack, block)

    def imported(self, kind: str, identifier: str) -> Values:
        block = self.schema.resources[kind]["block"]
        answer = self.ask("ImportResourceState", block, type_name=kind, id=identifier)
        state = decode(answer.imported_resources[0].state.msgpack, block)
        found = self.ask("ReadResource", block, type_name=kind, current_state=state, private=b"imported")
        read = decode(found.new_state.msgpack, block)
        assert read is not None
        return read

    def read(self, kind: str, **config: Any) -> Values:
        block = self.schema.data_sources[kind]["block"]
        self.ask("ValidateDataSourceConfig", block, type_name=kind, config=config)
        answer = self.ask("ReadDataSource", block, type_name=kind, config=config)
        found = decode(answer.state.msgpack, block)
        assert found is not None
        return found

    def open(self, kind: str, **config: Any) -> Values:
        block = self.schema.ephemeral[kind]["block"]
        self.ask("ValidateEphemeralResourceConfig", block, type_name=kind, config=config)
        answer = self.ask("OpenEphemeralResource", block, type_name=kind, config=config)
        self.ask("CloseEphemeralResource", block, type_name=kind)
        found = decode(answer.result.msgpack, block)
        assert found is not None
        return found


RANDOM = Companion("random")


def test_an_id_has_its_bytes_in_every_spelling_and_is_imported() -> None:
    state = RANDOM.apply("random_id", byte_length=8, prefix="p-")
    drawn = bytes.fromhex(state["hex"].removeprefix("p-"))
    assert len(drawn) == 8
    assert state["b64_std"] == "p-" + base64.b64encode(drawn).decode()
    assert state["dec"] == f"p-{int.from_bytes(drawn)}"
    assert state["b64_url"] == "p-" + state["id"]
    assert RANDOM.imported("random_id", f"p-,{state['id']}") == state


def test_a_password_has_what_it_must_have() -> None:
    state = RANDOM.apply("random_password", length=12, min_numeric=3, special=False, override_special="_")
    assert len(state["result"]) == 12
    assert sum(letter.isdigit() for letter in state["result"]) >= 3
    assert state["result"].isalnum()
    assert (state["numeric"], state["number"], state["id"]) == (True, True, "none")


def test_an_ephemeral_password_is_drawn_each_time_it_is_opened() -> None:
    one, two = (RANDOM.open("random_password", length=20, special=False, min_upper=2) for _ in range(2))
    assert one["result"].isalnum()
    assert sum(letter.isupper() for letter in one["result"]) >= 2
    assert one["result"] != two["result"]
    with pytest.raises(Refused, match="least of all kinds"):
        RANDOM.open("random_password", length=1, min_upper=2)


def test_the_gates_provider_opens_nothing_ephemeral() -> None:
    assert (
        ProviderWithoutAws(schema.load("aws"), Caller(Path("/"), {})).ephemeral("aws_ssm_parameter") is None
    )


def test_the_old_name_of_numeric_is_taken() -> None:
    state = RANDOM.apply("random_string", length=40, number=False, upper=False, special=False)
    assert state["numeric"] is False
    assert state["result"].isalpha()
    assert state["result"].islower()


def test_what_is_imported_is_planned_unchanged() -> None:
    state = RANDOM.imported("random_string", "abc")
    assert RANDOM.plan("random_string", state, length=3) == (state, [])


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("random_string", {"length": 2, "min_lower": 3}, "length is 2"),
        ("random_password", dict.fromkeys(("lower", "upper", "special", "numeric"), False), "no kind"),
        ("random_integer", {"min": 3, "max": 1}, "min is 3, max 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_at_plan(kind: str, config: Values, words: str) -> None:
    with pytest.raises(Refused, match=words):
        RANDOM.plan(kind, None, **{"length": 8, **config} if kind != "random_integer" else config)


def test_a_seed_gives_the_same_again() -> None:
    one, two = (RANDOM.apply("random_integer", min=1, max=10**9, seed="nyc") for _ in range(2))
    assert one["result"] == two["result"]
    assert RANDOM.imported("random_integer", f"{one['result']},1,{10**9},nyc") == one
    order = [
        RANDOM.apply("random_shuffle", input=["a", "b", "c"], result_count=5, seed="nyc") for _ in range(2)
    ]
    assert order[0]["result"] == order[1]["result"]
    assert sorted(order[0]["result"][:3]) == ["a", "b", "c"]
    assert len(order[0]["result"]) == 5


def test_a_pet_has_as_many_words_as_are_wanted() -> None:
    state = RANDOM.apply("random_pet", length=3, prefix="bar", separator="_")
    assert len(state["id"].split("_")) == 4
    assert state["id"].startswith("bar_")
    assert len(RANDOM.apply("random_pet")["id"].split("-")) == 2


def test_other_keepers_replace() -> None:
    state = RANDOM.apply("random_uuid", keepers={"version": "1"})
    assert RANDOM.plan("random_uuid", state, keepers={"version": "2"})[1] == ["keepers"]
    assert RANDOM.imported("random_uuid", state["id"])["result"] == state["id"]


def test_bytes_have_no_id_and_are_not_imported() -> None:
    state = RANDOM.apply("random_bytes", length=5)
    assert base64.b64decode(state["base64"]).hex() == state["hex"]
    with pytest.raises(Refused, match="doesn't support import"):
        RANDOM.imported("random_bytes", "AA==")


def test_a_null_resource_is_replaced_by_its_triggers() -> None:
    null = Companion("null")
    state = null.apply("null_resource", triggers={"a": "1"})
    assert int(state["id"]) >= 0
    assert null.plan("null_resource", state, triggers={"a": "2"})[1] == ["triggers"]
    found = null.read("null_data_source", inputs={"a": "1"})
    assert (found["outputs"], found["has_computed_default"]) == ({"a": "1"}, "default")


TIME = Companion("time")


def test_a_moment_is_kept_with_its_parts() -> None:
    state = TIME.apply("time_static", rfc3339="2026-11-28T12:30:05Z")
    assert (state["year"], state["month"], state["second"], state["unix"]) == (2026, 11, 5, 1795869005)
    assert TIME.imported("time_static", state["id"]) == {**state, "triggers": None}
    assert TIME.plan("time_static", state, rfc3339="2026-11-28T12:30:06Z")[1] == ["rfc3339"]


@pytest.mark.parametrize(
    ("offset", "moment"),
    [
        ({"offset_days": 7}, "2026-02-07T00:00:00Z"),
        ({"offset_months": 1}, "2026-03-03T00:00:00Z"),
        ({"offset_hours": -1}, "2026-01-30T23:00:00Z"),
        ({"offset_years": 1, "offset_days": 1}, "2027-01-31T00:00:00Z"),
    ],
)
def test_an_offset_is_added_as_go_does(offset: Values, moment: str) -> None:
    assert TIME.apply("time_offset", base_rfc3339="2026-01-31T00:00:00Z", **offset)["rfc3339"] == moment


def test_another_offset_changes_the_moment_and_keeps_its_base() -> None:
    state = TIME.apply("time_offset", offset_days=1)
    planned, replaced = TIME.plan("time_offset", state, offset_days=2)
    assert (planned["rfc3339"], replaced) == (UNKNOWN, [])
    changed = TIME.apply("time_offset", state, offset_days=2)
    assert changed["base_rfc3339"] == state["base_rfc3339"]
    assert changed["unix"] == state["unix"] + 86400
    assert TIME.plan("time_offset", state, offset_days=1, triggers={"a": "1"})[1] == ["triggers"]


def test_a_rotation_that_is_over_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: datetime(2026, 11, 28, tzinfo=UTC))
    state = TIME.apply("time_rotating", rotation_days=2)
    assert state["rotation_rfc3339"] == "2026-11-30T00:00:00Z"
    assert TIME.refresh("time_rotating", state) == state
    longer = TIME.apply("time_rotating", state, rotation_days=3)
    assert (longer["rotation_rfc3339"], longer["rfc3339"]) == ("2026-12-01T00:00:00Z", state["rfc3339"])
    monkeypatch.setattr(times, "now", lambda: datetime(2026, 12, 2, tzinfo=UTC))
    assert TIME.refresh("time_rotating", longer) is None


def test_a_pause_ends_when_terraform_is_stopped() -> None:
    stopped = Companion("time")
    assert stopped.apply("time_sleep", create_duration="1ms")["id"]
    stopped.provider.stopping.set()
    with pytest.raises(Refused, match="interrupted in a pause of 1h"):
        stopped.apply("time_sleep", create_duration="1h")


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("time_sleep", {}, "one of"),
        ("time_sleep", {"create_duration": "30"}, "expected a number and"),
        ("time_offset", {"base_rfc3339": "today", "offset_days": 1}, "RFC3339"),
        ("time_rotating", {"rotation_days": 0}, "at least"),
        ("time_offset", {}, "one of"),
    ],
)
def test_wrong_times_are_refused(kind: str, config: Values, words: str) -> None:
    with pytest.raises(Refused, match=words):
        TIME.validate(kind, **config)


def test_a_file_is_written_where_terraform_is_and_made_anew_when_it_was_changed(tmp_path: Path) -> None:
    local = Companion("local", tmp_path)
    state = local.apply("local_file", filename="a/b/notes.txt", content="beans", file_permission="0640")
    file = tmp_path / "a" / "b" / "notes.txt"
    assert file.read_text() == "beans"
    assert file.stat().st_mode & 0o777 == 0o640
    assert local.refresh("local_file", state) == state
    assert local.read("local_file", filename="a/b/notes.txt")["content_sha256"] == state["content_sha256"]
    file.write_text("tea")
    assert local.refresh("local_file", state) is None
    local.destroy("local_file", state)
    local.destroy("local_file", state)
    assert not file.exists()


def test_a_file_has_one_content(tmp_path: Path) -> None:
    local = Companion("local", tmp_path)
    with pytest.raises(Refused, match="one of"):
        local.validate("local_file", filename="a", content="a", source="b")
    assert local.apply("local_sensitive_file", filename="b", content_base64="AP8=")["content_sha1"]
    assert (tmp_path / "b").read_bytes() == b"\0\xff"
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700


PROGRAM = (
    "import json, os, sys; print(json.dumps({'cwd': os.getcwd(), **json.load(sys.stdin), **os.environ}))"
)


@pytest.mark.slow
def test_a_program_answers_in_the_callers_folder_and_environment(tmp_path: Path) -> None:
    external = Companion("external", tmp_path, {"BAR": "open"})
    found = external.read("external", program=[sys.executable, "-c", PROGRAM], query={"drink": "latte"})
    assert found["result"].items() >= {"cwd": str(tmp_path), "drink": "latte", "BAR": "open"}.items()
    for code, words in (
        ("print('[]')", "another kind of JSON"),
        ("print('x')", "no JSON"),
        ("import sys; sys.exit('out of milk')", "exit code 1 out of milk"),
    ):
        with pytest.raises(Refused, match=words):
            external.read("external", program=[sys.executable, "-c", code])


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("x-drink", str(self.headers["x-drink"]))
        self.end_headers()
        self.wfile.write(b"beans")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_url_is_read_with_any_status(url: str) -> None:
    http = Companion("http")
    found = http.read("http", url=url, request_headers={"x-drink": "latte"})
    assert (found["status_code"], found["response_body"]) == (200, "beans")
    assert found["response_headers"]["X-Drink"] == "latte"
    assert http.read("http", url=f"{url}/none")["status_code"] == 404
    with pytest.raises(Refused, match="scheme"):
        http.read("http", url="file:///etc/passwd")


@pytest.mark.parametrize("name", sorted(schema.VERSIONS.keys() - {"archive", "aws"}))
def test_the_gate_has_no_companion(name: str, tmp_path: Path) -> None:
    request = {"provider": name, "cwd": str(tmp_path), "env": {}}
    with pytest.raises(KeyError, match=f"no provider {name}"):
        Endpoint(request, tmp_path / "socket", ProviderWithoutAws)


def test_only_a_provider_that_starts_programs_gets_the_whole_environment() -> None:
    assert control.WHOLE == ("external",)


ALL = """
resource "random_pet" "name" { keepers = { bus = aws_cloudwatch_event_bus.bar.name } }
resource "random_password" "own" { length = 20 }
resource "null_resource" "after" { triggers = { name = random_pet.name.id } }
resource "time_static" "opened" {}
resource "local_file" "notes" {
  filename = "${path.module}/notes.txt"
  content  = random_pet.name.id
}
resource "aws_cloudwatch_event_bus" "bar" { name = "companions" }
data "external" "program" { program = ["%s", "-c", "print('{\\"at\\": \\"work\\"}')"] }
data "local_file" "read" { filename = local_file.notes.filename }
output "name" { value = random_pet.name.id }
output "read" { value = data.local_file.read.content }
output "at" { value = data.external.program.result.at }
"""


@pytest.mark.slow
def test_terraform_finds_the_companions_in_the_mirror(
    tmp_path: Path, local_aws: Running, account: str
) -> None:
    folder = Folder(
        tmp_path, local_aws.control, environment(local_aws.endpoint, account), local_aws.cli_config
    )
    found = folder.apply(ALL % sys.executable)
    assert found["name"] == found["read"] == (tmp_path / "notes.txt").read_text()
    assert found["at"] == "work"
    assert folder.changes() == {}
    folder.destroy()
    assert not (tmp_path / "notes.txt").exists()
