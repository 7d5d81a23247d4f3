"""Tables of inputs and outputs, read from HCL."""

from pathlib import Path

import pytest

from presso.errors import PressoError
from presso.hcl import module_docs

HCL = """
variable "pattern" {
  description = "One of \\"a\\" | \\"b\\"; see $${x}."
  type        = string
}

variable "settings" {
  description = <<-EOT
    All of them,
    in one.
  EOT
  type = object({
    days = optional(number, 7)
  })
  default = { days = 3 }
}

variable "count_up" {
  description = "Whether."
  default     = ["a", "b"]
}

variable "zone" {
  description = "Where."
  type        = string
  default     = null
}

output "arn" {
  description = "The ARN."
  value       = "arn:${var.zone}"
}
"""

README = "# A module\n\nText.\n\n<!-- tables -->\nold\n<!-- /tables -->\n\nMore.\n"

EXPECTED = """# A module

Text.

<!-- tables -->

## Inputs

| name | description | type | default |
|---|---|---|---|
| `count_up` | Whether. | `any` | `["a", "b"]` |
| `pattern` | One of "a" \\| "b"; see ${x}. | `string` | required |
| `settings` | All of them, in one. | `object({days = optional(number, 7)})` | `{ days = 3 }` |
| `zone` | Where. | `string` | `null` |

## Outputs

| name | description |
|---|---|
| `arn` | The ARN. |

<!-- /tables -->

More.
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "modules" / "thing"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text("")
    (folder / "interface.tf").write_text(HCL)
    (folder / "README.md").write_text(README)
    return folder


def test_tables_follow_the_hcl_and_other_text_stays(module: Path) -> None:
    assert module_docs.updated(module / "README.md") == EXPECTED


def test_a_stale_readme_is_named_then_written_then_no_longer_stale(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert module_docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "modules/thing/README.md: its tables are stale\n"
    assert (module / "README.md").read_text() == README
    assert module_docs.main([]) == 0
    assert (module / "README.md").read_text() == EXPECTED
    assert module_docs.main(["--check"]) == 0


def test_the_error_for_a_readme_without_a_place_for_tables_shows_how_to_make_one(module: Path) -> None:
    (module / "README.md").write_text("# A module\n")
    with pytest.raises(PressoError, match=r"README\.md has no place") as refused:
        module_docs.updated(module / "README.md")
    assert "<!-- tables -->" in refused.value.hint


def test_a_variable_without_a_description_is_named(module: Path) -> None:
    (module / "interface.tf").write_text('variable "x" {\n  type = string\n}\n')
    with pytest.raises(PressoError, match=r"interface\.tf: x has no description"):
        module_docs.updated(module / "README.md")


def test_broken_hcl_is_an_error_that_names_the_file(module: Path) -> None:
    (module / "interface.tf").write_text('variable "x" {')
    with pytest.raises(PressoError, match=r"interface\.tf is not HCL"):
        module_docs.updated(module / "README.md")


@pytest.mark.slow
def test_the_tables_of_this_project_are_up_to_date(checkout: Path) -> None:
    assert module_docs.stale(checkout) == []
