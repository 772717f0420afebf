from types import SimpleNamespace

import pytest

from rankdistill.runs.progress import EpochBar


def shown(capsys, values, mode="max", is_global_zero=True):
    """The lines that a fit leaves whose epochs reached these values."""
    bar = EpochBar("student, seed 3", "val/map@5", mode)
    trainer = SimpleNamespace(
        max_epochs=9, is_global_zero=is_global_zero, current_epoch=0, callback_metrics={}
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
    assert shown(capsys, [0.2, 0.5, 0.1, 0.3], mode) == [f"student, seed 3: val/map@5 {told} of 4"]


def test_of_equal_epochs_the_first_is_the_best(capsys):
    assert "at epoch 1 of 3" in shown(capsys, [0.5, 0.5, 0.5])[0]


def test_one_process_of_several_tells(capsys):
    assert shown(capsys, [0.5], is_global_zero=False) == []


def test_a_fit_without_an_epoch_tells_nothing(capsys):
    assert shown(capsys, []) == []


def test_an_error_before_the_fit_began_is_not_hidden_by_another():
    EpochBar("student", "val/map@5").on_exception(None, None, ValueError())
