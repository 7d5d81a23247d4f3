"""Which resources a run that was cut short has left, by the errors of AWS."""

from presso.deployment import adoption
from presso.terraform.json_stream import Diagnostic

ITS_OWN, ANOTHERS = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
ADDRESS = "aws_lambda_event_source_mapping.default"
PLACE = adoption.Location(
    "123456789012", "us-east-1", "aws", "https://sqs.us-east-1.amazonaws.com", lambda _: None
)


def test_a_mapping_is_the_one_that_aws_names_and_not_one_in_a_queues_name() -> None:
    change = {"actions": ["create"], "after": {}}
    plan = {
        "resource_changes": [
            {"address": ADDRESS, "type": "aws_lambda_event_source_mapping", "change": change}
        ]
    }
    queue = f"arn:aws:sqs:us-east-1:123456789012:nyc--x--UUID{ANOTHERS}"
    detail = (
        f'ResourceConflictException: The event source arn (" {queue} ") and function (" x ") provided '
        f"mapping already exists. Please update or delete the existing mapping with UUID {ITS_OWN}"
    )
    error = Diagnostic("error", "creating Lambda Event Source Mapping", detail, address=ADDRESS)
    assert adoption.exists(error)
    (found,) = adoption.found(plan, [error], PLACE)
    assert found.id == ITS_OWN
