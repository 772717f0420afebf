import json
from dataclasses import replace

import numpy as np
import pytest

from rankdistill.evaluation.comparison import MODELS, RunRecord, build_comparison
from rankdistill.evaluation.gap import NOT_BETTER
from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.significance import bootstrap_interval, paired_test

DATA = {"name": "tiny", "fingerprint": "0123", "num_users": 5, "num_items": 9}
LEVELS = {"teacher": 0.5, "student": 0.25, "distilled_student": 0.375}


def users_of(model, seed):
    """Five users around the model's level; seeds lie 0.02 apart."""
    pattern = {"teacher": [1, -1, 0, 2, -2], "student": [0, 1, -1, 0, 0]}
    spread = np.array(pattern.get(model, [2, 0, -2, -1, 1])) / 50
    return np.float32(LEVELS[model] + spread + 0.02 * seed)


def record(model, seed, **fields):
    values = {"map@5": users_of(model, seed), "ndcg@10": users_of(model, seed) + 0.1}
    content = {
        "embedding_dim": 200 if model == "teacher" else 10,
        "parameters": 1000,
        "weights_bytes": 4000,
        "checkpoint_bytes": 5000,
        "fit_seconds": 1.0 + 2 * seed,
        "rank_all_seconds": 0.25,
        "metrics": {f"test/{name}": float(users.mean()) for name, users in values.items()}
        | {"val/map@5": 0.5},
        "data": DATA,
    }
    return RunRecord(model, seed, content | fields, values)


def records(seeds=(0, 1)):
    return [record(model, seed) for seed in seeds for model in MODELS]


def test_means_and_deviations_over_seeds_match_values_worked_by_hand():
    comparison = build_comparison(records())
    distilled = comparison["models"]["distilled_student"]
    assert distilled["mean"]["metrics"]["test/map@5"] == pytest.approx(0.385)
    assert distilled["std"]["metrics"]["test/map@5"] == pytest.approx(0.02 / 2**0.5)
    assert distilled["mean"]["fit_seconds"] == 2
    assert distilled["std"]["fit_seconds"] == pytest.approx(2**0.5)
    assert distilled["std"]["metrics"]["val/map@5"] == 0
    assert [run["seed"] for run in distilled["runs"]] == [0, 1]
    assert distilled["runs"][1]["weights_bytes"] == 4000
    assert comparison["models"]["teacher"]["mean"]["embedding_dim"] == 200
    assert (comparison["data"], comparison["seeds"]) == (DATA, [0, 1])
    assert comparison["num_users"] == 5


def test_gap_closed_is_that_of_the_means_over_seeds_with_an_interval_over_users():
    closed = build_comparison(records())["gap_closed"]
    assert list(closed) == ["map@5", "ndcg@10"]
    assert closed["map@5"]["value"] == pytest.approx(0.5)
    columns = [np.mean([users_of(name, s) for s in (0, 1)], axis=0) for name in MODELS]
    expected = bootstrap_interval(*columns)
    assert (closed["map@5"]["ci_low"], closed["map@5"]["ci_high"]) == pytest.approx(expected)


def test_tests_are_paired_over_users_averaged_over_seeds_and_adjusted_together():
    tests = build_comparison(records())["tests"]
    assert [(test["metric"], test["a"], test["b"]) for test in tests] == [
        ("map@5", "distilled_student", "student"),
        ("ndcg@10", "distilled_student", "student"),
        ("map@5", "distilled_student", "teacher"),
        ("ndcg@10", "distilled_student", "teacher"),
    ]
    first = tests[0]
    expected = paired_test(users_of("distilled_student", 0), users_of("student", 0))
    assert first["difference"] == pytest.approx(0.125)
    assert first["p_value"] == pytest.approx(expected.p_value, rel=1e-4)
    assert first["num_users"] == 5  # not ten: a second seed is not a second user
    assert [test["p_holm"] for test in tests] == holm([test["p_value"] for test in tests])


def test_one_seed_has_no_deviation():
    comparison = build_comparison(records(seeds=[7]))
    std = comparison["models"]["teacher"]["std"]
    assert std["metrics"]["test/map@5"] is None
    assert std["fit_seconds"] is None


def test_the_comparison_is_json_and_does_not_depend_on_the_order_of_runs():
    text = json.dumps(build_comparison(records()), allow_nan=False)
    assert json.dumps(build_comparison(records()[::-1]), allow_nan=False) == text


def test_a_teacher_no_better_than_the_student_leaves_no_gap():
    runs = records()
    for index, run in enumerate(runs):
        if run.model == "teacher":
            other = record("student", run.seed)
            runs[index] = replace(run, per_user=other.per_user, fields=other.fields)
    closed = build_comparison(runs)["gap_closed"]["map@5"]
    assert [closed[key] for key in ("value", "ci_low", "ci_high")] == [None] * 3
    assert closed["reason"] == NOT_BETTER


def test_a_measure_that_some_run_lacks_is_left_out_of_the_means():
    runs = [record("teacher", 0, rank_all_seconds=None), *records(seeds=[0])[1:]]
    models = build_comparison(runs)["models"]
    assert "rank_all_seconds" not in models["teacher"]["mean"]
    assert models["student"]["mean"]["rank_all_seconds"] == 0.25


def with_other_users(run):
    values = {name: users[:4] for name, users in run.per_user.items()}
    metrics = {f"test/{name}": float(users.mean()) for name, users in values.items()}
    fields = {**run.fields, "metrics": metrics | {"val/map@5": 0.5}}
    return replace(run, per_user=values, fields=fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda runs: runs[:-1], "Every model needs a run with every seed"),
        (lambda runs: [r for r in runs if r.model != "teacher"], "teacher is missing"),
        (lambda runs: [*runs, record("student", 1)], "student has several runs with one seed"),
        (lambda runs: [*runs, replace(runs[0], model="tutor")], "Unknown model 'tutor'"),
        (
            lambda runs: [*runs[:-1], record("distilled_student", 1, data={"name": "other"})],
            "distilled_student with seed 1 was trained on other data",
        ),
        (
            lambda runs: [*runs[:-1], record("distilled_student", 1, metrics={"test/map@5": 0.3})],
            "has the metrics",
        ),
        (
            lambda runs: [*runs[:-1], replace(runs[-1], per_user={"map@5": np.zeros(5)})],
            "has the values per user",
        ),
        (lambda runs: [*runs[:-1], with_other_users(runs[-1])], r"of shape \(4,\)"),
        (
            lambda runs: [
                *runs[:-1],
                replace(
                    runs[-1],
                    per_user={name: users / 2 for name, users in runs[-1].per_user.items()},
                ),
            ],
            "reports test/map@5 = .* users' mean",
        ),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        build_comparison(change(records()))
