"""From the runs of a cascade to the content of cascade.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.evaluation.comparison import against_clean_log, cascade_tests
from rankdistill.cascade.evaluation.needed_cut import needed_cut
from rankdistill.cascade.model_names import FINAL_RANKER, USERS_ALONE
from rankdistill.cascade.runs.log_variants import SHARE, STRETCHES, LogVariant
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun, VariantRuns, mean_user_metrics
from rankdistill.evaluation.run_means import means

RANKER_MEASURES = ("fit_seconds", "best_epoch", "parameters", "served_parameters", "weights_bytes")


def cascade_result(
    cfg: CascadeConfig, runs: CascadeRuns, data: dict[str, Any], versions: dict[str, str]
) -> dict[str, Any]:
    """Compute means and deviations over seeds, paired tests, and the cuts that keep the quality.

    Args:
        cfg: The checked configuration.
        runs: The runs of all seeds.
        data: What was measured on.
        versions: What was measured with.
    """
    evaluation, students = cfg.evaluation, list(cfg.students)
    top_k, kept = evaluation.top_k, evaluation.kept
    monitor = evaluation.monitor.removeprefix("val/")
    choice, _, depth = monitor.rpartition("_in_")
    quality = f"ndcg@{top_k[0]}"
    narrow = [f"{choice}_in_{m}" for m in kept if 2 * m <= int(depth)][-1:]
    of_logs = (monitor, *narrow, "ce")
    tested = (
        monitor,
        *narrow,
        f"{quality}_after_{depth}",
        f"joint_recall@{top_k[0]}_after_{depth}",
        f"kendall_tau_in_{evaluation.agreement}",
        "ce",
    )
    per_user = {model: mean_user_metrics(each) for model, each in runs.by_model.items()}
    alone = [run.measured.metrics[f"test/{quality}"] for run in runs.by_model[FINAL_RANKER]]
    of_students = {name: runs.by_model[name] for name in students}
    alone_on_shown = _alone_on_shown(cfg, runs)
    base = {**of_students, **alone_on_shown}
    walked = [each for each in runs.by_variant.values() if each[1].kind == STRETCHES]
    faulty = [each for each in runs.by_variant.values() if each[1].kind not in (SHARE, STRETCHES)]
    rescored = [each for each in faulty if each[1].further]
    shown = [each for each in faulty if not each[1].further]
    rescore = cfg.log.settings["rescore"]
    logs = [_mean_log(of_students[name]) for name in students]
    return {
        "status": "ok",
        "about": students[-1],  # the model that the job of a sweep stands for
        "monitor": monitor,
        "seeds": cfg.seeds,
        "tasks": list(TASKS),
        "top_k": top_k,
        "kept": kept,
        "agreement": evaluation.agreement,
        "data": data,
        "models": {model: summary_of(each) for model, each in runs.by_model.items()},
        "cost": runs.costs,
        "tests": cascade_tests(per_user, tested_pairs(students), tested),
        "needed_cut": needed_cuts(
            of_students, kept, quality, f"{quality}_after", alone, evaluation.quality_kept
        ),
        "needed_cut_of_choice": needed_cuts(
            of_students, kept, choice, f"{choice}_in", [1.0] * len(alone), evaluation.choice_kept
        ),
        "log": next((log for log in reversed(logs) if log), {}),
        "logged_share": _logged_shares(cfg, runs),
        "corruption": [
            *_changed_logs(shown, base, of_logs, further=0),
            *_changed_logs(rescored, of_students, of_logs, further=rescore),
        ],
        "stretches": cfg.log.settings["stretches"],
        "walk_forward": _changed_logs(walked, base, of_logs, further=0),
        "shown_alone": {name: summary_of(each) for name, each in alone_on_shown.items()},
        "rescoring": _rescoring(runs, alone_on_shown, of_logs),
        "versions": versions,
    }


def tested_pairs(students: Sequence[str]) -> list[tuple[str, str]]:
    """What is tested against what: each form against none and the one before it, final too."""
    forms = [name for name in students if name != USERS_ALONE]
    neighbours = list(zip(forms[1:], forms, strict=False))
    if USERS_ALONE not in students:
        return neighbours
    return [
        *((name, USERS_ALONE) for name in forms),
        *neighbours,
        (FINAL_RANKER, USERS_ALONE),
    ]


def summary_of(runs: Sequence[RankerRun]) -> dict[str, Any]:
    """The records of a model's runs, their means and deviations, and the counts of its log."""
    records = [run.record for run in runs]
    averages, deviations = means(records, RANKER_MEASURES)
    log = _mean_log(runs)
    return {"runs": records, "mean": averages, "std": deviations} | ({"log": log} if log else {})


