import pytest
from optuna.trial import TrialState
from tests.running import SMALL, small_datamodule
from tests.tuning.made_tuning import TUNING

from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.study import opened
from rankdistill.tuning.worker import StudyPlan, work


def plan(folder, space, n_trials, *overrides):
    recipe = Recipe("tune", (), (*SMALL, "tuning=student", "size=d2", *overrides, "study=s"))
    return StudyPlan(folder, "s", n_trials, recipe, space, TUNING, threads=1)


def trials(folder):
    with opened(folder, "s") as study:
        return study.trials


@pytest.mark.slow
def test_a_model_that_diverges_fails_its_trial_with_the_reason_and_the_others_go_on(tmp_path):
    space = {"training.learning_rate": {"choices": [0.01, 1.0e21]}}
    work(plan(tmp_path, space, 6), 0, small_datamodule())
    found = trials(tmp_path)
    assert {trial.state for trial in found} == {TrialState.COMPLETE, TrialState.FAIL}
    for trial in found:
        diverged = trial.params["training.learning_rate"] > 1
        assert (trial.state == TrialState.FAIL) is diverged
        if diverged:
            assert "lower the learning rate" in trial.user_attrs["message"]
            assert trial.value is None


@pytest.mark.slow
def test_settings_that_do_not_go_together_fail_their_trial_alone(tmp_path):
    space = {
        "ranking_loss": {"choices": ["softmax", "bpr"]},
        "training.batch_size": {"choices": [64, 128]},
    }
    one_sided = "++ranking_loss.num_negatives=3"  # softmax samples none
    work(plan(tmp_path, space, 5, one_sided), 0, small_datamodule())
    for trial in trials(tmp_path):
        failed = trial.params["ranking_loss"] == "softmax"
        assert trial.state == (TrialState.FAIL if failed else TrialState.COMPLETE)
        if failed:
            assert "Softmax has no setting 'num_negatives'" in trial.user_attrs["message"]


@pytest.mark.slow
def test_what_would_meet_every_trial_ends_the_study_at_once(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr("rankdistill.tuning.trial.make_trainer", full)
    space = {"training.learning_rate": {"choices": [0.01, 0.02]}}
    with pytest.raises(OSError, match="the disk is full"):
        work(plan(tmp_path, space, 5), 0, small_datamodule())
    assert len(trials(tmp_path)) == 1
