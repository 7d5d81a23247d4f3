"""The functions of hashicorp/aws: ``provider::aws::arn_parse("…")``. They call no AWS.

Source: internal/function/*.go of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ARN = ("partition", "service", "region", "account_id", "resource")


class CallError(Exception):
    """A call that is refused: what is wrong, and with which argument.

    Args:
        said: The message.
        argument: The argument's place; None: none of them by itself.
    """

    def __init__(self, said: str, argument: int | None = None) -> None:
        super().__init__(said)
        self.argument = argument


@dataclass(frozen=True)
class ProviderFunction:
    """A function all of whose parameters are texts.

    Attributes:
        parameters: Their names.
        returns: The Terraform type of the result, as in a schema.
        call: Gets the texts; raises CallError.
        summary: What it does.
    """

    parameters: tuple[str, ...]
    returns: Any
    call: Callable[..., Any]
    summary: str


def _build(*parts: str) -> str:
    return ":".join(("arn", *parts))


def _parse(arn: str) -> dict[str, str]:
    if not arn.startswith("arn:"):
        raise CallError("arn: invalid prefix", 0)
    parts = arn.split(":", 5)
    if len(parts) != 6:
        raise CallError("arn: not enough sections", 0)
    return dict(zip(_ARN, parts[1:], strict=True))


def _trim(arn: str) -> str:
    parts = _parse(arn)
    if parts["service"] != "iam":
        raise CallError('service must be "iam"', 0)
    if parts["region"]:
        raise CallError("region must be empty", 0)
    if not parts["resource"].startswith("role/"):
        raise CallError('resource must begin with "role/"', 0)
    return _build(*{**parts, "resource": "role/" + parts["resource"].rpartition("/")[2]}.values())


def _user_agent(name: str, version: str, comment: str) -> str:
    if not name:
        raise CallError("product_name must be set", 0)
    return name + (f"/{version}" if version else "") + (f" ({comment})" if comment else "")


FUNCTIONS = {
    "arn_build": ProviderFunction(_ARN, "string", _build, "Builds an ARN from its parts"),
    "arn_parse": ProviderFunction(
        ("arn",), ["object", dict.fromkeys(_ARN, "string")], _parse, "Parses an ARN into its parts"
    ),
    "trim_iam_role_path": ProviderFunction(
        ("arn",), "string", _trim, "Removes the path from the ARN of an IAM role"
    ),
    "user_agent": ProviderFunction(
        ("product_name", "product_version", "comment"),
        "string",
        _user_agent,
        "Formats a User-Agent's product",
    ),
}
