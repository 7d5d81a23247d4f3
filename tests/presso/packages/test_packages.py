"""Packages of functions: the files of wheels and of npm, the same bytes everywhere, or a refusal."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.presso.packages.conftest import CALL, Index, Registry, tree_of

from presso.packages import packages
from presso.packages.faults import Uninstallable
from presso.packages.packages import Package
from presso.workspace import Workspace

pytestmark = pytest.mark.slow


def built(root: Path, files: dict[str, str], *, more: str = "", local: bool = False) -> Package:
    tree = tree_of({"main.tf": CALL.format(more=more), **files})
    (found,) = packages.of_extension(Workspace(root, root / "home"), tree, {}, local=local)
    return found


def names(package: Package) -> set[str]:
    with zipfile.ZipFile(package.file) as archive:
        return set(archive.namelist())


def read(package: Package, path: str) -> str:
    with zipfile.ZipFile(package.file) as archive:
        return archive.read(path).decode()


def test_a_package_has_the_wheels_for_the_function_and_the_code_the_same_bytes_everywhere(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"plain-1.0.data/purelib/more.py": "", "plain-1.0.data/scripts/fast": "#!python\n"}
    lock = index.compiled("fast", index.ARM, index.INTEL) + index.wheel("plain", files=data)
    files = {"src/handler.py": "import fast\n", "src/requirements.txt": lock}
    first = built(tmp_path / "one", files)
    assert read(first, "fast/__init__.py") == f"TAG = {index.ARM!r}\n"
    assert {"handler.py", "requirements.txt", "plain/__init__.py", "more.py"} <= names(first)
    assert not any("scripts" in name for name in names(first))
    assert [str(content) for content in first.contents] == ["fast 1.0 (MIT-0)", "plain 1.0 (MIT-0)"]
    monkeypatch.setenv("HOME", str(tmp_path))
    second = built(tmp_path / "two", files)
    assert (second.path, second.file.read_bytes()) == (first.path, first.file.read_bytes())
    other = built(tmp_path / "one", files, more='architecture = "x86_64"')
    assert read(other, "fast/__init__.py") == f"TAG = {index.INTEL!r}\n"
    assert other.path != first.path
    (index.folder / f"fast-1.0-{index.ARM}.whl").unlink()
    assert built(tmp_path / "one", {**files, "src/handler.py": "import plain\n"}).path != first.path


def test_the_local_aws_gets_the_wheels_for_this_machine(index: Index, tmp_path: Path) -> None:
    lock = index.compiled("fast", index.ARM, index.OWN)
    files = {"src/handler.py": "import fast\n", "src/requirements.txt": lock}
    local = built(tmp_path, files, local=True)
    assert read(local, "fast/__init__.py") == f"TAG = {index.OWN!r}\n"
    assert local.path == built(tmp_path, files).path


def test_what_cannot_be_installed_is_refused_with_its_name_and_nothing_of_it_runs(
    index: Index, tmp_path: Path
) -> None:
    lines = {
        "old": index.source("old"),
        "strange": index.wheel("strange", "cp313-cp313-win_amd64"),
        "needy": index.wheel("needy", needs="other"),
        "changed": index.wheel("changed").replace("sha256:", "sha256:0")[:-2] + "\n",
    }
    found = {}
    for name, line in lines.items():
        with pytest.raises(Uninstallable) as refused:
            built(tmp_path, {"src/handler.py": "", "src/requirements.txt": f"# a lock\n{line}"})
        found[name] = refused.value.message
    assert "requirements.txt:2: old==1.0 is a source distribution only (old-1.0.tar.gz)" in found["old"]
    expected = "strange==1.0 has no wheel for python3.13 on arm64; it has wheels for cp313-cp313-win_amd64"
    assert expected in found["strange"]
    assert "needy==1.0 needs other, which is not pinned" in found["needy"]
    assert "changed==1.0: its file in the package index has another hash" in found["changed"]
    assert not (index.folder / "built").exists()


def node(registry: Registry, **packages_: dict[str, object]) -> dict[str, str]:
    """The files of a function that depends on packages of the registry."""
    wanted = dict.fromkeys(packages_, "1.0.0")
    lock = {f"node_modules/{name}": entry for name, entry in packages_.items()}
    whole = {"lockfileVersion": 3, "packages": {"": {"dependencies": wanted}, **lock}}
    manifest = {"type": "module", "dependencies": wanted}
    return {
        "src/handler.mjs": "",
        "src/package.json": json.dumps(manifest),
        "src/package-lock.json": json.dumps(whole),
    }


NODE = 'runtime = "nodejs22.x"'


def test_packages_of_npm_are_installed_without_their_scripts_the_same_bytes_everywhere(
    registry: Registry, tmp_path: Path
) -> None:
    scripts = {"install": f"touch {tmp_path}/ran"}
    files = node(registry, one=registry.add("one", bin="index.js"), two=registry.add("two", scripts=scripts))
    first, second = (built(tmp_path / name, files, more=NODE) for name in ("a", "b"))
    assert first.file.read_bytes() == second.file.read_bytes()
    assert names(first) == {
        *("handler.mjs", "package.json", "package-lock.json"),
        *(f"node_modules/{name}/{file}" for name in ("one", "two") for file in ("index.js", "package.json")),
    }
    assert [(str(c), c.unrun) for c in first.contents] == [
        ("one 1.0.0 (MIT-0)", ""),
        ("two 1.0.0 (MIT-0)", "its install script is not run"),
    ]
    assert not (tmp_path / "ran").exists()
    assert built(tmp_path / "a", files, more=NODE, local=True).file == first.file


def test_a_package_of_npm_for_other_machines_or_from_elsewhere_is_refused_with_its_name(
    registry: Registry, tmp_path: Path
) -> None:
    def refused(files: dict[str, str]) -> str:
        with pytest.raises(Uninstallable) as error:
            built(tmp_path, files, more=NODE)
        return error.value.message

    mac = node(registry, mac=registry.add("mac", os=["darwin"], cpu=["arm64"]))
    assert "mac 1.0.0 is not for nodejs22.x on arm64: its os is darwin" in refused(mac)
    plain = node(registry, plain=registry.add("plain"))
    altered = {
        **plain,
        "src/package-lock.json": plain["src/package-lock.json"].replace("sha512-", "sha512-AA"),
    }
    assert "npm cannot install the dependencies: " in refused(altered)
    lock = json.loads(plain["src/package-lock.json"])
    lock["packages"]["node_modules/plain"]["resolved"] = "git+ssh://git@example.com/plain.git"
    assert "plain comes from git+ssh" in refused({**plain, "src/package-lock.json": json.dumps(lock)})
    del lock["packages"]["node_modules/plain"]["integrity"]
    del lock["packages"]["node_modules/plain"]["resolved"]
    assert "plain has no integrity" in refused({**plain, "src/package-lock.json": json.dumps(lock)})
    del plain["src/package-lock.json"]
    assert "no package-lock.json" in refused(plain)


def test_a_bundled_package_that_npm_takes_from_a_registry_is_refused(
    registry: Registry, tmp_path: Path
) -> None:
    files = node(registry, one=registry.add("one"))
    registry.add("hidden")
    lock = json.loads(files["src/package-lock.json"])
    lock["packages"]["node_modules/one"]["dependencies"] = {"hidden": "*"}
    entry = {"version": "1.0.0", "inBundle": True, "optional": True}
    lock["packages"]["node_modules/one/node_modules/hidden"] = entry
    with pytest.raises(Uninstallable, match="hidden is not installed from what the lock pins"):
        built(tmp_path, {**files, "src/package-lock.json": json.dumps(lock)}, more=NODE)
