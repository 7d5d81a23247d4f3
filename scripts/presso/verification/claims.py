"""Claims about AWS, and the probe of each.

A probe makes a few calls and returns what it has observed, in a word or two. A claim is confirmed where that
is what AWS should do by docs/local-aws.md, and refuted otherwise. The local AWS has an observation of its own
where that page lists a remaining gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from presso.verification.bench import Bench

SECONDS = 120


@dataclass(frozen=True)
class Probe:
    """A claim, and how it is tried.

    Args:
        name: Its function's, with dashes.
        service: The first column of its line in docs/local-aws.md.
        line: The beginning of the second one; "" for a claim that is not in the list.
        claim: What AWS does, in a sentence.
        aws: What is observed where that is true.
        local: What is observed on the local AWS.
        seconds: The most that it may take.
        needs_platform: Whether it needs the platform of the temporary tenant.
        observe: Makes the calls, and returns what was observed.
    """

    name: str
    service: str
    line: str
    claim: str
    aws: str
    local: str
    seconds: int
    needs_platform: bool
    observe: Callable[[Bench], str]


_probes: dict[str, Probe] = {}


def probe(
    service: str,
    line: str = "",
    *,
    aws: str,
    local: str = "",
    seconds: int = SECONDS,
    needs_platform: bool = False,
) -> Callable[[Callable[[Bench], str]], Callable[[Bench], str]]:
    """Declare a function as a probe; its docstring is the claim. Arguments as of `Probe`."""

    def declare(observe: Callable[[Bench], str]) -> Callable[[Bench], str]:
        name = observe.__name__.replace("_", "-")
        claim = " ".join((observe.__doc__ or "").split())
        declared = Probe(name, service, line, claim, aws, local or aws, seconds, needs_platform, observe)
        _probes[name] = declared
        return observe

    return declare


def declared_probes() -> dict[str, Probe]:
    """Return every probe declared by now, by its name."""
    return dict(_probes)
