import json

import numpy as np

from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.records import RankerRun, mean_user_metrics


def run_of(seed, values):
    per_user = {"user_ids": np.array([2, 5]), "ndcg@5": np.array(values)}
    return RankerRun(seed, {"fit_seconds": 1.5}, Measured({"test/ndcg@5": 0.3}, per_user))


def test_a_run_leaves_its_metrics_and_the_values_of_its_users(tmp_path):
    run_of(3, [0.1, 0.5]).write(tmp_path / "new")
    fields = json.loads((tmp_path / "new" / "metrics.json").read_text())
    assert fields == {
        "status": "ok",
        "seed": 3,
        "fit_seconds": 1.5,
        "metrics": {"test/ndcg@5": 0.3},
    }
    with np.load(tmp_path / "new" / "per_user.npz", allow_pickle=False) as arrays:
        assert arrays["ndcg@5"].tolist() == [0.1, 0.5]


def test_users_are_averaged_over_seeds():
    means = mean_user_metrics([run_of(1, [0.1, 0.5]), run_of(2, [0.3, 0.5])])
    assert list(means) == ["ndcg@5"]
    np.testing.assert_allclose(means["ndcg@5"], [0.2, 0.5])
