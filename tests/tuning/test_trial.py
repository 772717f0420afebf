from dataclasses import replace
from functools import partial

import optuna
import pytest
from tests.from_conf import settings_in
from tests.running import SMALL, SMALL_DISTILLED
from tests.tuning.made_tuning import TUNING

from rankdistill.data.datamodule import SyntheticDataModule
from rankdistill.data.splits import RandomSplit
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_model
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import read_space
from rankdistill.tuning.trial import run_trial

SPACE = read_space({"training.learning_rate": {"low": 0.001, "high": 0.1, "log": True}})


class WithoutTest(SyntheticDataModule):
    """Data whose test items cannot be ranked, nor masked as at test time."""

    def test_dataloader(self):
        raise AssertionError("the test items were asked for")

    def seen_at_test(self, device):
        raise AssertionError("the test items were asked for")


def small(kind=SyntheticDataModule):
    made = settings_in("data/synthetic", num_users=80, num_items=60, num_interactions=1600, rank=3)
    datamodule = kind(RandomSplit(0.1, 0.1, per_user=False), 0, 32, **made)
    datamodule.setup()
    return datamodule


def recipe(*overrides):
    return Recipe("tune", (), (*overrides, "study=s"))


STUDENT = recipe(*SMALL, "tuning=student", "size=d2")


def study(pruner=None):
    return optuna.create_study(direction="maximize", pruner=pruner)


def run(trial, recipe, folder, datamodule=None, **changed):
    tuning = replace(TUNING, **changed)
    return run_trial(trial, recipe, SPACE, tuning, 1, datamodule or small(), folder)


def ask(of, learning_rate=0.01):
    of.enqueue_trial({"training.learning_rate": learning_rate})
    return of.ask({key: entry.distribution for key, entry in SPACE.items()})


@pytest.mark.slow
def test_a_trial_never_asks_for_the_test_items(tmp_path):
    value = run(ask(study()), STUDENT, tmp_path, small(WithoutTest))
    assert 0 < value < 1
    cfg = STUDENT.settings()
    module = make_model(cfg, small(WithoutTest), None)
    as_train_does = partial(fit_and_test, module, small(WithoutTest), cfg.trainer, "val/map@5")
    with pytest.raises(AssertionError, match="the test items were asked for"):
        as_train_does(cfg.seed, tmp_path / "tested", "student")


@pytest.mark.slow
def test_a_trial_with_a_stored_teacher_never_asks_for_the_test_items(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    distilled = recipe(*SMALL_DISTILLED)
    obtain_teacher(distilled.settings(), small(), "teacher")
    assert 0 < run(ask(study()), distilled, tmp_path / "trial", small(WithoutTest)) < 1


@pytest.mark.slow
def test_a_trial_reaches_what_train_reaches_with_the_same_settings(tmp_path):
    trial = ask(study(), 0.0234567)
    value = run(trial, STUDENT, tmp_path / "trial")
    assert trial.user_attrs["drawn"] == {"training.learning_rate": 0.02346}
    cfg = STUDENT.settings(["training.learning_rate=0.02346"])
    datamodule = small()
    result = fit_and_test(
        make_model(cfg, datamodule, None),
        datamodule,
        cfg.trainer,
        "val/map@5",
        cfg.seed,
        tmp_path / "run",
        "train",
    )
    assert value == result.fields["metrics"]["val/map@5"]
    assert trial.user_attrs["best_epochs"] == [result.fields["best_epoch"]]


@pytest.mark.slow
def test_a_trial_leaves_curves_and_no_weights(tmp_path):
    run(ask(study()), STUDENT, tmp_path)
    files = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert [name for name in files if name.startswith("events.out.tfevents")]
    assert not [name for name in files if name.endswith((".ckpt", ".pt"))]


@pytest.mark.slow
def test_the_value_over_several_seeds_is_their_mean(tmp_path):
    each = []
    for seed in (3, 4):
        alone = recipe(*STUDENT.fixed, f"seed.initialization={seed}")
        each.append(run(ask(study()), alone, tmp_path / str(seed)))
    trial = ask(study())
    assert run(trial, STUDENT, tmp_path / "both", seeds=[3, 4]) == pytest.approx(sum(each) / 2)
    assert each[0] != each[1]
    assert len(trial.user_attrs["best_epochs"]) == 2


LONG = recipe(*STUDENT.fixed, "trainer.max_epochs=8", "trainer.patience=8")


def rivals(of, value, epochs):
    """Complete trials that reached a value at every epoch."""
    for _ in range(3):
        trial = ask(of)
        for epoch in range(1, epochs + 1):
            trial.report(value, epoch)
        of.tell(trial, value)


@pytest.mark.slow
def test_a_trial_below_the_others_is_ended_after_the_warm_up_and_a_better_one_is_not(tmp_path):
    others = study(optuna.pruners.MedianPruner(n_startup_trials=2))
    rivals(others, value=1.0, epochs=8)
    trial = ask(others)
    with pytest.raises(optuna.TrialPruned, match="Below the median of the others after epoch 5"):
        run(trial, LONG, tmp_path / "a", pruning=True, warmup_epochs=3, pruning_interval=2)
    assert trial.user_attrs["fit_seconds"] > 0
    better = study(optuna.pruners.MedianPruner(n_startup_trials=2))
    rivals(better, value=0.0, epochs=8)
    trial = ask(better)
    run(trial, LONG, tmp_path / "b", pruning=True, warmup_epochs=3, pruning_interval=2)
    assert sorted(better.trials[-1].intermediate_values) == [5, 7]


@pytest.mark.slow
def test_without_pruning_no_trial_is_ended(tmp_path):
    others = study(optuna.pruners.MedianPruner(n_startup_trials=2))
    rivals(others, value=1.0, epochs=8)
    run(ask(others), LONG, tmp_path, pruning=False)
    assert not others.trials[-1].intermediate_values


@pytest.mark.slow
def test_only_the_first_of_several_seeds_is_compared_with_the_others(tmp_path):
    others = study(optuna.pruners.MedianPruner(n_startup_trials=2))
    run(ask(others), LONG, tmp_path, pruning=True, seeds=[1, 2])
    assert sorted(others.trials[-1].intermediate_values) == list(range(1, 9))
