"""The tables of what the log does to early rankers: how much of it there is, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rankdistill.cascade.reporting.tables import (
    measured,
    metric_cells,
    of_columns_with_values,
    thousands,
)
from rankdistill.cascade.reporting.wording import (
    CASCADE_LABELS,
    NONE,
    find_test,
    focus,
    kind_label,
    share_text,
    students_of,
)
from rankdistill.reporting.report_table import Cell, Table, number_cell, tested_cells
from rankdistill.reporting.sweep_job import mapping, numbers, sequence
from rankdistill.reporting.wording import metric_label


def logged_table(result: Mapping[str, Any]) -> Table:
    """A row per share of logged rows and form; training without teacher labels comes first."""
    entries = sequence(result.get("logged_share"))
    entries = sorted(map(mapping, entries), key=lambda each: (each["share"], each["model"]))
    without = students_of(result).get(NONE)
    rows = [(0.0, NONE, without)] if without and entries else []
    rows += [(each["share"], each["model"], each) for each in entries]
    metrics = _of_a_form(result, [each for *_, each in rows])
    return of_columns_with_values(
        "logged-share",
        "How much must be logged",
        "The share of the training rows whose teacher scores were logged; the early ranker learns "
        "what users did from every row.",
        ["logged", "model", "usable rows", *map(metric_label, metrics)],
        num_naming=2,
        rows=[
            [
                Cell(share_text(share), share),
                Cell(CASCADE_LABELS[model]),
                number_cell(numbers(mapping(each.get("log"))).get("usable"), thousands),
                *metric_cells(metrics, each),
            ]
            for share, model, each in rows
        ],
    )


def corruption_table(result: Mapping[str, Any]) -> Table:
    """A row per corruption and form, tested against the same form on the clean log."""
    entries = [mapping(each) for each in sequence(result.get("corruption"))]
    recall = focus(result).recall
    metrics = _of_a_form(result, entries)
    return of_columns_with_values(
        "corruption",
        "What wrong scores in the log do",
        "Rows that are marked or not finite have weight 0 for teacher labels; stale ones cannot be "
        "told from good ones. Each is compared with the same form on the clean log in a paired "
        "t-test over users.",
        ["rows", "share", "model", "usable rows", *map(metric_label, metrics)],
        [f"{metric_label(recall)} - clean log", "95% interval", "p (Holm)"],
        num_naming=3,
        rows=[
            [
                Cell(kind_label(each["kind"])),
                Cell(share_text(each["share"]), each["share"]),
                Cell(CASCADE_LABELS[each["model"]]),
                number_cell(numbers(mapping(each.get("log"))).get("usable"), thousands),
                *metric_cells(metrics, each),
                *tested_cells(find_test(each.get("tests"), recall, each["model"]), "-"),
            ]
            for each in entries
        ],
    )


def _of_a_form(result: Mapping[str, Any], summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    look = focus(result)
    return measured(["ce", "teacher_ce", look.recall, look.joint, look.after], summaries)
