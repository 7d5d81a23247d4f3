"""Reports as text, for programs and for GitHub."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.patience import PATIENCE
from tests.presso.gate.conftest import Case, cases

from presso import tenants
from presso.errors import UsageError
from presso.gate.checks import all_checks
from presso.gate.gate import Gate
from presso.gate.report import Report
from presso.presenters.gate import explain, sarif, text
from presso.project import checks_page
from presso.workspace import Workspace

TODAY = datetime.date(2026, 12, 31)


def changed(tmp_path: Path, checkout: Path, old: str, new: str) -> Path:
    import shutil

    root = tmp_path / "drinks"
    shutil.copytree(checkout / "tests" / "good" / "drinks", root)
    main = root / "main.tf"
    assert old in main.read_text()
    main.write_text(main.read_text().replace(old, new, 1))
    return root


@pytest.fixture
def refused(tmp_path: Path, checkout: Path, static_gate: Gate) -> Report:
    """A report on a table that is protected."""
    old = 'hash_key     = "drink"'
    root = changed(tmp_path, checkout, old, f"{old}\n  deletion_protection_enabled = true")
    return static_gate.check(str(root))


def test_a_finding_names_rule_file_line_why_and_fix(refused: Report) -> None:
    reported = text(refused)
    (finding,) = refused.findings
    line = next(n for n, t in enumerate(Path(finding.file).read_text().splitlines(), 1) if "deletion_" in t)
    assert finding.line == line
    assert f"error P3-002  {finding.file}:{line}" in reported
    assert finding.check.why in reported
    assert finding.check.fix in reported
    assert "drinks: refused" in reported


@pytest.fixture
def platform(tmp_path: Path, checkout: Path) -> Workspace:
    """A checkout of its own with this one's modules and extensions, where waivers can be granted."""
    root = tmp_path / "platform"
    root.mkdir()
    for name in ("modules", "extensions", "tenants", "docs", "pyproject.toml"):
        (root / name).symlink_to(checkout / name)
    return Workspace(root, tmp_path / "home")


def grant(platform: Workspace, **entry: Any) -> None:
    waiver = {"extension": "drinks", "check": "P3-002", "reason": "The audit of this year needs it."} | entry
    (platform.root / "waivers.yaml").write_text(yaml.safe_dump({"waivers": [waiver]}, sort_keys=False))


@pytest.fixture
def protected(tmp_path: Path, checkout: Path) -> Path:
    """An extension whose table is protected from deletion."""
    old = 'hash_key     = "drink"'
    return changed(tmp_path, checkout, old, f"{old}\n  deletion_protection_enabled = true")


@pytest.fixture(autouse=True)
def _one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same day from a test's begin to its end."""
    monkeypatch.setattr(tenants, "today", lambda: TODAY)


def in_days(days: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=days)


def test_a_waiver_of_the_platform_lets_exactly_the_reviewed_files_pass(
    platform: Workspace, protected: Path
) -> None:
    digest = Gate(platform, "static").check(str(protected)).digest
    grant(platform, digest=digest, expires=in_days(9))
    report = Gate(platform, "static").check(str(protected))
    assert report.passed
    assert report.state("P3") == "waived"
    assert f"Waived until {in_days(9)}: The audit of this year needs it." in text(report)
    assert f"waived by waivers.yaml: P3-002 until {in_days(9)}" in text(report)
    strict = Gate(platform, "static", waivers=False).check(str(protected))
    assert not strict.passed
    assert strict.state("P3") == "broken"

    (protected / "README.md").write_text("Changed after the review.")
    again = Gate(platform, "static").check(str(protected))
    assert not again.passed
    assert f"The waiver of P3-002 is for other files (digest {digest})." in text(again)


def test_no_waiver_covers_a_folder_with_a_link(platform: Workspace, protected: Path) -> None:
    grant(platform, digest=Gate(platform, "static").check(str(protected)).digest, expires=in_days(9))
    assert Gate(platform, "static").check(str(protected)).passed
    (protected / "menu.json").symlink_to("README.md")
    assert not Gate(platform, "static").check(str(protected)).passed


