"""Which tests run in one process: those that share something that is dear to make."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

# By the file's name: marks for groups do not reach the process that schedules (pytest 9.2, xdist 3.8).
_TOGETHER = {
    "test_played.py": "a tenant with all extensions",
    "test_combinations.py": "an extension of each kind",
    "test_deploying.py": "an account with a deployer",
    "test_roles.py": "a tenant with all extensions, and IAM enforced",
    "test_state_bucket.py": "an account with a deployer, and a bucket",
}
_BATCH = re.compile(r".*\[batch \d+/")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Tests go to whatever process is free, but for those that share something."""

    def _split_scope(self, nodeid: str) -> str:
        """What a test belongs to: by default itself alone; tests of a batch (`[batch 2/…]`) to that."""
        batch = _BATCH.match(nodeid)
        file = nodeid.partition("::")[0].rpartition("/")[2]
        return batch[0] if batch else _TOGETHER.get(file, nodeid)
