import optuna
import pytest
from optuna.trial import TrialState

from rankdistill.tuning.progress import TrialsBar, settings_line


@pytest.fixture
def study():
    return optuna.create_study(direction="maximize")


def end(study, value, state=TrialState.COMPLETE):
    trial = study.ask()
    trial.set_user_attr("drawn", {"alpha": value, "size": "d2"})
    study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)


def test_each_new_best_is_told_once_with_its_settings(study, capsys):
    bar = TrialsBar("s", 4, "val/map@5", study)
    for value in (0.25, 0.125, 0.5):
        end(study, value)
        assert bar.show(study) is True
        assert bar.show(study) is False
    bar.close()
    assert capsys.readouterr().err.splitlines() == [
        "trial 0: val/map@5 0.2500  alpha=0.25 size=d2",
        "trial 2: val/map@5 0.5000  alpha=0.5 size=d2",
    ]


def test_a_study_that_goes_on_does_not_tell_its_old_best_again(study, capsys):
    end(study, 0.5)
    bar = TrialsBar("s", 4, "val/map@5", study)
    assert bar.show(study) is False
    end(study, 0.25)
    assert bar.show(study) is True
    bar.close()
    assert capsys.readouterr().err == ""


def test_a_trial_that_fails_has_ended_and_is_not_the_best(study, capsys):
    bar = TrialsBar("s", 2, "val/map@5", study)
    study.ask()
    assert bar.show(study) is False, "it is under way"
    end(study, 0.5, TrialState.FAIL)
    assert bar.show(study) is True
    bar.close()
    assert capsys.readouterr().err == ""


def test_settings_are_told_as_a_person_would_type_them():
    drawn = {"training.learning_rate": 0.01, "size": "d2", "exclude_seen": True, "decay": None}
    told = "training.learning_rate=0.01 size=d2 exclude_seen=true decay=null"
    assert settings_line(drawn) == told
