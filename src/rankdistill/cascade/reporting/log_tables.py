"""The tables of students on other logs than the main one: smaller ones, and faulty ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.cascade.model_names import USERS_ALONE
from rankdistill.cascade.reporting.contents import focus, students_of
from rankdistill.cascade.reporting.tables import metric_cells
from rankdistill.cascade.reporting.wording import kind_label, model_label, share_text
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
    entries = sorted(result["logged_share"], key=lambda each: (each["share"], each["model"]))
    without = students_of(result).get(USERS_ALONE)
    rows = [(0.0, USERS_ALONE, without)] if without and entries else []
    rows += [(each["share"], each["model"], each) for each in entries]
    metrics = _metrics(result)
    return make_table(
        "logged-share",
        "How much must be logged",
        "The share of the training rows whose teacher scores were logged; the early ranker learns "
        "what users did from every row.",
        ["logged", "model", "usable rows", *map(metric_label, metrics)],
        num_naming=2,
        rows=[
            [
                Cell(share_text(share), share),
                Cell(model_label(model)),
                number_cell(each.get("log", {}).get("usable"), thousands),
                *metric_cells(metrics, each),
            ]
            for share, model, each in rows
        ],
    )


def corruption_table(result: Mapping[str, Any]) -> Table:
    """A row per faulty log and form, tested against that form on the main log."""
    look, metrics = focus(result), _metrics(result)
    return make_table(
        "corruption",
        "What wrong scores in the log do",
        "Rows that are marked or not finite have weight 0 for teacher labels; stale ones cannot be "
        "told from good ones. Each is compared with the same form on the clean log in a paired "
        "t-test over users.",
        ["rows", "share", "model", "usable rows", *map(metric_label, metrics)],
        [f"{metric_label(look.recall)} - clean log", "interval (Holm)", "p (Holm)"],
        num_naming=3,
        rows=[
            [
                Cell(kind_label(each["kind"])),
                Cell(share_text(each["share"]), each["share"]),
                Cell(model_label(each["model"])),
                number_cell(each["log"]["usable"], thousands),
                *metric_cells(metrics, each),
                *tested_cells(_test_of(each, look.recall), "-"),
            ]
            for each in result["corruption"]
        ],
    )


def _metrics(result: Mapping[str, Any]) -> list[str]:
    """What is measured of a student on another log than the main one."""
    return ["ce", "teacher_ce", focus(result).recall]


def _test_of(entry: Mapping[str, Any], metric: str) -> Mapping[str, Any] | None:
    return next((test for test in entry["tests"] if test["metric"] == metric), None)
