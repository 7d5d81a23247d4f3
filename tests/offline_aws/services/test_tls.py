"""The provider tls: its keys and certificates are what other programs read."""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.offline_aws.services.test_companions import Companion, Refused

from offline_aws.handler_values import UNKNOWN, Values
from offline_aws.services import tls_certificates

TLS = Companion("tls")
SUBJECT = {"common_name": "bar.example.com", "organization": "presso", "street_address": ["Bean Street 1"]}


def key(algorithm: str = "ECDSA", curve: str = "P256") -> Values:
    return TLS.apply("tls_private_key", algorithm=algorithm, ecdsa_curve=curve, rsa_bits=1024)


def signed(**more: object) -> Values:
    config = {"validity_period_hours": 12, "allowed_uses": ["digital_signature", "server_auth"], **more}
    pem = config.pop("private_key_pem", None) or key()["private_key_pem"]
    return TLS.apply("tls_self_signed_cert", private_key_pem=pem, subject=[SUBJECT], **config)


@pytest.mark.parametrize(
    ("algorithm", "kind", "heading"),
    [
        ("RSA", rsa.RSAPrivateKey, "RSA PRIVATE KEY"),
        ("ECDSA", ec.EllipticCurvePrivateKey, "EC PRIVATE KEY"),
        ("ED25519", ed25519.Ed25519PrivateKey, "PRIVATE KEY"),
    ],
)
def test_a_key_is_the_same_in_every_spelling(algorithm: str, kind: type, heading: str) -> None:
    state = key(algorithm)
    assert state["private_key_pem"].startswith(f"-----BEGIN {heading}-----")
    read = [
        serialization.load_pem_private_key(state["private_key_pem"].encode(), None),
        serialization.load_pem_private_key(state["private_key_pem_pkcs8"].encode(), None),
        serialization.load_ssh_private_key(state["private_key_openssh"].encode(), None),
    ]
    assert all(isinstance(each, kind) for each in read)
    public = [
        each.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for each in read
    ]
    assert [each.decode() for each in public] == [state["public_key_pem"]] * 3
    blob = base64.b64decode(state["public_key_openssh"].split()[1])
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    assert state["public_key_fingerprint_sha256"] == f"SHA256:{digest}"
    found = TLS.read("tls_public_key", private_key_openssh=state["private_key_openssh"])
    assert (found["algorithm"], found["id"]) == (algorithm, state["id"])


def test_a_curve_that_openssh_has_not_leaves_its_spellings_empty() -> None:
    state = key(curve="P224")
    assert state["public_key_openssh"] == state["private_key_openssh"] == ""
    assert state["public_key_fingerprint_md5"] == ""


def test_a_certificate_has_what_was_configured() -> None:
    state = signed(
        dns_names=["bar.example.com"],
        ip_addresses=["127.0.0.1"],
        uris=["https://bar.example.com/a"],
        set_subject_key_id=True,
        set_authority_key_id=True,
    )
    made = x509.load_pem_x509_certificate(state["cert_pem"].encode())
    assert made.subject == made.issuer
    assert made.subject.rfc4514_string() == "CN=bar.example.com,STREET=Bean Street 1,O=presso"
    assert str(made.serial_number) == state["id"]
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bar.example.com"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
    own = made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert own.digest == issuer.key_identifier
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(hours=12)


def test_an_authority_signs_what_is_requested() -> None:
    root, leaf = key(), key("ED25519")
    authority = signed(
        private_key_pem=root["private_key_pem"], is_ca_certificate=True, allowed_uses=["cert_signing"]
    )
    asked = TLS.apply(
        "tls_cert_request",
        private_key_pem=leaf["private_key_pem"],
        subject=[{"common_name": "leaf"}],
        dns_names=["leaf.example.com"],
    )
    state = TLS.apply(
        "tls_locally_signed_cert",
        ca_private_key_pem=root["private_key_pem"],
        ca_cert_pem=authority["cert_pem"],
        cert_request_pem=asked["cert_request_pem"],
        validity_period_hours=1,
        allowed_uses=["client_auth"],
    )
    made, by = (x509.load_pem_x509_certificate(each["cert_pem"].encode()) for each in (state, authority))
    made.verify_directly_issued_by(by)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["leaf.example.com"]
    assert (state["ca_key_algorithm"], asked["key_algorithm"]) == ("ECDSA", "ED25519")
    shown = TLS.read("tls_certificate", content=state["cert_pem"] + authority["cert_pem"])["certificates"]
    assert [(each["is_ca"], each["subject"]) for each in shown] == [
        (False, "CN=leaf"),
        (True, by.subject.rfc4514_string()),
    ]
    assert shown[0]["sha1_fingerprint"] == made.fingerprint(hashes.SHA1()).hex()


