"""What becomes of jobs whose launcher, worker or composition fails."""

import json

import pytest
from hydra.core.utils import JobReturn, JobStatus

from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.sweeps.job_record import OK, JobRecord, read_job_record
from rankdistill.sweeps.launching import DIED, Launching
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.stacked_launcher import StackedSweep
from rankdistill.sweeps.sweep_record import SweepRecord

JOBS = [Job(f"size=d{d}", (f"size=d{d}",)) for d in (2, 4, 8, 10)]


class Launcher:
    """Ends every job well, but for those that kill their process or raise."""

    def __init__(self, folder, deadly=(), raising=()):
        self.folder, self.deadly, self.raising = folder, deadly, raising
        self.launched = []

    def launch(self, job_overrides, initial_job_idx):
        names = [overrides[0] for overrides in job_overrides]
        self.launched.append(names)
        results = []
        for name in names:
            record = JobRecord(name, [name], {"size": name[5:]}, "code")
            record.write(self.folder / name)
            if name in self.deadly:
                raise RuntimeError("A worker process managed by the executor was terminated")
            result = JobReturn()
            result.status = JobStatus.COMPLETED
            if name in self.raising:
                result.status, result.return_value = JobStatus.FAILED, OSError("disk full")
            else:
                record.status, record.seconds = OK, 1.0
                record.write(self.folder / name)
            results.append(result)
        return results


def launcher_of(module):
    return type("Launcher", (Launcher,), {"__module__": module})


JOBLIB, SUBMITIT, BASIC = (
    launcher_of(f"hydra_plugins.{name}") for name in ("joblib", "submitit", "basic")
)


def launching(launcher, folder, bad=(), stacks=None):
    def compose(overrides):
        for override in overrides:
            if override in bad:
                raise ValueError(f"no {override}")

    sweep = SweepRecord("train", ["size"], {}, [], [], len(JOBS), "code", 0.0, 0, 0)
    sweep.write(folder)
    return Launching(
        launcher, compose, lambda error, _: f"in words: {error}", folder, sweep, stacks
    )


def outcomes(folder):
    records = [read_job_record(folder / job.name) for job in JOBS]
    return [(None if each is None else each.error or each.status) for each in records]


def test_a_worker_that_dies_takes_nobody_along(tmp_path, capsys):
    launcher = JOBLIB(tmp_path, deadly=["size=d4"])
    launching(launcher, tmp_path).run(JOBS, JOBS[0].overrides)
    assert outcomes(tmp_path) == [OK, DIED, OK, OK]
    assert launcher.launched[1] == ["size=d4"]  # alone, to see whether it is to blame


def test_a_launcher_that_fails_before_any_job_starts_is_not_tried_for_ever(tmp_path):
    class Broken(JOBLIB):
        def launch(self, job_overrides, initial_job_idx):
            raise OSError("no more processes")

    Broken.__module__ = JOBLIB.__module__
    with pytest.raises(OSError, match="no more processes"):
        launching(Broken(tmp_path), tmp_path).run(JOBS, JOBS[0].overrides)


@pytest.mark.parametrize("kind", [JOBLIB, SUBMITIT])
def test_values_that_do_not_compose_never_reach_a_worker(kind, tmp_path, capsys):
    launcher = kind(tmp_path)
    launching(launcher, tmp_path, bad=["size=d8"]).run(JOBS, JOBS[0].overrides)
    assert launcher.launched == [["size=d2", "size=d4", "size=d10"]]
    assert outcomes(tmp_path)[2] == "in words: no size=d8"
    assert "no size=d8" in (tmp_path / "size=d8" / "traceback.txt").read_text()


def test_a_cluster_that_loses_a_job_is_told_and_nothing_is_started_twice(tmp_path):
    launcher = SUBMITIT(tmp_path, deadly=["size=d4"])
    with pytest.raises(ValueError, match="The cluster lost a job"):
        launching(launcher, tmp_path).run(JOBS, JOBS[0].overrides)
    assert len(launcher.launched) == 1


def test_in_one_process_each_job_is_launched_alone_and_failures_are_kept(tmp_path, capsys):
    launcher = BASIC(tmp_path, raising=["size=d4"])
    launching(launcher, tmp_path).run(JOBS, JOBS[0].overrides)
    assert outcomes(tmp_path) == [OK, "in words: disk full", OK, OK]
    assert [len(names) for names in launcher.launched] == [1, 1, 1, 1]


def test_ctrl_c_is_no_failure_of_a_job(tmp_path):
    class Interrupted(BASIC):
        def launch(self, job_overrides, initial_job_idx):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launching(Interrupted(tmp_path), tmp_path).run(JOBS, JOBS[0].overrides)
    assert outcomes(tmp_path) == [None] * 4


def test_a_record_of_an_earlier_attempt_is_no_outcome_of_this_one(tmp_path):
    for job in JOBS:
        JobRecord(job.name, list(job.overrides), {}, "code", OK).write(tmp_path / job.name)
    launcher = JOBLIB(tmp_path, deadly=["size=d2"])
    launching(launcher, tmp_path).run(JOBS, JOBS[0].overrides)
    assert outcomes(tmp_path) == [DIED, OK, OK, OK]


def test_the_record_of_a_failure_is_json_that_names_the_job(tmp_path, capsys):
    launching(BASIC(tmp_path, raising=["size=d4"]), tmp_path).run(JOBS, JOBS[0].overrides)
    content = json.loads((tmp_path / "size=d4" / "job.json").read_text())
    assert (content["status"], content["axes"]) == ("failed", {"size": "d4"})


def test_jobs_are_stacked_within_bounds_then_run(tmp_path, monkeypatch):
    launcher = BASIC(tmp_path)
    stacked = []

    class Stacking:
        def __init__(self, compose, folder, bounds):
            stacked.append(bounds)

        def run(self, jobs, measure):
            for job in (*jobs[2:], *jobs[:2]):
                measure(job, None, None)

    monkeypatch.setattr("rankdistill.sweeps.launching.Stacking", Stacking)
    launching(launcher, tmp_path, stacks=StackedSweep(StackBounds(3.0, 7))).run(
        JOBS, JOBS[0].overrides
    )
    assert stacked == [(3.0, 7)]
    assert launcher.launched == [["size=d8"], ["size=d10"], ["size=d2"], ["size=d4"]]
