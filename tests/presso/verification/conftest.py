"""A bench on a local AWS where requests need permissions, as on AWS."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.presso.local_aws.conftest import WithoutTerraform

from presso.aws_access import local_access
from presso.verification.bench import Bench
from presso.verification.call_guard import CallGuard, Ledger

_numbers = itertools.count()


@pytest.fixture(scope="session")
def verified_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a local AWS where requests need permissions."""
    local = WithoutTerraform(tmp_path_factory.mktemp("verified") / "local", enforce_iam=True)
    try:
        yield local.ensure().endpoint
    finally:
        local.stop()


@pytest.fixture
def bench(verified_aws: str, account: str, tmp_path: Path) -> Bench:
    """The bench of a run in an account of its own."""
    access = local_access(verified_aws, account)
    guard = CallGuard("verify-0a1b2c3d", Ledger(tmp_path / "created.jsonl"), time.monotonic() + 600)
    guard.install(access.session)
    return Bench(access, guard, real=False, number=next(_numbers))  # buckets' names are for all accounts
