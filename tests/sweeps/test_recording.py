import csv
import shutil

from tests.sweeps.made_sweep import fail, made_sweep

from rankdistill.sweeps.job_record import read_job_record
from rankdistill.sweeps.recording import publish
from rankdistill.sweeps.sweep_record import SweepRecord


def test_a_job_that_ended_adds_its_row_and_counts_with_those_of_earlier_starts(tmp_path, capsys):
    jobs = made_sweep(tmp_path, {"size": ["d2", "d4", "d8"]}, lambda _: 0.1)
    fail(jobs[1], "out of luck")
    shutil.rmtree(jobs[2])
    sweep = SweepRecord("train", ["size"], {}, [], [], 4, "c0de", 0.0, 2, 1)
    record = read_job_record(jobs[1])
    assert record is not None
    publish(jobs[1], sweep, record)
    with (tmp_path / "results.csv").open(newline="") as stream:
        assert [row["status"] for row in csv.DictReader(stream)] == ["ok", "failed"]
    assert capsys.readouterr().out.startswith("[3/4] size=d4  7.5 s  FAILED: out of luck")
