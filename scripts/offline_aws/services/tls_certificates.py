"""hashicorp/tls: certificates, requests for them, and both signed by a key of the configuration.

Source: internal/provider/{common_cert,resource_self_signed_cert,resource_cert_request,
resource_locally_signed_cert}.go of hashicorp/terraform-provider-tls.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, first
from offline_aws.resource import Plan
from offline_aws.services import tls_keys

# Allowed uses: the flags of cryptography's KeyUsage, and identifiers (RFC 5280, 4.2.1.12, and Microsoft's).
FLAGS = {
    "cert_signing": "key_cert_sign",
    "content_commitment": "content_commitment",
    "crl_signing": "crl_sign",
    "data_encipherment": "data_encipherment",
    "decipher_only": "decipher_only",
    "digital_signature": "digital_signature",
    "encipher_only": "encipher_only",
    "key_agreement": "key_agreement",
    "key_encipherment": "key_encipherment",
}
PURPOSES = {
    "any_extended": "2.5.29.37.0",
    "client_auth": "1.3.6.1.5.5.7.3.2",
    "code_signing": "1.3.6.1.5.5.7.3.3",
    "email_protection": "1.3.6.1.5.5.7.3.4",
    "ipsec_end_system": "1.3.6.1.5.5.7.3.5",
    "ipsec_tunnel": "1.3.6.1.5.5.7.3.6",
    "ipsec_user": "1.3.6.1.5.5.7.3.7",
    "microsoft_commercial_code_signing": "1.3.6.1.4.1.311.2.1.22",
    "microsoft_kernel_code_signing": "1.3.6.1.4.1.311.61.1.1",
    "microsoft_server_gated_crypto": "1.3.6.1.4.1.311.10.3.3",
    "netscape_server_gated_crypto": "2.16.840.1.113730.4.1",
    "ocsp_signing": "1.3.6.1.5.5.7.3.9",
    "server_auth": "1.3.6.1.5.5.7.3.1",
    "timestamping": "1.3.6.1.5.5.7.3.8",
}
# A subject's parts, in the order in which Go writes them.
_PARTS = {
    "country": "2.5.4.6",
    "organization": "2.5.4.10",
    "organizational_unit": "2.5.4.11",
    "locality": "2.5.4.7",
    "province": "2.5.4.8",
    "street_address": "2.5.4.9",
    "postal_code": "2.5.4.17",
    "common_name": "2.5.4.3",
    "serial_number": "2.5.4.5",
}


def now() -> datetime:
    """The current time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _refuses(make: Callable[[Aws, Values], None]) -> Callable[[Aws, Values], None]:
    """A function that refuses what cannot be written into a certificate, such as names that are not ASCII."""

    @wraps(make)
    def made(aws: Aws, values: Values) -> None:
        try:
            make(aws, values)
        except (OverflowError, ValueError) as error:
            raise ResourceError("failed to create certificate", detail=str(error)) from error

    return made


def _subject(values: Values) -> Any:
    from cryptography import x509

    parts = []
    for name, identifier in _PARTS.items():
        value = (first(values["subject"]) or {}).get(name) or []
        for text in value if isinstance(value, list) else [value]:
            parts.append(x509.NameAttribute(x509.ObjectIdentifier(identifier), text))
    return x509.Name(parts)


def _alternatives(values: Values) -> Any:
    from cryptography import x509

    names: list[x509.GeneralName] = [x509.DNSName(name) for name in values["dns_names"] or ()]
    for address in values["ip_addresses"] or ():
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        except ValueError as error:
            raise ResourceError(f"failed to parse {address!r}", path="ip_addresses") from error
    names += [x509.UniformResourceIdentifier(uri) for uri in values["uris"] or ()]
    return x509.SubjectAlternativeName(names) if names else None


def _digest(key: Any) -> Any:
    from cryptography.hazmat.primitives import hashes

    if tls_keys.algorithm(key) == "ED25519":
        return None
    larger = {384: hashes.SHA384(), 521: hashes.SHA512()}
    return larger.get(key.key_size, hashes.SHA256())


