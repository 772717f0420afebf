import pytest
from tests.sweeps.made_sweep import SEED, change, fail, interrupt, made_sweep

from rankdistill.sweeps.sweep_job import read_job

GRID = {"size": ["d2", "d10"], SEED: [1, 2]}


def tenth(_):
    return 0.1


@pytest.mark.parametrize(
    "damage",
    [
        lambda job: (job / "metrics.json").unlink(),
        lambda job: (job / "metrics.json").write_text('{"status": "ok", "metr'),
        lambda job: (job / "metrics.json").write_text("[]"),
        lambda job: (job / "job.json").write_text('{"name": "size=d2'),
        lambda job: (job / "job.json").unlink(),
        interrupt,
    ],
)
def test_a_job_with_missing_or_half_written_files_is_unfinished(tmp_path, damage):
    first, second, *_ = made_sweep(tmp_path, GRID, tenth)
    damage(first)
    assert read_job(first).status == "unfinished"
    assert read_job(second).status == "ok"


def test_a_failed_job_keeps_its_error_in_one_line(tmp_path):
    (job, *_) = made_sweep(tmp_path, GRID, tenth)
    fail(job, "out of\n  memory")
    found = read_job(job)
    assert found.status == "failed"
    assert found.record.error == "out of memory"
    assert found.result.runs == ()


@pytest.mark.parametrize(
    ("best_epoch", "settings", "cut_short"),
    [
        (17, {"trainer.max_epochs": 17}, True),
        (16, {"trainer.max_epochs": 17}, False),  # it got worse
        (17, {"trainer.max_epochs": 50}, False),  # it was stopped for another reason
        (17, {"trainer.max_epochs": 17, "training.decay_epochs": 17}, False),
        (17, {"trainer.max_epochs": 17, "training.decay_epochs": None}, True),
        (17, {}, False),
    ],
)
def test_a_job_was_cut_short_where_its_best_epoch_was_the_last_allowed(
    tmp_path, best_epoch, settings, cut_short
):
    (job, *_) = made_sweep(tmp_path, GRID, tenth, **settings)
    change(job / "metrics.json", best_epoch=best_epoch)
    assert read_job(job).was_cut_short == cut_short
    fail(job, "broken")
    assert not read_job(job).was_cut_short
