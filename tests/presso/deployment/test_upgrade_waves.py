"""Upgrades of an extension, wave after wave: they stop at a failure, continue, and go back."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso import history
from presso.deployment import upgrade_waves
from presso.deployment.upgrade_waves import Upgrade, waves_of
from presso.errors import PressoError, UsageError
from presso.tenants import Tenant, load_all
from presso.workspace import Workspace

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


class TestAnUpgradeThatHasBegun:
    @pytest.fixture
    def workspace(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
        monkeypatch.setattr(history, "commit", lambda root, ref: (root / "ref").read_text())
        (tmp_path / "ref").write_text("1111")
        (tmp_path / "extensions" / "cups").mkdir(parents=True)
        (tmp_path / "extensions" / "cups" / "main.tf").write_text("")
        for name in ("nyc", "rio", "sfo"):
            self.write(tmp_path, name, "cups")
        return Workspace(tmp_path, tmp_path / ".presso")

    @staticmethod
    def write(root: Path, name: str, *extensions: str) -> None:
        file = root / "tenants" / name / "tenant.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"name: {name}\ntitle: T\nextensions: [{', '.join(extensions)}]\n")

    @staticmethod
    def waves(workspace: Workspace, upgrade: Upgrade) -> list[list[str]]:
        return upgrade_waves.continued(workspace, load_all(workspace), upgrade).waves

    def test_continues_with_the_tenants_of_now(self, workspace: Workspace) -> None:
        upgrade = Upgrade("cups", "v2", [["nyc"], ["rio"], ["sfo"]], done=1)
        self.write(workspace.root, "nyc")
        self.write(workspace.root, "rio")
        self.write(workspace.root, "ber", "cups")
        assert self.waves(workspace, upgrade) == [["nyc"], ["sfo", "ber"]]
        assert upgrade_waves.read(workspace, "cups") == replace(upgrade, waves=[["nyc"], ["sfo", "ber"]])
        self.write(workspace.root, "sfo")
        assert self.waves(workspace, upgrade) == [["nyc"], ["ber"]]
        self.write(workspace.root, "ber")
        assert self.waves(workspace, upgrade) == [["nyc"]]
        assert upgrade_waves.read(workspace, "cups") is None  # there is nothing left to do

    def test_is_not_continued_with_another_commit(self, workspace: Workspace) -> None:
        upgrade = Upgrade("cups", "main", [["nyc"], ["rio"]], commit="1111")
        upgrade = upgrade_waves.wave_done(workspace, upgrade_waves.pin_wave(workspace, upgrade))
        (workspace.root / "ref").write_text("2222")
        with pytest.raises(PressoError, match="main is another commit than when the upgrade of cups began"):
            upgrade_waves.pin_wave(workspace, upgrade)

    def test_begins_with_the_first_wave_again_once_it_was_rolled_back(self, workspace: Workspace) -> None:
        upgrade = Upgrade("cups", "v2", [["nyc"], ["rio"], ["sfo"]])
        for _ in range(2):
            upgrade = upgrade_waves.wave_done(workspace, upgrade_waves.pin_wave(workspace, upgrade))
        assert upgrade_waves.roll_back(workspace, upgrade) == ["nyc", "rio"]
        kept = upgrade_waves.read(workspace, "cups")  # until the former versions are applied
        assert kept
        assert upgrade_waves.roll_back(workspace, kept) == ["nyc", "rio"]
        assert kept.done == 0


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
    refused = small.here("upgrade", "cups", "--to", "v2", "--cluster", "tcp://127.0.0.1:1")
    assert "A cluster needs states in a bucket" in refused.stderr
    assert [file.read_text() for file in files] == before
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
