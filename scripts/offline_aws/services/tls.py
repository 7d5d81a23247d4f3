"""hashicorp/tls: its types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.services import tls_certificates, tls_keys
from offline_aws.services.kept_values import kept
from offline_aws.validators import at_least, each, one_of

_KEY: Mapping[str, Any] = {
    "defaults": {"ecdsa_curve": "P224", "rsa_bits": 2048},
    "validators": {
        "algorithm": tls_keys.right_algorithm,
        "ecdsa_curve": tls_keys.right_curve,
        "rsa_bits": at_least(1024),
    },
}
_USES = sorted({*tls_certificates.FLAGS, *tls_certificates.PURPOSES})
_CERTIFICATE: Mapping[str, Any] = {
    "read": tls_certificates.read,
    "plan": tls_certificates.renewed,
    "stored_only": {"early_renewal_hours", "ready_for_renewal"},
    "validators": {
        "allowed_uses": each(one_of(*_USES)),
        "early_renewal_hours": at_least(0),
        "validity_period_hours": at_least(0),
    },
}
_DEFAULTS = {"early_renewal_hours": 0, "is_ca_certificate": False, "set_subject_key_id": False}

RESOURCES: Mapping[str, ResourceHandler] = {
    "tls_cert_request": kept(tls_certificates.request),
    "tls_locally_signed_cert": kept(tls_certificates.locally_signed, defaults=_DEFAULTS, **_CERTIFICATE),
    "tls_private_key": kept(tls_keys.make, **_KEY),
    "tls_self_signed_cert": kept(
        tls_certificates.self_signed, defaults={**_DEFAULTS, "set_authority_key_id": False}, **_CERTIFICATE
    ),
}

DATA_SOURCES: Mapping[str, DataSourceHandler] = {
    "tls_certificate": DataSourceHandler(
        read=tls_keys.certificates,
        defaults={"verify_chain": True},
        validators={"url": tls_keys.right_url},
        exactly_one_of=(("content", "url"),),
        differs="The provider's `proxy` is not used. With a `url` it needs a network.",
    ),
    "tls_public_key": DataSourceHandler(
        read=tls_keys.public_key, exactly_one_of=(("private_key_openssh", "private_key_pem"),)
    ),
}
