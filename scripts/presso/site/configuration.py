"""The configuration of Sphinx: nothing from other hosts, and no time or place of the build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_LIGHT = {
    "color-brand-primary": "#7c2d12",
    "color-brand-content": "#9a3412",
    "color-brand-visited": "#7c2d12",
    "color-foreground-muted": "#57534e",
    "color-foreground-secondary": "#57534e",
    "color-sidebar-caption-text": "#57534e",
    "color-sidebar-search-text": "#1c1917",
    "color-highlight-on-target": "#fef3c7",
    "color-background-secondary": "#faf8f5",
    "color-code-background": "#f7f5f2",
}
_DARK = {
    "color-brand-primary": "#fdba74",
    "color-brand-content": "#fdba74",
    "color-brand-visited": "#fed7aa",
    "color-foreground-muted": "#b8b3ae",
    "color-foreground-secondary": "#b8b3ae",
    "color-sidebar-caption-text": "#b8b3ae",
    "color-highlight-on-target": "#3b2a12",
}


_LEFT_OUT = {
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "html_use_index": False,
    "html_domain_indices": False,
    "html_last_updated_fmt": None,
    # The summaries would be fetched, which browsers refuse from file://; presso.js adds its own.
    "html_show_search_summary": False,
}


def configuration(
    version: str, static: Path, templates: Path, fields: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """The values of a `conf.py`.

    Args:
        version: presso's.
        static: The folder of styles and scripts.
        templates: The folder of what differs from the theme.
        fields: Path, page and anchor of every field.
    """
    return {
        "project": "presso",
        "version": version,
        "language": "en",
        "extensions": ["sphinx_copybutton", "sphinx_design", "presso.site.sphinx_extension"],
        "presso_fields": list(fields),
        "templates_path": [str(templates)],
        "smartquotes": False,
        "highlight_language": "none",
        "pygments_style": "a11y-light",
        "pygments_dark_style": "a11y-dark",
        "html_theme": "furo",
        "html_title": "presso events",
        "html_static_path": [str(static)],
        "html_css_files": ["pictures.css", "presso.css"],
        "html_js_files": ["about.js", "presso.js"],
        "html_favicon": str(static / "favicon.svg"),
        **_LEFT_OUT,
        "html_theme_options": {
            "light_css_variables": _LIGHT,
            "dark_css_variables": _DARK,
            "navigation_with_keys": False,
            "top_of_page_buttons": [],
        },
        "copybutton_copy_empty_lines": True,
    }
