"""hashicorp/tls: private keys, what is public of them, and the certificates of a server.

Source: internal/provider/{resource_private_key,common_key,data_source_public_key,data_source_certificate}.go
of hashicorp/terraform-provider-tls.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.validators import matches, one_of

if TYPE_CHECKING:
    from cryptography import x509

ALGORITHMS = ("RSA", "ECDSA", "ED25519")
CURVES = ("P224", "P256", "P384", "P521")
_SECONDS = 30
right_algorithm, right_curve = one_of(*ALGORITHMS), one_of(*CURVES)
right_url = matches(r"^(https|tls)://", "expected a URL with https or tls as its scheme")


def private_key(pem: str) -> Any:
    """The key of a PEM or of OpenSSH's own format.

    Raises:
        ResourceError: It is none.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    read = serialization.load_pem_private_key
    if "OPENSSH PRIVATE KEY" in pem:
        read = serialization.load_ssh_private_key
    try:
        return read(pem.encode(), None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise ResourceError("failed to parse private key PEM", detail=str(error)) from error


def algorithm(key: Any) -> str:
    """Which of `ALGORITHMS` a key, private or public, is of."""
    names = {"RSA": "RSA", "Elliptic": "ECDSA", "EC": "ECDSA", "Ed25519": "ED25519"}
    return next(name for start, name in names.items() if type(key).__name__.startswith(start))


def _new(values: Values) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if values["algorithm"] == "RSA":
        return rsa.generate_private_key(65537, values["rsa_bits"])
    if values["algorithm"] == "ED25519":
        return ed25519.Ed25519PrivateKey.generate()
    curve = getattr(ec, values["ecdsa_curve"].replace("P", "SECP") + "R1")
    return ec.generate_private_key(curve())


def make(aws: Aws, values: Values) -> None:
    """Make a key and spell it."""
    try:
        key = _new(values)
    except ValueError as error:
        raise ResourceError("unable to generate Key from configuration", detail=str(error)) from error
    values.update({**spelt(key), **published(key.public_key())})


def spelt(key: Any) -> Values:
    """A private key in its three spellings; the one of OpenSSH is empty where it has none."""
    from cryptography.hazmat.primitives import serialization

    formats = serialization.PrivateFormat

    def written(form: serialization.PrivateFormat) -> str:
        nothing = serialization.NoEncryption()
        return str(key.private_bytes(serialization.Encoding.PEM, form, nothing).decode())

    plain = formats.PKCS8 if algorithm(key) == "ED25519" else formats.TraditionalOpenSSL
    return {
        "private_key_openssh": written(formats.OpenSSH) if _of_openssh(key) else "",
        "private_key_pem": written(plain),
        "private_key_pem_pkcs8": written(formats.PKCS8),
    }


def _of_openssh(key: Any) -> bool:
    return algorithm(key) != "ECDSA" or key.curve.name != "secp224r1"


def published(key: Any) -> Values:
    """What is public of a key, and an id."""
    from cryptography.hazmat.primitives import serialization

    encodings, formats = serialization.Encoding, serialization.PublicFormat
    der = key.public_bytes(encodings.DER, formats.SubjectPublicKeyInfo)
    pem = key.public_bytes(encodings.PEM, formats.SubjectPublicKeyInfo).decode()
    line = key.public_bytes(encodings.OpenSSH, formats.OpenSSH).decode() if _of_openssh(key) else ""
    blob = base64.b64decode(line.split()[1]) if line else b""
    md5, sha256 = hashlib.md5(blob, usedforsecurity=False).digest(), hashlib.sha256(blob).digest()
    return {
        "id": hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        "public_key_fingerprint_md5": md5.hex(":") if line else "",
        "public_key_fingerprint_sha256": f"SHA256:{_base64(sha256)}" if line else "",
        "public_key_openssh": f"{line}\n" if line else "",
        "public_key_pem": pem,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def public_key(aws: Aws, values: Values) -> Values:
    """What is public of a private key that the configuration has."""
    key = private_key(values["private_key_pem"] or values["private_key_openssh"])
    return {"algorithm": algorithm(key), **published(key.public_key())}


def certificates(aws: Aws, values: Values) -> Values:
    """Those of a server, its root first, or those of a text."""
    from cryptography import x509

    if values["url"]:
        found = [x509.load_der_x509_certificate(der) for der in reversed(_chain(values))]
    else:
        try:
            found = x509.load_pem_x509_certificates(values["content"].encode())
        except ValueError as error:
            raise ResourceError("failed to decode PEM", detail=str(error), path="content") from error
    shown = [_shown(each) for each in found]
    return {
        "id": hashlib.sha1(repr(shown).encode(), usedforsecurity=False).hexdigest(),
        "certificates": shown,
    }


def _chain(values: Values) -> list[bytes]:
    import socket

    url = urlsplit(values["url"])
    port = url.port or (443 if url.scheme == "https" else None)
    if port is None or not url.hostname:
        raise ResourceError(f"port missing from URL: {values['url']}", path="url")
    context = ssl.create_default_context()
    if not values["verify_chain"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((url.hostname, port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=url.hostname) as wrapped,
        ):
            return _sent(wrapped)
    except OSError as error:
        raise ResourceError(
            f"unable to execute TLS connection towards {url.hostname}:{port}: {error}",
            detail="It is made from this machine; without a network use `content` in place of `url`.",
            path="url",
        ) from error


def _sent(wrapped: ssl.SSLSocket) -> list[bytes]:
    """The certificates that a server sent, its own first. The method is public since Python 3.13."""
    if hasattr(wrapped, "get_unverified_chain"):
        found: list[bytes] = wrapped.get_unverified_chain()
        return found
    inside: Any = wrapped._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inside.get_unverified_chain()]


def _shown(certificate: x509.Certificate) -> Values:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        basic = False
    key = algorithm(certificate.public_key())
    hashed = certificate.signature_hash_algorithm
    signed = f"{hashed.name.upper()}-{key}" if hashed else "Ed25519"
    return {
        "cert_pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "is_ca": basic,
        "issuer": certificate.issuer.rfc4514_string(),
        "not_after": moment(certificate.not_valid_after_utc),
        "not_before": moment(certificate.not_valid_before_utc),
        "public_key_algorithm": {"ED25519": "Ed25519"}.get(key, key),
        "serial_number": str(certificate.serial_number),
        "sha1_fingerprint": certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - as published
        "signature_algorithm": signed,
        "subject": certificate.subject.rfc4514_string(),
        "version": certificate.version.value + 1,
    }


def moment(at: datetime) -> str:
    """A time as the published provider writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
