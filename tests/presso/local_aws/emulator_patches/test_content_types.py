"""The beginning of a service's model is enough for the content types of its answers."""

import subprocess
import sys

import pytest
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from ministack.core import responses, router
from presso.local_aws.emulator_patches import content_types
from presso.local_aws.emulator_sandbox import SERVICES
original = responses._service_model
found = {name: content_types.begun(name) for name in SERVICES}
content_types.PATCHES.apply()
assert router._is_aws_service_name("schemas")
assert router._is_aws_service_name("mobiletargeting"), "pinpoint signs so"
assert not router._is_aws_service_name("missing")
assert not router._is_aws_service_name("")
assert [name for name in content_types.services() if not content_types.begun(name)] == []
assert "botocore" not in sys.modules
for name, begun in found.items():
    assert begun and begun.metadata == original(name).metadata, name
assert content_types.begun("missing") is None
"""


def test_it_is_read_without_botocore_and_is_what_botocore_has() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=PATIENCE)
