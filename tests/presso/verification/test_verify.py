"""`presso verify`: what it asks for, what it writes, and that nothing is left, however it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import root_clients

from presso.errors import UsageError
from presso.processes import wait_until
from presso.snapshot import take
from presso.verification import verification_report
from presso.verification.verification_report import Result, VerificationReport
from presso.verification.verification_run import prepared
from presso.workspace import Workspace

ACCOUNT = "777777777777"


def prepare(**changed: Any) -> Any:
    workspace = Workspace(Path("/nowhere"), Path("/nowhere/.presso"))
    usual = {"target": "aws", "account": ACCOUNT, "region": "eu-west-1", "provider": None, "names": ()}
    return prepared(workspace, **{**usual, "time_limit": "10m", **changed})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"account": ""}, "the account must be named"),
        ({"account": "7777"}, "the account must be named"),
        ({"target": "local"}, "is for target aws"),
        ({"region": "moon"}, "not a region"),
        ({"names": ["names-of-busses-are-checked"]}, "There is no probe"),
        ({"time_limit": "soon"}, "not a time"),
        ({"provider": "own"}, "There is no provider"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        prepare(**changed)


def test_the_most_that_it_costs_is_known_before() -> None:
    run = prepare()
    most = run.estimate()
    assert (most.probes, run.limit) == (len(run.probes), 600)
    assert 0 < most.dollars < 1


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = Result("a", "It is so.", "yes", "no", "refuted", ["words"], 1.5)
    report = VerificationReport("0.1.0", "aws", "published", "eu-west-1", "2026-12-24", [result], [])
    report.write(tmp_path / "new" / "report.json")
    assert verification_report.read(tmp_path / "new" / "report.json") == report


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "results": [{}]}'])
def test_another_file_is_refused_as_a_report(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UsageError, match="is not a report"):
        verification_report.read(tmp_path / "report.json")


class Account:
    """An account that is AWS's for `presso verify`, on a local AWS."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.folder = folder
        self.client = root_clients(endpoint, ACCOUNT)
        keys = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local"}
        self.env = {**os.environ, **keys, "AWS_ENDPOINT_URL": endpoint}

    def verify(self, *arguments: str) -> subprocess.Popen[str]:
        home = ["--home", str(self.folder / "home"), "--report", str(self.folder / "report.json")]
        command = [sys.executable, "-m", "presso", "verify", *home, "--target", "aws", *arguments]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, env=self.env, text=True, **pipes)

    def begun(self) -> bool:
        """Whether the probe that waits has created its archive's bus."""
        return any(
            '"archive"' in file.read_text() for file in self.folder.glob("home/verify/*/created.jsonl")
        )

    def left(self) -> str:
        found = str(take(self.client))
        return found if "verify-" in found else ""


@pytest.fixture
def account_of_aws(verified_aws: str, tmp_path: Path) -> Account:
    return Account(verified_aws, tmp_path)


@pytest.mark.slow
class TestOnAws:
    def test_credentials_of_another_account_create_nothing(self, account_of_aws: Account) -> None:
        run = account_of_aws.verify("--account", "888888888888", "--yes", "names-of-buses-are-checked")
        _, errors = run.communicate(timeout=PATIENCE)
        assert (run.returncode, account_of_aws.left()) == (1, "")
        assert "the credentials belong to account 777777777777" in errors

    def test_it_asks_before_it_creates_anything(self, account_of_aws: Account) -> None:
        run = account_of_aws.verify("--account", ACCOUNT, "names-of-buses-are-checked")
        _, errors = run.communicate(timeout=PATIENCE)
        assert run.returncode == 2
        assert "at most $0.0" in errors
        assert "--yes" in errors

    def test_a_run_confirms_refutes_and_leaves_nothing_but_a_report_without_secrets(
        self, account_of_aws: Account
    ) -> None:
        probes = ["rules-are-checked", "names-of-buses-are-checked", "parameter-matches-its-pattern"]
        run = account_of_aws.verify("--account", ACCOUNT, "--yes", *probes)
        output, errors = run.communicate(timeout=PATIENCE)
        assert run.returncode == 1, errors
        assert "2 confirmed, 1 refuted, 0 could not try." in output, errors
        assert "Everything that the run created is removed." in output
        text = (account_of_aws.folder / "report.json").read_text()
        assert not re.search(rf"{ACCOUNT}|verify-|127\.0\.0\.1|AKIA|ASIA", text)
        verdicts = [each["verdict"] for each in json.loads(text)["results"]]
        assert verdicts == ["confirmed", "refuted", "confirmed"]
        assert account_of_aws.left() == ""
        assert [*(account_of_aws.folder / "home" / "verify").iterdir()] == []

    def test_ctrl_c_removes_everything_and_reports_what_was_tried(self, account_of_aws: Account) -> None:
        names = [
            "names-of-buses-are-checked",
            "replay-reaches-the-rules-it-names",
            "large-events-are-refused",
        ]
        run = account_of_aws.verify("--account", ACCOUNT, "--yes", *names)
        assert wait_until(account_of_aws.begun, PATIENCE)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=PATIENCE)
        assert (run.returncode, account_of_aws.left()) == (130, "")
        results = json.loads((account_of_aws.folder / "report.json").read_text())["results"]
        tried = ["refuted", "could not try", "could not try"]
        assert [each["verdict"] for each in results] == tried

    def test_what_a_killed_run_leaves_is_removed_by_a_second_command(self, account_of_aws: Account) -> None:
        run = account_of_aws.verify("--account", ACCOUNT, "--yes", "replay-reaches-the-rules-it-names")
        assert wait_until(account_of_aws.begun, PATIENCE)
        run.kill()
        run.communicate()
        assert "verify-" in account_of_aws.left()
        other = account_of_aws.verify("--remove")
        _, errors = other.communicate(timeout=PATIENCE)
        assert (other.returncode, account_of_aws.left()) == (0, ""), errors
        assert "which an earlier run had left" in errors
