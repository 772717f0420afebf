"""The record of the grid as tables and a figure, and in docs/results.md."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.machine import RESULTS
from benchmarks.quality.grid import PLAIN, TEACHER
from benchmarks.quality.recorded import RECORD
from benchmarks.sections import copy_records

from rankdistill.files import write_text_atomically
from rankdistill.reporting.pareto import Point, pareto_figure
from rankdistill.reporting.wording import decimal, file_size, metric_label, p_value, percentage

COMMAND = "python -m benchmarks.quality"


def report(panels: dict[str, Any]) -> None:
    """Write quality.json, quality.md, quality.png and the section of docs/results.md."""
    record = json.dumps({"panels": panels}, indent=1, ensure_ascii=False)
    write_text_atomically(RECORD, record + "\n")
    text = "\n".join(_panel(name, panel) for name, panel in panels.items())
    write_text_atomically(RESULTS / "quality.md", text)
    figures = _figure_panels(panels)
    if figures:
        pareto_figure(figures, RESULTS / "quality.png")
    copy_records()
    print(text)


def _panel(name: str, panel: dict[str, Any]) -> str:
    metric, seeds = panel["metric"], panel["seeds"]
    reference = panel["reference"]
    extra = (f"gap to {_short(reference)}", "p vs it (Holm)") if reference else ()
    header = (
        "method",
        metric_label(metric),
        *(metric_label(other) for other in ("map@5", "ndcg@10", "recall@10") if other != metric),
        "gap closed [95%]",
        "p vs student (Holm)",
        *extra,
        "epochs",
        "fit (s)",
        "weights",
    )
    lines = [
        f"#### {name}",
        "",
        f"{panel['data']}; student `{' '.join(panel['student'])}`, `{' '.join(panel['teacher'])}`; "
        f"{panel['trials']} trials each on validation, seeds {seeds[0]}-{seeds[-1]}; "
        f"`{COMMAND} --panel {name}`.",
        "",
        f"| {' | '.join(header)} |",
        f"|---{'|--:' * (len(header) - 1)}|",
    ]
    rows = panel["rows"]
    order = [
        TEACHER,
        PLAIN,
        *sorted(set(rows) - {TEACHER, PLAIN}, key=lambda method: -rows[method]["mean"][metric]),
    ]
    lines += [
        f"| {' | '.join(_cells(method, rows[method], metric, reference))} |" for method in order
    ]
    return "\n".join([*lines, "", _chosen(panel), "", f"Measured on {panel['machine']}.", ""])


def _chosen(panel: dict[str, Any]) -> str:
    """The one method that validation chose: a single test each, nothing to correct for."""
    method, metric = panel["chosen"], metric_label(panel["metric"])
    row = panel["rows"][method]
    names = {"student": "the plain student", "teacher": _short(panel["teacher"])}
    if panel["reference"]:
        names["reference"] = _short(panel["reference"])
    tests = [(row[f"test_{key}"], name) for key, name in names.items()]
    # Panels that were recorded before this test have none.
    tests += [
        (it["test"], f"`{it['method']}`, the next on validation") for it in panel.get("next", ())
    ]
    told = [
        f"{decimal(test['difference'], signed=True)} against {name} ({p_value(test['p_value'])})"
        for test, name in tests
    ]
    return f"Validation chose `{method}`; its test {metric}, by itself: {', '.join(told)}."


def _cells(method: str, row: dict[str, Any], metric: str, reference: Any) -> list[str]:
    others = [other for other in ("map@5", "ndcg@10", "recall@10") if other != metric]
    distilled = method not in (TEACHER, PLAIN)
    gap = _gap(row["gap_to_teacher"]) if distilled else "-"
    p = p_value(row["test_student"]["p_holm"]) if distilled else "-"
    extra = []
    if reference:
        extra = [
            _gap(row["gap_to_reference"]) if distilled else "-",
            _signed(row["test_reference"]) if distilled else "-",
        ]
    return [
        {TEACHER: "**teacher**", PLAIN: "plain student"}.get(method, f"`{method}`"),
        f"{decimal(row['mean'][metric])} ± {decimal(row['std'][metric])}",
        *(decimal(row["mean"][other]) for other in others),
        gap,
        p,
        *extra,
        "-" if row["epochs"] is None else f"{row['epochs']:.0f}",
        "-" if row["fit_seconds"] is None else f"{row['fit_seconds']:.1f}",
        file_size(row["weights_bytes"]),
    ]


def _gap(gap: dict[str, Any]) -> str:
    if gap["ci_low"] is None:
        return "no gap"
    return f"{percentage(gap['value'])} [{percentage(gap['ci_low'])}, {percentage(gap['ci_high'])}]"


def _signed(test: dict[str, Any]) -> str:
    return f"{decimal(test['difference'], signed=True)}, {p_value(test['p_holm'])}"


def _short(overrides: list[str]) -> str:
    return overrides[0].partition("=")[2]


def _figure_panels(panels: dict[str, Any]) -> list[tuple[str, str, list[Point]]]:
    """A panel per data set; what several panels share, such as a teacher, once."""
    by_data: dict[str, dict[tuple[str, float, float], Point]] = {}
    metrics: dict[str, str] = {}
    for panel in panels.values():
        data = panel["data"]
        metrics[data] = panel["metric"]
        points = by_data.setdefault(data, {})
        size = _short([part for part in panel["student"] if part.startswith("size=")])
        graph = "LightGCN " if "backbone=lightgcn" in panel["student"] else ""
        for method, row in panel["rows"].items():
            teacher = _short(panel["teacher"])
            label = teacher if method == TEACHER else f"{method}, {graph}{size}"
            kind = {TEACHER: "teacher", PLAIN: "plain student"}.get(method, f"taught by {teacher}")
            mean, std = row["mean"][panel["metric"]], row["std"][panel["metric"]]
            point = Point(label.replace("none", "plain"), kind, row["weights_bytes"], mean, std)
            points[point.label, point.num_bytes, point.quality] = point
    return [(data, metrics[data], list(points.values())) for data, points in by_data.items()]