def _mean_log(runs: Sequence[RankerRun]) -> dict[str, float]:
    """The counts of the runs' logs, means over seeds; empty where they learn from none."""
    counts = [asdict(run.log) for run in runs if isinstance(run.log, LogCounts)]
    return {name: float(np.mean([each[name] for each in counts])) for name in (counts or [{}])[0]}


def needed_cuts(
    students: dict[str, list[RankerRun]],
    kept: Sequence[int],
    metric: str,
    metric_at_cut: str,
    alone: Sequence[float],
    share: float,
) -> dict[str, Any]:
    """Find the cut from which on each student keeps a share of what is there without a cut.

    The cut is read off the mean curve over seeds. The curve of a single seed runs close to the
    line that it crosses, so that chance decides where.

    Args:
        students: A run per seed of each.
        kept: Numbers of items that the early ranker keeps.
        metric: Name of what is kept.
        metric_at_cut: Name of the metric that is measured at a cut, without the number of items.
        alone: Value without a cut, of each seed.
        share: Part that is to be kept.
    """

    def cut(curves: Sequence[Sequence[float]], whole: Sequence[float]) -> float | None:
        return needed_cut(np.mean(curves, axis=0), kept, float(np.mean(whole)), share)

    models = {}
    for name, runs in students.items():
        curves = [[run.measured.metrics[f"test/{metric_at_cut}_{m}"] for m in kept] for run in runs]
        each = [cut([curve], [whole]) for curve, whole in zip(curves, alone, strict=True)]
        models[name] = {"mean": cut(curves, alone), "std": None, "runs": each}
    return {"share": share, "metric": metric, "models": models}


def _logged_shares(cfg: CascadeConfig, runs: CascadeRuns) -> list[dict[str, Any]]:
    """Students on logs of different shares, the main one too unless it is faulty."""
    log = cfg.log.settings
    entries = [
        {
            "model": student,
            "share": variant.share,
            "further": log["rescore"] if variant.further else 0,
            **summary_of(each),
        }
        for student, variant, each in runs.by_variant.values()
        if variant.kind == SHARE
    ]
    if entries and not log["corrupted"]:
        entries += [
            {
                "model": name,
                "share": log["share"],
                "further": log["rescore"],
                **summary_of(runs.by_model[name]),
            }
            for name in cfg.students
            if runs.by_model[name][0].log is not None
        ]
    return entries


def _alone_on_shown(cfg: CascadeConfig, runs: CascadeRuns) -> dict[str, list[RankerRun]]:
    """The students that learned from what was shown alone, where the main log holds more."""
    return {
        student: each
        for student, variant, each in runs.by_variant.values()
        if variant == LogVariant(SHARE, cfg.log.settings["share"])
    }


def _rescoring(
    runs: CascadeRuns, alone: Mapping[str, list[RankerRun]], metrics: tuple[str, ...]
) -> dict[str, Any]:
    """What scoring further candidates cost, and each student tested against itself without."""
    if not runs.rescoring:
        return {}
    mean = {
        name: float(np.mean([each[name] for each in runs.rescoring])) for name in runs.rescoring[0]
    }
    final = runs.costs[FINAL_RANKER]
    flops = mean["candidates"] * final["flops_per_item"]
    flops += mean["requests"] * final["flops_per_request"]
    tests = against_clean_log(
        {student: mean_user_metrics(each) for student, each in alone.items()},
        [(student, mean_user_metrics(runs.by_model[student])) for student in alone],
        metrics,
    )
    return {**mean, "flops": flops, "tests": [test for each in tests for test in each]}


def _changed_logs(
    changed: Sequence[VariantRuns],
    base: Mapping[str, list[RankerRun]],
    metrics: tuple[str, ...],
    further: int,
) -> list[dict[str, Any]]:
    """Students on other logs, each tested against itself on the log that these were made of."""
    tests = against_clean_log(
        {student: mean_user_metrics(base[student]) for student, *_ in changed},
        [(student, mean_user_metrics(each)) for student, _, each in changed],
        metrics,
    )
    return [
        {
            "model": student,
            "kind": variant.kind,
            "share": variant.share,
            "further": further,
            **summary_of(each),
            "tests": found,
        }
        for (student, variant, each), found in zip(changed, tests, strict=True)
    ]