@_refuses
def request(aws: Aws, values: Values) -> None:
    """Make a request for a certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    key = tls_keys.private_key(values["private_key_pem"])
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(values))
    if names := _alternatives(values):
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(key, _digest(key))
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    identifier = tls_keys.published(key.public_key())["id"]
    values.update({"id": identifier, "cert_request_pem": pem, "key_algorithm": tls_keys.algorithm(key)})


@_refuses
def self_signed(aws: Aws, values: Values) -> None:
    """Make a certificate that its own key signs."""
    key = tls_keys.private_key(values["private_key_pem"])
    subject, names = _subject(values), _alternatives(values)
    values["key_algorithm"] = tls_keys.algorithm(key)
    _sign(values, key, key.public_key(), subject, subject, names, None)


@_refuses
def locally_signed(aws: Aws, values: Values) -> None:
    """Make the certificate that a request asks for, signed by an authority's key."""
    from cryptography import x509

    try:
        asked = x509.load_pem_x509_csr(values["cert_request_pem"].encode())
        authority = x509.load_pem_x509_certificate(values["ca_cert_pem"].encode())
    except ValueError as error:
        raise ResourceError("failed to parse a PEM", detail=str(error)) from error
    key = tls_keys.private_key(values["ca_private_key_pem"])
    try:
        names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    values["ca_key_algorithm"] = tls_keys.algorithm(key)
    _sign(values, key, asked.public_key(), asked.subject, authority.subject, names, authority)


def _sign(
    values: Values, key: Any, public: Any, subject: Any, issuer: Any, names: Any, authority: Any
) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    if values["is_ca_certificate"] and not list(subject):
        raise ResourceError(
            "invalid certificate subject",
            detail="Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
        )
    begin = now()
    end = begin + timedelta(hours=values["validity_period_hours"])
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer, subject, public, serial, begin, end)
    for extension, critical in _extensions(values, public, names, authority):
        builder = builder.add_extension(extension, critical)
    pem = builder.sign(key, _digest(key)).public_bytes(serialization.Encoding.PEM).decode()
    values.update(
        {
            "id": str(serial),
            "cert_pem": pem,
            "ready_for_renewal": False,
            "validity_end_time": tls_keys.moment(end),
            "validity_start_time": tls_keys.moment(begin),
        }
    )


def _extensions(values: Values, public: Any, names: Any, authority: Any) -> list[tuple[Any, bool]]:
    from cryptography import x509

    uses = values["allowed_uses"] or []
    flags = {flag: use in uses for use, flag in FLAGS.items()}
    found: list[tuple[Any, bool]] = []
    if any(flags.values()):
        flags["key_agreement"] = flags["key_agreement"] or flags["encipher_only"] or flags["decipher_only"]
        found.append((x509.KeyUsage(**flags), True))
    if purposes := [x509.ObjectIdentifier(PURPOSES[use]) for use in uses if use in PURPOSES]:
        found.append((x509.ExtendedKeyUsage(purposes), False))
    found.append((x509.BasicConstraints(values["is_ca_certificate"], None), True))
    own = x509.SubjectKeyIdentifier.from_public_key(public)
    if values["is_ca_certificate"] or values["set_subject_key_id"]:
        found.append((own, False))
    if issuer := _authority_key(values, own, authority):
        found.append((x509.AuthorityKeyIdentifier(issuer, None, None), False))
    if names:
        found.append((names, False))
    return found


def _authority_key(values: Values, own: Any, authority: Any) -> bytes | None:
    from cryptography import x509

    if authority is None:
        identified = values["is_ca_certificate"] or values["set_subject_key_id"]
        if values["set_authority_key_id"] and not identified:
            raise ResourceError(
                "invalid certificate authority", detail="Could not determine Authority Key Identifier"
            )
        return bytes(own.digest) if values["set_authority_key_id"] else None
    try:
        found = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None
    return bytes(found)


def _due(values: Values) -> bool:
    end, early = values["validity_end_time"], values["early_renewal_hours"]
    if not isinstance(end, str) or not isinstance(early, int):
        return False
    return now() >= datetime.fromisoformat(end) - timedelta(hours=early)


def read(aws: Aws, values: Values) -> Values:
    """A certificate shows when it can be renewed."""
    return {"ready_for_renewal": _due(values)}


def renewed(plan: Plan) -> None:
    """A certificate that has ended, or ends within `early_renewal_hours`, is replaced."""
    if plan.prior is None:
        plan.values["ready_for_renewal"] = False
    elif _due(plan.values):
        plan.values["ready_for_renewal"] = UNKNOWN
        plan.replaced.append("ready_for_renewal")
