"""docs/rules.md, written from the rules themselves.

`python -m presso.project.rules_page` writes it, with `--check` it only says whether it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from presso.gate.kinds import BUILDING_BLOCKS, DATA, KINDS
from presso.gate.reach import BOUNDARY, WITHOUT_RESOURCE
from presso.gate.rule import PROMISES, Rule, all_rules
from presso.gate.workflows import CALLS
from presso.project.generated import ROOT, keep

PAGE = Path("docs") / "rules.md"
_OPENING = """# The rules of the gate

<!-- Written by python -m presso.project.rules_page; changes made here are lost. -->

`presso check` holds an extension against these rules; `presso check --explain P1-004` says one of them here.
What breaks a rule refuses the extension, unless it only warns. What the plan shows beats what the text says:
names, policies and targets are judged as Terraform plans them in a made-up tenant.

The platform team can waive a finding in `waivers.yaml` at the root of the checkout, for exactly the files
that it reviewed (their digest, as `presso check` prints it) and for a year at most. The report shows what is
waived. S-… cannot be waived. An extension cannot waive anything itself.

```yaml
waivers:
  - extension: event-log
    rule: P2-006
    digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    reason: A log of everything is what this extension is.
    expires: 2027-06-30
```
"""


def page() -> str:
    """Return the page as the rules are now."""
    sections = []
    for key, words in PROMISES.items():
        title = f"Promise {key[1]}: it {words}" if key.startswith("P") else f"It {words}"
        found = [rule for rule in all_rules().values() if rule.promise == key]
        sections.append("\n".join([f"## {title}\n", *map(_section, found)]))
    return "\n".join([_OPENING, *sections, _lists()])


def _section(rule: Rule) -> str:
    warns = " (warns)" if rule.severity == "warning" else ""
    lines = [f"### {rule.id} {rule.title}{warns}\n", f"{rule.why}\n", f"Fix: {_escaped(rule.fix)}\n"]
    for name, example in (("Refused", rule.bad), ("Right", rule.good)):
        if example:
            lines.append(f"{name}:\n\n```hcl\n{example}\n```\n")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("*", "\\*").replace("<", "&lt;")


def _lists() -> str:
    kinds = "\n".join(f"- `{name}`" for name in sorted(KINDS))
    rows = "\n".join(
        f"| {service} | {', '.join(f'`{action}`' for action in actions)} |"
        for service, (actions, _) in sorted(BOUNDARY.items())
    )
    return f"""## What an extension may use

Building blocks: {", ".join(f"`{name}`" for name in sorted(BUILDING_BLOCKS))}.

Data sources: {", ".join(f"`{name}`" for name in sorted(DATA))}.

Actions that its roles may be allowed, on what bears its prefix; `events:PutEvents` on its tenant's bus; and
on `*`, because AWS knows no resource for them, {", ".join(f"`{name}`" for name in WITHOUT_RESOURCE)}.

| service | actions |
|---|---|
{rows}

What its workflows may call, and the arguments that they must write out (P1-029; `[]` is each of a list,
`{{}}` each key, `*` each value). Beside that they may call the extension's own functions by ARN.

| service | actions | written out |
|---|---|---|
{_calls()}

Resource types:

{kinds}
"""


def _calls() -> str:
    rows = []
    for service, actions, arguments in CALLS:
        listed = ", ".join(f"`{action}`" for action in actions.split())
        named = [path.replace("|", "` or `") for path, kind in arguments.items() if kind != "late"]
        rows.append(f"| {service} | {listed} | {', '.join(f'`{path}`' for path in named)} |")
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    """Write the page; with `--check`, return 1 when it is stale."""
    return keep(ROOT, PAGE, page(), "presso.project.rules_page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
