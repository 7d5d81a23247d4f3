"""Reads one generated module of pulumi-aws: what is computed when left out, secret, deprecated, the identity.

Pulumi's bindings come from the same provider major. An input that may be left out, but whose output is never
absent, is optional and computed in Terraform's words.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_OUTPUT = re.compile(r"def (\w+)\(self\) -> (?:pulumi\.Output\[)?(Optional)?")
_DEPRECATED = re.compile(r'@_utilities\.deprecated\("""[^"]*"""\)\s+def (\w+)\(self\) ->')
_NO_TYPE = re.compile(r"(^|\.)(outputs|provider|config\.\w+)$")
_IDENTITY = re.compile(r"### Identity Schema\n(.*?)(?:\bpulumi import\b|\"\"\"|:param )", re.DOTALL)
_IDENTITY_ATTRIBUTE = re.compile(r"^ *[*-] `(\w+)`", re.MULTILINE)
_SECRETS = re.compile(r"additional_secret_outputs=\[([^\]]*)\]")


@dataclass(frozen=True)
class ModuleFacts:
    """The facts of one module, all in Terraform's snake case.

    ``always`` are outputs that are never absent, ``secret`` the outputs kept from being shown, ``deprecated``
    those that a later version will not have (of lists in the plural); ``outputs`` are all of them;
    ``identity`` has the attributes of the resource identity, and whether an import needs each.
    """

    always: frozenset[str]
    secret: frozenset[str]
    deprecated: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    identity: Mapping[str, bool] = field(default_factory=dict)

    @staticmethod
    def of(source: str) -> "ModuleFacts":
        """Read a module's source; a data source's module has no secrets."""
        # The state class lists every output as an optional input; only the class after it has the facts.
        outputs = source[source.rfind("\n@pulumi.type_token") :] if "@pulumi.type_token" in source else source
        found = {name: bool(optional) for name, optional in _OUTPUT.findall(outputs)}
        secrets = _SECRETS.search(source)
        return ModuleFacts(
            always=frozenset(name for name, optional in found.items() if not optional),
            secret=frozenset(_snake(name) for name in re.findall(r'"(\w+)"', secrets[1]))
            if secrets
            else frozenset(),
            deprecated=frozenset(_DEPRECATED.findall(outputs)),
            outputs=frozenset(found),
            identity=_identity(source),
        )


def read(wheel: Path, modules: list[str]) -> dict[str, ModuleFacts]:
    """``cloudwatch.event_bus`` to its facts, for every requested module; KeyError when one does not exist."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            module: ModuleFacts.of(archive.read(f"pulumi_aws/{module.replace('.', '/')}.py").decode())
            for module in modules
        }


def names(wheel: Path) -> list[str]:
    """The modules that may be of a type; those of data sources are called ``get_…``."""
    with zipfile.ZipFile(wheel) as archive:
        files = [
            name for name in archive.namelist() if name.startswith("pulumi_aws/") and name.endswith(".py")
        ]
    found = [file.removeprefix("pulumi_aws/").removesuffix(".py").replace("/", ".") for file in files]
    return [
        name for name in found if not name.rpartition(".")[2].startswith("_") and not _NO_TYPE.search(name)
    ]


def _identity(source: str) -> dict[str, bool]:
    documented = _IDENTITY.search(source)
    needed, _, optional = (documented[1] if documented else "").partition("#### Optional")
    return {name: part is needed for part in (needed, optional) for name in _IDENTITY_ATTRIBUTE.findall(part)}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
