"""What the emulator does differently from AWS and we put right, inside its process.

Import this only after the emulator's settings are in the environment: importing it imports the emulator.
The list, with the reasons and what is left as it is, is in docs/local-aws.md; the tests show both that each
patch works (tests/presso/local_aws/emulator_patches/) and that the emulator alone still needs it
(test_ministack.py).
"""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from presso.local_aws.emulator_patches import (
    account_access,
    asynchronous_calls,
    bucket_documents,
    call_permissions,
    code_signing,
    condition_keys,
    connections,
    content_types,
    deletions,
    deliveries,
    delivery_streams,
    distributed_maps,
    documents,
    entries,
    executions,
    expressions,
    function_errors,
    function_isolation,
    function_logs,
    function_policies,
    function_requests,
    function_starts,
    function_timeouts,
    function_turns,
    imported_keys,
    items,
    javascript,
    journal,
    kept_settings,
    log_documents,
    managed_policies,
    mappings,
    metric_streams,
    objects,
    own_parameters,
    paths,
    permissions,
    pipes,
    policy_variables,
    public_requests,
    refusals,
    renames,
    replays,
    rules,
    scaling,
    schedules,
    secret_calls,
    signed_code,
    targets,
)
from presso.local_aws.emulator_patches.internals import EmulatorChanged

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["EmulatorChanged", "apply", "confine"]


def apply(port: int, allowed: Collection[str]) -> None:
    """Apply the patches.

    Args:
        port: Where functions may reach the emulator.
        allowed: What the emulator may call beside itself: `HOST` or `HOST:PORT` each.

    Raises:
        EmulatorChanged: something that is needed is missing: this is another version than the pinned one.
    """
    changing = (
        deletions, asynchronous_calls, entries, executions, distributed_maps, expressions, function_logs,
        function_policies,
        function_starts, function_errors, function_timeouts, function_turns, javascript, objects, pipes,
        policy_variables, permissions, public_requests, rules, targets, replays, schedules, items, mappings,
        paths, content_types, kept_settings, bucket_documents, refusals, renames, account_access,
        secret_calls, managed_policies, documents, log_documents, metric_streams, scaling, code_signing,
        signed_code, imported_keys, delivery_streams,
    )  # fmt: skip
    others = (
        call_permissions, condition_keys, connections, deliveries, function_isolation, function_requests,
        journal, own_parameters,
    )  # fmt: skip
    faults = [fault for part in (*changing, *others) for fault in part.PATCHES.missing()]
    faults += executions.missing()
    if faults:
        raise EmulatorChanged(
            f"ministack has changed: {', '.join(dict.fromkeys(faults))}. presso fills gaps there "
            "(docs/local-aws.md): install the version that pyproject.toml names, or bring "
            "presso/local_aws/emulator_patches up to date."
        )
    for part in changing:
        part.PATCHES.apply()
    function_isolation.apply(port)
    connections.apply(port, allowed)


def confine(app: "ASGIApp", journal_file: Path, port: int, *, boxed: bool) -> "ASGIApp":
    """Confine functions, which reach the emulator on `port`, and keep a journal; after `apply`.

    Returns:
        The application that serves both ports.
    """
    function_isolation.distrust(port, boxed=boxed)
    function_requests.PATCHES.apply()
    journal.open_in(journal_file)
    return function_requests.guarded(app, port)
