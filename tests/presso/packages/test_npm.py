"""What package-lock.json pins: packages of a registry, or a refusal before npm reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from presso.packages import programs
from presso.packages.faults import Uninstallable
from presso.packages.npm import NpmLock
from presso.packages.platforms import Platform

FROM_ELSEWHERE = {
    "a version that is a repository": {"version": "git+https://example.com/a.git", "inBundle": True},
    "a version that is a folder": {"version": "file:/home/ada/own", "integrity": "sha512-AAAA"},
    "a version that is a tarball": {"version": "https://example.com/a.tgz", "integrity": "sha512-AAAA"},
    "a dependency that is a repository": {"dependencies": {"b": "ada/b"}, "integrity": "sha512-AAAA"},
    "another name that is a path": {"name": "../../own", "integrity": "sha512-AAAA"},
    "a package in the package of none": {"inBundle": True},
    "a machine that is not a text": {"os": 5, "integrity": "sha512-AAAA"},
    "a folder in folders too deep": {
        "integrity": "sha512-AAAA",
        "place": "node_modules/a" + "/node_modules/b" * 80,
    },
    "machines that are not texts": {"cpu": [5], "integrity": "sha512-AAAA"},
}


@pytest.mark.parametrize("entry", FROM_ELSEWHERE.values(), ids=FROM_ELSEWHERE.keys())
def test_what_a_lock_of_npm_takes_from_elsewhere_is_refused_before_npm_sees_it(entry: dict[str, Any]) -> None:
    place = entry.pop("place", "node_modules/a")
    lock = {"packages": {"": {}, place: {"version": "1.0.0", **entry}}}
    with pytest.raises(Uninstallable):
        NpmLock.read('{"dependencies": {"a": "*"}}', json.dumps(lock), "src/")


@pytest.mark.parametrize(
    "place", ["node_modules/..", "node_modules/a/../../b", "node_modules/a/node_modules/.."]
)
def test_a_place_in_a_lock_of_npm_that_leads_out_is_refused(place: str) -> None:
    lock = {"packages": {place: {"version": "1.0.0", "integrity": "sha512-AAAA"}}}
    with pytest.raises(Uninstallable):
        NpmLock.read("{}", json.dumps(lock), "src/")


@pytest.mark.parametrize(
    "spec", ["ada/a", "git+https://example.com/a.git", "file:../a", "https://example.com/a", 1]
)
@pytest.mark.parametrize("kind", ["dependencies", "optionalDependencies", "peerDependencies", "overrides"])
def test_a_dependency_that_is_not_a_package_of_a_registry_is_refused(kind: str, spec: object) -> None:
    with pytest.raises(Uninstallable, match="only packages of a registry"):
        NpmLock.read(json.dumps({kind: {"a": spec}}), "{}", "src/")


@pytest.mark.parametrize(
    "spec", ["^1.2.3", ">=1 <2 || 3.x", "latest", "*", "npm:@ada/b@^1", "npm:b", "1.0.0-rc.1"]
)
def test_ranges_tags_and_other_names_of_packages_are_taken(spec: str) -> None:
    assert NpmLock.read(json.dumps({"dependencies": {"a": spec}}), '{"packages": {}}', "src/").manifest


def test_what_a_lock_of_npm_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = """npm error code EUSAGE
npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.
npm error
npm error Missing: nanoid@^5 from lock file
"""
    monkeypatch.setattr(programs, "npm", lambda: ["npm"])
    monkeypatch.setattr(programs, "run", lambda *_: (1, output))
    lock = NpmLock.read('{"dependencies": {"nanoid": "^5"}}', '{"packages": {}}', "src/")
    with pytest.raises(Uninstallable) as error:
        lock.install(Platform("nodejs22.x", "arm64"), tmp_path, lambda *_: None)
    assert error.value.found == "npm cannot install the dependencies: Missing: nanoid@^5 from lock file"
