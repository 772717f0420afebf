"""The verdict on a comparison, in at most three sentences for someone who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.reporting.wording import (
    MODEL_LABELS,
    decimal,
    listed,
    metric_label,
    percentage,
)

TUNE_TEACHER = "rankdistill tune tuning=teacher"
TUNE = "rankdistill tune"


def verdict_text(judgement: Mapping[str, Any], file: str, options: Sequence[str] = ()) -> str:
    """Say which file to ship, what is lost by it, and what to try where the result is poor.

    Args:
        judgement: What ``judge`` returned.
        file: The file to ship.
        options: What the user typed about the data, ready for a shell; suggested commands end
            with it.

    Returns:
        At most three sentences in one line.
    """
    return " ".join([_ship(judgement, file), _lost(judgement), _advice(judgement, options)]).strip()


def _ship(judgement: Mapping[str, Any], file: str) -> str:
    times = judgement["times_smaller"]
    smaller = f"{times:.{0 if times >= 9.95 else 1}f} times smaller"
    size = "no smaller" if times < 1.05 else smaller
    model = MODEL_LABELS[judgement["model"]]
    refit = (
        ", fitted again on all data and never tested in that form" if judgement.get("refit") else ""
    )
    seed = judgement["seed"]
    return (
        f"Ship {file} (the {model} of seed {seed}, best on validation{refit}): its weights are "
        f"{size} than the teacher's."
    )


def _lost(judgement: Mapping[str, Any]) -> str:
    tested = [each for each in judgement["against_teacher"] if each["shown"] is not None]
    lost = [each for each in tested if each["shown"] and each["own"] < each["teacher"]]
    won = [each for each in tested if each["shown"] and each["own"] > each["teacher"]]
    if lost:
        return f"Against the teacher it loses {listed([_values(each) for each in lost])}."
    if won:
        return f"It beats the teacher in {listed([_values(each) for each in won])}."
    first = _values(judgement["against_teacher"][0])
    if tested:
        return f"Nothing is shown to be lost against the teacher: {first}."
    return f"No test says what is lost against the teacher: {first}."


def _values(each: Mapping[str, Any]) -> str:
    return f"{metric_label(each['metric'])} ({decimal(each['own'])} for {decimal(each['teacher'])})"


def _advice(judgement: Mapping[str, Any], options: Sequence[str]) -> str:
    gap, advice = judgement["gap"], judgement["advice"]
    if advice == "tune_teacher":
        return f"{_teachers_faults(judgement)}: first try {_command(TUNE_TEACHER, options)}."
    if advice == "more_users":
        return f"Hold out items of more users: {gap['reason']}."
    if advice == "nothing_to_gain":
        return f"Distillation has nothing to gain here: {gap['reason']}."
    if judgement["model"] == "student":
        return f"Distillation did not help here: try {_command(TUNE, options)}."
    closed = (
        f"Distillation closed {percentage(gap['closed'])} of the gap in "
        f"{metric_label(gap['metric'])}"
    )
    return f"{closed}; for more, try {_command(TUNE, options)}." if advice else f"{closed}."


def _teachers_faults(judgement: Mapping[str, Any]) -> str:
    epochs, reason = judgement["teacher_epochs"], judgement["gap"]["reason"]
    unit = "epoch" if epochs == 1 else "epochs"
    stopped = [f"the teacher stopped improving after {epochs:g} {unit}"] if epochs else []
    faults = listed([*stopped, *([reason] if reason else [])])
    return faults[:1].upper() + faults[1:]


def _command(command: str, options: Sequence[str]) -> str:
    return " ".join([command, *options])
