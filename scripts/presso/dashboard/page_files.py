"""The page's own files, read once: no path of a request reaches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class PageFile:
    """A file of the page."""

    content: bytes
    type: str


def page_files() -> dict[str, PageFile]:
    """Return the files by their names."""
    found = {}
    for path in files("presso.dashboard").joinpath("static").iterdir():
        ending = f".{path.name.rpartition('.')[2]}"
        if ending in _TYPES:
            found[path.name] = PageFile(path.read_bytes(), _TYPES[ending])
    # The colours and the mark are those of the catalog's site.
    from presso.catalog.pictures import palette

    found["colours.css"] = PageFile(palette.page_style().encode(), _TYPES[".css"])
    mark = files("presso.site").joinpath("static", "favicon.svg").read_bytes()
    found["favicon.svg"] = PageFile(mark, _TYPES[".svg"])
    return found
