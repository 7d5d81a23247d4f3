"""Prints unmanaged resources, what doctor has found, and states: their locks, bucket, and places."""

from __future__ import annotations

from dataclasses import asdict

from presso import terminal
from presso.deployment.bucket_setup import PreparedBucket
from presso.deployment.doctor import Problem
from presso.deployment.state_lock import Lock
from presso.deployment.state_migration import MovedState
from presso.deployment.unmanaged import Unmanaged


def show_unmanaged(found: Unmanaged, *, json_wanted: bool) -> None:
    """Print resources that no state has, each with the command that deletes it."""
    if json_wanted:
        resources = [
            {
                "unit": str(each.unit),
                "type": each.kind.type,
                "id": each.id,
                "tagged": each.marked,
                "command": each.command,
            }
            for each in found.resources
        ]
        terminal.as_json({"unmanaged": resources, "not_listed": found.denied})
        return
    for text in found.denied:
        terminal.error(f"Not listed: {text}", "")
    if not found.resources:
        terminal.result("Every resource of the tenants is in a state.")
        return
    rows = [
        [str(each.unit), each.kind.type, each.name, "yes" if each.marked else "no"]
        for each in found.resources
    ]
    terminal.result(terminal.table(["unit", "type", "name", "tagged"], rows))
    terminal.result("\nTo delete them, in this order:")
    for each in found.resources:
        terminal.result(f"  {each.command}")


def show_examined(examined: list[str], found: list[Problem], *, json_wanted: bool) -> None:
    """Print what is missing or wrong, with the repair."""
    if json_wanted:
        terminal.as_json(
            {
                "ok": not found,
                "examined": examined,
                "findings": [vars(each) for each in found],
            }
        )
        return
    for about in examined:
        faults = [each for each in found if each.about == about]
        terminal.result(f"{about}: {'ok' if not faults else f'{len(faults)} to repair'}")
        for each in faults:
            terminal.result(f"  {each.message}")
            terminal.result(f"  Repair: {each.repair}")


def show_lock(lock: Lock | None, unit: str, *, removed: bool, json_wanted: bool) -> None:
    """Print a lock, and whether it was removed."""
    if json_wanted:
        held = {"who": lock.who, "operation": lock.what, "since": lock.since} if lock else None
        terminal.as_json({"unit": unit, "lock": held, "removed": removed})
    elif lock is None:
        terminal.result(f"{unit} is not locked.")
    elif removed:
        terminal.result(f"{lock}. The lock is removed.")


def show_moved_states(tenant: str, moved: list[MovedState], *, json_wanted: bool) -> None:
    """Print which states of a tenant were moved, and where they are now."""
    if json_wanted:
        terminal.as_json([{**asdict(each), "unit": str(each.unit)} for each in moved])
        return
    for each in moved:
        terminal.result(f"{each.unit}: {each.source} → {each.destination}")
    if not moved:
        terminal.result(f"Every state of {tenant} is where its tenant.yaml keeps it.")


def show_bucket(prepared: PreparedBucket, *, json_wanted: bool) -> None:
    """Print whether the bucket for states was created, or which of its settings were restored."""
    if json_wanted:
        terminal.as_json(asdict(prepared))
        return
    done = "created" if prepared.created else "unchanged"
    if prepared.changed and not prepared.created:
        done = f"restored {', '.join(prepared.changed)}"
    terminal.result(f"Bucket {prepared.bucket} in {prepared.region}: {done}.")
