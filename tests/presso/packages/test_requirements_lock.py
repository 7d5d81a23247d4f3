"""requirements.txt: what is pinned with hashes is read, everything else is refused with its line."""

import pytest

from presso.packages import requirements_lock
from presso.packages.faults import Uninstallable
from presso.packages.platforms import Platform

HASH = f"sha256:{'0' * 64}"
LAMBDA = Platform("python3.13", "arm64")


def test_a_lock_as_uv_writes_it_is_read() -> None:
    text = f"""
# comment
boto3==1.40.1 ; python_full_version < '4' \\
    --hash={HASH} \\
    --hash=sha512:{"1" * 128}
    # via -r requirements.in
Ruamel.Yaml==0.18 --hash={HASH}  # comment
"""
    first, second = requirements_lock.read(text, "src/requirements.txt")
    assert (first.name, first.version, len(first.hashes), first.line) == ("boto3", "1.40.1", 2, 3)
    assert (second.name, second.version, second.line) == ("ruamel-yaml", "0.18", 7)


@pytest.mark.parametrize(
    ("marker", "needed"),
    [
        ("sys_platform == 'linux'", True),
        ("sys_platform == 'win32'", False),
        ("platform_machine == 'aarch64'", True),
        ("python_version < '3.13'", False),
    ],
)
def test_markers_are_those_of_the_function_not_of_this_machine(marker: str, needed: bool) -> None:
    (pinned,) = requirements_lock.read(f"a==1 ; {marker} --hash={HASH}", "requirements.txt")
    assert pinned.needed(LAMBDA) is needed


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("numpy", "numpy is not pinned to one version"),
        (f"numpy>=2 --hash={HASH}", "numpy is not pinned to one version"),
        (f"numpy==2.* --hash={HASH}", "numpy is not pinned to one version"),
        ("numpy==2.3.0", "numpy has no hash"),
        ("numpy==2.3.0 --hash=md5:00", "numpy has a hash that is not SHA-256"),
        (f"numpy @ https://example.com/numpy.whl --hash={HASH}", "only distributions of a package index"),
        ("--index-url https://example.com/simple", "--index-url is not read"),
        ("-r other.txt", "-r is not read"),
        ("-e .", "-e is not read"),
        (f"numpy==1 --hash={HASH}\nnumpy==2 --hash={HASH}", "numpy is listed twice"),
        ("=", "= is not a requirement"),
        (f"six==1 ; os_name ~= 'x' --hash={HASH}", "is not a requirement"),
        (f"six==1 ; 'a' in extras --hash={HASH}", "is not a requirement"),
        (f"six==1 ; {'(' * 5000}os_name == 'x'{')' * 5000} --hash={HASH}", "is not a requirement"),
    ],
)
def test_what_is_not_pinned_with_hashes_is_refused_with_its_name_and_line(line: str, found: str) -> None:
    with pytest.raises(Uninstallable, match=found) as refused:
        requirements_lock.read(f"# a lock\n{line}\n", "src/requirements.txt")
    assert refused.value.message.startswith(f"src/requirements.txt:{2 + line.count(chr(10))}: ")


@pytest.mark.parametrize(
    "declared", ["numpy", "NumPy>=2,<3  # fast\n-c other.txt", "six; python_version<'3'", "="]
)
def test_a_lock_that_pins_what_is_declared_is_taken(declared: str) -> None:
    pins = requirements_lock.read(f"numpy==2.3.0 --hash={HASH}", "requirements.txt")
    requirements_lock.check_declared(pins, declared, "src/requirements.in")


@pytest.mark.parametrize("declared", ["six", "numpy>=3"])
def test_a_lock_older_than_what_is_declared_is_refused(declared: str) -> None:
    pins = requirements_lock.read(f"numpy==2.3.0 --hash={HASH}", "requirements.txt")
    with pytest.raises(Uninstallable, match=f"src/requirements.in:2: {declared} is not what"):
        requirements_lock.check_declared(pins, f"numpy\n{declared}\n", "src/requirements.in")
