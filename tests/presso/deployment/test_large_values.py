"""Values of a size that a plan may have."""

import json
from typing import TYPE_CHECKING

import pytest

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Small

LARGE = """
variable "context" {}
resource "terraform_data" "large" {
  input = format("%1000000s", "x")
}
output "large" {
  value = terraform_data.large.output
}
"""


def test_a_text_of_a_million_characters_is_planned_and_applied(small: "Small") -> None:
    small.write("extensions/cups/main.tf", LARGE)
    done = small.presso("apply", "nyc", "nyc/cups", "--json")
    assert (done.returncode, done.stderr.count("Error")) == (0, 0)
    assert [unit["result"] for unit in json.loads(done.stdout)["units"]] == ["applied", "applied"]
    assert len(done.stdout) < 2000
