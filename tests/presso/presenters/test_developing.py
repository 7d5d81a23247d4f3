"""`presso dev` applies what is saved, and shows what an extension does and why it fails."""

import io
import json
import signal
import threading
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.patience import PATIENCE

from presso.errors import UsageError
from presso.presenters import developing

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Small

CODE = "def handler(event, context):\n    print('cup', event['number'])\n    return event['drink']\n"
MACHINE = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "SoldOut", "Cause": "no beans"}}}
ROLE = "arn:aws:iam::111111111111:role/r"


def test_events_lines_and_failures_of_the_extension_are_shown_once(
    aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str], until: Callable[..., Any]
) -> None:
    following = developing.Following(SimpleNamespace(client=aws), "nyc", "cups", frozenset({"Order.Made"}))  # type: ignore[arg-type]
    looks = following.looks()
    detail = {"orderId": "1", "Message": "a latte"}
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    aws("logs").create_log_stream(logGroupName="/aws/events/nyc", logStreamName="s")
    for name in ("Order.Made", "Order.Other"):
        event = {"detail-type": name, "source": "bar", "time": "2026-05-01T09:30:00Z", "detail": detail}
        log_events = [{"timestamp": following.since + 1, "message": json.dumps(event)}]
        aws("logs").put_log_events(logGroupName="/aws/events/nyc", logStreamName="s", logEvents=log_events)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", CODE)
    for name in ("nyc--cups--count", "nyc--others--count"):
        aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="handler.handler",
            Role=ROLE,
            Code={"ZipFile": packed.getvalue()},
            Timeout=60,
        )
        aws("lambda").invoke(FunctionName=name, Payload='{"number": 7}')
    states = aws("stepfunctions")
    machine = states.create_state_machine(
        name="nyc--cups--brew", definition=json.dumps(MACHINE), roleArn=ROLE
    )["stateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: states.describe_execution(executionArn=arn)["status"] == "FAILED")
    for look in (*looks, *looks):
        look()
    printed = capsys.readouterr()
    assert printed.out.count("Order.Made") == 1
    assert "Order.Other" not in printed.out
    assert printed.out.count("count     cup 7") == 1
    assert printed.err.splitlines() == [
        "failed    nyc--cups--count: KeyError: 'drink' (handler.py, line 3)",
        "failed    nyc--cups--brew: SoldOut: no beans",
    ]


def test_what_is_saved_is_applied_and_a_mistake_is_shown_until_it_is_corrected(small: "Small") -> None:
    small.tenant("sfo")
    process = small.start("dev", "cups")
    assert process.stderr
    lines: list[str] = []

    def read_until(text: str) -> None:
        reading = threading.Timer(90, process.kill)
        reading.start()
        for line in process.stderr or ():
            lines.append(line)
            if text in line:
                break
        reading.cancel()
        assert text in lines[-1], "".join(lines)

    try:
        read_until("stop with Ctrl-C")
        small.extension("cups", "input = 1")  # twice
        read_until("Error: nyc/cups")
        small.write("extensions/cups/.git/index", "")
        small.write("extensions/cups/4913", "")  # as vim does while it saves
        (small.workspace.extensions / "cups/4913").unlink()
        small.extension("cups")
        read_until("nyc/cups: unchanged")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert rest == "Stopped.\n"
    assert not any(".git" in line or "4913" in line for line in lines)


def test_a_tenant_that_does_not_have_it_or_is_on_aws_is_refused(small: "Small") -> None:
    with pytest.raises(UsageError, match=r"Several tenants have cups: nyc, sfo\."):
        developing.run(small.workspace, "cups", "", quiet=True)
    for tenant in ("nyc", "sfo"):
        small.tenant(tenant)
    principal = "arn:aws:iam::111111111111:role/ci"
    small.tenant("real", "cups", target="aws", deployers=f"[{principal}]")
    for name, tenant, reason in (
        ("cups", "", "No tenant on the target local"),
        ("cups", "nyc", "The tenant nyc has no extension cups"),
        ("cups", "real", "has target aws"),
        ("cup", "", "no extension cup"),
    ):
        with pytest.raises(UsageError, match=reason):
            developing.run(small.workspace, name, tenant, quiet=True)
