"""Upgrades of an extension, wave after wave: they stop at a failure, continue, and go back."""

import subprocess
from typing import TYPE_CHECKING

import pytest

from presso.deployment.upgrade_waves import waves_of
from presso.errors import UsageError
from presso.tenants import Tenant

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def tenants(count: int, *canaries: int) -> list[Tenant]:
    return [Tenant(name=f"t{n}", title="T", canary=n in canaries) for n in range(count)]


@pytest.mark.parametrize(
    ("text", "canaries", "sizes"),
    [
        ("canary,25%,all", (), [1, 1, 6]),
        ("canary,25%,all", (3, 5), [2, 6]),  # a quarter is done with the canaries
        ("1,3,50%,all", (), [1, 2, 1, 4]),
        ("all", (), [8]),
    ],
)
def test_each_wave_adds_tenants_up_to_its_share(
    text: str, canaries: tuple[int, ...], sizes: list[int]
) -> None:
    found = waves_of(text, tenants(8, *canaries))
    assert [len(wave) for wave in found] == sizes
    assert sorted(name for wave in found for name in wave) == [f"t{n}" for n in range(8)]
    assert {*found[0]} >= {f"t{n}" for n in canaries}


@pytest.mark.parametrize("text", ["canary", "0%,all", "101%,all", "some,all", "", "25%,50%"])
def test_other_waves_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--waves"):
        waves_of(text, tenants(4))


def git(small: "Small", *arguments: str) -> None:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=small.workspace.root, check=True, capture_output=True)


@pytest.mark.slow
def test_an_upgrade_stops_at_a_failed_wave_and_continues_or_goes_back(small: "Small") -> None:
    for name in ("nyc", "sfo"):
        small.tenant(name, "cups")
    fails = 'precondition {\n condition = var.context.tenant != "sfo"\n error_message = "No"\n }'
    small.extension("cups", f"lifecycle {{\n {fails}\n }}")
    git(small, "init", "-q")
    git(small, "add", "modules", "extensions")
    git(small, "commit", "-qm", "one")
    git(small, "tag", "v2")
    small.extension("cups")
    small.run("apply")
    files = [small.workspace.tenants / name / "tenant.yaml" for name in ("nyc", "sfo")]
    before = [file.read_text() for file in files]
    assert "no git ref v9" in small.here("upgrade", "cups", "--to", "v9").stderr
    assert "--to HEAD~1: not a version" in small.here("upgrade", "cups", "--to", "HEAD~1").stderr
    failed = small.here("upgrade", "cups", "--to", "v2", "--waves", "canary,all")
    assert failed.returncode == 1
    assert "Wave 1 of 2: nyc\n" in failed.stderr
    assert "Wave 2 of 2 failed" in failed.stderr
    assert ["version: v2" in file.read_text() for file in files] == [True, True]
    assert "is not complete" in small.here("upgrade", "cups", "--to", "v2").stderr
    again = small.here("upgrade", "cups", "--resume")
    assert "Wave 1" not in again.stderr
    assert again.returncode == 1
    assert small.here("upgrade", "cups", "--rollback").returncode == 0
    assert [file.read_text() for file in files] == before
    assert "no upgrade of cups" in small.here("upgrade", "cups", "--resume").stderr
    assert {outcome.result for outcome in small.run("apply").values()} == {"unchanged"}
