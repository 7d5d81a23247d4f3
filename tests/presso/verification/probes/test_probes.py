"""Each probe shows on the local AWS what docs/local-aws.md lists."""

import pytest

from presso.verification.bench import Bench
from presso.verification.claims import Probe
from presso.verification.probes import all_probes
from presso.verification.verification_run import tried

pytestmark = pytest.mark.slow
PROBES = [probe for probe in all_probes().values() if not probe.needs_platform]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_probe_shows_what_is_listed(probe: Probe, bench: Bench) -> None:
    result = tried(probe, bench, "local")
    assert (result.observed, result.verdict) == (probe.local, "confirmed"), result.words