def test_a_waiver_that_has_expired_covers_nothing(platform: Workspace, protected: Path) -> None:
    grant(platform, digest=Gate(platform, "static").check(str(protected)).digest, expires=in_days(-1))
    report = Gate(platform, "static").check(str(protected))
    assert not report.passed
    assert f"The waiver of P3-002 expired on {in_days(-1)}." in text(report)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"check": "S-002"}, "S-002 cannot be waived"),
        ({"check": "P3-999"}, "there is no check P3-999"),
        ({"rule": "P3-002"}, "the key rule is now called check"),
        ({"expires": datetime.date(2099, 12, 31)}, "2099-12-31 is more than a year ahead"),
        ({"digest": "*"}, "digest"),
        ({"extension": "*"}, "extension"),
        ({"reason": "Please."}, "reason"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_waiver_that_waives_too_much_is_refused_with_its_line(
    platform: Workspace, entry: dict[str, Any], fault: str
) -> None:
    grant(platform, **({"digest": "0" * 64, "expires": in_days(9)} | entry))
    with pytest.raises(UsageError, match=re.escape(fault)) as caught:
        Gate(platform, "static")
    assert re.match(r"waivers\.yaml:\d: ", caught.value.message)


def test_an_extension_cannot_waive_its_own_findings(protected: Path, static_gate: Gate) -> None:
    described = protected / "extension.yaml"
    described.write_text(
        f"{described.read_text()}\nwaivers: [{{check: P3-002, reason: We want to., expires: {in_days(9)}}}]\n"
    )
    report = static_gate.check(str(protected))
    assert not report.passed
    assert {"M-001", "P3-002"} <= {finding.check.id for finding in report.findings}
    assert "the platform team grants waivers in waivers.yaml" in text(report)


WRITING = [case for case in cases("hostile/static") if case.kind == "writes-the-report"]


@pytest.mark.parametrize("case", WRITING, ids=lambda case: case.name)
def test_escape_codes_are_shown_and_not_obeyed(case: Case, static_gate: Gate, tmp_path: Path) -> None:
    reported = text(static_gate.check(str(case.write(tmp_path))))
    assert "drinks: refused" in reported.splitlines()[0]
    assert not [sign for sign in reported if not (sign.isprintable() or sign == "\n")]
    assert "\\x1b" in reported
    assert not any(line.strip().startswith("drinks: passed") for line in reported.splitlines())


def test_sarif_has_each_rule_once_and_each_finding_at_its_line(refused: Report) -> None:
    (run,) = sarif([refused])["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(all_checks())
    (result,) = run["results"]
    assert rules[result["ruleIndex"]] == result["ruleId"] == "P3-002"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == refused.findings[0].line


def test_made_up_names_are_not_shown(tmp_path: Path, checkout: Path, static_gate: Gate) -> None:
    root = changed(tmp_path, checkout, '"${local.name}--dead-letters"', '"${var.context.tenant}--x"')
    (finding,) = static_gate.check(str(root)).findings
    assert "<tenant>--x" in finding.found


def test_the_page_of_rules_is_fresh() -> None:
    assert checks_page.main(["--check"]) == 0


def test_every_check_states_why_and_what_to_do() -> None:
    for check in all_checks().values():
        assert check.why.endswith((".", "?"))
        assert len(check.fix) > 20 or "terraform" in check.fix.lower() or check.fix


def presso(checkout: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "presso", "check", *arguments],
        cwd=checkout,
        env={**os.environ, "PRESSO_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.slow
def test_the_command_checks_the_checkouts_extensions(checkout: Path, tmp_path: Path) -> None:
    done = presso(checkout, tmp_path, "--all", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    assert "order-metrics" in [report["extension"] for report in reports]
    assert all(report["planned"] for report in reports)


@pytest.mark.slow
def test_the_command_refuses_with_1_and_annotates(checkout: Path, tmp_path: Path) -> None:
    root = changed(tmp_path, checkout, "permissions_boundary = var.context.boundary_arn", "")
    done = presso(checkout, tmp_path, str(root), "--level", "static", "--github")
    assert done.returncode == 1
    assert done.stdout.startswith(f"::error file={root / 'main.tf'},line=")
    assert "title=P1-003 " in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "No extensions are named."),
        (("order-metric",), "Did you mean order-metrics?"),
        (("--explain", "P9-001"), "There is no check P9-001."),
        (("order-metrics", "--json", "--sarif"), "cannot be combined"),
    ],
)
def test_wrong_usage_ends_with_2(
    checkout: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = presso(checkout, tmp_path, *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_rule_is_explained_at_length(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain("p1-004", lambda: Workspace(checkout, checkout / ".presso"))
    reported = capsys.readouterr().out
    assert "P1-004" in reported
    assert "Refused:" in reported


def test_an_extension_that_is_broken_does_not_keep_others_from_being_checked(
    tmp_path: Path, checkout: Path
) -> None:
    import shutil

    root = tmp_path / "checkout"
    shutil.copytree(checkout / "modules", root / "modules")
    (root / "tenants").mkdir()
    shutil.copytree(checkout / "tests" / "good" / "drinks", root / "extensions" / "drinks")
    (root / "extensions" / "broken").mkdir()
    (root / "extensions" / "broken" / "extension.yaml").write_text("emits: [}")
    (root / "extensions" / "broken" / "main.tf").write_text("resource {{{")
    gate = Gate(Workspace(root, tmp_path / "home"), "static")
    assert gate.check("drinks").passed
    assert not gate.check("broken").passed
