import optuna
from optuna.trial import TrialState, create_trial

from rankdistill.tuning.table import write_table

HEADER = "number,state,value,alpha,size,best_epoch,fit_seconds,message"
SPACE = {
    "alpha": optuna.distributions.FloatDistribution(0, 1),
    "size": optuna.distributions.CategoricalDistribution(["d2", "=1+1"]),
}


def made(state, value=None, size="d2", **noted):
    params = {"alpha": 0.123456, "size": size}
    return create_trial(
        state=state, value=value, params=params, distributions=SPACE, user_attrs=noted
    )


def written(tmp_path, *trials):
    study = optuna.create_study(direction="maximize")
    for trial in trials:
        study.add_trial(trial)
    path = tmp_path / "trials.csv"
    write_table(path, study.trials, list(SPACE))
    assert [each.name for each in tmp_path.iterdir()] == ["trials.csv"]
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert header == HEADER
    return rows


def test_each_finished_trial_has_a_row_of_what_it_ran_with(tmp_path):
    drawn = {"alpha": 0.1235, "size": "d2"}
    noted = {"drawn": drawn, "best_epochs": [4, 7], "fit_seconds": 1.5}
    assert written(
        tmp_path,
        made(TrialState.COMPLETE, 0.25, **noted),
        made(TrialState.RUNNING),
        made(TrialState.FAIL, message="lower the learning rate, please"),
        made(TrialState.WAITING),
    ) == [
        "0,complete,0.25,0.1235,d2,4 7,1.5,",
        '2,failed,,0.123456,d2,,,"lower the learning rate, please"',
    ]


def test_a_trial_that_was_cut_short_has_no_value(tmp_path):
    assert written(tmp_path, made(TrialState.PRUNED, 0.5)) == ["0,pruned,,0.123456,d2,,,"]


def test_a_trial_that_another_repeats_says_so(tmp_path):
    lost = made(TrialState.FAIL, repeated=True, message="killed")
    assert written(tmp_path, lost) == ["0,repeated,,0.123456,d2,,,killed"]


def test_no_cell_is_a_formula(tmp_path):
    (row,) = written(
        tmp_path, made(TrialState.COMPLETE, 0.5, size="=1+1", message="=HYPERLINK(A1)")
    )
    assert row == "0,complete,0.5,0.123456,'=1+1,,,'=HYPERLINK(A1)"


def test_a_study_without_trials_has_a_header(tmp_path):
    assert written(tmp_path) == []
