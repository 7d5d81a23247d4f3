"""Terraform and the gate see the same blocks in an extension, and any difference is found."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from presso.gate import folder
from presso.gate.block_comparison import differences
from presso.gate.model import ExtensionText, Facts
from presso.gate.planner import Planner
from presso.hcl.blocks import Block, blocks_of

pytestmark = pytest.mark.slow

MORE = 'module "more" {\n  source = "./more"\n}\noutput "more" {\n  value = 1\n}\n'
INNER = """
check "here" {
  data "aws_region" "current" {}
  assert {
    condition     = data.aws_region.current.region != "x"
    error_message = "No."
  }
}
"""


@pytest.fixture(scope="module")
def text(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> ExtensionText:
    root = tmp_path_factory.mktemp("read") / "drinks"
    root.mkdir()
    (root / "more").mkdir()
    for path in (checkout / "tests" / "good" / "drinks").rglob("*.*"):
        place = root / path.relative_to(checkout / "tests" / "good" / "drinks")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(path.read_bytes())
    (root / "more.tf").write_text(MORE)
    (root / "more" / "main.tf").write_text(INNER)
    return folder.read(root)


@pytest.fixture(scope="module")
def read(planner: Planner, text: ExtensionText) -> Mapping[str, Any]:
    plan = planner.plan(text.root, Facts.made_up("drinks"))
    module: Mapping[str, Any] = plan["configuration"]["root_module"]["module_calls"]["extension"]["module"]
    return module


def found(read: Mapping[str, Any], text: ExtensionText) -> list[str]:
    return [hit.found for hit in differences(read, text)]


def with_blocks(text: ExtensionText, place: str, *blocks: Block) -> ExtensionText:
    return replace(text, blocks={**text.blocks, place: blocks})


def test_both_see_the_same(read: Mapping[str, Any], text: ExtensionText) -> None:
    assert set(text.blocks) == {"", "more"}
    assert found(read, text) == []


@pytest.mark.parametrize("place", ["", "more"])
def test_what_only_terraform_sees_is_found(read: Mapping[str, Any], text: ExtensionText, place: str) -> None:
    for block in text.blocks[place]:
        if block.type in ("resource", "data", "module", "output", "variable", "check"):
            left = (other for other in text.blocks[place] if other is not block)
            (reported, *_) = found(read, with_blocks(text, place, *left))
            assert reported.startswith("only Terraform sees ")


@pytest.mark.parametrize("kind", ['resource "aws_sqs_queue" "more"', 'output "other"', 'variable "other"'])
@pytest.mark.parametrize("place", ["", "more"])
def test_what_only_the_gate_sees_is_found(
    read: Mapping[str, Any], text: ExtensionText, place: str, kind: str
) -> None:
    more = blocks_of(f"{kind} {{\n}}\n", "more.tf")
    (reported,) = found(read, with_blocks(text, place, *text.blocks[place], *more))
    assert reported.startswith("Terraform does not see ")


def test_a_module_from_elsewhere_is_found(read: Mapping[str, Any], text: ExtensionText) -> None:
    others = [block for block in text.blocks[""] if block.labels != ("more",) or block.type != "module"]
    more = blocks_of('module "more" {\n  source = "./other"\n}\n', "more.tf")
    (reported,) = found(read, with_blocks(text, "", *others, *more))
    assert reported == "Terraform reads module.more from ./more, the gate from ./other"
