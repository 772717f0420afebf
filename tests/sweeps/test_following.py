from rankdistill.sweeps.following import following
from rankdistill.sweeps.job_record import FAILED, OK, RUNNING, JobRecord
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.sweep_record import SweepRecord

JOBS = [Job(f"size=d{d}", (f"size=d{d}",)) for d in (2, 4, 8)]
SWEEP = SweepRecord("train", ["size"], {}, [], [], 4, "code", 0.0, 1, 1)


def leave(folder, job, status, error=None):
    JobRecord(job.name, [], {}, "code", status, error, 1.0).write(folder / job.name)


def test_a_job_is_told_once_when_it_has_ended_and_not_before(tmp_path, capsys):
    with following(tmp_path, JOBS, SWEEP, seconds=0.01):
        leave(tmp_path, JOBS[0], RUNNING)
        leave(tmp_path, JOBS[1], OK)
    with following(tmp_path, JOBS[:1], SWEEP, seconds=0.01):
        leave(tmp_path, JOBS[0], FAILED, "out of luck")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[2/4] size=d4  1.0 s  ok")
    assert "size=d2" in second
    assert "FAILED: out of luck" in second


def test_what_ended_is_told_even_if_the_launcher_raises(tmp_path, capsys):
    try:
        with following(tmp_path, JOBS, SWEEP, seconds=100):
            leave(tmp_path, JOBS[2], OK)
            raise RuntimeError
    except RuntimeError:
        pass
    assert "size=d8" in capsys.readouterr().out
