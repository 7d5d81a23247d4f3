"""The commands' reference matches the commands."""

from pathlib import Path

import pytest

from presso.project import cli_docs


def test_the_page_in_docs_is_up_to_date() -> None:
    path = Path(__file__).parents[3] / cli_docs.PAGE
    assert path.read_text(encoding="utf-8") == cli_docs.page(), "python -m presso.project.cli_docs"


@pytest.mark.parametrize("command", ["demo", "apply", "scenario make", "env"])
def test_every_command_has_a_section_with_an_example(command: str) -> None:
    _, _, section = cli_docs.page().partition(f"## presso {command}\n")
    assert "Example: `" in section.partition("\n## ")[0]


@pytest.mark.parametrize(
    ("command", "row"),
    [
        ("check", "| `--waivers`, `--no-waivers` | "),
        ("check", "One of `static`, `plan`, `sandbox`. [default: plan] |"),
        ("graph", "Output format. One of `mermaid`, `svg`, `dot`, `json`. [default: mermaid] |"),
        ("scenario make", "One of `usual`, `rush`, `closing`, `timeouts`, `chaos`. [default: usual] |"),
    ],
)
def test_an_option_shows_its_choices_and_its_negative_form(command: str, row: str) -> None:
    _, _, section = cli_docs.page().partition(f"## presso {command}\n")
    assert row in section.partition("\n## ")[0]
