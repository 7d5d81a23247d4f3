"""hashicorp/archive: ``archive_file``, the same bytes from the same files on every machine.

Times are the zip format's first (1980-01-01), modes the files' own unless ``output_file_mode`` sets them,
names sorted. Hashes differ from the published provider's, whose compressor is another.

Source: internal/provider/{data_source_archive_file,zip_archiver,tar_archiver}.go.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler
from offline_aws.validators import matches, one_of

_EPOCH = (1980, 1, 1, 0, 0, 0)
_DEFAULT_MODE = 0o644

Entry = tuple[str, bytes, int]
"""Name inside the archive, content, permissions."""


def _read(aws: Aws, values: Values) -> Values:
    entries = sorted(_entries(aws, values))
    if values["output_file_mode"]:
        mode = int(values["output_file_mode"], 8)
        entries = [(name, content, mode) for name, content, _ in entries]
    content = _zip(entries) if values["type"] == "zip" else _tar(entries)
    _write(aws.path(values["output_path"]), content)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    sha256, sha512 = hashlib.sha256(content), hashlib.sha512(content)
    return {
        "id": sha1,
        "output_base64sha256": base64.b64encode(sha256.digest()).decode(),
        "output_base64sha512": base64.b64encode(sha512.digest()).decode(),
        "output_md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "output_sha": sha1,
        "output_sha256": sha256.hexdigest(),
        "output_sha512": sha512.hexdigest(),
        "output_size": len(content),
    }


def _entries(aws: Aws, values: Values) -> Iterator[Entry]:
    if values["source_dir"] is not None:
        folder = aws.path(values["source_dir"])
        if not folder.is_dir():
            raise ResourceError(f"error archiving directory: {folder} is not a directory", path="source_dir")
        yield from _folder(folder, values["excludes"] or [], not values["exclude_symlink_directories"])
    elif values["source_file"] is not None:
        file = aws.path(values["source_file"])
        if not file.is_file():
            raise ResourceError(f"error archiving file: {file} is not a file", path="source_file")
        yield file.name, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)
    elif values["source_content_filename"] is not None:
        yield values["source_content_filename"], (values["source_content"] or "").encode(), _DEFAULT_MODE
    else:
        for source in values["source"]:
            yield source["filename"], source["content"].encode(), _DEFAULT_MODE


def _folder(folder: Path, excludes: list[str], follow: bool) -> Iterator[Entry]:
    for parent, folders, files in os.walk(folder, followlinks=follow):
        relative = Path(parent).relative_to(folder)
        folders[:] = sorted(name for name in folders if not _excluded((relative / name).as_posix(), excludes))
        for name in files:
            inside = (relative / name).as_posix()
            if not _excluded(inside, excludes):
                file = Path(parent) / name
                yield inside, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)


def _excluded(name: str, excludes: list[str]) -> bool:
    """``**`` matches any number of folders, ``*`` within one; a folder's pattern excludes what is in it."""
    return any(name == pattern or _glob(name.split("/"), pattern.split("/")) for pattern in excludes)


def _glob(name: list[str], pattern: list[str]) -> bool:
    """Whether a path matches a pattern, each as its parts: `**` is any number of them.

    `ends` are the numbers of leading parts that the pattern so far may match.
    """
    ends = {0}
    for part in pattern:
        if part == "**":
            ends = set(range(min(ends, default=len(name) + 1), len(name) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(name) and fnmatch.fnmatchcase(name[end], part)}
    return len(name) in ends


def _zip(entries: list[Entry]) -> bytes:
    import zipfile

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(str(PurePosixPath(name)), _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _tar(entries: list[Entry]) -> bytes:
    import gzip
    import tarfile

    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, mode in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            archive.addfile(info, BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def _write(file: Path, content: bytes) -> None:
    """Replace the file at once: another run may be reading the same archive, and the same bytes stay."""
    if file.exists() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}.{id(content)}")
    fresh.write_bytes(content)
    fresh.replace(file)


_SINGLE = ("source_file", "source_dir", "source_content_filename")

DATA_SOURCES = {
    "archive_file": DataSourceHandler(
        read=_read,
        validators={
            "output_file_mode": matches(r"^0?[0-7]{3}$", 'expected an octal file mode such as "0666"'),
            "type": one_of("zip", "tar.gz"),
        },
        at_least_one_of=(("source", *_SINGLE),),
        conflicts=(
            ("source", *_SINGLE),
            *((other, "source_content") for other in ("source", "source_file", "source_dir")),
            ("excludes", "source_file"),
            ("excludes", "source_content"),
            ("excludes", "source_content_filename"),
        ),
        tags=False,
    )
}
