"""The report of a run: a file without secrets, that can be sent to those who work on presso."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from presso import atomic, json_text, regular_file
from presso.errors import UsageError

FORMAT = 1
Verdict = Literal["confirmed", "refuted", "could not try"]


@dataclass(frozen=True)
class Result:
    """What became of a probe.

    Args:
        name: The probe's.
        claim: What it tries.
        expected: What is observed where the claim is true on this target.
        observed: What was observed; "" where it could not be tried.
        verdict: Whether both are the same.
        words: AWS's own, or why it could not be tried; nothing in them identifies an account.
        seconds: How long it took.
    """

    name: str
    claim: str
    expected: str
    observed: str
    verdict: Verdict
    words: list[str]
    seconds: float


@dataclass(frozen=True)
class VerificationReport:
    """A run of the probes.

    Args:
        version: presso's.
        target: `aws` or `local`.
        provider: Terraform's provider of the platform: `offline` or `published`.
        region: Of the run.
        day: In UTC, such as 2026-12-24.
        results: Of each probe.
        left: What could not be removed.
    """

    version: str
    target: str
    provider: str
    region: str
    day: str
    results: list[Result]
    left: list[str]

    def count(self, verdict: Verdict) -> int:
        """Return how many probes came to a verdict."""
        return sum(result.verdict == verdict for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is written; what is left has names of the run and stays out of it."""
        known = {key: value for key, value in asdict(self).items() if key != "left"}
        return {"format": FORMAT, **known}

    def write(self, path: Path) -> None:
        """Write the report."""
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> VerificationReport:
    """Return the report in a file.

    Raises:
        UsageError: It is not a report.
    """
    try:
        found = json_text.loads(regular_file.text(path))
        known = {key: found[key] for key in ("version", "target", "provider", "region", "day")}
        results = [Result(**each) for each in found["results"]]
        if found["format"] != FORMAT or not {each.verdict for each in results} <= {*get_args(Verdict)}:
            raise ValueError("of another format")
        return VerificationReport(**known, results=results, left=[])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is not a report of presso verify: {error}.") from error
