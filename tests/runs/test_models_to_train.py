from itertools import count
from types import SimpleNamespace

import pytest

from rankdistill.runs import models_to_train
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain, begun_model

MODELS = [ToTrain(kind, f"{kind}, seed {seed}") for seed in (1, 2) for kind in ("big", "small")]


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves on by 10, 20, 30, ... seconds from look to look."""
    looks = (5 * number * (number + 1) for number in count())
    monkeypatch.setattr(models_to_train.time, "perf_counter", lambda: next(looks))


def told(capsys, *, progress):
    models = ModelsToTrain(MODELS, SimpleNamespace(max_epochs=40, progress=progress))
    names = [models.next() for _ in MODELS]
    assert names == [model.name for model in MODELS]
    return capsys.readouterr().err.splitlines()


def test_each_model_is_told_when_it_begins_with_the_time_of_those_that_are_left(clock, capsys):
    first, *lines = told(capsys, progress=True)
    assert first.startswith("4 models to train, at most 40 epochs each")
    # after 20 s for the big one and 30 s for the small one, another 40 s for the big one
    assert lines == [
        "[1/4] big, seed 1",
        "[2/4] small, seed 1  (at least 20 s left)",
        "[3/4] big, seed 2  (about 50 s left)",
        "[4/4] small, seed 2  (about 30 s left)",
    ]


def test_a_line_can_be_read_back(clock, capsys):
    lines = told(capsys, progress=True)
    assert begun_model(lines[2]) == (2, 4, "small, seed 1  (at least 20 s left)")
    assert begun_model(lines[0]) is None


def test_without_progress_nothing_is_told(clock, capsys):
    assert told(capsys, progress=False) == []


def test_no_more_models_begin_than_were_named():
    models = ModelsToTrain([], SimpleNamespace(max_epochs=40, progress=False))
    with pytest.raises(IndexError):
        models.next()


def test_models_that_are_trained_side_by_side_have_one_line(clock, capsys):
    models = [ToTrain("big", "a"), ToTrain("stack", "b on 9 logs", 9), ToTrain("big", "c")]
    to_train = ModelsToTrain(models, SimpleNamespace(max_epochs=40, progress=True))
    for _ in models:
        to_train.next()
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.startswith("11 models to train")
    assert lines == [
        "[ 1/11] a",
        "[2-10/11] b on 9 logs  (at least 20 s left)",
        "[11/11] c  (about 20 s left)",
    ]
    assert begun_model(lines[1]) == (10, 11, "b on 9 logs  (at least 20 s left)")
