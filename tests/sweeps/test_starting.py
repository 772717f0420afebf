import csv

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from tests.sweeps.made_sweep import fail, made_sweep

from rankdistill.sweeps.plan import make_plan
from rankdistill.sweeps.starting import begin, only_start
from rankdistill.sweeps.sweep_record import read_sweep_record


def test_a_second_start_is_refused_while_the_first_one_runs(tmp_path):
    folder = tmp_path / "grid"
    refused = pytest.raises(ValueError, match="Another process is running the sweep in")
    with only_start(folder), refused, only_start(folder):
        pass
    with only_start(folder):
        pass


def test_a_start_records_the_grid_and_keeps_the_rows_of_jobs_that_do_not_run(tmp_path):
    jobs = made_sweep(tmp_path, {"size": ["d2", "d4", "d8"]}, lambda _: 0.1)
    fail(jobs[1], "broken")
    texts = [("size=d2",), ("size=d4",)]
    overrides = OverridesParser.create().parse_overrides(["size=d2,d4", "a=1"])
    plan = make_plan("train", overrides, [(*text, "a=1") for text in texts])
    sweep = begin(tmp_path, plan, plan.jobs[1:], "train", ["test/map@5"], "c0de")
    assert read_sweep_record(tmp_path) == sweep
    assert (sweep.axes, sweep.values, sweep.fixed) == (["size"], {"size": ["d2", "d4"]}, ["a=1"])
    assert (sweep.num_jobs, sweep.done_before, sweep.rows_before) == (2, 1, 2)
    with (tmp_path / "results.csv").open(newline="") as stream:
        assert [row["job"] for row in csv.DictReader(stream)] == ["size=d2", "size=d8"]
