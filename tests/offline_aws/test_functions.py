"""The functions of the provider, as Terraform calls them."""

from pathlib import Path
from typing import Any

import msgpack
import pytest

from offline_aws import schema
from offline_aws.configuration import Caller
from offline_aws.protocol import message
from offline_aws.provider import Provider

ROLE = "arn:aws:iam::123456789012:role/bar/night/barista"


def called(name: str, *arguments: str) -> Any:
    provider = Provider(schema.load("aws"), Caller(Path("/")))
    given = [message("DynamicValue", msgpack=msgpack.packb(text)) for text in arguments]
    answer = provider.answer("CallFunction", message("CallFunctionRequest", name=name, arguments=given))
    if answer.error.text:
        return answer.error.text, answer.error.function_argument
    return msgpack.unpackb(answer.result.msgpack)


def test_an_arn_is_built_from_its_parts_and_taken_apart() -> None:
    parts = called("arn_parse", ROLE)
    assert list(parts) == ["partition", "service", "region", "account_id", "resource"]
    assert called("arn_build", *parts.values()) == ROLE
    assert called("arn_parse", "arn:aws:logs:us-east-1:1:log-group:a:*")["resource"] == "log-group:a:*"


def test_a_role_loses_its_path() -> None:
    assert called("trim_iam_role_path", ROLE) == "arn:aws:iam::123456789012:role/barista"
    assert called("trim_iam_role_path", "arn:aws:iam::1:role/a") == "arn:aws:iam::1:role/a"


@pytest.mark.parametrize(
    ("parts", "product"),
    [(("bar", "1.0", "nyc"), "bar/1.0 (nyc)"), (("bar", "", ""), "bar"), (("bar", "", "x"), "bar (x)")],
)
def test_a_product_of_a_user_agent_is_formatted(parts: tuple[str, ...], product: str) -> None:
    assert called("user_agent", *parts) == product


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("arn_parse", ["bar"], "arn: invalid prefix"),
        ("arn_parse", ["arn:aws:s3"], "arn: not enough sections"),
        ("trim_iam_role_path", ["arn:aws:sts::1:role/a"], 'service must be "iam"'),
        ("trim_iam_role_path", ["arn:aws:iam:us-east-1:1:role/a"], "region must be empty"),
        ("trim_iam_role_path", ["arn:aws:iam::1:user/a"], 'resource must begin with "role/"'),
        ("user_agent", ["", "1", ""], "product_name must be set"),
    ],
)
def test_a_wrong_argument_is_refused_as_published(name: str, arguments: list[str], said: str) -> None:
    assert called(name, *arguments) == (said, 0)
