"""What a schedule takes of its quota."""

import pytest

from presso.gate.checks.quotas import runs_per_hour


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 minute)", 60),
        ("rate(30 minutes)", 2),
        ("rate(1 day)", 1 / 24),
        ("cron(0/15 * * * ? *)", 4),
        ("cron(* * * * ? *)", 60),
        ("cron(1-0 * * * ? *)", 60),
        ("cron(58-2 * * * ? *)", 60),
        ("at(2030-01-01T10:00:00)", 1),
    ],
)
def test_a_schedules_runs_per_hour_follow_from_its_expression(expression: str, runs: float) -> None:
    assert runs_per_hour(expression) == pytest.approx(runs)


@pytest.mark.parametrize(
    "expression",
    ["rate(0 minutes)", "rate(\u0660 minutes)", "cron( 0 * * * ? *)", "cron(0/00 * * * ? *)", "?"],
)
def test_a_schedule_that_cannot_be_read_counts_as_often_as_one_can_run(expression: str) -> None:
    assert runs_per_hour(expression) == 60
