"""What Terraform can read for an extension, before any check of its text: its own files, and no others."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import needs_boxes

from presso import confinement
from presso.gate.model import Facts
from presso.gate.planner import Planner
from presso.terraform import terraform_cli
from presso.terraform.confined_terraform import Refused

pytestmark = [pytest.mark.slow, needs_boxes]

FACTS = Facts("counters", "nyc", "123456789012", "eu-north-1")
OWN = "${path.module}/main.tf"


@pytest.fixture
def root(tmp_path: Path, checkout: Path) -> Path:
    """An extension in a folder with a secret beside it."""
    root = tmp_path / "counters"
    shutil.copytree(checkout / "tests" / "good" / "counters", root)
    (tmp_path / "secret").write_text("key")
    return root


def places(root: Path) -> list[str]:
    """Files that exist on this machine, are not the extension's, and are not what Terraform runs with."""
    needed = confinement.needed_by(terraform_cli.find().command)
    home = Path.home() / ".profile"
    found = ["/etc/passwd", "/etc/hostname", "/etc/ssl/openssl.cnf", str(home), __file__, shutil.__file__]
    found += [str(root / "main.tf"), str(root.parent / "secret"), "${path.module}/../../../../secret"]
    found = [place for place in found if "$" in place or Path(place).exists()]
    return [place for place in found if not any(Path(place).is_relative_to(path) for path in needed)]


def read(planner: Planner, root: Path, values: dict[str, str]) -> Any:
    """Plan the extension with expressions in it; return their values."""
    lines = "".join(f"    {name} = {text}\n" for name, text in values.items())
    (root / "reads.tf").write_text(f'resource "terraform_data" "read" {{\n  input = {{\n{lines}  }}\n}}\n')
    plan = planner.plan(root, FACTS)
    address = "module.extension.terraform_data.read"
    (found,) = [change for change in plan["resource_changes"] if change["address"] == address]
    return found["change"]["after"]["input"]


def test_another_file_is_not_there_however_it_is_asked_for(planner: Planner, root: Path) -> None:
    values = {"own": f'fileexists("{OWN}") && can(file("{OWN}"))'}
    nothing: dict[str, Any] = {"own": True}
    for number, place in enumerate(places(root)):
        folder, _, name = place.rpartition("/")
        for function, without in (
            (f'try(file("{place}"), "none")', "none"),
            (f'try(filesha256(join("/", ["{folder}", "{name}"])), "none")', "none"),
            (f'try(templatefile(abspath("{place}"), {{}}), "none")', "none"),
            (f'try(fileexists("{place}"), false)', False),
            (f'try(fileset("{folder}", "{name}"), [])', []),
        ):
            key = f"x{number}_{len(values)}"
            values[key], nothing[key] = function, without
    assert read(planner, root, values) == nothing


def test_a_read_that_is_not_guarded_refuses_the_extension(planner: Planner, root: Path) -> None:
    with pytest.raises(Refused, match="no file exists at"):
        read(planner, root, {"x": f'file("{root.parent / "secret"}")'})
