import optuna
from optuna.trial import TrialState

from rankdistill.tuning.study import best_trial
from rankdistill.tuning.summary import described, trials_counted


def study_of(values, **states):
    study = optuna.create_study(direction="maximize")
    for value in values:
        study.enqueue_trial({"x": value, "y": 0.5 + value / 1000})
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        trial.suggest_float("y", 0, 1)
        trial.set_user_attr("drawn", trial.params)
        study.tell(trial, value)
    for state, number in states.items():
        for _ in range(number):
            study.tell(study.ask(), state=TrialState[state])
    return study


def test_the_summary_counts_how_trials_ended():
    assert trials_counted(study_of([0.1, 0.2])) == "2 trials"
    assert trials_counted(study_of([0.1], PRUNED=3, FAIL=1)) == "5 trials (3 pruned, 1 failed)"


def test_the_summary_names_the_best_trial_as_a_person_would_type_it():
    study = study_of([0.1, 0.3, 0.2])
    lines = described(study, best_trial(study), "val/map@5").splitlines()
    assert lines[0] == "Best of 3 trials: val/map@5 0.3000 in trial 1"
    assert lines[1].strip().startswith("x=0.3 y=0.5")
    assert len(lines) == 2


def test_what_mattered_is_told_once_enough_trials_ended_well():
    study = study_of([n / 20 for n in range(16)])
    last = described(study, best_trial(study), "val/map@5").splitlines()[-1]
    shares = dict(part.rsplit(" ", 1) for part in last.removeprefix("What mattered: ").split(", "))
    assert shares.keys() == {"x", "y"}
    assert sum(int(share.rstrip("%")) for share in shares.values()) in {99, 100, 101}
