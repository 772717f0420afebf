"""The report of students that learned from a person's own request log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rankdistill.cascade.model_names import USERS_ALONE
from rankdistill.cascade.reporting.findings import needed_cut_sentence, outcomes
from rankdistill.cascade.reporting.tables import metric_cells
from rankdistill.cascade.reporting.wording import model_label, operations, share_text
from rankdistill.files import write_text_atomically
from rankdistill.reporting.markdown_table import escaped, table_lines
from rankdistill.reporting.report_table import Cell, Table, make_table, number_cell, thousands
from rankdistill.reporting.wording import counted, decimal, listed, metric_label, provenance

_SHOWN = 4
"""Cuts that the table has columns for, those around the verdict's."""


def write_log_report(result: Mapping[str, Any], folder: Path) -> str:
    """Write cascade.md.

    Args:
        result: The content of ``cascade.json``.
        folder: The run's folder.

    Returns:
        The part of the report to print, which ends with the verdict.
    """
    section = log_section(result)
    title = "# Early rankers on your request log"
    write_text_atomically(folder / "cascade.md", f"{title}\n\n{section}")
    return section


def log_section(result: Mapping[str, Any]) -> str:
    """The table of students, the facts, the findings, and the verdict as the last paragraph."""
    spread = ", mean ± standard deviation over seeds" if len(result["seeds"]) > 1 else ""
    lines = [f"Test results on {escaped(provenance(result))}{spread}.", ""]
    table = students_table(result)
    lines += [*table_lines(table), "", table.note, "", " ".join(_facts(result)), ""]
    lines += [f"- {finding}" for finding in _findings(result)]
    return "\n".join([*lines, "", log_verdict_text(result), ""])


def students_table(result: Mapping[str, Any]) -> Table:
    """A row per student: its size, its fit to users and to the final ranker, and its cuts."""
    measure = result["monitor"].rpartition("_")[0]
    kept, keep = result["kept"], result["verdict"]["keep"]
    first = max(0, min(kept.index(keep) - 1, len(kept) - _SHOWN))
    metrics = ["ce", "teacher_ce", *(f"{measure}_{m}" for m in kept[first : first + _SHOWN])]
    needed = result["needed_cut_of_choice"]
    return make_table(
        "students",
        "Early rankers",
        "All early rankers serve the same network. The one that is called none learns from what "
        "users did alone. CE is the cross-entropy in nats against what users did, and against the "
        "final ranker; less is better. Candidates that the final ranker did not score count in no "
        "recall.",
        ["model", "served parameters", *map(metric_label, metrics)],
        [f"items to keep for {share_text(needed['share'])} of {_choice(result)}"],
        num_naming=1,
        rows=[
            [
                Cell(model_label(model)),
                number_cell(summary["mean"]["served_parameters"], thousands),
                *metric_cells(metrics, summary),
                number_cell(needed["models"][model]["mean"], "{:.1f}".format),
            ]
            for model, summary in result["models"].items()
        ],
    )


def log_verdict_text(result: Mapping[str, Any]) -> str:
    """What to do, in one paragraph: which student, how many items, what to expect and to pay."""
    verdict, choice = result["verdict"], _choice(result)
    student = model_label(verdict["student"])
    expected = decimal(verdict["expected"])
    if not verdict["suffices"]:
        return (
            f"**Verdict**: no cut that was measured keeps {share_text(verdict['share'])} of "
            f"{choice}. The best early ranker is {student}: with {verdict['keep']:,} of "
            f"{verdict['of']:,.1f} candidates a request it keeps {expected}. Type larger numbers "
            "in evaluation.kept, or choose a larger early ranker."
        )
    return (
        f"**Verdict**: keep {verdict['keep']:,} of {verdict['of']:,.1f} candidates a request with "
        f"the early ranker {student}; expect {expected} of {choice}, at {_price(result)}."
    )


def _price(result: Mapping[str, Any]) -> str:
    verdict, early = result["verdict"], result["cost"]["early_ranker"]
    if verdict["cost"] is not None:
        return (
            f"{share_text(verdict['cost'])} of the cost of the final ranker on all "
            f"({operations(early['flops_per_item'])} FLOPs an item against "
            f"{operations(result['final_ranker']['flops_per_item'])})"
        )
    return (
        f"{share_text(verdict['final_scores'])} of the final ranker's scores and "
        f"{operations(early['flops_per_item'])} FLOPs an item before it (data.final_flops=... of "
        "your final ranker for an item tells the whole cost)"
    )


def _facts(result: Mapping[str, Any]) -> Iterator[str]:
    data = result["data"]
    parts = [f"{number:,} in {part}" for part, number in data["requests"].items()]
    yield f"Requests in order of time: {listed(parts)}."
    yield (
        f"Of {counted(data['rows'], 'row')} the final ranker is known of {data['scored']:,}, and "
        f"users saw {data['shown']:,}."
    )
    yield f"A test request has {data['candidates_per_request']:,.1f} candidates to choose from."
    if result["final_ranker"]["ce"] is not None:
        yield f"The final ranker's own CE against users is {decimal(result['final_ranker']['ce'])}."


def _findings(result: Mapping[str, Any]) -> Iterator[str]:
    for metric in (result["monitor"], "ce"):
        tests = [
            test
            for test in result["tests"]
            if (test["metric"], test["against"]) == (metric, USERS_ALONE)
        ]
        if tests:
            yield f"Compared with {USERS_ALONE} on {metric_label(metric)}, {outcomes(tests)}."
    yield needed_cut_sentence(result["needed_cut_of_choice"], _choice(result).partition("'s ")[2])
    if len(result["seeds"]) == 1:
        yield "There is one seed: nothing says how much another would change."


def _choice(result: Mapping[str, Any]) -> str:
    """What of the final ranker is to be kept."""
    top = result["monitor"].partition("@")[2].partition("_")[0]
    return f"the final ranker's {f'top {top}' if top else 'choice'}"
