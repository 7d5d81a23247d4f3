"""The probes, by what they are about. The name of each is what it observes; its docstring is the claim."""

from presso.verification.claims import Probe, declared_probes
from presso.verification.probes import (
    bucket_probes,
    event_probes,
    function_probes,
    permission_probes,
    pipe_probes,
    refusal_probes,
    tenant_probes,
    workflow_probes,
)

__all__ = (
    "bucket_probes",
    "event_probes",
    "function_probes",
    "permission_probes",
    "pipe_probes",
    "refusal_probes",
    "tenant_probes",
    "workflow_probes",
)


def all_probes() -> dict[str, Probe]:
    """Return every probe by its name."""
    return declared_probes()
