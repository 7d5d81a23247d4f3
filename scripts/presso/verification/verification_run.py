"""A run of probes: each in its turn, within limits of time and calls, and everything removed at the end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from presso import __version__, interruption
from presso.deployment import target_environment
from presso.deployment import time_limit as deployment_limit
from presso.errors import PressoError, UsageError
from presso.suggestions import did_you_mean
from presso.tenants import Target, today
from presso.verification.bench import Bench
from presso.verification.call_guard import MOST_CALLS, CallGuard, CouldNotTry
from presso.verification.claims import Probe
from presso.verification.probes import all_probes
from presso.verification.redaction import redacted
from presso.verification.temporary_tenant import RunPlace, TemporaryTenant, left_behind
from presso.verification.verification_report import Result, VerificationReport
from presso.workspace import Workspace

# The dearest call is a state transition of Step Functions ($0.000025 in us-east-1); beside: a metric's hour.
_DOLLARS_A_CALL = 0.00003
_DOLLARS_BESIDE = 0.01

Progress = Callable[[Result], None]
Removed = Callable[[str, list[str]], None]
"""Called with a tenant's name and what is left of it."""


@dataclass(frozen=True)
class Estimate:
    """The most that a run costs.

    Args:
        probes: How many there are.
        dollars: By AWS's list prices, as if each probe made all the calls that it may.
        seconds: If each took all its time; the limit of the run may be less.
    """

    probes: int
    dollars: float
    seconds: float


@dataclass
class VerificationRun:
    """One run.

    Args:
        workspace: The checkout and its home.
        place: Where the probes run.
        probes: Those to run.
        limit: The most seconds for all of them; removing what they made comes on top.
        progress: Called after each probe.
    """

    workspace: Workspace
    place: RunPlace
    probes: Sequence[Probe]
    limit: float
    progress: Progress = lambda result: None
    results: list[Result] = field(default_factory=list)

    def estimate(self) -> Estimate:
        """Return the most that this run costs."""
        count = len(self.probes)
        dollars = count * MOST_CALLS * _DOLLARS_A_CALL + _DOLLARS_BESIDE
        return Estimate(count, dollars, sum(probe.seconds for probe in self.probes))

    def execute(self, ended: Callable[[VerificationReport], None]) -> VerificationReport:
        """Run the probes, remove what they made, and return the report.

        Args:
            ended: Called with the report in any case, also after a signal.

        Raises:
            PressoError: There is no access to the account, or the published provider's platform failed.
            Stopped: After a signal; everything is removed by then.
        """
        tenant = TemporaryTenant.new(self.workspace, self.place)
        left: list[str] = []
        with tenant.held():
            try:
                self._observe(tenant)
            finally:
                with interruption.deferred():
                    left += tenant.remove()
                    report = self.report(left)
                    ended(report)
        return report

    def _observe(self, tenant: TemporaryTenant) -> None:
        access = tenant.access()
        guard = CallGuard(tenant.name, tenant.ledger, time.monotonic() + self.limit)
        failure = self._platform(tenant)
        guard.install(access.session)
        bench = Bench(access, guard, real=self.place.target == "aws")
        for number, probe in enumerate(self.probes):
            if probe.needs_platform and failure:
                result = not_tried(probe, self.place.target, failure)
            else:
                result = tried(probe, bench.turn(number), self.place.target)
            self.results.append(result)
            self.progress(result)

    def _platform(self, tenant: TemporaryTenant) -> str:
        """Apply the platform if it is needed, and return why that failed, or ""."""
        if not self.place.published and not any(probe.needs_platform for probe in self.probes):
            return ""
        try:
            tenant.apply(self.limit / 2)
        except PressoError as error:
            if self.place.published:
                raise
            return str(error)
        return ""

    def report(self, left: list[str]) -> VerificationReport:
        """Return the report of what was tried by now; `left` is what could not be removed."""
        done = {result.name for result in self.results}
        rest = [
            not_tried(probe, self.place.target, "the run ended before")
            for probe in self.probes
            if probe.name not in done
        ]
        provider = "published" if self.place.published or self.place.target == "aws" else "offline"
        region, day = self.place.region, today().isoformat()
        return VerificationReport(
            __version__, self.place.target, provider, region, day, [*self.results, *rest], left
        )


def expected(probe: Probe, target: Target) -> str:
    """Return what is observed on a target where the list is right."""
    return probe.aws if target == "aws" else probe.local


def tried(probe: Probe, bench: Bench, target: Target) -> Result:
    """Run a probe and return its result.

    Raises:
        Stopped: After a signal.
    """
    begin = time.monotonic()
    bench.guard.begin(probe.seconds)
    try:
        bench.guard.check()
        observed = redacted(probe.observe(bench), bench.access.account, bench.tenant)
    except Exception as error:
        if interruption.caused(error):
            raise interruption.stopped() from error
        why = str(error) if isinstance(error, CouldNotTry) else f"{type(error).__name__}: {error}"
        return not_tried(probe, target, redacted(why, bench.access.account, bench.tenant))
    wanted = expected(probe, target)
    verdict: Literal["confirmed", "refuted"] = "confirmed" if observed == wanted else "refuted"
    words, seconds = [text for text in bench.words if text], round(time.monotonic() - begin, 1)
    return Result(probe.name, probe.claim, wanted, observed, verdict, words, seconds)


def not_tried(probe: Probe, target: Target, why: str) -> Result:
    """Return the result of a probe that came to no observation."""
    return Result(probe.name, probe.claim, expected(probe, target), "", "could not try", [why], 0.0)


def chosen(names: Sequence[str]) -> list[Probe]:
    """Return the probes of these names; all of them for none.

    Raises:
        UsageError: There is no such probe.
    """
    known = all_probes()
    for name in names:
        if name not in known:
            raise UsageError(f"There is no probe {name}.", hint=did_you_mean(name, known, "probes"))
    return [known[name] for name in names or known]


def prepared(
    workspace: Workspace,
    target: Target,
    account: str,
    region: str,
    *,
    provider: str | None,
    names: Sequence[str],
    time_limit: str,
) -> VerificationRun:
    """Return the run that a command line asks for; nothing has started.

    Raises:
        UsageError: Of the options: no account on aws, a wrong time or region, an unknown probe or provider.
    """
    if target == "aws" and not re.fullmatch(r"\d{12}", account):
        raise UsageError(
            f"--account {account or 'is missing'}: on aws, the account must be named, by its twelve digits.",
            hint="Print that of your credentials: aws sts get-caller-identity",
        )
    if target == "local" and account:
        raise UsageError("--account is for target aws.", hint="Add --target aws, or leave it out.")
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise UsageError(f"--region {region}: not a region.", hint="Such as us-east-1.")
    published = target_environment.provider(provider) == "published"
    place = RunPlace(target, account or None, region, published)
    return VerificationRun(workspace, place, chosen(names), deployment_limit.seconds(time_limit))


def remove_left(workspace: Workspace, removed: Removed) -> bool:
    """Remove what earlier runs left that do not run any more; return whether nothing is left.

    Raises:
        PressoError: There is no access to an account with something left.
    """
    clean = True
    for tenant in left_behind(workspace):
        with tenant.held() as ours, interruption.deferred():
            if ours:
                left = tenant.remove()
                removed(tenant.name, left)
                clean = clean and not left
    return clean
