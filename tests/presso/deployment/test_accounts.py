"""`--account` selects the units of the tenants in one account, since a run has the credentials of one."""

from typing import TYPE_CHECKING

import pytest

from presso.deployment import unit_selection
from presso.errors import UsageError

if TYPE_CHECKING:
    from tests.presso.conftest import Small

OURS, OTHER = "111111111112", "111111111113"


@pytest.fixture
def fleet(small: "Small") -> "Small":
    """Two tenants in an account, one in another, one that names none."""
    for name, keys in (
        ("nyc", {"account": f"'{OURS}'"}),
        ("sfo", {"account": f"'{OURS}'"}),
        ("rome", {"account": f"'{OTHER}'"}),
        ("oslo", {}),
    ):
        small.tenant(name, "cups", **keys)
    return small


def selected(fleet: "Small", *patterns: str, account: str) -> set[str]:
    selection = unit_selection.select(fleet.workspace, "plan", patterns, everything=not patterns)
    return {str(unit) for unit in selection.in_account(account).units}


def test_each_unit_is_of_one_account(fleet: "Small") -> None:
    assert selected(fleet, account=OURS) == {"nyc", "nyc/cups", "sfo", "sfo/cups"}
    assert selected(fleet, account=OTHER) == {"rome", "rome/cups"}
    assert selected(fleet, "*/cups", account=OURS) == {"nyc/cups", "sfo/cups"}


def test_a_tenant_on_aws_without_an_account_is_of_none(fleet: "Small") -> None:
    fleet.tenant("oslo", "cups", target="aws", deployers=f"[arn:aws:iam::{OURS}:role/ci]")
    assert "oslo" not in selected(fleet, account=OURS) | selected(fleet, account=OTHER)


def test_an_account_of_no_tenant_is_refused(fleet: "Small") -> None:
    with pytest.raises(UsageError, match="has account 999999999999"):
        selected(fleet, account="999999999999")
