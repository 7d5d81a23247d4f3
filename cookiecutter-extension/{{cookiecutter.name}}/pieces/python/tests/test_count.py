"""The function that counts."""

import json
from typing import Any

import pytest


def test_each_event_is_a_metric_in_the_log(
    code: Any,
    examples: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NAMESPACE", "presso/nyc/{{ cookiecutter.name }}")
    event = {**examples[0], "time": "2026-05-01T09:30:00Z"}
    code("count").handler(event, None)
    line = json.loads(capsys.readouterr().out)
    [metric] = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == 1_777_627_800_000
    assert metric["Namespace"] == "presso/nyc/{{ cookiecutter.name }}"
    assert {name: line[name] for name in [*metric["Dimensions"][0], metric["Metrics"][0]["Name"]]} == {
        "Event": event["detail-type"],
        "Events": 1,
    }


def test_what_is_not_an_event_fails_so_that_it_is_tried_again(code: Any) -> None:
    with pytest.raises(code("bar_event").BadEventError):
        code("count").handler({"detail": {}}, None)
