"""What is not run in the sandbox, and why."""

from types import SimpleNamespace
from typing import Any

import pytest

from presso.gate.model import Facts, Model, Place, Resource
from presso.gate.sandbox.sandbox_run import SandboxRun

QUEUE = "arn:aws:sqs:us-east-1:111111111111:nyc--drinks--orders"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:nyc--drinks--enrich"
PLACE = Place("main.tf", 7)
HOOK = "arn:aws:events:us-east-1:111111111111:api-destination/nyc--drinks--hook/1"
STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/nyc--drinks--orders"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": QUEUE, "target": QUEUE, "enrichment": FUNCTION}, "no pipes with an enrichment"),
        ({"source": STREAM, "target": QUEUE, "enrichment": None}, "no pipes with a source of kinesis"),
        ({"source": QUEUE, "target": HOOK, "enrichment": None}, "no pipes with a target of api-destination"),
    ],
    ids=["an enrichment", "a source", "a target"],
)
def test_a_pipe_that_the_local_aws_lacks_is_not_applied(values: dict[str, Any], words: str) -> None:
    pipe = Resource("aws_pipes_pipe.more", "aws_pipes_pipe", values, Place("main.tf", 7))
    text: Any = SimpleNamespace(root=None)
    catalog: Any = None
    model = Model(
        Facts.made_up("drinks"), text, (pipe,), "plan", None, catalog, lambda: pytest.fail("not needed")
    )
    environment: Any = SimpleNamespace(
        bring=lambda *_: None,
        snapshot=lambda: {},
        destroy=lambda unit: None,
        apply=lambda unit: pytest.fail("it was applied"),
        delete_log_groups=lambda names: None,
    )
    record = SandboxRun(environment, model).run().record
    assert record.lacking == [f"aws_pipes_pipe.more cannot run here: the local AWS has {words}"]
    assert not record.broken


def test_log_groups_that_only_the_emulator_creates_are_not_left_for_the_next_extension() -> None:
    left = {"log group /aws/lambda/nyc--drinks--count": {}, "log group /aws/lambda/nyc--drinks--keep": {}}
    group = {"name": "/aws/lambda/nyc--drinks--keep"}
    resources = (
        *(
            Resource(f"f.{name}", "aws_lambda_function", {"function_name": f"nyc--drinks--{name}"}, PLACE)
            for name in ("count", "keep")
        ),
        Resource("aws_cloudwatch_log_group.keep", "aws_cloudwatch_log_group", group, PLACE),
        Resource("aws_pipes_pipe.more", "aws_pipes_pipe", {"source": STREAM, "target": QUEUE}, PLACE),
    )
    snapshots = iter([{}, left])
    text: Any = SimpleNamespace(root=None)
    catalog: Any = None
    model = Model(
        Facts.made_up("drinks"), text, resources, "plan", None, catalog, lambda: pytest.fail("not needed")
    )
    environment: Any = SimpleNamespace(
        bring=lambda *_: None,
        snapshot=lambda: next(snapshots),
        destroy=lambda unit: None,
        delete_log_groups=lambda names: [left.pop(f"log group {name}") for name in names],
    )
    record = SandboxRun(environment, model).run().record
    assert record.left == ["new: log group /aws/lambda/nyc--drinks--keep"]
