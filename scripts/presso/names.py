"""What tenants and extensions may be called; the fence's promises rest on these rules."""

import re

LONGEST = 20
PLATFORM = "platform"
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


def extension_checked(name: str) -> str:
    """Return an extension's name as it is.

    Raises:
        ValueError: As `checked`, or the name is the reserved `platform`.
    """
    if name == PLATFORM:
        raise ValueError("platform is what presso calls a tenant's own unit; choose another name")
    return checked(name)
