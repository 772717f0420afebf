import optuna
import pytest
from optuna.trial import TrialState
from tests.running import SMALL, small_datamodule
from tests.tuning.made_tuning import TUNING

from rankdistill.runs.quiet import quiet_lightning
from rankdistill.tuning.epochs import FollowTrial
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.side_by_side import fit_trials
from rankdistill.tuning.study import opened
from rankdistill.tuning.worker import StudyPlan, work

RATES = {"training.learning_rate": {"choices": [0.01, 0.02, 0.03]}}


def recipe(*overrides):
    return Recipe("tune", (), (*SMALL, "tuning=student", "size=d2", *overrides, "study=s"))


def run(folder, space, trials_at_once, *overrides):
    quiet_lightning()
    folder.mkdir(exist_ok=True)
    plan = StudyPlan(
        folder, "s", 3, recipe(*overrides), space, TUNING, threads=1, trials_at_once=trials_at_once
    )
    work(plan, 0, small_datamodule())
    with opened(folder, "s") as study:
        return study.trials


def follow(number, seed):
    return FollowTrial("val/map@5", None, 0, 1)


@pytest.mark.slow
def test_trials_that_are_trained_side_by_side_end_as_those_that_are_trained_alone(tmp_path):
    together, alone = run(tmp_path / "together", RATES, 3), run(tmp_path / "alone", RATES, 1)
    for one, other in zip(together, alone, strict=True):
        assert one.params == other.params
        assert one.value == pytest.approx(other.value, abs=0.01)
        assert one.user_attrs["best_epochs"] == other.user_attrs["best_epochs"]
    curves = list((tmp_path / "together" / "trials").glob("*/fit-1/events*"))
    assert len(curves) == len(together)


@pytest.mark.slow
def test_a_model_that_diverges_fails_its_trial_alone(tmp_path):
    trials = run(tmp_path, {"training.learning_rate": {"choices": [0.01, 1.0e21]}}, 3)
    for trial in trials:
        diverged = trial.params["training.learning_rate"] > 1
        assert (trial.state == TrialState.FAIL) is diverged
        assert not diverged or "lower the learning rate" in trial.user_attrs["message"]


@pytest.mark.slow
def test_a_pruned_trial_ends_with_all_of_its_models():
    quiet_lightning()
    cfg = recipe().settings(["tuning.seeds=[1,2]"])

    class Pruned(FollowTrial):
        def see(self, epoch, value):
            super().see(epoch, value)
            if epoch == 1:
                raise optuna.TrialPruned("lags")

    def pruned(number, seed):
        kind = Pruned if (number, seed) == (0, 0) else FollowTrial
        return kind("val/map@5", None, 0, 1)

    models = fit_trials({0: cfg, 1: cfg}, pruned, small_datamodule(), 1.0)
    assert str(models[0][0].pruned) == "lags"
    assert [len(model.fit.curves) for model in models[0]] == [1, 1]
    assert models[1][0].pruned is None
    assert all(len(model.fit.curves) == 2 for model in models[1])


@pytest.mark.slow
def test_trials_of_different_shapes_are_trained_alone():
    quiet_lightning()
    sizes = {0: recipe("size=d2").settings(), 1: recipe("size=d4").settings()}
    models = fit_trials(sizes, follow, small_datamodule(), 1.0)
    assert [model.fit for each in models.values() for model in each] == [None, None]
