from dataclasses import replace
from functools import partial

import pytest
from optuna.trial import TrialState
from tests.tuning.made_tuning import TUNING

from rankdistill.tuning import study as studies
from rankdistill.tuning.space import read_space
from rankdistill.tuning.study import (
    best_trial,
    finished_trials,
    make_sampler,
    next_trial,
    opened,
    trials_that_count,
    try_again,
)

SPACE = read_space(
    {
        "x": {"low": -1.0, "high": 1.0},
        "n": {"low": 1, "high": 100, "log": True, "integer": True},
        "c": {"choices": ["a", "b", "c"]},
    }
)


def ask(study, folder, n_trials, worker=0, **changed):
    sampler = partial(
        make_sampler, replace(TUNING, **{"sampler": "tpe", "startup_trials": 4, **changed})
    )
    return next_trial(study, folder, worker, n_trials, SPACE, sampler)


def value(params):
    return -(params["x"] ** 2) + {"a": 0.0, "b": 0.5, "c": 0.2}[params["c"]]


def run(folder, n_trials, **changed):
    """Run a study as often interrupted as there are numbers; the values that were drawn."""
    with opened(folder, "s") as study:
        while trial := ask(study, folder, n_trials, **changed):
            study.tell(trial, value(trial.params))
        return [trial.params for trial in study.trials]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_study_that_goes_on_draws_what_it_would_have_drawn_at_once(tmp_path, sampler):
    for folder in ("once", "twice", "other"):
        (tmp_path / folder).mkdir()
    at_once = run(tmp_path / "once", 9, sampler=sampler)
    run(tmp_path / "twice", 3, sampler=sampler)
    assert run(tmp_path / "twice", 9, sampler=sampler) == at_once
    assert run(tmp_path / "other", 9, sampler=sampler, seed=1) != at_once
    assert len({trial["x"] for trial in at_once}) == 9, "no trial is drawn twice"


@pytest.mark.slow
def test_a_lost_trial_does_not_change_what_is_drawn(tmp_path):
    for folder in ("once", "lost"):
        (tmp_path / folder).mkdir()
    at_once = run(tmp_path / "once", 9)
    folder = tmp_path / "lost"
    run(folder, 5)
    with opened(folder, "s") as study:
        ask(study, folder, 9)
        try_again(study, folder, "killed", blame=True)
    found = run(folder, 9)
    assert [*found[:5], *found[6:]] == at_once
    assert found[5] == found[6]


@pytest.mark.slow
def test_a_lost_trial_fails_with_its_reason_and_is_repeated_once(tmp_path):
    with opened(tmp_path, "s") as study:
        lost = ask(study, tmp_path, 2, worker=7)
        other = ask(study, tmp_path, 2, worker=8)
        try_again(study, tmp_path, "its worker was killed", worker=7, blame=True)
        first = study.trials[lost.number]
        assert first.state == TrialState.FAIL
        assert first.user_attrs["message"] == "its worker was killed"
        assert study.trials[other.number].state == TrialState.RUNNING
        assert len(trials_that_count(study)) == 1
        again = ask(study, tmp_path, 2, worker=8)
        assert again.params == lost.params
        try_again(study, tmp_path, "its worker was killed", worker=8, blame=True)
        assert study.trials[again.number].state == TrialState.FAIL
        assert again.number in {trial.number for trial in finished_trials(study)}, "it counts now"
        repeated = ask(study, tmp_path, 2, worker=9)
        assert repeated.params == other.params, "the other was lost once only"


@pytest.mark.slow
def test_an_interrupted_trial_is_repeated_however_often(tmp_path):
    with opened(tmp_path, "s") as study:
        params = []
        for _ in range(4):
            params.append(ask(study, tmp_path, 1).params)
            try_again(study, tmp_path, "interrupted", blame=False)
        assert params == [params[0]] * 4
        assert not trials_that_count(study)


@pytest.mark.slow
def test_no_more_trials_are_begun_than_asked_for_and_the_last_are_waited_for(tmp_path, monkeypatch):
    with opened(tmp_path, "s") as study:
        mine, others = ask(study, tmp_path, 2, worker=0), ask(study, tmp_path, 2, worker=1)
        study.tell(mine, 1.0)
        waited = []

        def meanwhile(seconds):
            waited.append(seconds)
            study.tell(others.number, state=TrialState.FAIL)

        monkeypatch.setattr(studies.time, "sleep", meanwhile)
        assert ask(study, tmp_path, 2, worker=0) is None
        assert len(waited) == 1
        assert len(study.trials) == 2


@pytest.mark.slow
def test_the_best_trial_has_ended_well(tmp_path):
    with opened(tmp_path, "s") as study:
        assert best_trial(study) is None
        for number, state in enumerate(["well", "pruned", "failed", "well"]):
            trial = ask(study, tmp_path, 9)
            if state == "pruned":
                trial.report(99.0, 1)
                study.tell(trial, state=TrialState.PRUNED)
            elif state == "failed":
                study.tell(trial, state=TrialState.FAIL)
            else:
                study.tell(trial, float(number))
        assert best_trial(study).number == 3
