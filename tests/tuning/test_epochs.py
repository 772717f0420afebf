from types import SimpleNamespace

import optuna
import pytest

from rankdistill.tuning.epochs import FollowTrial


class Judged:
    """A trial that lags behind from some epoch on."""

    def __init__(self, lags_from=99):
        self.reports = []
        self.lags_from = lags_from

    def report(self, value, step):
        self.reports.append((step, value))

    def should_prune(self):
        return self.reports[-1][0] >= self.lags_from


def follow(callback, values):
    for epoch, value in enumerate(values):
        trainer = SimpleNamespace(current_epoch=epoch, callback_metrics={"val/map@5": value})
        callback.on_validation_end(trainer, None)


def test_reports_begin_after_the_warm_up_and_come_at_the_interval():
    trial = Judged()
    follow(FollowTrial("val/map@5", trial, 2, 3), [n / 10 for n in range(1, 10)])
    assert trial.reports == [(5, 0.5), (8, 0.8)]


def test_without_a_warm_up_every_epoch_is_reported():
    trial = Judged()
    follow(FollowTrial("val/map@5", trial, 0, 1), [0.1, 0.2, 0.3])
    assert [step for step, _ in trial.reports] == [1, 2, 3]


def test_the_best_epoch_is_the_first_of_the_highest():
    callback = FollowTrial("val/map@5", None, 0, 1)
    assert callback.kept == (-float("inf"), 0)
    follow(callback, [0.1, 0.4, 0.4, 0.2])
    assert callback.kept == (0.4, 2)


def test_where_the_last_epoch_is_kept_a_better_one_before_it_does_not_count():
    callback = FollowTrial("val/map@5", None, 0, 1, keeps_last=True)
    follow(callback, [0.1, 0.4, 0.2])
    assert callback.kept == (0.2, 3)


def test_a_trial_that_lags_behind_ends_and_keeps_its_best_epoch():
    callback = FollowTrial("val/map@5", Judged(lags_from=3), 0, 1)
    with pytest.raises(optuna.TrialPruned, match="after epoch 3"):
        follow(callback, [0.1, 0.3, 0.2, 0.9])
    assert callback.kept == (0.3, 2)
