"""A bar without its core: errors in words, and nothing that is called for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from presso.aws_access import local_access
from presso.bar.owned_bar import OwnedBar
from presso.bar.staff import Staff
from presso.errors import PressoError, UsageError
from presso.local_aws import Running
from presso.presenters import bar as presenter
from presso.units.dead_letters import DeadLetters
from presso.workspace import Workspace

TENANT = "nyc"


@pytest.fixture
def bare(local_aws: Running, account: str) -> OwnedBar:
    """A tenant whose core is not deployed."""
    return OwnedBar(local_access(local_aws.endpoint, account), TENANT)


@pytest.mark.parametrize(
    "asked",
    [
        lambda bar: bar.ask("config", "PUT /store", state="open"),
        lambda bar: bar.links,
        Staff,
        lambda bar: DeadLetters(bar).all(),
    ],
    ids=["a request", "links", "staff", "dead letters"],
)
def test_without_a_core_the_error_names_the_unit_to_apply(
    bare: OwnedBar, asked: Callable[[OwnedBar], Any]
) -> None:
    with pytest.raises(PressoError) as error:
        asked(bare)
    assert error.value.message == "nyc/core is not deployed."
    assert "presso apply nyc/core" in error.value.hint


def test_a_tenants_file_without_core_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tenants" / TENANT / "tenant.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: nyc\ntitle: T\n")
    with pytest.raises(UsageError, match=r"tenants/nyc/tenant.yaml does not set core: true"):
        OwnedBar.of(Workspace(tmp_path, tmp_path / ".presso"), TENANT)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("menu: []\n", "menu.yaml:1: menu: list should have at least 1 item"),
        ("menu:\n- {drink: Tea}\n- {drink: Tea}\n", "menu.yaml:1: menu: the menu lists Tea twice"),
        ("drinks: []\n", "menu.yaml:1: drinks: unknown key"),
    ],
)
def test_a_file_that_has_no_menu_is_refused_by_its_line(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "menu.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        presenter.menu(Workspace(tmp_path, tmp_path), TENANT, str(tmp_path / "menu.yaml"), json_wanted=False)
    assert fault in error.value.message
