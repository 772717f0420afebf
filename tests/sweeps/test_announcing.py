from rankdistill.sweeps.announcing import (
    closing_lines,
    first_line,
    folder_of,
    progress_line,
    progress_of,
)
from rankdistill.sweeps.job_record import FAILED, OK, JobRecord
from rankdistill.sweeps.sweep_record import SweepRecord

SWEEP = SweepRecord("train", ["size"], {"size": ["d2"]}, [], [], 20, "code", 1000.0, 4, 4)


def test_a_line_tells_the_place_the_outcome_and_the_time_left():
    record = JobRecord("size=d2", [], {}, "code", OK, None, 6.0)
    # 6 of 20 have ended, 2 of them in this start, within 12 seconds: 14 are left
    assert progress_line(record, SWEEP, 6, 1012.0) == "[ 6/20] size=d2  6.0 s  ok  (84 s left)"


def test_a_failure_is_told_with_its_reason():
    record = JobRecord("size=d2", [], {}, "code", FAILED, "The loss is nan.", 6.0)
    assert "FAILED: The loss is nan." in progress_line(record, SWEEP, 20, 1012.0)


def test_the_lines_can_be_read_back():
    assert folder_of(first_line(20, 4, "outputs/sweeps/a b")) == "outputs/sweeps/a b"
    record = JobRecord("size=d2", [], {}, "code", OK, None, 6.0)
    assert progress_of(progress_line(record, SWEEP, 6, 1012.0)) == (6, 20)
    assert folder_of("Report: x") is None
    assert progress_of("Report: x") is None


def test_the_end_names_some_failures_and_counts_all_jobs():
    failed = [JobRecord(f"job{n}", [], {}, "code", FAILED, "no luck") for n in range(12)]
    ended = [JobRecord("good", [], {}, "code", OK)] * 3
    *lines, last = closing_lines([*ended, *failed, None], 2, 130.0)
    assert lines[0] == "Failed: job0: no luck"
    assert lines[10] == "Failed: 2 more; the report counts them by reason."
    assert len(lines) == 11
    assert last == (
        "3 ok (2 of them skipped: finished before), 12 failed, 1 without an end, in 2 min."
    )
