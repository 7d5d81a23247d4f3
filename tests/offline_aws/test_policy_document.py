import json
import textwrap
from typing import Any

import pytest

from offline_aws import policy_document
from offline_aws.handler_values import ResourceError


def statement(**given: Any) -> dict[str, Any]:
    names = ("sid", "effect", "actions", "not_actions", "resources", "not_resources")
    blocks = ("principals", "not_principals", "condition")
    return {**dict.fromkeys(names), **{name: [] for name in blocks}, **given}


def written(*statements: dict[str, Any], **given: Any) -> str:
    names = ("source_policy_documents", "override_policy_documents", "version", "policy_id")
    values = {**dict.fromkeys(names), "statement": list(statements), **given}
    return str(policy_document.read(values)["json"])


def policy(*statements: dict[str, Any], **given: Any) -> Any:
    return json.loads(written(*statements, **given))


def aws(*identifiers: str) -> dict[str, Any]:
    return {"type": "AWS", "identifiers": list(identifiers)}


# The published provider's documentation and acceptance tests show these texts.


def test_lists_are_sorted_backwards_and_one_element_is_a_text() -> None:
    text = written(
        statement(
            sid="1", actions=["s3:GetBucketLocation", "s3:ListAllMyBuckets"], resources=["arn:aws:s3:::*"]
        )
    )
    assert text == textwrap.dedent(
        """\
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "1",
              "Effect": "Allow",
              "Action": [
                "s3:ListAllMyBuckets",
                "s3:GetBucketLocation"
              ],
              "Resource": "arn:aws:s3:::*"
            }
          ]
        }"""
    )


def test_elements_come_in_the_order_of_the_published_structure() -> None:
    text = written(
        statement(
            condition=[{"test": "StringEquals", "variable": "aws:x", "values": ["1"]}],
            principals=[aws("a")],
            not_resources=["r"],
            not_actions=["a"],
            effect="Deny",
            sid="s",
        ),
        policy_id="id",
    )
    assert list(json.loads(text)) == ["Version", "Id", "Statement"]
    names = ["Sid", "Effect", "NotAction", "NotResource", "Principal", "Condition"]
    assert list(json.loads(text)["Statement"][0]) == names


def test_minified_json_and_the_identifier_come_of_the_same_document() -> None:
    values = {
        **dict.fromkeys(("source_policy_documents", "override_policy_documents", "version", "policy_id")),
        "statement": [statement(actions=["s3:*"], resources=["*"])],
    }
    found = policy_document.read(values)
    assert found["minified_json"] == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    )
    assert found["id"].isdigit()


def test_a_document_without_statements_is_its_version() -> None:
    assert written() == '{\n  "Version": "2012-10-17"\n}'


@pytest.mark.parametrize(
    ("principals", "expected"),
    [
        ([{"type": "*", "identifiers": ["*"]}], "*"),
        ([aws("*")], {"AWS": "*"}),
        ([aws("b", "a")], {"AWS": ["b", "a"]}),
        ([aws("a", "c", "b")], {"AWS": ["c", "b", "a"]}),
        (
            [{"type": "Service", "identifiers": ["sqs.amazonaws.com"]}, aws("a")],
            {"AWS": "a", "Service": "sqs.amazonaws.com"},
        ),
        ([{"type": "*", "identifiers": ["*"]}, aws("a")], {"*": "*", "AWS": "a"}),
    ],
    ids=["any principal", "any account", "two", "three", "two types", "any principal and one"],
)
def test_principals(principals: list[Any], expected: Any) -> None:
    assert policy(statement(principals=principals))["Statement"][0]["Principal"] == expected


def test_conditions_of_one_test_are_merged_and_sorted() -> None:
    conditions = [
        {"test": "StringLike", "variable": "s3:prefix", "values": ["", "home/", "home/&{aws:username}/"]},
        {"test": "ArnLike", "variable": "aws:SourceArn", "values": ["arn"]},
        {"test": "StringLike", "variable": "aws:x", "values": ["1"]},
    ]
    assert policy(statement(condition=conditions))["Statement"][0]["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn"},
        "StringLike": {"aws:x": "1", "s3:prefix": ["", "home/", "home/${aws:username}/"]},
    }


def test_text_is_escaped_as_go_does() -> None:
    assert '"a\\u003cb\\u003e\\u0026é"' in written(statement(actions=["a<b>&é"]))


def test_variables_are_refused_in_the_old_version() -> None:
    with pytest.raises(ResourceError, match="not supported in document version 2008-10-17"):
        written(statement(resources=["&{x}"]), version="2008-10-17")


def test_sources_come_first_and_a_statement_replaces_its_namesake_in_place() -> None:
    source = json.dumps(
        {
            "Version": "2008-10-17",
            "Statement": [
                {"Sid": "one", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Sid": "two", "Effect": "Allow", "Action": ["b", "a"], "Resource": "*"},
            ],
        }
    )
    found = policy(statement(sid="one", effect="Deny", actions=["x"]), source_policy_documents=[source])
    assert found["Version"] == "2012-10-17"
    assert [item["Effect"] for item in found["Statement"]] == ["Deny", "Allow"]
    assert found["Statement"][1]["Action"] == ["b", "a"], "a source's lists keep their order"


def test_overrides_replace_namesakes_and_append_the_others() -> None:
    override = json.dumps(
        {
            "Id": "new",
            "Statement": [
                {"Sid": "one", "Effect": "Deny", "Action": "*", "Resource": "*"},
                {"Effect": "Allow", "Action": "x", "Resource": "*", "Unknown": 1},
            ],
        }
    )
    found = policy(
        statement(sid="one", actions=["a"]), statement(actions=["b"]), override_policy_documents=[override]
    )
    assert found["Id"] == "new"
    assert [item["Action"] for item in found["Statement"]] == ["*", "b", "x"]
    assert "Unknown" not in found["Statement"][2]


def test_principals_and_conditions_of_sources_take_the_published_form() -> None:
    source = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com", "AWS": ["a", "b"]},
                    "Action": ["sqs:SendMessage"],
                    "Condition": {"Bool": {"aws:SecureTransport": False}, "StringEquals": {"x": ["1"]}},
                },
                {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"},
            ]
        }
    )
    first, second = policy(source_policy_documents=[source])["Statement"]
    assert first["Principal"] == {"AWS": ["b", "a"], "Service": "sns.amazonaws.com"}
    assert first["Action"] == ["sqs:SendMessage"]
    assert first["Condition"] == {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"x": "1"}}
    assert second["Principal"] == "*"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source_policy_documents": ["{"]}, "merging source document 0"),
        ({"override_policy_documents": ["[]"]}, "merging override document 0"),
        ({"source_policy_documents": ['{"Statement": {}}', '{"Statement": {"Sid": "a"}}']}, "document 1"),
        ({"source_policy_documents": ['{"Statement": [{"Sid": "a"}]}'] * 2}, "duplicate Sid \\(a\\)"),
    ],
)
def test_what_cannot_be_merged_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ResourceError, match=said):
        written(**given)


def test_a_sid_may_not_occur_twice() -> None:
    with pytest.raises(ResourceError, match="duplicate Sid \\(a\\)"):
        written(statement(sid="a"), statement(sid="a"))
