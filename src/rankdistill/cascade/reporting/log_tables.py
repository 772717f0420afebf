"""The tables of students on other logs than the main one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.cascade.model_names import USERS_ALONE
from rankdistill.cascade.reporting.contents import (
    focus,
    learned_from_what_was_shown,
    students_of,
)
from rankdistill.cascade.reporting.tables import metric_cells
from rankdistill.cascade.reporting.wording import (
    kind_label,
    model_label,
    share_text,
    stretches_text,
)
from rankdistill.reporting.report_table import (
    Cell,
    Table,
    make_table,
    number_cell,
    tested_cells,
    thousands,
)
from rankdistill.reporting.wording import metric_label


def logged_table(result: Mapping[str, Any]) -> Table:
    """A row per share of logged rows and form; training without teacher labels comes first."""
    entries = sorted(
        result["logged_share"], key=lambda each: (each["further"], each["share"], each["model"])
    )
    without = students_of(result).get(USERS_ALONE)
    rows = [(0.0, 0, USERS_ALONE, without)] if without and entries else []
    rows += [(each["share"], each["further"], each["model"], each) for each in entries]
    metrics = _metrics(result)
    return make_table(
        "logged-share",
        "How much must be logged",
        "The share of the rows shown in training whose teacher scores were logged, and how many "
        "further candidates of each request were scored offline; the early ranker learns what "
        "users did from every row.",
        ["logged", "further", "model", "usable rows", *map(metric_label, metrics)],
        num_naming=3,
        rows=[
            [
                Cell(share_text(share), share),
                number_cell(further, "{:,.0f}".format),
                Cell(model_label(model)),
                number_cell(each.get("log", {}).get("usable"), thousands),
                *metric_cells(metrics, each),
            ]
            for share, further, model, each in rows
        ],
    )


def corruption_table(result: Mapping[str, Any]) -> Table:
    """A row per faulty log and form, tested against that form on the main log."""
    look, metrics = focus(result), _metrics(result)
    return make_table(
        "corruption",
        "What wrong scores in the log do",
        "Rows that are marked or not finite have weight 0 for teacher labels; stale ones cannot be "
        "told from good ones. Each is compared in a paired t-test over users with the same form on "
        "the log that was made faulty, with as many further candidates.",
        ["rows", "share", "further", "model", "usable rows", *map(metric_label, metrics)],
        [f"{metric_label(look.recall)} - clean log", "interval (Holm)", "p (Holm)"],
        num_naming=4,
        rows=[
            [
                Cell(kind_label(each["kind"])),
                Cell(share_text(each["share"]), each["share"]),
                number_cell(each["further"], "{:,.0f}".format),
                Cell(model_label(each["model"])),
                number_cell(each["log"]["usable"], thousands),
                *metric_cells(metrics, each),
                *tested_cells(_test_of(each, look.recall), "-"),
            ]
            for each in result["corruption"]
        ],
    )


def walk_forward_table(result: Mapping[str, Any]) -> Table:
    """A row per log and form: by a ranker that saw everything, and by rankers that saw the past."""
    look, metrics = focus(result), _metrics(result)
    whole = learned_from_what_was_shown(result)
    rows = []
    for each in result["walk_forward"]:
        model = each["model"]
        for text, summary, test in (
            (stretches_text(result["stretches"]), whole[model], None),
            (stretches_text(each["share"]), each, _test_of(each, look.recall)),
        ):
            rows.append(
                [
                    Cell(text),
                    Cell(model_label(model)),
                    number_cell(summary.get("log", {}).get("usable"), thousands),
                    *metric_cells(metrics, summary),
                    *tested_cells(test, "-"),
                ]
            )
    return make_table(
        "walk-forward",
        "A log without peeking",
        "Each stretch of time but the first is logged by a final ranker that was trained on what "
        "came before; the first is not logged. The ranker that saw everything logs what it was "
        "trained on. No log has further candidates.",
        ["logged by", "model", "usable rows", *map(metric_label, metrics)],
        [f"{metric_label(look.recall)} - the other log", "interval (Holm)", "p (Holm)"],
        num_naming=2,
        rows=rows,
    )


def rescoring_table(result: Mapping[str, Any]) -> Table:
    """A row per form without and with further candidates that the final ranker scored offline."""
    look, metrics = focus(result), _metrics(result)
    rescoring, students = result["rescoring"], students_of(result)
    rows = []
    for model, alone in result["shown_alone"].items():
        found = [test for test in rescoring["tests"] if test["model"] == model]
        for number, summary, test in (
            (0.0, alone, None),
            (
                rescoring["candidates"] / rescoring["requests"],
                students[model],
                _test_of({"tests": found}, look.recall),
            ),
        ):
            rows.append(
                [
                    number_cell(number, "{:,.0f}".format),
                    Cell(model_label(model)),
                    *metric_cells(metrics, summary),
                    *tested_cells(test, "-"),
                ]
            )
    return make_table(
        "rescoring",
        "Further candidates, scored offline",
        "Candidates of each training request that were not shown, drawn at random and scored by "
        "the final ranker. Nobody knows what users would have done with them, so that the early "
        "ranker learns only the scores.",
        ["further candidates", "model", *map(metric_label, metrics)],
        [f"{metric_label(look.recall)} - without", "interval (Holm)", "p (Holm)"],
        num_naming=2,
        rows=rows,
    )


def _metrics(result: Mapping[str, Any]) -> list[str]:
    """What is measured of a student on another log than the main one."""
    return ["ce", "teacher_ce", *focus(result).recalls]


def _test_of(entry: Mapping[str, Any], metric: str) -> Mapping[str, Any] | None:
    return next((test for test in entry["tests"] if test["metric"] == metric), None)
