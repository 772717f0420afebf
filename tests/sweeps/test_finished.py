import pytest

from rankdistill.files import write_json_atomically
from rankdistill.sweeps.changes import of_other_code, of_other_data
from rankdistill.sweeps.finished import find_finished
from rankdistill.sweeps.job_record import FAILED, OK, RUNNING, JobRecord
from rankdistill.sweeps.plan import Job


def job(size, *fixed):
    return Job(f"size={size}", (f"size={size}", *fixed))


def leave(folder, of, status=OK, code="now", settings=None, data="same"):
    record = JobRecord(of.name, list(of.overrides), {}, code, status, settings=settings or {})
    record.write(folder / of.name)
    if status == OK:
        result = {"status": "ok", "metrics": {"test/map@5": 0.1}, "data": {"fingerprint": data}}
        write_json_atomically(folder / of.name / "metrics.json", result)


def test_only_what_ended_well_and_has_its_result_is_finished(tmp_path):
    jobs = [job("d2"), job("d4"), job("d8"), job("d10"), job("d16")]
    leave(tmp_path, jobs[0])
    leave(tmp_path, jobs[1], FAILED)
    leave(tmp_path, jobs[2], RUNNING)
    leave(tmp_path, jobs[3])
    (tmp_path / jobs[3].name / "metrics.json").unlink()
    assert [each.job for each in find_finished(tmp_path, jobs)] == [jobs[0]]


def test_a_half_written_record_is_none(tmp_path):
    leave(tmp_path, job("d2"))
    (tmp_path / "size=d2" / "job.json").write_text('{"name": "si')
    assert find_finished(tmp_path, [job("d2")]) == []


def test_a_folder_of_another_sweep_is_refused_not_mixed(tmp_path):
    leave(tmp_path, job("d2", "data=ml_1m"))
    with pytest.raises(ValueError, match=r"other overrides \(data=ml_1m\)"):
        find_finished(tmp_path, [job("d2")])


def test_more_threads_make_no_other_job(tmp_path):
    leave(tmp_path, job("d2", "trainer.threads=1"))
    assert len(find_finished(tmp_path, [job("d2")])) == 1


def test_results_of_another_program_are_known(tmp_path):
    leave(tmp_path, job("d2"), code="before")
    leave(tmp_path, job("d4"))
    finished = find_finished(tmp_path, [job("d2"), job("d4")])
    assert [each.job.name for each in of_other_code(finished, "now")] == ["size=d2"]


def test_results_of_other_data_are_known_and_the_data_are_read_once(tmp_path):
    settings = [{"data.path": "a"}, {"data.path": "a"}, {"data.path": "b"}]
    jobs = [job("d2"), job("d4"), job("d8")]
    for each, its in zip(jobs, settings, strict=True):
        leave(tmp_path, each, settings=its, data="then")
    asked = []

    def now(finished):
        asked.append(finished.job.name)
        return {"size=d2": "now", "size=d8": "then"}[finished.job.name]

    changed = of_other_data(find_finished(tmp_path, jobs), now)
    assert [each.job.name for each in changed] == ["size=d2", "size=d4"]
    assert asked == ["size=d2", "size=d8"]


def test_data_that_cannot_be_had_prove_no_change(tmp_path):
    leave(tmp_path, job("d2"))
    assert of_other_data(find_finished(tmp_path, [job("d2")]), lambda _: None) == []
