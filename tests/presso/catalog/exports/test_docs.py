"""What docs/exports.md states is true."""

from pathlib import Path

from presso.catalog.exports.cloudevents import ATTRIBUTES


def test_the_table_of_attributes_is_the_mapping(checkout: Path) -> None:
    page = (checkout / "docs" / "exports.md").read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | {f'`{where}` ' if where else ''}| {f'{note} ' if note else ''}|"
        for name, where, note in ATTRIBUTES
    ]
    assert "\n".join(rows) in page
