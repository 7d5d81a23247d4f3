"""hashicorp/local: files beside the configuration.

Source: internal/provider/{resource,data_source}_local_*.go of hashicorp/terraform-provider-local.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from pathlib import Path

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.services.kept_values import kept
from offline_aws.validators import matches

_mode = matches(r"^0?[0-7]{3}$", 'expected an octal mode such as "0644"')


def _digests(content: bytes) -> Values:
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    sha256, sha512 = hashlib.sha256(content), hashlib.sha512(content)
    return {
        "id": sha1,
        "content_base64sha256": base64.b64encode(sha256.digest()).decode(),
        "content_base64sha512": base64.b64encode(sha512.digest()).decode(),
        "content_md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "content_sha1": sha1,
        "content_sha256": sha256.hexdigest(),
        "content_sha512": sha512.hexdigest(),
    }


def _content(aws: Aws, values: Values) -> bytes:
    if values.get("content_base64") is not None:
        try:
            return base64.b64decode(values["content_base64"], validate=True)
        except ValueError as error:
            raise ResourceError("content_base64 is not base64", path="content_base64") from error
    if values.get("source") is not None:
        return aws.path(values["source"]).read_bytes()
    return str(values.get("sensitive_content") or values.get("content") or "").encode()


def _create(aws: Aws, values: Values) -> None:
    file, content = aws.path(values["filename"]), _content(aws, values)
    missing = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        folder.chmod(int(values["directory_permission"], 8))
    file.touch(mode=0o600)
    file.write_bytes(content)
    file.chmod(int(values["file_permission"], 8))
    values.update(_digests(content))


def _read(aws: Aws, values: Values) -> Values | None:
    """Gone is also what has another content: the published provider makes it anew."""
    try:
        content = aws.path(values["filename"]).read_bytes()
    except FileNotFoundError:
        return None
    return {} if _digests(content)["id"] == values["id"] else None


def _delete(aws: Aws, values: Values) -> None:
    with contextlib.suppress(FileNotFoundError):
        Path(aws.path(values["filename"])).unlink()


def _handler(mode: str, *contents: str) -> ResourceHandler:
    return kept(
        _create,
        read=_read,
        delete=_delete,
        defaults={"directory_permission": mode, "file_permission": mode},
        validators={"directory_permission": _mode, "file_permission": _mode},
        exactly_one_of=(contents,),
    )


def _found(aws: Aws, values: Values) -> Values:
    content = aws.path(values["filename"]).read_bytes()
    text = content.decode(errors="replace")
    return {"content": text, "content_base64": base64.b64encode(content).decode(), **_digests(content)}


RESOURCES = {
    "local_file": _handler("0777", "content", "sensitive_content", "content_base64", "source"),
    "local_sensitive_file": _handler("0700", "content", "content_base64", "source"),
}

DATA_SOURCES = {
    name: DataSourceHandler(read=_found, tags=False) for name in ("local_file", "local_sensitive_file")
}
