"""What a package is for: a Lambda runtime on an architecture, or this machine for the local AWS."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from dataclasses import dataclass

ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
_PYTHON = re.compile(r"python3\.(\d+)$")
# Of the C library in Amazon Linux 2 and 2023:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_GLIBC_OF_AL2, _GLIBC_OF_AL2023 = 26, 34
_LAST_PYTHON_ON_AL2 = 11
_OLDEST_GLIBC = 5  # of manylinux1, https://peps.python.org/pep-0600/
_LEGACY = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}


@dataclass(frozen=True)
class Platform:
    """What a package is for.

    Args:
        runtime: The function's runtime, such as python3.13 or nodejs22.x.
        architecture: arm64 or x86_64.
        local: Whether it is for this machine's Python or Node.js, in place of that runtime.
    """

    runtime: str
    architecture: str
    local: bool = False

    def __str__(self) -> str:
        """As an error names it."""
        if not self.local:
            return f"{self.runtime} on {self.architecture}"
        own = f"Python 3.{sys.version_info.minor}" if self.is_python else "Node.js"
        return f"this machine's {own} ({sysconfig.get_platform()})"

    @property
    def is_python(self) -> bool:
        """Whether the function is in Python."""
        return self.runtime.startswith("python")

    @property
    def key(self) -> str:
        """What the choice of files depends on."""
        if not self.local:
            return f"{self.runtime}-{self.architecture}"
        language = sys.implementation.cache_tag if self.is_python else "node"
        return f"{language}-{sysconfig.get_platform()}-{'-'.join(platform.libc_ver())}"

    @property
    def minor(self) -> int:
        """The second number of the version of Python."""
        found = _PYTHON.match(self.runtime)
        return sys.version_info.minor if self.local or found is None else int(found[1])

    def markers(self) -> dict[str, str]:
        """The environment that the markers of requirements are evaluated in (PEP 508)."""
        if self.local:
            from packaging.markers import default_environment

            return {name: str(value) for name, value in default_environment().items()} | {"extra": ""}
        version = f"3.{self.minor}"
        return {
            "extra": "",
            "implementation_name": "cpython",
            "implementation_version": f"{version}.0",
            "os_name": "posix",
            "platform_machine": ARCHITECTURES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{version}.0",
            "python_version": version,
            "sys_platform": "linux",
        }

    def of_pip(self) -> list[str]:
        """The options by which pip chooses wheels; none for its own Python."""
        if self.local:
            return []
        machine = ARCHITECTURES[self.architecture]
        newest = _GLIBC_OF_AL2 if self.minor <= _LAST_PYTHON_ON_AL2 else _GLIBC_OF_AL2023
        tags = []
        for number in range(newest, _OLDEST_GLIBC - 1, -1):
            tags += [f"manylinux_2_{number}_{machine}"]
            tags += [f"{_LEGACY[number]}_{machine}"] if number in _LEGACY else []
        options = [part for tag in (*tags, f"linux_{machine}") for part in ("--platform", tag)]
        version = ["--python-version", f"3.{self.minor}", "--implementation", "cp"]
        return [*options, *version, "--abi", f"cp3{self.minor}"]

    def of_npm(self) -> dict[str, str]:
        """The names by which npm chooses packages; none for its own machine."""
        if self.local:
            return {}
        return {"os": "linux", "cpu": "arm64" if self.architecture == "arm64" else "x64", "libc": "glibc"}
