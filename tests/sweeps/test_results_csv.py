import csv
import json

import pytest
from tests.sweeps.made_sweep import SEED, change, fail, interrupt, made_job, made_sweep

from rankdistill.sweeps.results_csv import append_row, rows, write_results
from rankdistill.sweeps.sweep_folder import read_sweep

GRID = {"size": ["d2", "d10"], "module.bias": [True, None], SEED: [1]}


def tenth(_):
    return 0.1


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_row_holds_axes_status_sizes_metrics_and_error_in_this_order(tmp_path):
    made_sweep(tmp_path, GRID, tenth)
    columns = list(rows(read_sweep(tmp_path).jobs)[0])
    assert columns == [
        *("job", "size", "module.bias", SEED, "status", "seconds", "epochs", "best_epoch"),
        *("fit_seconds", "embedding_dim", "parameters", "weights_bytes", "file_bytes"),
        "checkpoint_bytes",
        *("val/map@5", "val/ndcg@10", "test/map@5", "test/ndcg@10", "error"),
    ]


def test_the_file_keeps_numbers_in_full_and_quotes_what_needs_it(tmp_path):
    jobs = made_sweep(tmp_path, GRID, lambda _: 1 / 3)
    fail(jobs[0], 'no "space", left')
    write_results(read_sweep(tmp_path).jobs, tmp_path / "results.csv")
    text = (tmp_path / "results.csv").read_text()
    assert '"no ""space"", left"' in text
    found = {row["job"]: row for row in read(tmp_path / "results.csv")}
    good = found[jobs[3].name]
    assert float(good["test/map@5"]) == 1 / 3
    assert (good["module.bias"], good["weights_bytes"], good["error"]) == ("null", "106000", "")
    bad = found[jobs[0].name]
    assert (bad["status"], bad["module.bias"], bad["test/map@5"]) == ("failed", "true", "")


def test_jobs_that_have_not_ended_have_no_row(tmp_path):
    jobs = made_sweep(tmp_path, GRID, tenth)
    interrupt(jobs[2])
    assert jobs[2].name not in {row["job"] for row in rows(read_sweep(tmp_path).jobs)}


def test_a_sweep_in_which_nothing_ended_has_an_empty_table(tmp_path):
    write_results([], tmp_path / "results.csv")
    assert read(tmp_path / "results.csv") == []


def test_rows_that_jobs_add_make_the_same_table_as_one_writing(tmp_path):
    jobs = made_sweep(tmp_path, GRID, tenth)
    fail(jobs[0], "first of all, without any metric")
    path = tmp_path / "results.csv"
    waiting = {job: (job / "job.json").read_text() for job in jobs}
    for job in jobs:
        change(job / "job.json", status="running")
    for job, record in waiting.items():
        (job / "job.json").write_text(record)
        append_row(path, job)
        assert len(read(path)) == jobs.index(job) + 1
    added = read(path)
    write_results(read_sweep(tmp_path).jobs, path)
    assert sorted(map(json.dumps, added)) == sorted(map(json.dumps, read(path)))


def test_a_job_that_ran_again_keeps_one_row_its_newest(tmp_path):
    jobs = made_sweep(tmp_path, GRID, tenth)
    path = tmp_path / "results.csv"
    write_results(read_sweep(tmp_path).jobs, path)
    fail(jobs[1], "this time")
    append_row(path, jobs[1])
    found = [row for row in read(path) if row["job"] == jobs[1].name]
    assert [(row["status"], row["error"]) for row in found] == [("failed", "this time")]
    assert len(read(path)) == 4


@pytest.mark.parametrize("damage", ["", "job,stat", "\0\n", "a,b\n1,2\n"])
def test_a_damaged_or_foreign_table_is_made_anew(tmp_path, damage):
    jobs = made_sweep(tmp_path, GRID, tenth)
    path = tmp_path / "results.csv"
    path.write_text(damage)
    append_row(path, jobs[0])
    assert sorted(row["job"] for row in read(path)) == sorted(job.name for job in jobs)


def test_a_new_axis_makes_a_new_column(tmp_path):
    made_sweep(tmp_path, {"size": ["d2"]}, tenth)
    path = tmp_path / "results.csv"
    write_results(read_sweep(tmp_path).jobs, path)
    append_row(path, made_job(tmp_path, {"size": "d2", "top_k": "k5"}, 0.2))
    assert [row["top_k"] for row in read(path)] == ["-", "k5"]


def test_nothing_is_left_but_the_table(tmp_path):
    jobs = made_sweep(tmp_path, GRID, tenth)
    append_row(tmp_path / "results.csv", jobs[0])
    append_row(tmp_path / "results.csv", jobs[1])
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert files == {"sweep.json", "results.csv"}
