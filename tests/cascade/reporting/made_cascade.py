"""A cascade's result made by hand, in the form of ``cascade.json``."""

from __future__ import annotations

import math
from typing import Any

KEPT = (10, 20, 50, 100, 200, 400, 800)
TASKS = ("watch", "like", "share")
LIFT = {"none": 0.0, "auxiliary": 0.04, "shared": 0.08}
CUTS = {"none": 41.0, "auxiliary": 35.25, "shared": 30.5}


def made_cascade(num_seeds: int = 3) -> dict[str, Any]:
    """A result with every part; the shared form gains most and stale rows hurt it most."""
    models = {"final_ranker": made_model(final_metrics(), 900_000, num_seeds)}
    for model, lift in LIFT.items():
        models[model] = made_model(early_metrics(lift), 60_000, num_seeds)
    recall = "recall_of_final@20_in_100"
    return {
        "status": "ok",
        "about": "shared",
        "monitor": recall,
        "seeds": list(range(1, num_seeds + 1)),
        "tasks": list(TASKS),
        "top_k": [10, 20],
        "kept": list(KEPT),
        "agreement": 100,
        "data": {
            "name": "ml-100k",
            "fingerprint": "f1",
            "num_users": 943,
            "requests": {"train": 3_772, "validation": 377, "test": 377},
            "candidates_per_request": 1526.9,
            "test_users": 166,
        },
        "models": models,
        "cost": {
            "candidates": 2_000,
            "final_ranker": {
                "flops_per_item": 40_000,
                "flops_per_request": 9_000,
                "microseconds_per_item": 2.5,
            },
            "early_ranker": {
                "flops_per_item": 2_000,
                "flops_per_request": 12_000,
                "microseconds_per_item": 0.125,
            },
        },
        "tests": [
            made_test("shared", "none", recall, 0.08, 1e-9, 0.129),
            made_test("auxiliary", "none", recall, 0.04, 0.001, 0.0645),
            made_test("shared", "auxiliary", recall, 0.04, 0.002, 0.06),
            made_test("shared", "none", "ndcg@10_after_100", 0.0004, 0.41, 0.002),
            made_test("auxiliary", "none", "ndcg@10_after_100", 0.01, 0.03, 0.05),
            made_test("shared", "none", "ce", 0.0012, 0.004, 0.003),
            made_test("auxiliary", "none", "ce", -0.0008, 0.01, -0.002),
        ],
        "needed_cut": {
            "share": 0.99,
            "metric": "ndcg@10",
            "models": {
                model: {
                    "mean": cut,
                    "std": 1.5 if num_seeds > 1 else None,
                    "runs": [cut] * num_seeds,
                }
                for model, cut in CUTS.items()
            },
        },
        "needed_cut_of_choice": {
            "share": 0.9,
            "metric": "recall_of_final@20",
            "models": {
                model: {"mean": 2 * cut, "std": None, "runs": [2 * cut] * num_seeds}
                for model, cut in CUTS.items()
            },
        },
        "log": made_log(),
        "logged_share": [
            made_entry(
                model,
                LIFT[model] * (1 + math.log10(share) / 3),
                num_seeds,
                share=share,
                further=0,
            )
            for share in (0.01, 0.1, 1.0)
            for model in ("auxiliary", "shared")
        ],
        "corruption": [
            {
                **made_entry(
                    model, LIFT[model] - loss, num_seeds, share=share, kind=kind, further=0
                ),
                "tests": [
                    made_test(model, model, recall, -loss, 0.002 if loss > 0.01 else 0.6, -0.01)
                ],
            }
            for kind, share, losses in (
                ("marked", 0.1, {"auxiliary": 0.001, "shared": 0.002}),
                ("unmarked", 0.1, {"auxiliary": 0.001, "shared": 0.001}),
                ("stale", 0.1, {"auxiliary": 0.004, "shared": 0.02}),
                ("stale", 0.5, {"auxiliary": 0.008, "shared": 0.06}),
            )
            for model, loss in losses.items()
        ],
        "stretches": 1,
        "walk_forward": [
            {
                **made_entry(model, LIFT[model] - 0.01, num_seeds, share=4, kind="stretches"),
                "tests": [made_test(model, model, recall, -0.01, 0.003, -0.015)],
            }
            for model in ("auxiliary", "shared")
        ],
        "shown_alone": {},
        "rescoring": {},
        "versions": {},
        "machine": "a machine, 2 cores",
    }


