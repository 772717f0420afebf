import pytest
from filelock import Timeout

from rankdistill.sweeps.sweep_record import SweepRecord, read_sweep_record, shared_files


def test_a_record_is_read_as_it_was_written(tmp_path):
    values = {"size": ["d2", "d10"]}
    record = SweepRecord("train", ["size"], values, ["test/map@5"], ["a=1"], 2, "c", 9.5, 1, 3)
    record.write(tmp_path)
    assert read_sweep_record(tmp_path) == record


@pytest.mark.parametrize("text", [None, '{"command": "tr', "[]", '{"axes": 3, "num_jobs": "x"}'])
def test_what_cannot_be_read_has_its_default(tmp_path, text):
    if text is not None:
        (tmp_path / "sweep.json").write_text(text)
    assert read_sweep_record(tmp_path) == SweepRecord()


def test_axes_of_an_older_record_lose_their_plus(tmp_path):
    (tmp_path / "sweep.json").write_text('{"axes": ["+note"], "values": {"note": [1]}}')
    found = read_sweep_record(tmp_path)
    assert (found.axes, found.values) == (["note"], {"note": [1]})


def test_one_job_at_a_time_writes_to_the_shared_files(tmp_path):
    with shared_files(tmp_path), pytest.raises(Timeout):
        shared_files(tmp_path).acquire(timeout=0)