def test_a_certificate_is_replaced_when_it_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = key()["private_key_pem"]
    config = {"private_key_pem": pem, "subject": [SUBJECT], "allowed_uses": [], "validity_period_hours": 12}
    state = TLS.apply("tls_self_signed_cert", **config)
    begin = tls_certificates.now()
    monkeypatch.setattr(tls_certificates, "now", lambda: begin + timedelta(hours=11))
    assert TLS.plan("tls_self_signed_cert", state, **config) == (state, [])
    planned, replaced = TLS.plan("tls_self_signed_cert", state, **config, early_renewal_hours=2)
    assert (planned["ready_for_renewal"], replaced) == (UNKNOWN, ["ready_for_renewal"])
    refreshed = TLS.refresh("tls_self_signed_cert", {**state, "early_renewal_hours": 2})
    assert refreshed is not None
    assert refreshed["ready_for_renewal"] is True


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("tls_private_key", {"algorithm": "DSA"}, "ED25519"),
        ("tls_private_key", {"algorithm": "ECDSA", "ecdsa_curve": "P1"}, "P224"),
        (
            "tls_self_signed_cert",
            {"private_key_pem": "x", "validity_period_hours": 1, "allowed_uses": ["all"]},
            "server_auth",
        ),
    ],
)
def test_what_is_wrong_is_refused(kind: str, config: Values, words: str) -> None:
    with pytest.raises(Refused, match=words):
        TLS.validate(kind, **config)


def test_a_text_without_a_key_and_an_authority_without_a_name_are_refused() -> None:
    config = {"validity_period_hours": 1, "allowed_uses": []}
    with pytest.raises(Refused, match="private key PEM"):
        TLS.apply("tls_self_signed_cert", private_key_pem="no key", **config)
    pem = key()["private_key_pem"]
    with pytest.raises(Refused, match="failed to create certificate"):
        TLS.apply("tls_self_signed_cert", private_key_pem=pem, **config, dns_names=["café.example"])
    with pytest.raises(Refused, match="failed to create certificate"):
        TLS.apply("tls_self_signed_cert", private_key_pem=pem, **{**config, "validity_period_hours": 10**9})
    with pytest.raises(Refused, match="Distinguished Name"):
        TLS.apply("tls_self_signed_cert", private_key_pem=pem, is_ca_certificate=True, **config)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A server with a certificate of its own: its port, and the certificate."""
    own = key()
    pem = signed(private_key_pem=own["private_key_pem"])["cert_pem"]
    file = tmp_path / "server.pem"
    file.write_text(pem + own["private_key_pem"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening.server_port, pem
        listening.shutdown()
        thread.join()


def test_the_certificates_of_a_server_are_read_and_verified(server: tuple[int, str]) -> None:
    port, pem = server
    found = TLS.read("tls_certificate", url=f"https://127.0.0.1:{port}", verify_chain=False)
    assert [each["cert_pem"] for each in found["certificates"]] == [pem]
    with pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"):
        TLS.read("tls_certificate", url=f"tls://127.0.0.1:{port}")


def test_without_a_network_the_error_names_the_way_out() -> None:
    with pytest.raises(Refused, match="without a network use `content`"):
        TLS.read("tls_certificate", url="https://127.0.0.1:9")
    with pytest.raises(Refused, match="port missing"):
        TLS.read("tls_certificate", url="tls://127.0.0.1")
