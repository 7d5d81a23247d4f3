"""hashicorp/cloudinit: parts of a machine's first configuration, in one text.

Source: internal/provider/cloudinit_config.go of hashicorp/terraform-provider-cloudinit.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import Values
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.services.kept_values import kept
from offline_aws.validators import length

_SOME = length(1, 1 << 24)


def _rendered(values: Values) -> Values:
    boundary = values["boundary"]
    text = f'Content-Type: multipart/mixed; boundary="{boundary}"\nMIME-Version: 1.0\r\n\r\n'
    for number, part in enumerate(values["part"]):
        headers = {
            "Content-Disposition": f'attachment; filename="{part["filename"]}"' if part["filename"] else "",
            "Content-Transfer-Encoding": "7bit",
            "Content-Type": part["content_type"] or "text/plain",
            "Mime-Version": "1.0",
            "X-Merge-Type": part["merge_type"] or "",
        }
        text += "\r\n" * (number > 0) + f"--{boundary}\r\n"
        text += "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        text += f"\r\n{part['content']}"
    data = f"{text}\r\n--{boundary}--\r\n".encode()
    if values["gzip"]:
        data = gzip.compress(data, mtime=0)
    found = base64.b64encode(data).decode() if values["base64_encode"] else data.decode()
    return {"id": str(zlib.crc32(found.encode())), "rendered": found}


def _create(aws: Aws, values: Values) -> None:
    values.update(_rendered(values))


def _read(aws: Aws, values: Values) -> Values:
    return _rendered(values)


def _encoded(config: Values) -> Iterable[tuple[str, str]]:
    if config["gzip"] in (None, True) and config["base64_encode"] is False:
        yield "base64_encode", "expected base64_encode to be set to true when gzip is true"


_TABLES: Mapping[str, Any] = {
    "checks": (_encoded,),
    "defaults": {"base64_encode": True, "boundary": "MIMEBOUNDARY", "gzip": True},
    "validators": {"boundary": _SOME, "part.content": _SOME, "part.content_type": _SOME},
    "differs": "What is compressed has other bytes: another compressor. They are the same on every run.",
}

RESOURCES: Mapping[str, ResourceHandler] = {"cloudinit_config": kept(_create, **_TABLES)}
DATA_SOURCES: Mapping[str, DataSourceHandler] = {"cloudinit_config": DataSourceHandler(read=_read, **_TABLES)}
