"""`./presso test tests/fuzz --hypothesis-profile long --timeout 0` tries ten thousand inputs on each reader.

Without the profile it is a hundred, the same every time.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from presso.workspace import Workspace

settings.register_profile(
    "long", max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A checkout of a tenant, an extension, an event and a scenario, for tests that write over its files."""
    # After the profile is chosen, which decides how many inputs there are.
    from tests.fuzz.inputs import small_checkout

    root = tmp_path / "checkout"
    monkeypatch.setenv("PRESSO_ROOT", str(root))
    return small_checkout(root)
