import json
import sys
from collections import Counter

import numpy as np
import pytest
from tests.cascade.reporting.made_cascade import made_cascade
from tests.sweeps.made_sweep import SEED, change, fail, interrupt, made_sweep, write

from rankdistill.sweeps.sweep_folder import joined, read_sweep, read_sweeps
from rankdistill.sweeps.sweep_job import read_per_user

GRID = {"size": ["d2", "d10"], SEED: [1, 2]}


def tenth(_):
    return 0.1


def statuses(folder):
    return {job.name: job.status for job in read_sweep(folder).jobs}


def test_a_whole_sweep_is_read_with_typed_levels_in_the_order_of_its_axes(tmp_path):
    made_sweep(tmp_path, {"sharpness.lambda_": [10.0], **GRID}, tenth)
    sweep = read_sweep(tmp_path)
    assert sweep.axes == ("sharpness.lambda_", "size", SEED)
    assert sweep.jobs[0].axes == {"sharpness.lambda_": 10.0, "size": "d10", SEED: 1}
    assert {job.status for job in sweep.jobs} == {"ok"}
    assert sweep.jobs[0].metrics["test/map@5"] == 0.1
    assert sweep.num_not_started == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda job: (job / "metrics.json").unlink(),
        lambda job: (job / "metrics.json").write_text('{"status": "ok", "metr'),
        lambda job: (job / "metrics.json").write_text("[]"),
        lambda job: (job / "job.json").write_text('{"name": "size=d2'),
        lambda job: (job / "job.json").unlink(),
        interrupt,
    ],
)
def test_a_job_with_missing_or_half_written_files_is_unfinished(tmp_path, damage):
    jobs = made_sweep(tmp_path, GRID, tenth)
    damage(jobs[0])
    assert statuses(tmp_path)[jobs[0].name] == "unfinished"
    assert list(statuses(tmp_path).values()).count("ok") == 3


def test_a_failed_job_keeps_its_error_in_one_line(tmp_path):
    jobs = made_sweep(tmp_path, GRID, tenth)
    fail(jobs[1], "out of\n  memory")
    failed = next(job for job in read_sweep(tmp_path).jobs if job.status == "failed")
    assert failed.error == "out of memory"
    assert failed.runs == ()


def test_a_sweep_whose_record_is_half_written_still_has_its_jobs_and_axes(tmp_path):
    made_sweep(tmp_path, GRID, tenth)
    (tmp_path / "sweep.json").write_text('{"command": "tr')
    sweep = read_sweep(tmp_path)
    assert sweep.axes == ("size", SEED)
    assert len(sweep.jobs) == 4


def test_jobs_that_have_no_folder_yet_are_counted(tmp_path):
    made_sweep(tmp_path, GRID, tenth)
    change(tmp_path / "sweep.json", num_jobs=10)
    assert read_sweep(tmp_path).num_not_started == 6


def test_other_folders_beside_the_jobs_are_no_jobs(tmp_path):
    made_sweep(tmp_path, GRID, tenth)
    for name in ("figures", "_overview", ".hydra"):
        (tmp_path / name).mkdir()
    assert len(read_sweep(tmp_path).jobs) == 4


def test_a_folder_that_is_no_sweep_is_told_in_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is no sweep: it has no sweep\.json") as error:
        read_sweeps([tmp_path])
    assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read_sweeps([tmp_path / "typo"])


def test_a_folder_of_sweeps_stands_for_all_of_them_each_once(tmp_path):
    made_sweep(tmp_path / "one", GRID, tenth)
    made_sweep(tmp_path / "two", GRID, tenth)
    found = read_sweeps([tmp_path, tmp_path / "one"])
    assert [sweep.name for sweep in found] == ["one", "two"]


def test_sweeps_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for parent in ("a", "b"):
        made_sweep(tmp_path / parent / "grid", GRID, tenth)
    found = read_sweeps([tmp_path / "a", tmp_path / "b"])
    assert [sweep.name for sweep in found] == [str(tmp_path / p / "grid") for p in "ab"]


