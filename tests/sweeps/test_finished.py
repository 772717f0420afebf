import pytest
from tests.sweeps.made_jobs import job, leave

from rankdistill.sweeps.finished import find_finished
from rankdistill.sweeps.job_record import FAILED, RUNNING


def test_only_what_ended_well_and_has_its_result_is_finished(tmp_path):
    jobs = [job("d2"), job("d4"), job("d8"), job("d10"), job("d16")]
    leave(tmp_path, jobs[0])
    leave(tmp_path, jobs[1], FAILED)
    leave(tmp_path, jobs[2], RUNNING)
    leave(tmp_path, jobs[3])
    (tmp_path / jobs[3].name / "metrics.json").unlink()
    assert list(find_finished(tmp_path, jobs)) == [jobs[0]]


def test_a_half_written_record_is_none(tmp_path):
    leave(tmp_path, job("d2"))
    (tmp_path / "size=d2" / "job.json").write_text('{"name": "si')
    assert find_finished(tmp_path, [job("d2")]) == {}


def test_a_folder_of_another_sweep_is_refused_not_mixed(tmp_path):
    leave(tmp_path, job("d2", "data=ml_1m"))
    with pytest.raises(ValueError, match=r"other overrides \(data=ml_1m\)"):
        find_finished(tmp_path, [job("d2")])


def test_more_threads_make_no_other_job(tmp_path):
    leave(tmp_path, job("d2", "trainer.threads=1"))
    assert len(find_finished(tmp_path, [job("d2")])) == 1