def with_rescoring(result: dict[str, Any]) -> dict[str, Any]:
    """Add further candidates to the main log, from which the shared form gains."""
    num_seeds = len(result["seeds"])
    alone = {
        model: {**made_model(early_metrics(lift), 60_000, num_seeds), "log": made_log()}
        for model, lift in (("auxiliary", 0.03), ("shared", 0.05))
    }
    rescoring = {
        "candidates": 600_000.0,
        "requests": 3_000.0,
        "seconds": 12.0,
        "flops": 24e9,
        "tests": [made_test("shared", "shared", result["monitor"], 0.03, 0.001, 0.04)],
    }
    return {**result, "shown_alone": alone, "rescoring": rescoring}


def made_entry(model: str, lift: float, num_seeds: int, **fields: Any) -> dict[str, Any]:
    measured = made_model(early_metrics(lift), 60_000, num_seeds, -0.001)
    return {"model": model, **fields, **measured, "log": made_log()}


def made_model(
    metrics: dict[str, float], parameters: int, num_seeds: int, step: float = 0.004
) -> dict[str, Any]:
    """Runs around the metrics, the middle one on them."""
    measures = {"parameters": parameters, "served_parameters": parameters // 2, "fit_seconds": 3.0}
    spread = [step * (seed - (num_seeds - 1) / 2) for seed in range(num_seeds)]
    runs = [
        {
            "seed": seed,
            "metrics": {name: value + more for name, value in metrics.items()},
            **measures,
        }
        for seed, more in enumerate(spread, start=1)
    ]
    deviation = abs(step) if num_seeds > 1 else None
    return {
        "runs": runs,
        "mean": {"metrics": dict(metrics), **measures},
        "std": {"metrics": dict.fromkeys(metrics, deviation)},
    }


def final_metrics() -> dict[str, float]:
    return {"test/ndcg@10": 0.3, "test/recall@10": 0.25, "test/ce": 0.35, **of_tasks(0.35)}


def early_metrics(lift: float) -> dict[str, float]:
    metrics = {
        "val/recall_of_final@20_in_100": 0.63 + lift,
        "test/ndcg@10": 0.22 + lift / 2,
        "test/recall@10": 0.19 + lift / 2,
        "test/ce": 0.4 - lift / 50,
        "test/teacher_ce": 0.45 - lift,
        "test/kendall_tau_in_100": 0.4 + lift,
        "test/pair_accuracy_in_100": 0.7 + lift,
        **of_tasks(0.4),
        **{f"test/teacher_ce_{task}": 0.45 - lift for task in TASKS},
        **{f"test/alignment_ratio_{task}": 0.2 for task in TASKS},
    }
    for cut in KEPT:
        reach = 1 - math.exp(-cut * (1 + 8 * lift) / 100)
        metrics |= {f"test/recall_of_final@{k}_in_{cut}": reach for k in (10, 20)}
        metrics[f"test/joint_recall@10_after_{cut}"] = 0.25 * reach
        metrics[f"test/joint_recall_liked@10_after_{cut}"] = 0.28 * reach
        metrics[f"test/ndcg@10_after_{cut}"] = 0.3 * reach
    return metrics


def of_tasks(entropy: float) -> dict[str, float]:
    return {
        **{f"test/ce_{task}": entropy for task in TASKS},
        **{f"test/normalised_entropy_{task}": 0.9 for task in TASKS},
        **{f"test/calibration_{task}": 1.05 for task in TASKS},
        **{f"test/calibration_error_{task}": 0.02 for task in TASKS},
    }


def made_log() -> dict[str, int]:
    return {
        "rows": 80_000,
        "logged": 76_000,
        "not_logged": 4_000,
        "marked_invalid": 1_500,
        "not_finite": 300,
        "out_of_range": 200,
        "usable": 74_000,
    }


def made_test(
    model: str, against: str, metric: str, difference: float, p_holm: float, relative: float | None
) -> dict[str, Any]:
    return {
        "model": model,
        "against": against,
        "metric": metric,
        "difference": difference,
        "relative": relative,
        "ci_low": difference - 0.01,
        "ci_high": difference + 0.01,
        "p_value": p_holm / 2,
        "p_holm": p_holm,
        "num_users": 166,
    }
