import json

import pytest

from rankdistill.sweeps.job_record import FAILED, OK, RUNNING, JobRecord, fail, read_job_record


def test_a_record_is_read_as_it_was_written(tmp_path):
    record = JobRecord("size=d2", ["size=d2"], {"size": "d2"}, "c0de", OK, None, 1.5, {"a.b": 1})
    record.write(tmp_path)
    assert read_job_record(tmp_path) == record


def test_a_job_is_running_until_it_says_otherwise(tmp_path):
    JobRecord("size=d2", [], {}, "c0de").write(tmp_path)
    found = read_job_record(tmp_path)
    assert found is not None
    assert (found.status, found.seconds, found.error) == (RUNNING, None, None)


def test_a_failure_leaves_its_line_in_the_record_and_its_traceback_beside_it(tmp_path):
    folder = tmp_path / "size=d2"
    fail(folder, JobRecord("size=d2", [], {}, "c0de"), "out of luck", "Traceback")
    found = read_job_record(folder)
    assert found is not None
    assert (found.status, found.error) == (FAILED, "out of luck")
    assert (folder / "traceback.txt").read_text() == "Traceback"


@pytest.mark.parametrize("text", ["", '{"name": "si', "[]", '{"name": "size=d2"}'])
def test_what_is_no_whole_record_is_none(tmp_path, text):
    (tmp_path / "job.json").write_text(text)
    assert read_job_record(tmp_path) is None


def test_fields_that_a_later_version_adds_do_not_matter(tmp_path):
    JobRecord("size=d2", [], {}, "c0de", OK).write(tmp_path)
    path = tmp_path / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "later": 1}))
    assert read_job_record(tmp_path) == JobRecord("size=d2", [], {}, "c0de", OK)
