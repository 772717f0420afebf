"""From the runs of a cascade to the content of cascade.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rankdistill.cascade.data.labels import TASKS
from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.evaluation.comparison import (
    UserMetrics,
    against_clean_log,
    cascade_tests,
    needed_cut,
)
from rankdistill.cascade.runs.bench import Measured
from rankdistill.evaluation.run_means import means

FINAL = "final_ranker"
SHARE = "share"
MEASURES = ("fit_seconds", "best_epoch", "parameters", "served_parameters", "weights_bytes")
NONE = "none"


@dataclass(frozen=True)
class FurtherLog:
    """A student that learned from another log than the main one.

    Attributes:
        place: Names its runs.
        student: Whose form it has.
        kind: SHARE, or what was wrong with the log.
        share: Of the impressions that were logged, or of the logged rows that were wrong.
    """

    place: str
    student: str
    kind: str
    share: float


@dataclass
class Runs:
    """All runs of a cascade, as they come.

    Attributes:
        students: Names, in order; the last is what a job of a sweep is about.
        of: Runs by model, each with "seed", "metrics" and sizes and times.
        per_user: Test values by model, a dictionary per seed.
        logs: Counts of each model's log, one per seed.
        further: Students that learned from further logs.
        costs: See runs.cascade_cost; empty before the first student.
    """

    students: list[str]
    of: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    per_user: dict[str, list[UserMetrics]] = field(default_factory=dict)
    logs: dict[str, list[LogCounts]] = field(default_factory=dict)
    further: dict[str, FurtherLog] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)

    def add(self, model: str, seed: int, fields: dict[str, Any], measured: Measured) -> None:
        """One more run of a model."""
        self.of.setdefault(model, []).append({"seed": seed, **fields, "metrics": measured.metrics})
        values = {key: v for key, v in measured.per_user.items() if key != "user_ids"}
        self.per_user.setdefault(model, []).append(values)

    def count_log(self, model: str, counts: LogCounts | None) -> None:
        """What the log of a run held."""
        if counts is not None:
            self.logs.setdefault(model, []).append(counts)

    def place(
        self, place: str, student: str, kind: str, share: float, counts: LogCounts | None
    ) -> None:
        """Say of the runs of a place what log they learned from."""
        self.further[place] = FurtherLog(place, student, kind, share)
        self.count_log(place, counts)

    def values(self, model: str) -> UserMetrics:
        """Test values by metric, means over the seeds."""
        each = self.per_user[model]
        return {name: np.mean([values[name] for values in each], axis=0) for name in each[0]}


def cascade_result(
    cfg: dict[str, Any], runs: Runs, data: dict[str, Any], versions: dict[str, str]
) -> dict[str, Any]:
    """Means and deviations over seeds, paired tests, and the cuts that keep the quality.

    Args:
        cfg: The checked configuration.
        runs: Every seed's.
        data: What was measured on.
        versions: What was measured with.
    """
    evaluation = cfg["evaluation"]
    readers = [name for name in runs.students if name in runs.logs]
    top_k, agreement = evaluation["top_k"], evaluation["agreement"]
    monitor = evaluation["monitor"].removeprefix("val/")
    choice, _, depth = monitor.rpartition("_in_")
    quality = f"ndcg@{top_k[0]}"
    students = {name: runs.of[name] for name in runs.students}
    tested = (
        monitor,
        f"{quality}_after_{depth}",
        f"joint_recall@{top_k[0]}_after_{depth}",
        f"kendall_tau_in_{agreement}",
        "ce",
    )
    others = [name for name in runs.students if name != NONE]
    pairs = [(name, NONE) for name in others if NONE in runs.students]
    pairs += list(zip(others[1:], others, strict=False))
    if NONE in runs.students:
        pairs.append((FINAL, NONE))
    return {
        "status": "ok",
        "about": runs.students[-1],
        "monitor": monitor,
        "seeds": cfg["seeds"],
        "tasks": list(TASKS),
        "top_k": top_k,
        "kept": evaluation["kept"],
        "data": data,
        "models": {name: _summary(runs, name) for name in (FINAL, *runs.students)},
        "cost": runs.costs,
        "tests": cascade_tests({n: runs.values(n) for n in runs.of}, pairs, tested),
        "needed_cut": needed_cuts(
            students,
            evaluation["kept"],
            quality,
            f"{quality}_after",
            [run["metrics"][f"test/{quality}"] for run in runs.of[FINAL]],
            evaluation["quality_kept"],
        ),
        "needed_cut_of_choice": needed_cuts(
            students,
            evaluation["kept"],
            choice,
            f"{choice}_in",
            [1.0] * len(runs.of[FINAL]),
            evaluation["choice_kept"],
        ),
        "log": _mean_counts(runs.logs[readers[-1]]) if readers else {},
        "logged_share": _logged_shares(runs, cfg["log"], readers),
        "corruption": _corruptions(runs, (monitor, "ce")),
        "versions": versions,
    }


def _logged_shares(runs: Runs, main: dict[str, Any], readers: list[str]) -> list[dict[str, Any]]:
    """What students learn from smaller logs, the main log among them where it is a proper one."""
    smaller = [log for log in runs.further.values() if log.kind == SHARE]
    places = [(log.student, log.share, log.place) for log in smaller]
    if smaller and not main.get("corrupted"):
        places += [(name, main["share"], name) for name in readers]
    return [
        {"model": student, "share": share, **_summary(runs, place)}
        for student, share, place in places
    ]


def _summary(runs: Runs, model: str) -> dict[str, Any]:
    averages, deviations = means(runs.of[model], MEASURES)
    summary = {"runs": runs.of[model], "mean": averages, "std": deviations}
    return summary | ({"log": _mean_counts(runs.logs[model])} if model in runs.logs else {})


def _mean_counts(counts: list[LogCounts]) -> dict[str, float]:
    each = [count.as_dict() for count in counts]
    return {name: float(np.mean([count[name] for count in each])) for name in each[0]}


def needed_cuts(
    runs: dict[str, list[dict[str, Any]]],
    kept: list[int],
    metric: str,
    measured: str,
    alone: list[float],
    share: float,
) -> dict[str, Any]:
    """Of every student, the cut from which on a share of something is kept.

    It is read off the mean curve over seeds: that of a single seed crosses a line that it follows
    closely at a place of chance.

    Args:
        runs: Every seed's, by student.
        kept: Numbers of items that the early ranker keeps.
        metric: What is kept, to be named.
        measured: What it is called at a cut, before the number of items.
        alone: Without a cut, of each seed.
        share: To be kept.
    """

    def cut(curves: list[list[float]], whole: list[float]) -> float | None:
        return needed_cut(np.mean(curves, axis=0), kept, float(np.mean(whole)), share)

    models = {}
    for name, of_seeds in runs.items():
        curves = [[run["metrics"][f"test/{measured}_{m}"] for m in kept] for run in of_seeds]
        each = [cut([curve], [whole]) for curve, whole in zip(curves, alone, strict=True)]
        models[name] = {"mean": cut(curves, alone), "std": None, "runs": each}
    return {"share": share, "metric": metric, "models": models}


def _corruptions(runs: Runs, metrics: tuple[str, ...]) -> list[dict[str, Any]]:
    faulty = [log for log in runs.further.values() if log.kind != SHARE]
    tests = against_clean_log(
        {name: runs.values(name) for name in runs.students},
        [(log.student, runs.values(log.place)) for log in faulty],
        metrics,
    )
    return [
        {
            "model": log.student,
            "kind": log.kind,
            "share": log.share,
            **_summary(runs, log.place),
            "tests": found,
        }
        for log, found in zip(faulty, tests, strict=True)
    ]
