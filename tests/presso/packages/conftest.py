"""Package indexes in folders: what tests install comes from there, never from a network."""

import base64
import hashlib
import io
import json
import os
import sys
import sysconfig
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from presso.extension_tree import ExtensionTree, TreeFile

# A call of event-function.
CALL = """module "a" {{
  source = "../../modules/event-function"
  source_dir = "${{path.module}}/src"
{more}
}}
"""


def tree_of(files: Mapping[str, str]) -> ExtensionTree:
    """An extension with these files."""
    return ExtensionTree.gathered("tried", [TreeFile(p, t.encode()) for p, t in files.items()], "tried")


_MACHINE = sysconfig.get_platform().replace("-", "_")


class Index:
    """Distributions in a folder, where pip looks for them.

    OWN, ARM and INTEL are the tags of wheels for this machine and for functions.

    Args:
        folder: The folder.
    """

    OWN = f"cp3{sys.version_info.minor}-cp3{sys.version_info.minor}-{_MACHINE}"
    ARM = "cp313-cp313-manylinux_2_28_aarch64"
    INTEL = "cp313-cp313-manylinux_2_28_x86_64"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def wheel(
        self, name: str, tag: str = "py3-none-any", needs: str = "", files: Mapping[str, str] = {}
    ) -> str:
        """Add a wheel of version 1.0; return its line in a lock."""
        path = self.folder / f"{name}-1.0-{tag}.whl"
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: MIT-0\n{needed}\n"
        inside = {f"{name}/__init__.py": f"TAG = {tag!r}\n", **files}
        inside |= {
            f"{name}-1.0.dist-info/METADATA": metadata,
            f"{name}-1.0.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
            f"{name}-1.0.dist-info/RECORD": "",
        }
        with zipfile.ZipFile(path, "w") as archive:
            for where, text in inside.items():
                archive.writestr(where, text)
        return self._line(name, path)

    def source(self, name: str) -> str:
        """Add a source distribution, whose build would leave a trace; return its line in a lock."""
        path = self.folder / f"{name}-1.0.tar.gz"
        setup = f"open({str(self.folder / 'built')!r}, 'w')\nfrom setuptools import setup\nsetup()\n".encode()
        with tarfile.open(path, "w:gz") as archive:
            info = tarfile.TarInfo(f"{name}-1.0/setup.py")
            info.size = len(setup)
            archive.addfile(info, io.BytesIO(setup))
        return self._line(name, path)

    def compiled(self, name: str, *tags: str) -> str:
        """Add a wheel for each tag; return their line in a lock."""
        first, *others = [self.wheel(name, tag) for tag in tags]
        return " ".join([first.strip(), *(line.split()[1] for line in others)]) + "\n"

    def _line(self, name: str, path: Path) -> str:
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An empty index of Python's distributions."""
    return only_index(tmp_path / "index", monkeypatch)


def only_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Make an empty index, the only one that pip knows."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    found = Index(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(found.folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return found


class Registry:
    """npm's packages of version 1.0.0, by their names: their manifests and tarballs."""

    def __init__(self) -> None:
        self.packages: dict[str, tuple[dict[str, object], bytes]] = {}

    def add(self, name: str, files: Mapping[str, str] = {}, **manifest: object) -> dict[str, object]:
        """Add a package; return its entry in a lock."""
        whole = {"name": name, "version": "1.0.0", "license": "MIT-0", **manifest}
        inside = {"package.json": json.dumps(whole), "index.js": f"module.exports = {name!r};\n", **files}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in inside.items():
                info = tarfile.TarInfo(f"package/{path}")
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        self.packages[name] = whole, buffer.getvalue()
        lock = {key: whole[key] for key in ("version", "license", "os", "cpu") if key in whole}
        if "scripts" in whole:
            lock["hasInstallScript"] = True
        return {**lock, "integrity": self._integrity(name)}

    def _integrity(self, name: str) -> str:
        return f"sha512-{base64.b64encode(hashlib.sha512(self.packages[name][1]).digest()).decode()}"

    def answer(self, path: str, address: str) -> bytes | None:
        """What is at a path."""
        name = path.strip("/").partition("/-/")[0]
        if name not in self.packages:
            return None
        whole, tarball = self.packages[name]
        if "/-/" in path:
            return tarball
        dist = {"tarball": f"{address}/{name}/-/{name}-1.0.0.tgz", "integrity": self._integrity(name)}
        return json.dumps({"name": name, "versions": {"1.0.0": {**whole, "dist": dist}}}).encode()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """An empty registry of npm's, on this machine."""
    found = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = found.answer(self.path, address)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"{}")

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("npm_config_registry", address)
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
