"""What tenants and extensions may be called; the fence's promises rest on these rules."""

import re

LONGEST = 20
PLATFORM = "platform"
# `default` is every account's own bus, and S3 keeps names that begin with `xn--`.
_RESERVED_TENANTS = frozenset({"default", "xn"})
_RESERVED_EXTENSIONS = frozenset({"core", "extension", PLATFORM, "tenant"})
_NAME = re.compile(r"[a-z](-?[a-z0-9])*")


def checked(name: str) -> str:
    """Return a tenant's or extension's name as it is.

    Raises:
        ValueError: Says what is wrong with the name and what would be right.
    """
    if not 2 <= len(name) <= LONGEST:
        raise ValueError(f"a name has 2 to {LONGEST} characters, this has {len(name)}")
    if "--" in name:
        raise ValueError("a double hyphen separates tenant and extension in names on AWS; use a single one")
    if not _NAME.fullmatch(name):
        raise ValueError("a name has small letters, digits and single hyphens between them, a letter first")
    return name


def tenant_checked(name: str) -> str:
    """Return a tenant's name as it is.

    Raises:
        ValueError: As `checked`, or the name means something else on AWS.
    """
    if name in _RESERVED_TENANTS:
        raise ValueError(f"{name} means something else on AWS; choose another name")
    return checked(name)


def extension_checked(name: str) -> str:
    """Return an extension's name as it is.

    Raises:
        ValueError: As `checked`, or the name is one of the platform's own.
    """
    if name in _RESERVED_EXTENSIONS:
        raise ValueError(
            f"{name} is the platform's own name; choose another, such as what the extension does"
        )
    return checked(name)
