import json

import numpy as np
import pytest

from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.records import RankerRun, finished_run, mean_user_metrics


def run_of(seed, values, log=None, rescoring=None):
    per_user = {"user_ids": np.array([2, 5]), "ndcg@5": np.array(values)}
    measured = Measured({"test/ndcg@5": 0.3}, per_user)
    return RankerRun(seed, {"fit_seconds": 1.5}, measured, log, rescoring or {})


def test_a_run_leaves_its_metrics_and_the_values_of_its_users(tmp_path):
    run_of(3, [0.1, 0.5]).write(tmp_path / "new", "a1")
    fields = json.loads((tmp_path / "new" / "metrics.json").read_text())
    assert fields == {
        "status": "ok",
        "seed": 3,
        "fit_seconds": 1.5,
        "metrics": {"test/ndcg@5": 0.3},
        "shape": "a1",
        "log": None,
        "rescoring": {},
    }
    with np.load(tmp_path / "new" / "per_user.npz", allow_pickle=False) as arrays:
        assert arrays["ndcg@5"].tolist() == [0.1, 0.5]


def test_a_finished_run_is_read_as_it_was_written(tmp_path):
    counts = LogCounts(9, 1, 2, 0, 1, 5)
    written = run_of(3, [0.1, np.nan], counts, {"seconds": 0.5})
    written.write(tmp_path, "a1")
    (tmp_path / "model.rank").touch()
    read = finished_run(tmp_path, "a1")
    assert read is not None
    assert (read.record, read.log, read.rescoring) == (written.record, counts, {"seconds": 0.5})
    for name, values in written.measured.per_user.items():
        np.testing.assert_array_equal(read.measured.per_user[name], values)


@pytest.mark.parametrize("missing", ["metrics.json", "per_user.npz", "model.rank"])
def test_a_run_that_lacks_a_file_is_not_finished(missing, tmp_path):
    run_of(3, [0.1, 0.5]).write(tmp_path, "a1")
    (tmp_path / "model.rank").touch()
    (tmp_path / missing).unlink()
    assert finished_run(tmp_path, "a1") is None


@pytest.mark.parametrize("damaged", ["metrics.json", "per_user.npz"])
def test_a_run_with_a_damaged_file_is_not_finished(damaged, tmp_path):
    run_of(3, [0.1, 0.5]).write(tmp_path, "a1")
    (tmp_path / "model.rank").touch()
    content = (tmp_path / damaged).read_bytes()
    (tmp_path / damaged).write_bytes(content[: len(content) // 2])
    assert finished_run(tmp_path, "a1") is None


def test_a_run_of_another_shape_or_an_older_version_is_not_taken(tmp_path):
    run_of(3, [0.1, 0.5]).write(tmp_path, "a1")
    (tmp_path / "model.rank").touch()
    assert finished_run(tmp_path, "b2") is None
    (tmp_path / "metrics.json").write_text('{"status": "ok", "seed": 3, "metrics": {}}')
    assert finished_run(tmp_path, "a1") is None


def test_users_are_averaged_over_seeds():
    means = mean_user_metrics([run_of(1, [0.1, 0.5]), run_of(2, [0.3, 0.5])])
    assert list(means) == ["ndcg@5"]
    np.testing.assert_allclose(means["ndcg@5"], [0.2, 0.5])
