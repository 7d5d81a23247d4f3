"""The user's configuration of Terraform's command line, as far as an extension's Terraform needs it.

https://developer.hashicorp.com/terraform/cli/config/config-file
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

# These blocks have no others in them.
_CREDENTIALS = re.compile(
    r'^[ \t]*credentials(?P<helper>_helper)?\s+"(?P<host>[^"]+)"\s*\{[^{}]*\}[ \t]*\n?', re.MULTILINE
)
_FOLDERS = re.compile(r'^[^\S\n]*(?:path|plugin_cache_dir)[^\S\n]*=[^\S\n]*"([^"]+)"', re.MULTILINE)
_MIRRORS = re.compile(r'^[^\S\n]*url[^\S\n]*=[^\S\n]*"([^"]+)"', re.MULTILINE)


def needed(env: Mapping[str, str]) -> str:
    """Return the user's configuration without credentials, except those for mirrors of providers.

    Args:
        env: The user's environment.
    """
    text = "".join(f"{part.rstrip()}\n" for part in map(_read, _files(env)) if part.strip())
    hosts = {urlsplit(url).hostname for url in _MIRRORS.findall(text)}
    text = _CREDENTIALS.sub(lambda found: found[0] if _is_for(found, hosts) else "", text)
    return text if "provider_installation" in text else text + _installation(env)


def folders(text: str) -> list[str]:
    """Return the folders that a configuration names: mirrors and caches of providers."""
    return [str(Path(path).expanduser()) for path in _FOLDERS.findall(text)]


def _is_for(found: re.Match[str], hosts: set[str | None]) -> bool:
    return not found["helper"] and found["host"] in hosts


def _home(env: Mapping[str, str]) -> Path:
    return Path(env.get("HOME") or Path.home())


def _files(env: Mapping[str, str]) -> Iterator[Path]:
    """Where Terraform reads its configuration from; the credentials of `terraform login` are left out."""
    named = env.get("TF_CLI_CONFIG_FILE")
    yield Path(named) if named else _home(env) / ".terraformrc"
    if not named:
        yield from sorted((_home(env) / ".terraform.d").glob("*.tfrc"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _installation(env: Mapping[str, str]) -> str:
    """The folders that Terraform searches for providers when its configuration names none, as a block.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    data = Path(env.get("XDG_DATA_HOME") or _home(env) / ".local" / "share")
    places = [_home(env) / ".terraform.d" / "plugins", data / "terraform" / "plugins"]
    places += [Path(place, "terraform", "plugins") for place in ("/usr/local/share", "/usr/share")]
    there = {place: ["/".join(found.parts[-3:]) for found in sorted(place.glob("*/*/*"))] for place in places}
    if not any(there.values()):
        return ""
    lines = [
        f"  filesystem_mirror {{\n    path = {json.dumps(str(place))}\n  }}"
        for place in there
        if there[place]
    ]
    found = json.dumps(sorted({name for names in there.values() for name in names}))
    return "\n".join(
        ["provider_installation {", *lines, f"  direct {{\n    exclude = {found}\n  }}", "}", ""]
    )
