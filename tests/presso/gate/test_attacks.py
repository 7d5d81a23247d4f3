"""The hostile corpus has cases of every kind of attack, not only of those that were found first.

A file's folder is the level that refuses its cases: `static` by the text, `running` in the sandbox, the
others by a plan. `test_corpora.py`, `test_terraform_refusals.py` and `sandbox/` test that each is refused for
its reason.
"""

import ast
from collections import Counter

from tests.presso.gate.conftest import TESTS, cases, groups

FEWEST = 10
KINDS = {
    # Of an extension's files
    "read-in-another-way": "The gate and Terraform, or a person, read other blocks in the same files.",
    "left-out-of-a-copy": "A copy would lack it, or it looks as if nothing read it; Terraform reads it.",
    "links": "A link is where a file or a folder is expected.",
    "reads-other-files": "An expression reads what is not the extension's, or lists it.",
    "runs-or-fetches": "Terraform is to start a program, or to fetch a module or a provider.",
    "acts-on-those-who-look": "Tools, editors and assistants of those who look at it act on a file.",
    "stops-the-others": "A reader of it fails or computes for long, and the others are not judged.",
    "writes-the-report": "Names with escape codes and line ends write into the report.",
    "waives-itself": "The author waives a finding about the extension.",
    # Of the plan that is applied
    "other-in-one-tenant": "It is another one in a tenant, region or year than where it is checked.",
    "decided-by-the-unknown": "A setting hangs on what a plan does not know.",
    "chosen-by-chance": "What only AWS sets chooses a policy, a target, a name or a number of things.",
    "hidden-from-the-plan": "A value is in no plan and in no state.",
    # Of promise 1
    "permissions": "A role, its boundary, its trust or a policy allows more than the extension's own.",
    "condition-that-binds-nothing": "A policy lets in others behind a condition that restricts none of them.",
    "forges-events": "It may emit events of others: no condition on the source, or one that binds nothing.",
    "foreign-things": "It sends to, takes from, attaches to or acts as what is not its own.",
    "unclassified-way": "An attribute that few know leads to an account, address or principal of others.",
    "owns-by-a-claim": "A name, tag or attribute that the author writes makes others' things its own.",
    "names-and-types": "A name, type, tag, region or namespace that the boundary cannot separate.",
    "measures-others": "An alarm or a dashboard shows metrics or logs of others, or may.",
    "metrics-of-parts": "A log's entry becomes a metric of others by keys that are put together.",
    "knows-its-neighbours": "It names a neighbour's or the core's resource where nothing checks a reference.",
    "workflow-that-decides": "A workflow computes what it calls, or calls what is not the extension's.",
    "starves-neighbours": "It takes what all extensions of an account share.",
    # Of promise 2, of promise 3, and of its description
    "never-matches": "A pattern is valid, and no event of this tenant can ever match it.",
    "events": "No rule, a rule without effect, or one that takes every event.",
    "feeds-itself": "It receives what it sends, without an end.",
    "locks-itself": "A policy of its own keeps the platform from reading or deleting a resource.",
    "stays-behind": "A setting keeps a resource, a name or a destroy for ever.",
    "fails-in-the-apply": "It fails in the middle of an apply, or at its first event.",
    "breaks-the-catalog": "A schema or name of an emitted event keeps the catalog from the others.",
    "description": "Its description is missing, too short, or not true.",
    # What only running it shows
    "misbehaves-as-it-runs": "It fails, waits, forges, leaves or changes something as it runs.",
    "reaches-out-of-its-box": "A function reaches a file, a socket, a process or an account of others.",
    "fills-the-memory": "A function takes more memory than it may, in any way.",
}


def _attempts(*names: str) -> int:
    """How many ways out functions try, by the names of their files."""
    found = 0
    for name in names:
        module = ast.parse((TESTS / "hostile" / "running" / "functions" / f"{name}.py").read_text())
        for node in module.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ATTEMPTS":
                assert isinstance(node.value, ast.Dict)
                found += len(node.value.keys)
    return found


def test_there_are_ten_cases_of_every_kind_of_attack() -> None:
    found = Counter(
        {
            "reaches-out-of-its-box": _attempts("accounts", "files", "processes", "sockets"),
            "fills-the-memory": _attempts("memory"),
        }
    )
    for corpus in ("hostile", "hostile/static", "hostile/running"):
        found.update(case.kind for case in cases(corpus))
    for corpus in ("hostile", "hostile/terraform", "hostile/running"):
        for group in groups(corpus):
            found[group.kind] += len(group.breaks)
    assert set(found) == set(KINDS), "each case has a kind of this list: the key `kind` of a case or a group"
    assert {kind: count for kind, count in found.items() if count < FEWEST} == {}


def test_each_hostile_file_is_in_the_folder_of_a_level() -> None:
    folders = {
        path.parent.relative_to(TESTS / "hostile").as_posix() for path in (TESTS / "hostile").rglob("*.yaml")
    }
    assert folders == {".", "grouped", "static", "running", "running/grouped", "terraform/grouped"}
