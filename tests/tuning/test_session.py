import csv
from dataclasses import replace

import pytest
from filelock import FileLock
from optuna.trial import TrialState
from tests.running import SMALL, SMALL_DISTILLED
from tests.tuning.made_tuning import TUNING

from rankdistill.tuning import session
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.session import alone_in, leave, run_missing_trials, take_up
from rankdistill.tuning.space import read_space
from rankdistill.tuning.study import make_sampler, next_trial, opened
from rankdistill.tuning.worker import StudyPlan

SPACE = {"training.learning_rate": {"low": 0.001, "high": 0.1}}
IDENTITY = {"version": "1"}


def plan_in(folder, *overrides, n_trials=3, seeds=None):
    recipe = Recipe("tune", (), (*(overrides or (*SMALL, "tuning=student")), "study=s"))
    tuning = replace(TUNING, seeds=seeds)
    return StudyPlan(folder, "s", n_trials, recipe, SPACE, tuning, threads=1)


def ask(study, plan, worker=0):
    space = read_space(plan.space)
    trial = next_trial(
        study, plan.folder, worker, plan.n_trials, space, lambda n: make_sampler(TUNING, n)
    )
    trial.set_user_attr("drawn", trial.params)
    return trial


def states(folder):
    with (folder / "trials.csv").open(encoding="utf-8") as stream:
        return [row["state"] for row in csv.DictReader(stream)]


@pytest.mark.slow
def test_a_study_without_a_value_is_begun_again_with_other_settings(tmp_path):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    with opened(tmp_path, "s") as study:
        study.tell(ask(study, plan), state=TrialState.FAIL)
    assert take_up(plan, IDENTITY) == 2  # of the settings that it was begun with it goes on
    assert take_up(plan, {"version": "2"}) == 3
    with opened(tmp_path, "s") as study:
        (waiting,) = study.get_trials()
        assert waiting.state == TrialState.WAITING  # the present settings are queued anew


@pytest.mark.slow
@pytest.mark.parametrize("ends", [0.5, None])
def test_a_study_with_a_value_is_not_begun_again(ends, tmp_path):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    with opened(tmp_path, "s") as study:
        trial = ask(study, plan)
        trial.report(0.5, 1)
        if ends is not None:
            study.tell(trial, ends)
    with pytest.raises(ValueError, match="was begun otherwise: version: 1, now 2"):
        take_up(plan, {"version": "2"})


def test_a_folder_is_for_one_program_at_a_time(tmp_path):
    folder = tmp_path / "new" / "study"
    with (
        alone_in(folder),
        pytest.raises(ValueError, match="is being run already; workers=N"),
        alone_in(folder),
    ):
        pass
    with alone_in(folder):
        pass


def test_a_program_that_fails_does_not_keep_the_folder(tmp_path):
    with pytest.raises(RuntimeError, match="broken"), alone_in(tmp_path):
        raise RuntimeError("broken")
    with FileLock(tmp_path / session.LOCK, timeout=0):
        pass


@pytest.mark.slow
def test_a_new_study_lacks_all_trials_and_begins_with_the_present_settings(tmp_path):
    plan = plan_in(tmp_path)
    assert take_up(plan, IDENTITY) == 3
    with opened(tmp_path, "s") as study:
        assert ask(study, plan).params == {"training.learning_rate": 0.01}


@pytest.mark.slow
def test_a_study_that_goes_on_lacks_what_has_not_ended_and_repeats_what_was_lost(tmp_path):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    with opened(tmp_path, "s") as study:
        study.tell(ask(study, plan), 0.5)
        lost = ask(study, plan)
    assert take_up(plan, IDENTITY) == 2
    with opened(tmp_path, "s") as study:
        assert study.trials[lost.number].state == TrialState.FAIL
        assert study.trials[lost.number].user_attrs["message"] == "the program was killed"
        assert ask(study, plan).params == lost.params


@pytest.mark.slow
def test_a_study_with_more_trials_than_asked_for_lacks_none(tmp_path):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    with opened(tmp_path, "s") as study:
        for value in (0.1, 0.2):
            study.tell(ask(study, plan), value)
    assert take_up(plan_in(tmp_path, n_trials=1), IDENTITY) == 0


@pytest.mark.slow
def test_leaving_ends_what_is_under_way_and_writes_the_table(tmp_path):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    with opened(tmp_path, "s") as study:
        study.tell(ask(study, plan), 0.5)
        ask(study, plan)
    assert leave(plan, "interrupted", blame=False) == 1
    assert states(tmp_path) == ["complete", "repeated"]


@pytest.mark.slow
def test_the_table_is_written_anew_after_each_trial(tmp_path, monkeypatch):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)
    seen = []

    def work(plan, worker, datamodule, after_trial):
        for value in (0.5, 0.25):
            with opened(plan.folder, "s") as study:
                study.tell(ask(study, plan), value)
            after_trial()
            seen.append(states(plan.folder))

    monkeypatch.setattr(session, "work", work)
    run_missing_trials(plan, 1, plan.recipe.settings(), None)
    assert seen == [["complete"], ["complete"] * 2]


@pytest.mark.slow
def test_the_trial_of_a_lost_worker_is_tried_once_more_and_the_loss_is_told(
    tmp_path, monkeypatch, capsys
):
    plan = plan_in(tmp_path)
    take_up(plan, IDENTITY)

    def run_workers(work, workers, devices, watch, lost):
        assert workers == 2
        with opened(plan.folder, "s") as study:
            ask(study, plan, worker=1)
        lost(1, "was killed")
        watch()

    monkeypatch.setattr(session, "run_workers", run_workers)
    run_missing_trials(plan, 2, plan.recipe.settings(), None)
    with opened(tmp_path, "s") as study:
        lost, again = study.trials
    assert (lost.state, again.state) == (TrialState.FAIL, TrialState.WAITING)
    assert "worker 1: was killed; what it tried is tried once more" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "used"), [(None, 1), ([5, 6], 5)])
def test_a_teacher_is_obtained_before_any_trial_with_the_first_seed(
    seeds, used, tmp_path, monkeypatch
):
    plan = plan_in(tmp_path, *SMALL_DISTILLED, seeds=seeds)
    take_up(plan, IDENTITY)
    order = []
    monkeypatch.setattr(
        session, "obtain_teacher", lambda cfg, *_: order.append(cfg.teacher.seed.initialization)
    )
    monkeypatch.setattr(session, "work", lambda *_: order.append("work"))
    run_missing_trials(plan, 1, plan.recipe.settings(), None)
    assert order == [used, "work"]
