import re
from types import SimpleNamespace

import optuna
import pytest
from optuna.trial import TrialState

from rankdistill.tuning import progress
from rankdistill.tuning.progress import TrialsBar, settings_line


@pytest.fixture
def study():
    return optuna.create_study(direction="maximize")


def end(study, value, state=TrialState.COMPLETE, message=None):
    trial = study.ask()
    trial.set_user_attr("drawn", {"alpha": value, "size": "d2"})
    trial.set_user_attr("fit_seconds", 7)
    if message:
        trial.set_user_attr("message", message)
    study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)


def bar_of(study, n_trials):
    trainer = SimpleNamespace(max_epochs=40, progress=True)
    return TrialsBar("s", n_trials, "val/map@5", study, trainer)


def test_each_trial_is_told_once_with_its_settings_and_the_best_so_far(study, capsys):
    bar = bar_of(study, 4)
    for value in (0.25, 0.125, 0.5):
        end(study, value)
        assert bar.show(study) is True
        assert bar.show(study) is False
    bar.close()
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.startswith("4 trials; fits of at most 40 epochs each")
    assert [re.sub(r"  \(\d+ s left\)", "  (left)", line) for line in lines] == [
        "[1/4] trial 0: val/map@5 0.2500, the best so far  alpha=0.25 size=d2  7 s  (left)",
        "[2/4] trial 1: val/map@5 0.1250  alpha=0.125 size=d2  7 s  (left)",
        "[3/4] trial 2: val/map@5 0.5000, the best so far  alpha=0.5 size=d2  7 s  (left)",
    ]


def test_a_study_that_goes_on_tells_each_new_trial_and_no_old_one(study, capsys):
    end(study, 0.5)
    bar = bar_of(study, 4)
    assert bar.show(study) is False
    end(study, 0.25)
    assert bar.show(study) is True
    bar.close()
    first, line = capsys.readouterr().err.splitlines()
    assert first.startswith("4 trials, 1 of them ended before; ")
    assert line.startswith("[2/4] trial 1: val/map@5 0.2500  alpha=0.25")


def test_the_time_left_is_that_of_this_start_alone(study, capsys, monkeypatch):
    end(study, 0.5)
    looks = iter([0, 12])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(looks))
    bar = bar_of(study, 4)
    end(study, 0.25)
    bar.show(study)
    assert capsys.readouterr().err.endswith("  (24 s left)\n")


@pytest.mark.parametrize(
    ("state", "told"), [(TrialState.FAIL, "failed"), (TrialState.PRUNED, "cut short")]
)
def test_a_trial_without_a_value_is_told_with_the_reason(study, capsys, state, told):
    bar = bar_of(study, 2)
    study.ask()
    assert bar.show(study) is False, "it is under way"
    end(study, 0.5, state, message="The loss is nan.")
    assert bar.show(study) is True
    bar.close()
    assert f"[1/2] trial 1: {told} (The loss is nan)  alpha" in capsys.readouterr().err


def test_settings_are_told_as_a_person_would_type_them():
    drawn = {"training.learning_rate": 0.01, "size": "d2", "exclude_seen": True, "decay": None}
    told = "training.learning_rate=0.01 size=d2 exclude_seen=true decay=null"
    assert settings_line(drawn) == told
