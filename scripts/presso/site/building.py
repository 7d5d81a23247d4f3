"""Building the site: pages → Sphinx → the folder, whole or not at all."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from presso import __version__, atomic, interruption
from presso.catalog.pictures import palette
from presso.errors import PressoError, UsageError
from presso.site.configuration import configuration
from presso.site.content import Content
from presso.site.event_page import anchor
from presso.site.pages import Page, pages
from presso.workspace import Workspace

# Marks a folder as a site of ours, which may be replaced.
MARK = ".presso-site"
_HERE = Path(__file__).parent


def build(workspace: Workspace, out: Path) -> int:
    """Build the site into a folder; what is there stays until the new one is whole.

    Returns:
        How many pages it has.

    Raises:
        UsageError: The folder is something else than a site of presso's, or a file of the checkout is broken.
        PressoError: The folder cannot be written.
    """
    out = out.absolute()
    _check(out)
    content = Content.load(workspace)
    found = list(pages(content))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _draft(out) as draft:
            with tempfile.TemporaryDirectory(prefix="presso-site-") as work:
                _sphinx(content, found, Path(work), draft)
            _replace(draft, out)
    except OSError as error:
        raise PressoError(f"The site cannot be written to {out}: {error.strerror}.") from None
    return len(found)


def _check(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise UsageError(
            f"{out} is not empty, and is not a site built by presso.",
            hint="Name a separate folder with --out; presso creates it if needed.",
        )
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file.", hint="Name a folder with --out; presso creates it if needed.")


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A folder beside the site, which is gone afterwards unless it has become the site."""
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        # A temporary folder is private; a site is public.
        draft.chmod(0o755)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, out: Path) -> None:
    old = draft.with_name(f"{draft.name}.old")
    with interruption.deferred():
        atomic.replace(out, draft, old)
        shutil.rmtree(old, ignore_errors=True)


def _sphinx(content: Content, found: Sequence[Page], work: Path, draft: Path) -> None:
    """Let Sphinx write the pages.

    Raises:
        PressoError: Sphinx fails; the message has its errors.
    """
    source, static = work / "pages", work / "static"
    _write_pages(found, source)
    _write_static(found, static)
    settings = configuration(__version__, static, _HERE / "theme", _fields(content))
    # As a file, since a theme's own settings are known only after those that are given otherwise.
    lines = (f"{name} = {value!r}\n" for name, value in settings.items())
    (work / "conf.py").write_text("".join(lines), encoding="utf-8")
    if said := _run(source, work, draft):
        raise PressoError(f"Sphinx failed on the site's pages:\n{said}")
    # The data that it keeps for the next build is not for readers.
    shutil.rmtree(draft / "_sources", ignore_errors=True)
    for name in (".buildinfo", "objects.inv"):
        (draft / name).unlink(missing_ok=True)
    (draft / MARK).write_text("Built by presso catalog site, which replaces this folder.\n", encoding="utf-8")
    (draft / ".nojekyll").touch()


def _fields(content: Content) -> list[tuple[str, str, str]]:
    """The path of every field that has a name, its event's page, and where it is there."""
    return [
        (field.path.replace("[]", ""), content.page(event), anchor(field.path))
        for event in content.catalog.events
        for field in event.fields
        if not field.path.endswith("[]")
    ]


def _run(source: Path, work: Path, draft: Path) -> str:
    """Run Sphinx; what it complains of."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    complaints = io.StringIO()
    with _same_time(), patch_docutils(None), docutils_namespace():
        app = Sphinx(
            str(source),
            str(work),
            str(draft),
            str(work / "doctrees"),
            "html",
            status=None,
            warning=complaints,
            freshenv=True,
        )
        app.build(force_all=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", complaints.getvalue()).strip().replace(f"{source}/", "")


@contextmanager
def _same_time() -> Iterator[None]:
    """The same checkout gives the same site: no page has the time of the build."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]


def _write_pages(found: Sequence[Page], source: Path) -> None:
    for page in found:
        path = source / f"{page.name}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, encoding="utf-8")


def _write_static(found: Sequence[Page], static: Path) -> None:
    shutil.copytree(_HERE / "static", static)
    (static / "pictures.css").write_text(palette.page_style(), encoding="utf-8")
    texts = {page.name: page.about for page in found}
    text = json.dumps(texts, ensure_ascii=False, indent=1, sort_keys=True)
    (static / "about.js").write_text(f"window.PRESSO_ABOUT = {text};\n", encoding="utf-8")
