import pytest
from tests.sweeps.made_jobs import job, leave

from rankdistill.sweeps.changes import kept_jobs, of_other_code, of_other_data
from rankdistill.sweeps.finished import find_finished


def test_results_of_another_program_are_known(tmp_path):
    leave(tmp_path, job("d2"), code="before")
    leave(tmp_path, job("d4"))
    finished = find_finished(tmp_path, [job("d2"), job("d4")])
    assert [each.name for each in of_other_code(finished, "now")] == ["size=d2"]


def test_results_of_other_data_are_known_and_the_data_are_read_once(tmp_path):
    settings = [{"data.path": "a"}, {"data.path": "a"}, {"data.path": "b"}]
    jobs = [job("d2"), job("d4"), job("d8")]
    for each, its in zip(jobs, settings, strict=True):
        leave(tmp_path, each, settings=its, data="then")
    asked = []

    def now(job):
        asked.append(job.name)
        return {"size=d2": "now", "size=d8": "then"}[job.name]

    changed = of_other_data(find_finished(tmp_path, jobs), now)
    assert [each.name for each in changed] == ["size=d2", "size=d4"]
    assert asked == ["size=d2", "size=d8"]


def test_data_that_cannot_be_had_prove_no_change(tmp_path):
    leave(tmp_path, job("d2"))
    assert of_other_data(find_finished(tmp_path, [job("d2")]), lambda _: None) == []


@pytest.mark.parametrize(
    ("rerun", "kept"), [("none", ["size=d2", "size=d4"]), ("changed", ["size=d4"]), ("all", [])]
)
def test_jobs_of_another_program_are_kept_or_run_again_as_asked(tmp_path, capsys, rerun, kept):
    leave(tmp_path, job("d2"), code="before")
    leave(tmp_path, job("d4"))
    finished = find_finished(tmp_path, [job("d2"), job("d4")])
    found = kept_jobs(finished, rerun, "now", lambda _: None)
    assert [each.name for each in found] == kept
    told = {"none": "they stay (", "changed": "they run again.", "all": ""}[rerun]
    assert told in capsys.readouterr().out
