"""Signer: a job for Lambda's code leaves the archive, with a file about its signature in it; profiles' tags
can be changed.

The emulator leaves that file alone. It is not a signature that anything could check. Sources: developer guide
of Signer, "Signing Lambda code" (the archive's new file is named as AWS names it), and its API reference,
`TagResource`.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core.responses import json_response

from presso.local_aws.emulator_patches.internals import Json, Patches, Request, Response

PATCHES = Patches()
_PLATFORM = "AWSLambda-SHA384-ECDSA"
_FILE = "META-INF/aws_signer_signature_v1.0.SF"
_LAMBDA = object()
_TAGS = re.compile(r"/tags/arn:aws:signer:[^:]+:[^:]+:/signing-profiles/(\w+)")


def _of_signer(signer: Any) -> Patches:
    patches = Patches()
    patches.uses(signer, "_profiles")

    @patches.before(signer, body="body_bytes")
    def answered(request: Request) -> Response | None:
        about = _TAGS.fullmatch(unquote(request.path))
        profile = signer._profiles.get(about[1]) if about else None
        if profile is None:
            return None
        keys = request.query.get("tagKeys", ())
        given = json.loads(request.body or b"{}")
        return _tagged(profile, given, [keys] if isinstance(keys, str) else keys)

    _sign_archives(signer, patches)
    return patches


def _tagged(profile: Json, given: Json, removed: Iterable[str]) -> Response:
    tags = {**(profile.get("tags") or {}), **given.get("tags", {})}
    profile["tags"] = {key: tags[key] for key in tags if key not in removed}
    return json_response({"tags": profile["tags"]})  # type: ignore[no-any-return]


def _sign_archives(signer: Any, patches: Patches) -> None:
    @patches.around(signer)
    def _signing_key(original: Callable[[Json], Any], profile: Json) -> Any:
        return _LAMBDA if profile.get("platformId") == _PLATFORM else original(profile)

    @patches.around(signer)
    def _iot_signed_object(
        original: Callable[..., bytes | None],
        key: Any,
        data: bytes,
        src_bucket: str,
        src_key: str,
        version_id: str,
    ) -> bytes | None:
        if key is _LAMBDA:
            return _signed(data, f"{src_bucket}/{src_key}")
        return original(key, data, src_bucket, src_key, version_id)


PATCHES.later(app, "signer", _of_signer)


def _signed(archive: bytes, source: str) -> bytes | None:
    """The archive with the file in it; None if it is none: then the job fails."""
    found = io.BytesIO(archive)
    if not zipfile.is_zipfile(found):
        return None
    with zipfile.ZipFile(found, "a") as opened:
        opened.writestr(_FILE, json.dumps({"source": source}))
    return found.getvalue()
