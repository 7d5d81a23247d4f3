"""An extension's Terraform gets the user's configuration of Terraform without credentials."""

from pathlib import Path

import pytest

from presso.terraform import cli_config

TOKENS = """
credentials "app.terraform.io" {
  token = "secret"
}
credentials_helper "vault" {
  args = ["--secret"]
}
disable_checkpoint = true
"""
MIRROR = """
provider_installation {
  network_mirror {
    url = "https://mirror.example.com/providers/"
  }
  filesystem_mirror {
    path = "/srv/providers"
  }
}
credentials "mirror.example.com" {
  token = "needed"
}
"""


@pytest.mark.parametrize("place", [".terraformrc", ".terraform.d/mine.tfrc", "named.rc"])
def test_credentials_are_left_out_but_for_a_mirrors(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(TOKENS + MIRROR)
    (tmp_path / ".terraform.d").mkdir(exist_ok=True)
    (tmp_path / ".terraform.d" / "credentials.tfrc.json").write_text('{"credentials": {"x": "secret"}}')
    env = {"HOME": str(tmp_path)}
    if place == "named.rc":
        env["TF_CLI_CONFIG_FILE"] = str(tmp_path / place)
    found = cli_config.needed(env)
    assert "secret" not in found
    assert "disable_checkpoint = true" in found
    assert MIRROR.strip() in found
    assert cli_config.folders(found) == ["/srv/providers"]


def test_the_folders_that_terraform_searches_by_itself_are_named(tmp_path: Path) -> None:
    plugins = tmp_path / ".terraform.d" / "plugins"
    (plugins / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    found = cli_config.needed({"HOME": str(tmp_path)})
    assert cli_config.folders(found) == [str(plugins)]
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in found


def test_without_any_there_is_nothing_to_add(tmp_path: Path) -> None:
    assert cli_config.needed({"HOME": str(tmp_path)}) == ""
