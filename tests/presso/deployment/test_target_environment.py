"""The environment of Terraform: hermetic on the local target, the caller's own on aws."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.patience import PATIENCE

from presso.deployment import target_environment
from presso.deployment.target_environment import Environments, of_aws, of_local
from presso.errors import PressoError, UsageError
from presso.local_aws import LocalAws, Running
from presso.presenters import environment_variables
from presso.tenants import Tenant
from presso.workspace import Workspace


@pytest.fixture
def running(tmp_path: Path) -> Running:
    config = tmp_path / "mirror" / "terraform.rc"
    config.parent.mkdir()
    config.write_text("config")
    return Running("http://127.0.0.1:4566", tmp_path / "control.sock", config, tmp_path)


def test_locally_no_setting_of_the_caller_gets_through(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/elsewhere")
    env = of_local(running, None).env
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert env["AWS_ACCESS_KEY_ID"] == "111111111111"
    assert env["TF_CLI_CONFIG_FILE"] == str(running.cli_config)


def test_locally_a_proxy_is_not_asked(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert of_local(running, None).env["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_locally_the_tenants_account_is_the_key(running: Running) -> None:
    tenant = Tenant(name="nyc", title="T", account="222222222222")
    assert of_local(running, tenant).env["AWS_ACCESS_KEY_ID"] == "222222222222"


def test_a_changed_mirror_asks_for_init_again(running: Running) -> None:
    before = of_local(running, None).plugins
    assert of_local(running, None).plugins == before
    (running.cli_config.parent / "launcher").write_text("new")
    assert of_local(running, None).plugins != before


def test_the_published_provider_comes_from_terraforms_usual_places_to_the_local_aws(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/company/terraform.rc")
    found = of_local(running, None, published=True)
    assert found.control is None
    assert not found.keeps_lock
    assert found.cache == tmp_path / "presso" / "terraform-plugins"
    assert found.plugins != of_local(running, None).plugins
    assert found.env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert found.env["TF_CLI_CONFIG_FILE"] == "/company/terraform.rc"
    assert "AWS_PROFILE" not in found.env
    with found.providers(tmp_path) as (env, _):
        assert "TF_REATTACH_PROVIDERS" not in env


def test_the_provider_is_named_by_option_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESSO_PROVIDER", raising=False)
    assert target_environment.provider() == "offline"
    assert target_environment.provider("published") == "published"
    monkeypatch.setenv("PRESSO_PROVIDER", "published")
    assert target_environment.provider() == "published"
    assert target_environment.provider("offline") == "offline"
    with pytest.raises(UsageError, match="no provider 'best'"):
        target_environment.provider("best")


def test_on_aws_the_callers_settings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/company/terraform.rc")
    monkeypatch.setenv("TF_CLI_ARGS", "-lock=false")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = of_aws()
    assert found.control is None
    assert found.env["AWS_PROFILE"] == "production"
    assert found.env["TF_CLI_CONFIG_FILE"] == "/company/terraform.rc"
    assert "TF_CLI_ARGS" not in found.env
    assert found.env["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "presso" / "terraform-plugins")


def test_on_aws_a_plugin_cache_that_is_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "cache"))
    assert of_aws().cache == tmp_path / "cache"


def test_on_aws_terraform_is_not_attached_to_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with of_aws().providers(tmp_path) as (env, _):
        assert "TF_REATTACH_PROVIDERS" not in env


def test_nothing_is_started_where_no_unit_is_local(tmp_path: Path) -> None:
    environments = Environments.under(Workspace(tmp_path, tmp_path / "home"), {"aws"})
    assert environments.running is None
    assert environments.gone() is None
    assert not (tmp_path / "home").exists()


def test_a_server_that_does_not_answer_is_one_error(running: Running, tmp_path: Path) -> None:
    with (
        pytest.raises(PressoError, match="rejected Terraform"),
        of_local(running, None).providers(tmp_path),
    ):
        pass


def test_work_by_hand_needs_these_variables(local_aws: Running) -> None:
    assert target_environment.by_hand(local_aws, "222222222222") == {
        "AWS_ENDPOINT_URL": local_aws.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "222222222222",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_CLI_CONFIG_FILE": str(local_aws.cli_config),
    }


def boto3_with(variables: dict[str, str], code: str) -> str:
    """What code that has `boto3` prints in an environment of these variables alone."""
    done = subprocess.run(
        [sys.executable, "-c", f"import boto3; print({code})"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_boto3_needs_nothing_besides_by_hand(local_aws: Running) -> None:
    variables = target_environment.by_hand(local_aws, "222222222222")
    assert boto3_with(variables, "boto3.client('sts').get_caller_identity()['Account']") == "222222222222"


def test_by_hand_no_proxy_is_asked_either(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LocalAws, "ensure", lambda self: running)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    environment_variables.show(Workspace(running.folder, running.folder), "", json_wanted=True)
    assert json.loads(capsys.readouterr().out)["NO_PROXY"].endswith("127.0.0.1,localhost")


@pytest.mark.slow
def test_boto3_is_in_the_region_of_a_tenant_on_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tenants" / "oslo"
    folder.mkdir(parents=True)
    (folder / "tenant.yaml").write_text("name: oslo\ntitle: T\ntarget: aws\nregion: eu-north-1\n")
    environment_variables.show(Workspace(tmp_path, tmp_path / "home"), "oslo", json_wanted=True)
    variables = json.loads(capsys.readouterr().out)
    assert boto3_with(variables, "boto3.client('sqs').meta.region_name") == "eu-north-1"
