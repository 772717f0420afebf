from functools import partial
from itertools import count
from types import SimpleNamespace

import pytest

from rankdistill.runs import progress
from rankdistill.runs.early_stopping import StopsAfterSteps
from rankdistill.runs.progress import EpochBar


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that moves on by a second from look to look."""
    set_clock(monkeypatch, 1)


def set_clock(monkeypatch, step):
    looks = count(step=step)
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(looks))


def shown(capsys, values, mode="max", is_global_zero=True, patience=3, keeps_last=False):
    """The lines that a fit leaves whose epochs reached these values."""
    bar = EpochBar("student, seed 3", "val/map@5", mode, keeps_last)
    trainer = SimpleNamespace(
        max_epochs=9,
        is_global_zero=is_global_zero,
        current_epoch=0,
        callback_metrics={},
        early_stopping_callback=patience and StopsAfterSteps("val/map@5", mode, patience, 0),
    )
    bar.on_fit_start(trainer, None)
    for value in values:
        trainer.callback_metrics["val/map@5"] = value
        bar.on_validation_end(trainer, None)
        trainer.current_epoch += 1
    bar.on_fit_end(trainer, None)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("mode", "told"), [("max", "0.5000 at epoch 2"), ("min", "0.1000 at epoch 3")]
)
def test_where_no_terminal_is_one_line_tells_the_best_epoch(mode, told, capsys):
    assert shown(capsys, [0.2, 0.5, 0.1, 0.3], mode) == [
        f"student, seed 3: val/map@5 {told} of 4, 5 s"
    ]


def test_a_model_that_is_measured_without_a_fit_shows_nothing(capsys):
    bar = EpochBar("teacher", "val/map@5")
    bar.on_validation_end(SimpleNamespace(callback_metrics={"val/map@5": 0.5}), None)
    assert capsys.readouterr().err == ""


def test_where_the_last_epoch_is_kept_the_line_tells_of_it(capsys):
    assert "0.3000 at epoch 3 of 3" in shown(capsys, [0.2, 0.5, 0.3], keeps_last=True)[0]


def test_of_equal_epochs_the_first_is_the_best(capsys):
    assert "at epoch 1 of 3" in shown(capsys, [0.5, 0.5, 0.5])[0]


def test_a_long_fit_tells_where_it_is_after_twice_the_time_each(capsys, monkeypatch):
    set_clock(monkeypatch, 20)
    lines = shown(capsys, [0.2, 0.5, 0.4, 0.4, 0.4])
    assert [line.split("epoch ")[1].split(",")[0] for line in lines[:-1]] == ["2", "4"]
    assert lines[0] == (
        "student, seed 3: epoch 2, best val/map@5 0.5000 at 2, stops after 5 unless better, "
        "in 60 s, 40 s so far"
    )


def test_the_last_epoch_that_is_allowed_ends_a_fit_however_good_it_is(capsys, monkeypatch):
    set_clock(monkeypatch, 100)
    lines = shown(capsys, [0.1 * epoch for epoch in range(8)])
    assert "epoch 8, best val/map@5 0.7000 at 8, stops after 9, in" in lines[-2]
    decaying = shown(capsys, [0.5], patience=None)
    assert "stops after 9, in" in decaying[0], "nothing stops it early"


def test_one_process_of_several_tells(capsys):
    assert shown(capsys, [0.5], is_global_zero=False) == []


def test_a_fit_without_an_epoch_tells_nothing(capsys):
    assert shown(capsys, []) == []


def test_an_error_before_the_fit_began_is_not_hidden_by_another():
    EpochBar("student", "val/map@5").on_exception(None, None, ValueError())


def test_on_a_terminal_one_line_changes_and_one_stays(capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "tqdm", partial(progress.tqdm, mininterval=0))
    *live, stays = (line.strip() for line in shown(capsys, [0.2, 0.5]))  # \r parts them too
    assert any("epoch 1, best val/map@5 0.2000 at 1, stops after 4 unless" in line for line in live)
    assert stays.startswith("student, seed 3: val/map@5 0.5000 at epoch 2 of 2")
