"""Which functions have dependencies, and what for, as the text shows it."""

from pathlib import Path

import pytest
from tests.presso.packages.conftest import CALL, tree_of

from presso.extension_tree import ExtensionTree, TreeFile
from presso.hcl.blocks import blocks_of
from presso.hcl.values import evaluate
from presso.packages import functions
from presso.packages.faults import Uninstallable
from presso.packages.functions import Function

LOCK = {"src/requirements.txt": "", "src/handler.py": ""}
NODE = {"src/package.json": '{"dependencies": {"a": "1.0.0"}}', "src/handler.mjs": ""}


def called(more: str, files: dict[str, str], variables: dict[str, object] | None = None) -> list[Function]:
    tree = tree_of({"main.tf": CALL.format(more=more), **files})
    return functions.with_dependencies(tree, variables or {})


def test_the_defaults_are_the_modules(checkout: Path) -> None:
    text = (checkout / "modules/event-function/variables.tf").read_text()
    found = {b.labels[0]: b.attributes.get("default") for b in blocks_of(text, "variables.tf")}
    defaults = {name: evaluate(found[name], {}) for name in functions.DEFAULTS}
    assert defaults == functions.DEFAULTS


@pytest.mark.parametrize(
    ("more", "files", "expected"),
    [
        ("", LOCK, [Function("src", "python3.13", "arm64")]),
        ('runtime = "python3.12"\narchitecture = "x86_64"', LOCK, [Function("src", "python3.12", "x86_64")]),
        ('runtime = "nodejs22.x"', NODE, [Function("src", "nodejs22.x", "arm64")]),
        ("", NODE, []),
        ('runtime = "nodejs22.x"', LOCK, []),
        ('runtime = "nodejs22.x"', {"src/package.json": '{"type": "module"}'}, []),
        ("", {"src/handler.py": "", "tests/requirements.txt": ""}, []),
        (
            'for_each = toset(["python3.12", "python3.13"])\nruntime = each.value',
            LOCK,
            [Function("src", "python3.12", "arm64"), Function("src", "python3.13", "arm64")],
        ),
        (
            "runtime = local.runtime",
            {**LOCK, "locals.tf": 'locals {\n  runtime = "python3.14"\n}\n'},
            [Function("src", "python3.14", "arm64")],
        ),
    ],
)
def test_a_function_depends_on_what_its_language_declares_beside_its_code(
    more: str, files: dict[str, str], expected: list[Function]
) -> None:
    assert called(more, files) == expected


def test_a_tenant_may_choose_the_architecture() -> None:
    variable = {"variables.tf": 'variable "machine" {\n  default = "arm64"\n}\n'}
    more = "architecture = var.machine"
    assert called(more, {**LOCK, **variable})[0].architecture == "arm64"
    assert called(more, {**LOCK, **variable}, {"machine": "x86_64"})[0].architecture == "x86_64"


def test_a_function_of_an_inner_module_has_its_folder() -> None:
    inner = {
        "main.tf": 'module "b" {\n  source = "./inner"\n  code = "${path.module}/src"\n}\n',
        "inner/main.tf": CALL.format(more="").replace("../../modules", "../../../modules"),
        "inner/src/requirements.txt": "",
    }
    assert functions.with_dependencies(tree_of(inner), {}) == [Function("inner/src", "python3.13", "arm64")]
    inner["inner/main.tf"] = inner["inner/main.tf"].replace('"${path.module}/src"', "var.code")
    assert functions.with_dependencies(tree_of({**inner, **LOCK}), {}) == [
        Function("src", "python3.13", "arm64")
    ]


def test_a_runtime_that_only_a_plan_knows_is_refused_where_it_matters() -> None:
    more = "runtime = aws_ssm_parameter.runtime.value"
    assert called(more, {"src/handler.py": ""}) == []
    with pytest.raises(
        Uninstallable, match=r"main.tf:4: module.a has dependencies, and its runtime is known"
    ):
        called(more, LOCK)


def test_requirements_without_a_lock_are_refused() -> None:
    with pytest.raises(Uninstallable, match=r"src/requirements.in:1: its requirements.txt is missing"):
        called("", {"src/requirements.in": "numpy", "src/handler.py": ""})


def test_what_is_in_no_functions_folder_is_named() -> None:
    files = {**LOCK, "requirements.in": "six", "tests/package.json": "{}", "src/inner/requirements.txt": ""}
    tree = tree_of({"main.tf": CALL.format(more=""), **files})
    assert functions.beside_no_code(tree, {}) == ["requirements.in", "tests/package.json"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"dependencies": {"a": "1.0.0"},}', "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b'\xef\xbb\xbf{"dependencies": {"a": "1.0.0"}}', "it has a byte order mark"),
        ('{"dependencies": {"a": "1.0.0"}}'.encode("utf-16"), "it is UTF-16, not UTF-8"),
    ],
)
def test_a_package_json_that_terraform_cannot_read_is_refused_where_it_counts(text: bytes, why: str) -> None:
    def with_runtime(runtime: str) -> ExtensionTree:
        call = CALL.format(more=f'runtime = "{runtime}"')
        files = {"main.tf": call.encode(), "src/package.json": text}
        return ExtensionTree.gathered("tried", [TreeFile(*each) for each in files.items()], "tried")

    assert functions.with_dependencies(with_runtime("python3.13"), {}) == []
    with pytest.raises(Uninstallable, match=f"src/package.json:1: {why}"):
        functions.with_dependencies(with_runtime("nodejs22.x"), {})
