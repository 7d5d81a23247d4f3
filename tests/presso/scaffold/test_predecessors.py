"""Extensions of an earlier shape come over by presso new --update, and are rejected in one way before."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso.gate.gate import Gate
from presso.presenters import scaffold
from presso.scaffold import predecessors

if TYPE_CHECKING:
    from tests.presso.scaffold.conftest import Bench

# The scaffold's files that were other ones before the context, of one pattern.
BEFORE = Path(__file__).parent / "resources" / "before-context"
DECLARATION = 'variable "context" {\n  type = any\n}\n'
# What an author has added to an extension of the old shape.
ADDED = """
resource "aws_sqs_queue" "mine" {
  name                    = "${var.fence.prefix}mine"
  sqs_managed_sse_enabled = true
  tags                    = merge(var.fence.tags, { of = var.tenant.name })
}

module "mine" {
  source      = "../../modules/event-function"
  fence       = var.fence
  tenant      = var.tenant
  name        = "mine"
  source_dir  = "${path.module}/src"
  handler     = "keep.handler"
  environment = { DAYS = "20", TABLE = aws_dynamodb_table.default.name }
  policy_statements = {
    Keep = {
      actions   = ["dynamodb:PutItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
  }
}

module "below" {
  source = "./below"
  fence  = var.fence
}
"""
BELOW = """variable "fence" {}

resource "aws_sns_topic" "default" {
  name = "${var.fence.prefix}below"
  tags = var.fence.tags
}
"""


def git(bench: "Bench", *arguments: str) -> None:
    settings = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=bench.root, capture_output=True, check=True)


@pytest.fixture
def old(bench: "Bench", checkout: Path) -> Path:
    """The extension `mine`, made by the scaffold of then; the scaffold of now is committed."""
    template = bench.root / "cookiecutter-extension"
    template.unlink()
    shutil.copytree(checkout / "cookiecutter-extension", template)
    shutil.copytree(BEFORE, template, dirs_exist_ok=True)
    git(bench, "init", "-q")
    git(bench, "add", "cookiecutter-extension")
    git(bench, "commit", "-qm", "Add the scaffold")
    made = bench.new("mine", pattern="scheduled-digest")
    shutil.rmtree(template)
    shutil.copytree(checkout / "cookiecutter-extension", template)
    git(bench, "add", "-A", "cookiecutter-extension")
    git(bench, "commit", "-qm", "Pass one context")
    return made


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def update(bench: "Bench") -> bool:
    return scaffold.update(bench.workspace, "mine", json_wanted=True)


@pytest.mark.slow
def test_it_comes_over_with_its_authors_lines_and_passes_its_check(bench: "Bench", old: Path) -> None:
    main, variables = old / "main.tf", old / "variables.tf"
    main.write_text(main.read_text() + ADDED)
    change(main, "Keeps a record of each event", "Keeps each event")
    change(variables, 'variable "hours" {', 'variable "guests" {\n  default = 3\n}\n\nvariable "hours" {')
    (old / "below").mkdir()
    (old / "below" / "main.tf").write_text(BELOW)
    with Gate(bench.workspace, "plan") as gate:
        [finding] = gate.check("mine").findings
        assert finding.check.id == "S-017"
        assert (finding.file, finding.line) == ("extensions/mine/variables.tf", 1)
        assert "presso new --update mine" in finding.fix

        assert update(bench)
        assert [found.check.id for found in gate.check("mine").findings] == []
    text = main.read_text() + variables.read_text() + (old / "below" / "main.tf").read_text()
    assert not re.search(r"\bfence\b|var\.tenant|aws_dynamodb_table\.default\b", text)
    assert 'description = "Keeps each event"' in text
    assert 'variable "guests" {\n  default = 3\n}' in text
    assert (
        '  source      = "../../modules/event-function"\n  context     = var.context\n  name        = "mine"'
        in text
    )
    assert "resources = [module.records.arn]" in text
    assert (old / "moved.tf").read_text() == predecessors.MOVED
    assert update(bench)


@pytest.mark.slow
def test_what_has_to_be_changed_by_hand_is_named(
    bench: "Bench", old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = old / "main.tf"
    main.write_text(
        main.read_text()
        + 'output "all" {\n  value = [var.tenant, aws_dynamodb_table.default.stream_arn]\n}\n'
    )
    assert not scaffold.update(bench.workspace, "mine", json_wanted=False)
    line = (
        main.read_text().splitlines().index("  value = [var.tenant, aws_dynamodb_table.default.stream_arn]")
        + 1
    )
    said = capsys.readouterr().err
    assert f"extensions/mine uses what it no longer has: main.tf:{line}." in said
    assert "S-017" in said


def test_the_block_takes_the_place_of_the_table_and_of_nothing_else(tmp_path: Path) -> None:
    table = 'resource "aws_dynamodb_table" "default" {\n  name = "x"\n}\n'
    use = 'output "table" {\n  value = aws_dynamodb_table.default.arn\n}\n'
    own, old, new = (tmp_path / name for name in ("own", "old", "new"))
    for folder, text in ((own, table + use), (old, table), (new, 'module "records" {\n  name = "x"\n}\n')):
        (folder / "below").mkdir(parents=True)
        (folder / "main.tf").write_text(text)
        (folder / "below" / "main.tf").write_text(table + use)
    (own / "moved.tf").write_text("moved {\n  from = aws_sqs_queue.a\n  to   = aws_sqs_queue.b\n}\n")
    assert predecessors.take_table_block(own, old, new)
    assert "module.records.arn" in (own / "main.tf").read_text()
    assert (own / "below" / "main.tf").read_text() == table + use
    assert (own / "moved.tf").read_text() == (
        "moved {\n  from = aws_sqs_queue.a\n  to   = aws_sqs_queue.b\n}\n\n" + predecessors.MOVED
    )


@pytest.mark.slow
def test_a_table_that_its_author_changed_is_a_conflict(
    bench: "Bench", old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(old / "main.tf", '"PAY_PER_REQUEST"', '"PROVISIONED"\n  read_capacity = 1\n  write_capacity = 1')
    assert not update(bench)
    assert '"conflicts": [\n    "main.tf"\n  ]' in capsys.readouterr().out
    text = (old / "main.tf").read_text()
    assert "<<<<<<< yours" in text
    assert 'module "records" {' in text
    assert not (old / "moved.tf").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'module "a" {\n  source = "x"\n  tenant = var.tenant\n  fence  = var.fence\n  name   = "a"\n'
            "  list = [\n  ]\n}\n",
            'module "a" {\n  source  = "x"\n  context = var.context\n  name    = "a"\n  list = [\n  ]\n}\n',
            id="a call",
        ),
        pytest.param(
            'module "a" {\n  source      = "x"\n  tenant      = var.tenant\n  fence       = var.fence\n'
            "  environment = {\n  }\n}\n",
            'module "a" {\n  source      = "x"\n  context     = var.context\n  environment = {\n  }\n}\n',
            id="a call with a longer name below",
        ),
        pytest.param(
            'variable "a" {}\n\nvariable "fence" {\n  type = object({ prefix = string })\n}\n\n'
            '# Days.\nvariable "days" {}\n\nvariable "tenant" {}\n',
            f'variable "a" {{}}\n\n{DECLARATION}\n# Days.\nvariable "days" {{}}\n',
            id="declarations",
        ),
        pytest.param(
            'variable "tenant" {}\nvariable "fence" {}\n', DECLARATION, id="nothing but declarations"
        ),
        pytest.param(
            'variable "tenant" {\n  type = string\n}\n',
            'variable "tenant" {\n  type = string\n}\n',
            id="a text of that name",
        ),
        pytest.param(
            '{"a": "${var.fence.prefix}a", "b": "${var.tenant.name}"}',
            '{"a": "${var.context.prefix}a", "b": "${var.context.tenant}"}',
            id="JSON",
        ),
        pytest.param(
            "a = var.tenant.nickname\nb = var.fences\n",
            "a = var.tenant.nickname\nb = var.fences\n",
            id="neither",
        ),
    ],
)
def test_the_context_takes_the_place_of_what_it_replaced(before: str, after: str) -> None:
    assert predecessors.brought_over(before, DECLARATION) == after
    assert predecessors.brought_over(after, DECLARATION) == after