def test_a_long_name_is_cut_in_the_middle(tmp_path):
    made_sweep(tmp_path / f"{'size,' * 20}-fc7b8cfc", GRID, tenth)
    (sweep,) = read_sweeps([tmp_path])
    assert len(sweep.name) == 60
    assert sweep.name.endswith("..fc7b8cfc")


def test_an_axis_that_one_sweep_lacks_comes_from_its_settings_or_overrides(tmp_path):
    made_sweep(tmp_path / "a", {"weighting": ["hybrid"], "sharpness.mu": [0.1]}, tenth)
    (job,) = made_sweep(tmp_path / "b", {"top_k": ["k5"]}, tenth, sharpness__mu=0.003)
    axes, jobs = joined(read_sweeps([tmp_path]))
    assert axes == ["sweep", "weighting", "sharpness.mu", "top_k"]
    assert list(jobs[1].axes.values()) == ["b", "-", 0.003, "k5"]
    assert list(jobs[0].axes.values()) == ["a", "hybrid", 0.1, "-"]
    change(job / "job.json", overrides=["top_k=k5", "+weighting=uniform"])
    assert joined(read_sweeps([tmp_path]))[1][1].axes["weighting"] == "uniform"


def test_one_sweep_has_no_column_for_its_name(tmp_path):
    made_sweep(tmp_path, GRID, tenth)
    assert joined(read_sweeps([tmp_path]))[0] == ["size", SEED]


def test_a_comparison_counts_with_its_distilled_student_seed_by_seed(tmp_path):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth, command="compare")
    (job / "metrics.json").unlink()
    runs = [{"seed": seed, "metrics": {"test/map@5": seed / 10}} for seed in (1, 3)]
    mean = {"weights_bytes": 21_200.0, "metrics": {"test/map@5": 0.2}}
    models = {"distilled_student": {"runs": runs, "mean": mean}, "teacher": {}}
    write(job / "comparison.json", {"data": {"name": "ml-100k"}, "models": models})
    (found,) = read_sweep(tmp_path).jobs
    assert found.status == "ok"
    assert found.metrics == {"test/map@5": 0.2}
    assert found.measures["weights_bytes"] == 21_200
    assert [(run.seed, run.metrics["test/map@5"]) for run in found.runs] == [(1, 0.1), (3, 0.3)]
    assert found.runs[0].per_user == job / "distilled_student" / "seed-1" / "per_user.npz"


def test_a_cascade_counts_with_the_model_that_it_is_about(tmp_path):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth, command="cascade")
    (job / "metrics.json").unlink()
    write(job / "cascade.json", {**made_cascade(), "about": "auxiliary"})
    (found,) = read_sweep(tmp_path).jobs
    assert found.status == "ok"
    assert found.metrics["val/recall_of_final@20_in_100"] == pytest.approx(0.67)
    assert found.measures["parameters"] == 60_000
    assert found.data["fingerprint"] == "f1"
    assert [run.seed for run in found.runs] == [1, 2, 3]
    assert found.runs[0].per_user == job / "auxiliary" / "seed-1" / "per_user.npz"


@pytest.mark.parametrize("damage", [{"status": "failed"}, {"about": "nobody"}, {"models": {}}])
def test_a_cascade_that_is_not_whole_is_unfinished(tmp_path, damage):
    (job,) = made_sweep(tmp_path, {"size": ["d2"]}, tenth, command="cascade")
    (job / "metrics.json").unlink()
    write(job / "cascade.json", made_cascade() | damage)
    assert list(statuses(tmp_path).values()) == ["unfinished"]


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
    found = next(each for each in read_sweep(tmp_path).jobs if each.name == job.name)
    assert found.metrics == {"test/map@5": 0.1}


def calls_of(function):
    """How many functions are called until it ends."""
    seen = Counter()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, argument: seen.update([event]))
    try:
        function()
    finally:
        sys.setprofile(before)
    return seen["call"] + seen["c_call"]


def test_twice_the_jobs_take_no_more_than_twice_the_work(tmp_path):
    work = []
    for name, num_jobs in (("once", 20), ("twice", 40)):
        made_sweep(tmp_path / name, {SEED: list(range(num_jobs))}, tenth)
        work.append(calls_of(lambda: read_sweep(tmp_path / name)))  # noqa: B023
    assert work[1] < 2.05 * work[0]
