"""Values of a size that a plan may have."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.presso.conftest import Small

LARGE = """
variable "tenant" {}
variable "fence" {}
resource "terraform_data" "large" {
  input = format("%1000000s", "x")
}
output "large" {
  value = terraform_data.large.output
}
"""


def test_a_text_of_a_million_characters_is_planned_applied_and_destroyed(small: "Small") -> None:
    small.write("extensions/cups/main.tf", LARGE)
    small.run("apply", "nyc")
    for action, result in [("plan", "changes"), ("apply", "applied"), ("destroy", "destroyed")]:
        done = small.presso(action, "nyc/cups", "--json")
        assert (done.returncode, done.stderr.count("Error")) == (0, 0)
        assert [unit["result"] for unit in json.loads(done.stdout)["units"]] == [result]
        assert len(done.stdout) < 2000
