"""A comparison made by hand, in the form of ``comparison.json``."""

from typing import Any

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER

MODELS = {
    "teacher": (200, 525_000, 2_101_234, [0.2, 0.21, 0.22], 12.34, 0.0159),
    "student": (10, 26_250, 106_000, [0.15, 0.16, 0.14], 3.21, 0.0041),
    "distilled_student": (10, 26_250, 106_000, [0.18, 0.19, 0.2], 8.0, 0.0041),
}


def made_comparison(num_seeds: int = 3) -> dict[str, Any]:
    models = {}
    for name, (dim, parameters, size, values, fit, rank) in MODELS.items():
        measures = {
            "embedding_dim": dim,
            "parameters": parameters,
            "weights_bytes": size,
            "fit_seconds": fit,
            "rank_all_seconds": rank,
        }
        runs = [
            {
                **measures,
                "seed": seed,
                "metrics": {
                    "val/map@5": 0.5,
                    "test/map@5": value,
                    "test/ndcg@10": value + 0.1,
                    "test/recall@10": value / 2,
                },
            }
            for seed, value in enumerate(values[:num_seeds])
        ]
        keys = runs[0]["metrics"]
        models[name] = {
            "runs": runs,
            "mean": {
                **measures,
                "metrics": {k: sum(run["metrics"][k] for run in runs) / num_seeds for k in keys},
            },
            "std": {
                **dict.fromkeys(measures, 0.0),
                "metrics": dict.fromkeys(keys, 0.01 if num_seeds > 1 else None),
            },
        }
    distilled = "distilled_student"
    return {
        "data": {"name": "ml-100k", "fingerprint": "0123", "num_users": 943},
        "seeds": list(range(num_seeds)),
        "num_users": 940,
        "models": models,
        "gap_closed": {
            "map@5": {
                "value": 2 / 3,
                "ci_low": 0.51,
                "ci_high": 0.826,
                "reason": None,
                "lead": None,
            },
            "ndcg@10": made_none(MAY_BE_CHANCE, 0.06, -0.01, 0.13),
            "recall@10": made_none(NOT_BETTER, -0.03, -0.05, -0.01),
        },
        "tests": [
            made_test("map@5", distilled, "student", 0.04, 0.03, 0.05, 1e-5, 3.2e-5),
            made_test("map@5", distilled, "teacher", -0.02, -0.03, -0.01, 0.004, 0.012),
            made_test("ndcg@10", distilled, "teacher", -0.0003, -0.01, 0.0094, 0.2, 0.41),
        ],
    }


def made_none(reason, lead, ci_low, ci_high):
    """A gap without a percentage."""
    return {
        "value": None,
        "ci_low": None,
        "ci_high": None,
        "reason": reason,
        "lead": {"difference": lead, "ci_low": ci_low, "ci_high": ci_high},
    }


def made_test(metric, a, b, difference, ci_low, ci_high, p_value, p_holm):
    return {
        "metric": metric,
        "a": a,
        "b": b,
        "difference": difference,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "p_value": p_value,
        "p_holm": p_holm,
        "num_users": 940,
        "confidence": 0.99,
    }
