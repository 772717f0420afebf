"""Compare teacher, student and distilled student: means over seeds, gap closed, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rankdistill.evaluation.gap import gap_of
from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.run_means import means
from rankdistill.evaluation.significance import FEWEST_USERS, paired_test

ModelName = Literal["teacher", "student", "distilled_student"]

MODELS: tuple[ModelName, ...] = ("teacher", "student", "distilled_student")
TESTED_METRICS = ("map@5", "ndcg@10", "recall@10")
TESTED_PAIRS = (("distilled_student", "student"), ("distilled_student", "teacher"))
MEASURES = (
    "embedding_dim",
    "parameters",
    "weights_bytes",
    "file_bytes",
    "checkpoint_bytes",
    "fit_seconds",
    "rank_all_seconds",
    "one_user_seconds",
)


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One trained model and its test results.

    Attributes:
        model: Which of the three it is.
        seed: Runs of the three models with equal seeds are compared.
        fields: The content of the run's ``metrics.json``: "metrics" with names such as
            "test/map@5", "data", the ``MEASURES`` that are known ("rank_all_seconds" is the time
            to rank the catalogue for all users, "one_user_seconds" that of one list from the file
            that ships), and whatever else should be kept.
        per_user: Values (num_eval_users,) of each test metric, such as "map@5", for the users that
            count, in one order for all runs.
    """

    model: ModelName
    seed: int
    fields: Mapping[str, Any]
    per_user: Mapping[str, np.ndarray]


def build_comparison(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """Compare the three models over all seeds.

    Users' values are averaged over seeds first, so that the tests and intervals speak of users
    and no user counts more than once.

    Args:
        runs: One record per model and seed.

    Returns:
        What ``comparison.json`` holds:

        - "data": the runs' data; "seeds": ascending; "num_users": users that count.
        - "models": per model "runs" (each run's fields and seed), and "mean" and "std" over seeds
          of "metrics" and of the ``MEASURES`` that all its runs have. The standard deviation is
          that of a sample, and None for a single seed.
        - "gap_closed": per metric what ``gap_of`` says.
        - "tests": the distilled student against each other model, on the ``TESTED_METRICS`` that
          the runs have: "metric", "a", "b", and what ``corrected_together`` says of a - b,
          corrected for all tests of this list. Fewer than two users give no tests.

    Raises:
        ValueError: If a model is missing, a model has a seed twice or lacks one, or the runs differ
            in data, metrics or users.
    """
    by_model = {name: _runs_of(name, runs) for name in MODELS}
    if len({tuple(run.seed for run in group) for group in by_model.values()}) > 1:
        seeds = {name: [run.seed for run in group] for name, group in by_model.items()}
        raise ValueError(f"Every model needs a run with every seed, got {seeds}.")
    _refuse_unlike_runs(runs)
    users = {name: _averaged_over_seeds(group) for name, group in by_model.items()}
    return {
        "data": dict(runs[0].fields.get("data", {})),
        "seeds": [run.seed for run in by_model["teacher"]],
        "num_users": len(next(iter(users["teacher"].values()))),
        "models": {name: _summary(group) for name, group in by_model.items()},
        "gap_closed": _gaps_closed(users),
        "tests": _tests(users),
    }


def _runs_of(model: str, runs: Sequence[RunRecord]) -> list[RunRecord]:
    group = sorted((run for run in runs if run.model == model), key=lambda run: run.seed)
    seeds = [run.seed for run in group]
    if not group:
        raise ValueError(f"A comparison needs all of {', '.join(MODELS)}; {model} is missing.")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"{model} has several runs with one seed: {seeds}.")
    return group


def _refuse_unlike_runs(runs: Sequence[RunRecord]) -> None:
    """Raise if runs differ in data, metrics or users: their means cannot be compared."""
    first = runs[0]
    for run in runs:
        where = f"{run.model} with seed {run.seed}"
        if run.model not in MODELS:
            raise ValueError(f"Unknown model {run.model!r}: choose from {', '.join(MODELS)}.")
        if run.fields.get("data") != first.fields.get("data"):
            raise ValueError(f"{where} was trained on other data than {first.model}.")
        for kind, names, expected in (
            ("metrics", run.fields["metrics"].keys(), first.fields["metrics"].keys()),
            ("values per user", run.per_user.keys(), first.per_user.keys()),
        ):
            if not names or names != expected:
                raise ValueError(
                    f"{where} has the {kind} {sorted(names)}, but {first.model} {sorted(expected)}."
                )
        _refuse_unlike_users(run, first, where)


def _refuse_unlike_users(run: RunRecord, first: RunRecord, where: str) -> None:
    shape = np.shape(next(iter(first.per_user.values())))
    for metric, values in run.per_user.items():
        if np.shape(values) != shape or len(shape) != 1:
            raise ValueError(
                f"{where} has {metric} of shape {np.shape(values)}, expected a value for each of "
                f"the users of {first.model}: {shape}."
            )
        reported = run.fields["metrics"].get(f"test/{metric}")
        if reported is not None and not np.isclose(np.mean(values), reported, 1e-4, 1e-6):
            raise ValueError(
                f"{where} reports test/{metric} = {reported}, but its users' mean is "
                f"{np.mean(values)}: users without held-out items must be left out of both."
            )


def _averaged_over_seeds(runs: Sequence[RunRecord]) -> dict[str, np.ndarray]:
    """Average each metric over seeds, user by user: (num_eval_users,) float64."""
    return {
        metric: np.mean([np.asarray(run.per_user[metric], np.float64) for run in runs], axis=0)
        for metric in runs[0].per_user
    }


def _summary(runs: Sequence[RunRecord]) -> dict[str, Any]:
    mean, std = means([run.fields for run in runs], MEASURES)
    return {"runs": [{**run.fields, "seed": run.seed} for run in runs], "mean": mean, "std": std}


def _gaps_closed(users: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, Any]:
    return {
        metric: gap_of(*(users[name][metric] for name in MODELS)) for metric in users["teacher"]
    }


def _tests(users: Mapping[str, Mapping[str, np.ndarray]]) -> list[dict[str, Any]]:
    results = [
        (metric, a, b, paired_test(users[a][metric], users[b][metric]))
        for a, b in TESTED_PAIRS
        for metric in TESTED_METRICS
        if metric in users[a] and len(users[a][metric]) >= FEWEST_USERS
    ]
    corrected = corrected_together([result for *_, result in results])
    return [
        {"metric": metric, "a": a, "b": b, **fields}
        for (metric, a, b, _), fields in zip(results, corrected, strict=True)
    ]
