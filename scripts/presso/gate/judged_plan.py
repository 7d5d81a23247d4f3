"""Plans an extension, and judges the plan's values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from presso.extension_tree import ExtensionTree
from presso.gate import limits, plan_model, predictions
from presso.gate.checks import CHECKS, run_checks
from presso.gate.failures import noted, refusals
from presso.gate.model import Hit, Hits, Model, Place
from presso.gate.planner import Planner
from presso.packages import packages
from presso.packages.faults import Uninstallable
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace


def is_error(number: str) -> bool:
    """Return whether a violation of a check, by its id, is an error."""
    return CHECKS[number].severity == "error"


def planned(
    workspace: Workspace,
    planner: Planner,
    model: Model,
    hits: Hits,
    modules: ExtensionTree | None = None,
    refusing: Callable[[str], bool] = is_error,
) -> tuple[Model, Hits, dict[str, Any] | None]:
    """Plan the extension: return the findings on the plan's values, and the plan; None without one.

    Args:
        workspace: The checkout, which stores the packages of functions.
        planner: The environment for plans.
        model: The extension, as it was read.
        hits: The findings on its text.
        modules: The platform's modules for the extension, when not those of the checkout.
        refusing: Returns whether a finding of a check (its id) explains a plan that fails.
    """
    try:
        model, unread = with_packages(workspace, model)
        if unread:
            return model, hits + unread, None
        plan, chosen = _plan(planner, model, modules)
    except TooLong as error:
        return model, [*hits, ("S-009", Hit(Place("main.tf"), str(error)))], None
    except Uninstallable as error:
        place = Place(error.file, error.line)
        return model, [*hits, ("S-018", Hit(place, error.found, error.hint))], None
    except Refused as error:
        if any(refusing(number) for number, _ in hits):
            return model, hits, None  # these findings explain it
        return model, [*hits, *refusals(model, error)], None
    return judge_values(model, hits, plan, chosen)


def with_packages(workspace: Workspace, model: Model) -> tuple[Model, Hits]:
    """Return the model with the packages of the extension's functions, and the findings that prevent them.

    Args:
        workspace: The checkout, which stores them.
        model: The extension, as it was read.

    Raises:
        Uninstallable: A dependency cannot be installed.
    """
    unread: Hits = []
    with noted(unread):
        built = packages.of_extension(workspace, model.text.tree, model.facts.given)
        model = replace(model, packages=tuple(built))
    return model, unread


def judge_values(
    model: Model, hits: Hits, plan: dict[str, Any], chosen: Hits
) -> tuple[Model, Hits, dict[str, Any] | None]:
    """Return the model with a plan's values, and their findings in place of those of the text's values.

    Args:
        model: The extension, with its packages.
        hits: The findings on its text.
        plan: The plan; returned as it is, or None when the values are too much to judge.
        chosen: The findings of comparing it with other predictions.
    """
    kept = [hit for hit in hits if CHECKS[hit[0]].find is None]
    failed: Hits = []
    with noted(failed), limits.within(limits.STATIC_SECONDS):
        judged = plan_model.planned(model, plan)
        chosen += [("P1-044", hit) for hit in predictions.choices(judged, plan)]
        return judged, [*kept, *run_checks(judged), *chosen], plan
    return model, hits + failed, None


def _plan(planner: Planner, model: Model, modules: ExtensionTree | None) -> tuple[dict[str, Any], Hits]:
    """The plan, and where Terraform refuses it with other predictions of what is set by chance."""
    plan = partial(planner.plan, model.text.root, model.facts, modules, model.text)
    others = predictions.in_text(model.text)
    found = {} if others else plan()
    if found and not predictions.in_plan(found):
        return found, []  # otherwise Terraform reads more than the text shows, or a building block has it
    try:
        return plan(others=True), []
    except Refused as refused:
        found = found or plan()
        hits = refusals(model, refused, "it is chosen by what only AWS knows, with another value: ")
        return found, [("P1-044", hit) for _, hit in hits]
