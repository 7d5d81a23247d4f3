"""Valid names of tenants and extensions; the boundary relies on these rules."""

import re

LONGEST = 20
PLATFORM = "platform"
CORE = "core"
# `default` is every account's own bus, and S3 keeps names that begin with `xn--`.
_RESERVED_TENANTS = frozenset({"default", "xn"})
_RESERVED_EXTENSIONS = frozenset({CORE, "extension", PLATFORM, "tenant"})
_NAME = re.compile(r"[a-z](-?[a-z0-9])*")


def checked(name: str) -> str:
    """Return a tenant's or extension's name unchanged.

    Raises:
        ValueError: The name is not valid; the message states what is wrong and what is allowed.
    """
    if not 2 <= len(name) <= LONGEST:
        raise ValueError(f"a name has 2 to {LONGEST} characters, this has {len(name)}")
    if "--" in name:
        raise ValueError("a double hyphen separates tenant and extension in names on AWS; use a single one")
    if not _NAME.fullmatch(name):
        raise ValueError("a name has lower-case letters, digits and single hyphens, and starts with a letter")
    return name


def tenant_checked(name: str) -> str:
    """Return a tenant's name unchanged.

    Raises:
        ValueError: As `checked`, or AWS reserves the name.
    """
    if name in _RESERVED_TENANTS:
        raise ValueError(f"AWS reserves {name}; choose another name")
    return checked(name)


def is_tenant(name: str) -> bool:
    """Return whether a text may be a tenant's name."""
    try:
        return bool(tenant_checked(name))
    except ValueError:
        return False


def extension_checked(name: str) -> str:
    """Return an extension's name unchanged.

    Raises:
        ValueError: As `checked`, or the platform reserves the name.
    """
    if name in _RESERVED_EXTENSIONS:
        raise ValueError(
            f"the platform reserves {name}; choose another name, such as what the extension does"
        )
    return checked(name)
