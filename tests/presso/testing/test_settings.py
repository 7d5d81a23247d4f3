"""`tests/played.yaml` of an extension: what its replay is played with."""

from pathlib import Path

import pytest

from presso.errors import UsageError
from presso.testing.bar import PlayedSettings


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (None, PlayedSettings()),
        ("", PlayedSettings()),
        ("scenario: quarter-hour\n", PlayedSettings("quarter-hour")),
        ("variables: {low_at: 3}\n", PlayedSettings("one-order", {"low_at": 3})),
    ],
)
def test_what_is_not_set_is_as_without_the_file(
    text: str | None, settings: PlayedSettings, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "played.yaml").write_text(text)
    assert PlayedSettings.of(tmp_path) == settings


@pytest.mark.parametrize("text", ["[one-order]\n", "scenarios: [a]\n", "scenario: 7\n", "variables: low\n"])
def test_anything_else_is_one_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "played.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"tests/played\.yaml: only scenario"):
        PlayedSettings.of(tmp_path)
