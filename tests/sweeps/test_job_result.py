import json

import numpy as np
import pytest
from tests.sweeps.made_sweep import SEED, made_sweep, write

from rankdistill.sweeps.job_result import NO_RESULT, read_per_user, read_result

GRID = {"size": ["d2", "d10"], SEED: [1, 2]}


def tenth(_):
    return 0.1


def test_a_comparison_counts_with_its_distilled_student_seed_by_seed(tmp_path):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth, command="compare")
    (job / "metrics.json").unlink()
    runs = [{"seed": seed, "metrics": {"test/map@5": seed / 10}} for seed in (1, 3)]
    mean = {"weights_bytes": 21_200.0, "metrics": {"test/map@5": 0.2}}
    models = {"distilled_student": {"runs": runs, "mean": mean}, "teacher": {}}
    write(job / "comparison.json", {"data": {"name": "ml-100k"}, "models": models})
    found = read_result(job)
    assert found.metrics == {"test/map@5": 0.2}
    assert found.measures["weights_bytes"] == 21_200
    assert [(run.seed, run.metrics["test/map@5"]) for run in found.runs] == [(1, 0.1), (3, 0.3)]
    assert found.runs[0].per_user == job / "distilled_student" / "seed-1" / "per_user.npz"


def several_models(job, **fields):
    """Let a job have a result that sets two models side by side, in place of metrics.json."""
    runs = [{"seed": seed, "metrics": {"test/map@5": seed / 10}} for seed in (1, 2)]
    small = {"runs": runs, "mean": {"parameters": 60_000, "metrics": {"test/map@5": 0.15}}}
    result = {"status": "ok", "about": "small", "models": {"large": {}, "small": small}}
    (job / "metrics.json").unlink()
    write(job / "any_name.json", {**result, "data": {"fingerprint": "f1"}, **fields})


def test_a_result_about_one_of_several_models_counts_with_that_model(tmp_path):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth)
    several_models(job)
    found = read_result(job)
    assert found.metrics == {"test/map@5": 0.15}
    assert found.measures == {"parameters": 60_000}
    assert found.data == {"fingerprint": "f1"}
    assert [run.seed for run in found.runs] == [1, 2]
    assert found.runs[0].per_user == job / "small" / "seed-1" / "per_user.npz"


@pytest.mark.parametrize("damage", [{"status": "failed"}, {"about": "nobody"}, {"models": {}}])
def test_a_result_about_several_models_that_is_not_whole_is_none(tmp_path, damage):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth)
    several_models(job, **damage)
    assert read_result(job) == NO_RESULT


def test_values_per_user_come_without_pickles_and_only_where_they_fit(tmp_path):
    path = tmp_path / "per_user.npz"
    assert read_per_user(path, "map@5") is None
    path.write_text("half")
    assert read_per_user(path, "map@5") is None
    np.savez(path, user_ids=np.arange(2), **{"map@5": np.array([{}, {}])}, allow_pickle=True)
    assert read_per_user(path, "map@5") is None
    for values in ([0.1, np.inf], [0.1]):
        np.savez(path, user_ids=np.arange(2), **{"map@5": np.array(values)})
        assert read_per_user(path, "map@5") is None
    np.savez(path, user_ids=np.arange(2), **{"map@5": np.array([0.1, 0.2])})
    found = read_per_user(path, "map@5")
    assert found is not None
    assert found[1].tolist() == [0.1, 0.2]
    assert read_per_user(path, "ndcg@10") is None


def test_users_without_a_value_of_a_metric_are_left_out_of_it(tmp_path):
    values = {"ndcg@10": np.array([0.1, np.nan, 0.3]), "recall@10": np.array([0.1, 0.2, 0.3])}
    np.savez(tmp_path / "per_user.npz", user_ids=np.array([4, 5, 7]), **values)
    found = read_per_user(tmp_path / "per_user.npz", "ndcg@10")
    assert found is not None
    assert [column.tolist() for column in found] == [[4, 7], [0.1, 0.3]]


def test_numbers_that_are_no_numbers_do_not_come_in(tmp_path):
    (job, *_) = made_sweep(tmp_path, GRID, tenth)
    fields = json.loads((job / "metrics.json").read_text())
    fields["metrics"] = {"test/map@5": 0.1, "test/ndcg@10": "x", "val/map@5": float("nan")}
    (job / "metrics.json").write_text(json.dumps(fields))
    assert read_result(job).metrics == {"test/map@5": 0.1}
