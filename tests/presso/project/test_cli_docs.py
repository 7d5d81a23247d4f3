"""The commands' reference is what the commands say."""

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
