"""Terraform that works on an extension touches nothing else, even if the gate has missed something."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from presso import confinement
from presso.deployment import access_rights
from presso.deployment.target_environment import TargetEnvironment
from presso.interruption import Interruption
from presso.linux import landlock
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

needs_landlock = pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock knows too little")
UNIT = Unit("nyc", "drinks")
ATTACHED = TargetEnvironment(
    terraform_cli.environment({"TF_CLI_CONFIG_FILE": os.devnull}), Path("control"), ""
)
PUBLISHED = replace(ATTACHED, control=None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "checkout", tmp_path / "checkout" / ".presso")
    made.modules.mkdir(parents=True)
    UNIT.folder(made).mkdir(parents=True)
    UNIT.state(made).parent.mkdir(parents=True)
    return made


Run = Callable[..., str]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """`run(text)` applies a root without providers, confined as an extension is; Terraform's output."""

    def applied(text: str, environment: TargetEnvironment = ATTACHED) -> str:
        folder = UNIT.folder(workspace)
        (folder / "main.tf").write_text(text)
        reach = access_rights.rights(workspace, UNIT, environment, network=False)
        runner = terraform_cli.Terraform(folder, terraform_cli.find(), Interruption(), begin=reach.start)
        env = access_rights.environment(environment, folder, local=True)
        lines: list[str] = []
        for command, options in (("init", {}), ("apply", {"auto_approve": terraform_cli.FLAG})):
            runner.run(
                command,
                env=env,
                log=folder / "log",
                on_line=lines.append,
                no_color=terraform_cli.FLAG,
                **options,
            )
        return "\n".join(lines)

    return applied


PROVISIONER = """
resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "touch RAN"
    HOW
  }
}
"""


@needs_landlock
@pytest.mark.parametrize("how", ["", 'interpreter = ["/usr/bin/env", "sh", "-c"]'])
@pytest.mark.slow
def test_a_provisioner_runs_nothing(run: Run, workspace: Workspace, how: str) -> None:
    ran = UNIT.folder(workspace) / "ran"
    assert "permission denied" in run(PROVISIONER.replace("RAN", str(ran)).replace("HOW", how))
    assert not ran.exists()


@needs_landlock
@pytest.mark.slow
def test_it_reads_no_file_of_another_user_or_the_system(run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    needed = confinement.needed_by(terraform_cli.find().command)
    for place in (tmp_path / "secret", Path("/etc/passwd"), Path("/proc/self/environ")):
        if not any(place.is_relative_to(path) for path in needed):
            said = run(f'output "x" {{\n  value = file("{place}")\n}}\n')
            assert "Outputs" not in said
            assert "Error" in said
    assert "x = 1" in run('output "x" {\n  value = 1\n}\n')


@needs_landlock
@pytest.mark.slow
@pytest.mark.parametrize("published", [False, True], ids=["offline", "published"])
def test_it_reads_its_own_state_and_no_other_file_of_the_user(
    run: Run, workspace: Workspace, tmp_path: Path, published: bool
) -> None:
    home = tmp_path / "home"
    files = [
        Unit("nyc", "order-metrics").state(workspace),
        Unit("nyc").state(workspace),
        home / ".terraformrc",
        home / ".terraform.d" / "credentials.tfrc.json",
        tmp_path / "temporary",
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('credentials "app.terraform.io" {\n  token = "secret"\n}\n')
    env = {name: value for name, value in ATTACHED.env.items() if name != "TF_CLI_CONFIG_FILE"}
    used = replace(PUBLISHED, env={**env, "HOME": str(home)}) if published else ATTACHED
    for file in files:
        said = run(f'output "x" {{\n  value = file("{file}")\n}}\n', used)
        assert "secret" not in said
        assert "Error" in said
    UNIT.state(workspace).write_text("own")
    assert "own" in run(f'output "x" {{\n  value = file("{UNIT.state(workspace)}")\n}}\n', used)


@needs_landlock
@pytest.mark.skipif(
    len(terraform_cli.find().command) > 1, reason="this Terraform is not a program of its own"
)
@pytest.mark.slow
def test_published_providers_may_run_and_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    cache = tmp_path / "plugins"
    cache.mkdir()
    provider = cache / "terraform-provider-x"
    shutil.copy(terraform_cli.find().command[0], provider)
    reach = access_rights.rights(workspace, UNIT, replace(PUBLISHED, cache=cache), network=True)

    def start(*command: str) -> subprocess.Popen[bytes]:
        return reach.start(
            lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )

    assert start(str(provider), "version").wait() == 0
    for other in ("/bin/true", sys.executable):
        with pytest.raises(PermissionError):
            start(other)


def test_on_aws_it_gets_the_credentials_that_are_set_up_and_no_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    file.write_text("[mine]\naws_access_key_id = AK\naws_secret_access_key = SK\naws_session_token = T\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    env = access_rights.environment(replace(PUBLISHED, env=dict(os.environ)), tmp_path, local=False)
    keys = [env[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
    assert keys == ["AK", "SK", "T"]
    assert "AWS_PROFILE" not in env
    assert env["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_a_profile_that_does_not_exist_is_an_error_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from presso.errors import PressoError

    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(PressoError, match="missing"):
        access_rights.environment(replace(PUBLISHED, env=dict(os.environ)), tmp_path, local=False)
