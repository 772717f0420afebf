"""When a job of a stack ends, and which epoch it keeps."""

import torch

from rankdistill.stacks.job_progress import Ending, JobProgress, is_worth_compacting, places_left


def after(values, **ending):
    progress = JobProgress(Ending(**{"monitor": "val", "max_epochs": 9, "patience": 2, **ending}))
    for epoch, value in enumerate(values):
        assert not progress.has_ended
        progress.end_epoch({"val": value}, {"table": torch.tensor(float(epoch))}, 8)
    return progress


def test_the_best_epoch_is_kept_and_an_equal_one_is_no_better():
    progress = after([0.1, 0.3, 0.3])
    assert (progress.best_epoch, float(progress.weights["table"])) == (1, 1.0)
    assert not progress.has_ended


def test_a_job_ends_where_patience_is_over():
    assert after([0.3, 0.1, 0.2]).has_ended


def test_patience_is_over_no_earlier_than_after_so_many_steps():
    assert not after([0.3, 0.1, 0.1], least_steps=25).has_ended
    assert after([0.3, 0.1, 0.1, 0.1], least_steps=25).has_ended
    assert not after([0.3, 0.1, 0.1, 0.4], least_steps=25).has_ended


def test_a_better_epoch_gives_new_patience():
    assert not after([0.3, 0.1, 0.4, 0.1]).has_ended


def test_a_job_ends_with_its_last_epoch():
    assert after([0.1, 0.2, 0.3], max_epochs=3).has_ended


def test_without_patience_only_the_last_epoch_ends_a_job():
    assert not after([0.5, 0.1, 0.1, 0.1, 0.1], patience=None).has_ended


def test_the_last_epoch_is_kept_where_that_is_asked_for():
    progress = after([0.5, 0.1], patience=None, keeps_last=True)
    assert (progress.best_epoch, float(progress.weights["table"])) == (1, 1.0)


def test_an_epoch_is_kept_even_where_no_value_is_good():
    assert after([0.0]).weights


def test_what_is_kept_does_not_change_as_training_goes_on():
    table = torch.zeros(())
    progress = JobProgress(Ending("val", 9, None))
    progress.end_epoch({"val": 1.0}, {"table": table}, 8)
    table += 5
    assert float(progress.weights["table"]) == 0


def test_a_watcher_hears_of_each_epoch_and_may_end_the_job():
    heard = []

    def watch(epoch, value):
        heard.append((epoch, value))
        return epoch == 2

    assert after([0.1, 0.4], watch=watch).has_ended
    assert heard == [(1, 0.1), (2, 0.4)]


def test_a_job_that_fails_has_ended_and_says_why():
    progress = JobProgress(Ending("val", 9, None))
    error = FloatingPointError("diverged")
    progress.fail(error)
    assert progress.has_ended
    assert progress.error is error


def test_the_smaller_value_is_the_better_one_where_that_is_said():
    progress = after([0.3, 0.1, 0.2], less_is_better=True)
    assert (progress.best_epoch, progress.has_ended) == (1, False)
    assert after([0.1, 0.2, 0.1], less_is_better=True).has_ended


def test_the_places_of_jobs_that_have_ended_are_left_out_and_a_quarter_is_worth_it():
    progress = [JobProgress(Ending("val/loss", 3, None)) for _ in range(6)]
    progress[4].fail(FloatingPointError("no"))
    assert places_left([1, 4, 5, 0], progress) == [0, 2, 3]
    assert is_worth_compacting(3, 4)
    assert not is_worth_compacting(4, 5)
