"""The verdict on a comparison, in at most three sentences for someone who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER
from rankdistill.reporting.wording import (
    MODEL_LABELS,
    decimal,
    listed,
    metric_label,
    percentage,
)

TUNE_TEACHER = "rankdistill tune tuning=teacher"
TUNE = "rankdistill tune"
_POOR = 0.5  # a smaller share of the gap closed is worth another try


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
    if times < 1.05:
        size = "no smaller than the teacher's file"
    else:
        size = f"{times:.{0 if times >= 9.95 else 1}f} times smaller than the teacher's file"
    model = MODEL_LABELS[judgement["model"]]
    return (
        f"Ship {file} (the {model} of seed {judgement['seed']}, best on validation): it is {size}."
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
    gap, epochs = judgement["gap"], judgement["teacher_epochs"]
    unit = "epoch" if epochs == 1 else "epochs"
    stopped = [f"the teacher stopped improving after {epochs:g} {unit}"] if epochs else []
    reason = gap["reason"]
    if stopped or reason == NOT_BETTER:
        causes = listed([*stopped, *([reason] if reason else [])])
        return f"{_capital(causes)}: first try {_command(TUNE_TEACHER, options)}."
    if reason == MAY_BE_CHANCE:
        return f"Distillation has nothing to gain here: {reason}."
    if judgement["model"] == "student":
        return f"Distillation did not help here: try {_command(TUNE, options)}."
    closed = (
        f"Distillation closed {percentage(gap['closed'])} of the gap in "
        f"{metric_label(gap['metric'])}"
    )
    retry = f"; for more, try {_command(TUNE, options)}" if gap["closed"] < _POOR else ""
    return f"{closed}{retry}."


def _command(command: str, options: Sequence[str]) -> str:
    return " ".join([command, *options])


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
