"""The provider cloudinit: the texts that it makes."""

from __future__ import annotations

import base64
import email
import gzip

import pytest
from tests.offline_aws.services.test_companions import Companion, Refused

CLOUDINIT = Companion("cloudinit")
PLAIN = {"gzip": False, "base64_encode": False}


def test_one_part_is_rendered_as_published() -> None:
    part = {"content_type": "text/x-shellscript", "content": "baz", "filename": "foobar.sh"}
    found = CLOUDINIT.read("cloudinit_config", **PLAIN, part=[part])
    assert found["rendered"] == (
        'Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"\nMIME-Version: 1.0\r\n\r\n'
        '--MIMEBOUNDARY\r\nContent-Disposition: attachment; filename="foobar.sh"\r\n'
        "Content-Transfer-Encoding: 7bit\r\nContent-Type: text/x-shellscript\r\nMime-Version: 1.0\r\n\r\n"
        "baz\r\n--MIMEBOUNDARY--\r\n"
    )


def test_several_parts_are_a_message_of_several() -> None:
    parts = [{"content": "one"}, {"content": "two", "merge_type": "list(append)"}]
    state = CLOUDINIT.apply("cloudinit_config", part=parts, boundary="//")
    text = gzip.decompress(base64.b64decode(state["rendered"])).decode()
    message = email.message_from_string(text)
    assert [part.get_payload() for part in message.walk() if not part.is_multipart()] == ["one", "two"]
    assert [part["X-Merge-Type"] for part in message.walk()] == [None, None, "list(append)"]


def test_what_is_compressed_must_be_encoded() -> None:
    with pytest.raises(Refused, match="when gzip is true"):
        CLOUDINIT.read("cloudinit_config", base64_encode=False, part=[{"content": "a"}])
    with pytest.raises(Refused, match="length"):
        CLOUDINIT.read("cloudinit_config", part=[{"content": ""}])
