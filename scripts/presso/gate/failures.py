"""What fails while an extension is read and planned, as findings about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from presso.errors import PressoError
from presso.gate import limits
from presso.gate.model import Hit, Hits, Model, Place
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong


@contextmanager
def noted(hits: Hits) -> Iterator[None]:
    """Turn an error in reading the extension into a finding: the other checks go on."""
    try:
        yield
    except limits.Exceeded as error:
        hits.append(("S-009", Hit(Place("main.tf"), str(error))))
    except (PressoError, Refused, TooLong):
        raise  # the gate's own failure, or one that is reported elsewhere
    except Exception as error:  # what unexpected text raises must neither pass nor stop the other checks
        what = f"the gate cannot read it ({type(error).__name__}: {error})"
        hits.append(("S-001", Hit(Place("main.tf"), what)))


def refusals(model: Model, refused: Refused, when: str = "") -> Hits:
    """A finding for each of Terraform's errors."""
    errors = (refused, *refused.others)
    return [("S-010", Hit(_place_of(model, error), f"{when}{error}")) for error in errors]


def _place_of(model: Model, error: Refused) -> Place:
    """Where an error is; one in a building block is where the extension calls it."""
    name = re.match(r"module\.\w+\.module\.([\w-]+)", error.address)
    calls = (block for block in model.text.blocks.get("", ()) if block.type == "module" and block.labels)
    call = next((block for block in calls if name and block.labels[0] == name[1]), None)
    return Place(call.file, call.line) if call else Place(error.file, error.line)
