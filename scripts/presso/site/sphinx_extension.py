"""A Sphinx extension: the fields of events in the search index, and what the theme forgets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType


class Fields(Domain):
    """The fields, as `presso_fields` lists them: path, page, anchor."""

    name = "presso"
    label = "presso"
    object_types = {"field": ObjType("field")}  # noqa: RUF012 - as Sphinx declares it

    def get_type_name(self, type: ObjType, primary: bool = False) -> str:
        """The kind of a search result."""
        return str(type.lname)

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """Name, name to show, type, page, anchor and priority of each field."""
        for path, page, anchor in self.env.config.presso_fields:
            yield path, path, "field", page, anchor, 1

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Nothing to merge: the fields come from the configuration."""


def _levels(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the level of the headings in the sidebar, which the theme leaves out."""
    tree = str(context.get("furo_navigation_tree", ""))
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the fields to the index, and what the theme forgets to the pages."""
    app.connect("html-page-context", _levels, priority=900)
    app.add_config_value("presso_fields", [], "env")
    app.add_domain(Fields)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
