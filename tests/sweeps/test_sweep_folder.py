import sys
from collections import Counter

import pytest
from tests.sweeps.made_sweep import SEED, change, made_sweep

from rankdistill.sweeps.sweep_folder import joined, read_sweep, read_sweeps

GRID = {"size": ["d2", "d10"], SEED: [1, 2]}


def tenth(_):
    return 0.1


def test_a_whole_sweep_is_read_with_typed_levels_in_the_order_of_its_axes(tmp_path):
    made_sweep(tmp_path, {"sharpness.lambda_": [10.0], **GRID}, tenth)
    sweep = read_sweep(tmp_path)
    assert sweep.axes == ("sharpness.lambda_", "size", SEED)
    assert sweep.jobs[0].axes == {"sharpness.lambda_": 10.0, "size": "d10", SEED: 1}
    assert {job.status for job in sweep.jobs} == {"ok"}
    assert sweep.jobs[0].result.metrics["test/map@5"] == 0.1
    assert sweep.num_not_started == 0


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


@pytest.mark.parametrize("name", ["size-d8", "size=d8"])
def test_a_job_that_was_killed_before_its_record_is_unfinished(tmp_path, name):
    made_sweep(tmp_path, GRID, tenth)
    (tmp_path / name / ".hydra").mkdir(parents=True)
    jobs = {job.name: job.status for job in read_sweep(tmp_path).jobs}
    assert len(jobs) == 5
    assert jobs[name] == "unfinished"


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
