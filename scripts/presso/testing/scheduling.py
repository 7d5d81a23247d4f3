"""Which tests run in one process: those that share something that is dear to make."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

# By the path of a file or folder, or a file's name: marks for groups do not reach the process that schedules
# (pytest 9.2, xdist 3.8).
_GROUPS = {
    "tests/e2e/test_bad_input.py": "a checkout with a tenant",
    "tests/isolation/test_coming_and_going.py": "two tenants",
    "tests/isolation/test_events.py": "two tenants",
    "tests/isolation/test_many_comings_and_goings.py": "two tenants",
    "tests/isolation/test_recordings.py": "two tenants",
    "tests/modules/core/test_applied.py": "a bar",
    "tests/modules/test_applied.py": "the examples, and a bar",
    "tests/modules/event-player/": "the player's definition",
    "tests/modules/test_deploy_role.py": "one plan of a tenant",
    "tests/modules/test_extension_context.py": "one plan of a context",
    "tests/modules/test_inventories.py": "one plan of all cases",
    "tests/modules/test_readmes.py": "one plan of all examples",
    "tests/parcels/test_parcels.py": "a platform about parcels",
    "tests/presso/catalog/bindings/test_other_languages.py": "TypeScript of all events, compiled",
    "tests/presso/catalog/bindings/test_python.py": "Python of all events",
    "tests/presso/catalog/exports/test_eventcatalog.py": "the real catalog's export",
    "tests/presso/local_aws/emulator_patches/": "emulators, with and without gaps, with and without IAM",
    "tests/presso/local_aws/test_ministack.py": "emulators, with and without gaps, with and without IAM",
    "tests/presso/local_aws/test_stack.py": "a local AWS that is looked at",
    "tests/presso/gate/sandbox/test_functions_confined.py": "functions in a sandbox's local AWS",
    "tests/presso/gate/sandbox/test_sandbox.py": "a sandbox",
    "tests/presso/scaffold/test_copying.py": "what the scaffold makes, with the programs that make it",
    "tests/presso/scaffold/test_new_platform.py": "an installed presso",
    "tests/presso/scaffold/test_predecessors.py": "what the scaffold makes, with the programs that make it",
    "tests/presso/scaffold/test_updating.py": "what the scaffold makes, with the programs that make it",
    "plan.yaml": "what plans extensions",
    "test_asyncapi.py": "a start of the parser",
    "test_browser.py": "a browser",
    "test_pages_in_browser.py": "two bars, and a browser",
    "test_played.py": "a tenant with all extensions",
    "test_combinations.py": "an extension of each kind",
    "test_demos.py": "what the scaffold makes, with the programs that make it",
    "test_in_browser.py": "a control room, and a browser",
    "test_deploying.py": "an account with a deployer",
    "test_roles.py": "a tenant with all extensions, and IAM enforced",
    "test_state_bucket.py": "an account with a deployer",
}
_PLAN = re.compile(r"^plan-[a-z0-9-]+\.yaml$")
_BATCH = re.compile(r".*\[batch \d+/")
_SHARED = re.compile(r"\[(a sandbox)/")


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests go to any process that is free, but for those that share something.

    After each test, xdist 3.8 counts what is left of all that its process was ever given, and searches the
    list of all tests for the next: with ten thousand tests, that is most of what the scheduling process does.
    """

    def schedule(self) -> None:
        """Give each process tests; one begins when it has two, also the one that comes for a crashed one."""
        super().schedule()
        for node in self.nodes:
            self._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Give what a process has left to others, but for the test that it crashed in, which is returned."""
        units = self.assigned_work.pop(node)
        left = [(unit, str(test)) for unit in units.values() for test, is_done in unit.items() if not is_done]
        if not left:
            return None
        unit, crashed = left[0]
        unit[crashed] = True
        self.workqueue.update((scope, unit) for scope, unit in units.items() if not all(unit.values()))
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget what a process was given once all of it is done."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a process the next tests."""
        scope, unit = self.workqueue.popitem(last=False)
        self.assigned_work[node][scope] = unit
        node.send_runtest_some([self._places[test] for test, is_done in unit.items() if not is_done])

    @cached_property
    def _places(self) -> dict[str, int]:
        """The place of each test in the list that all processes have."""
        return {test: place for place, test in enumerate(self.collection)}

    def _split_scope(self, nodeid: str) -> str:
        """What a test belongs to: itself alone, or what `[batch 2/…]`, `[a sandbox/…]` or its file names."""
        if batch := _BATCH.match(nodeid):
            return batch[0]
        if named := _SHARED.search(nodeid):
            return named[1]
        file = nodeid.partition("::")[0]
        folder, _, name = file.rpartition("/")
        name = _PLAN.sub("plan.yaml", name)
        shared = _GROUPS.get(file) or _GROUPS.get(f"{folder}/") or _GROUPS.get(name)
        return shared or nodeid
