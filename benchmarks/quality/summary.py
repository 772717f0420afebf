"""From finished cells to one record: means, gaps closed, paired tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.machine import machine
from benchmarks.quality.cell import OUTPUTS, RECORD, per_user, record
from benchmarks.quality.grid import BEST_D8, PLAIN, TEACHER, Cell, Panel
from benchmarks.quality.recorded import without_folder

from rankdistill.evaluation.gap import gap_of
from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.significance import paired_test

SHOWN = ("map@5", "ndcg@10", "recall@10")


def summarize(grid: tuple[Panel, ...], seeds: list[int]) -> dict[str, Any]:
    """Every panel that has a teacher, a plain student and at least one method here."""
    finished = {panel.name: panel for panel in grid if len(_finished(panel)) > 2}
    teachers = {panel.name: panel for panel in grid if _is_finished(Cell(panel, TEACHER))}
    return {
        name: _panel(panel, teachers.get(panel.reference or ""), seeds)
        for name, panel in finished.items()
        if panel.reference is None or panel.reference in teachers
    }


def _finished(panel: Panel) -> list[Cell]:
    cells = [Cell(panel, method) for method in (TEACHER, PLAIN, *panel.methods)]
    return [cell for cell in cells if _is_finished(cell)]


def _is_finished(cell: Cell) -> bool:
    return (OUTPUTS / cell.name / RECORD).is_file()


def _panel(panel: Panel, reference: Panel | None, seeds: list[int]) -> dict[str, Any]:
    cells = {cell.method: cell for cell in _finished(panel)}
    values = {method: per_user(cell, seeds)[panel.metric] for method, cell in cells.items()}
    yardsticks = {"teacher": values[TEACHER]}
    if reference is not None:
        yardsticks["reference"] = per_user(Cell(reference, TEACHER), seeds)[panel.metric]
    methods = [method for method in cells if method not in (TEACHER, PLAIN)]
    rows = {method: _row(record(cell)) for method, cell in cells.items()}
    for method in methods:
        for name, teacher in yardsticks.items():
            rows[method][f"gap_to_{name}"] = gap_of(teacher, values[PLAIN], values[method])
            rows[method][f"test_{name}"] = vars(paired_test(values[method], teacher))
        rows[method]["test_student"] = vars(paired_test(values[method], values[PLAIN]))
    for against in ("test_student", *(f"test_{name}" for name in yardsticks)):
        adjusted = holm([rows[method][against]["p_value"] for method in methods])
        for method, p_holm in zip(methods, adjusted, strict=True):
            rows[method][against]["p_holm"] = p_holm
    own = [method for method in methods if method != BEST_D8]  # the other's settings are a copy
    first, *others = sorted(own, key=lambda method: -rows[method]["validation"])
    return {
        "metric": panel.metric,
        "data": record(cells[PLAIN])["runs"][0]["data"]["name"],
        "student": list(panel.student),
        "teacher": list(panel.teacher),
        "reference": None if reference is None else list(reference.teacher),
        "trials": panel.trials,
        "seeds": seeds,
        "machine": machine(),
        "chosen": first,
        "next": [
            {"method": method, "test": vars(paired_test(values[first], values[method]))}
            for method in others[:1]
        ],
        "rows": rows,
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    runs = found["runs"]
    metrics = {name: [run["metrics"][f"test/{name}"] for run in runs] for name in SHOWN}
    fit = [run["fit_seconds"] for run in runs if run["fit_seconds"] is not None]
    return {
        "overrides": [without_folder(override) for override in found["overrides"]],
        "drawn": found["drawn"],
        "validation": found["validation"],
        "mean": {name: float(np.mean(values)) for name, values in metrics.items()},
        "std": {name: float(np.std(values, ddof=1)) for name, values in metrics.items()},
        "epochs": float(np.mean([run["epochs"] for run in runs])) if fit else None,
        "fit_seconds": float(np.mean(fit)) if fit else None,
        "tuning_seconds": found.get("tuning_seconds"),
        "weights_bytes": runs[0]["weights_bytes"],
    }
