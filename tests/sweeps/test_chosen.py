import pytest
from tests.sweeps.made_sweep import made_sweep

from rankdistill.sweeps.chosen import chosen_baseline, chosen_metric
from rankdistill.sweeps.sweep_folder import read_sweep


def jobs_of(folder, grid=None, **settings):
    made_sweep(folder, grid or {"size": ["d2", "d10"]}, lambda _: 0.1, **settings)
    return read_sweep(folder).jobs


def test_the_metric_is_the_one_that_jobs_monitored_unless_the_user_typed_another(tmp_path):
    jobs = jobs_of(tmp_path, evaluation__monitor="val/ndcg@10")
    assert chosen_metric(jobs, None) == "ndcg@10"
    assert chosen_metric(jobs, "val/map@5") == chosen_metric(jobs, "test/map@5") == "map@5"


def test_a_monitor_that_no_job_measured_gives_way_to_the_first_metric(tmp_path):
    assert chosen_metric(jobs_of(tmp_path, evaluation__monitor="val/mrr@3"), None) == "map@5"


def test_without_any_result_the_usual_metric_or_the_typed_one_stays():
    assert chosen_metric([], None) == "map@5"
    assert chosen_metric([], "ndcg@3") == "ndcg@3"


def test_a_typo_and_a_loss_are_refused(tmp_path):
    jobs = jobs_of(tmp_path)
    with pytest.raises(ValueError, match=r"No job measured 'mpa@5'; did you mean 'map@5'\?"):
        chosen_metric(jobs, "mpa@5")
    with pytest.raises(ValueError, match="better the larger it is, and 'ce' is not"):
        chosen_metric(jobs, "ce")


def test_a_baseline_has_the_levels_of_the_jobs_whatever_form_a_number_was_typed_in(tmp_path):
    jobs = jobs_of(tmp_path, {"sharpness.mu": [0.1, 1.0], "module.bias": [True, None]})
    axes = ["sharpness.mu", "module.bias"]
    wanted = {"sharpness.mu": "1", "module.bias": "null"}
    assert chosen_baseline(jobs, axes, wanted) == {"sharpness.mu": 1.0, "module.bias": None}
    assert chosen_baseline(jobs, axes, None) is None
