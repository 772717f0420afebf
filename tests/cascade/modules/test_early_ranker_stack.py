"""Early rankers that learn side by side end as they would alone."""

from dataclasses import replace

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.loggers.logger import Logger
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import early_ranker

from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.data.side_by_side import logs_side_by_side
from rankdistill.cascade.modules.early_ranker_stack import EarlyRankerStack
from rankdistill.stacks.job_progress import Ending

READERS = ["auxiliary", "shared", "cut"]
EPOCHS = 3


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


def double(examples):
    """The examples in double precision; ids stay as they are."""
    users = examples.users
    floats = {name: each.double() for name, each in vars(users).items() if each.is_floating_point()}
    return replace(examples, users=replace(users, **floats), labels=examples.labels.double())


def logs_of(examples, seed):
    """A whole log, a third of it, one with rows marked invalid, and one with stale rows."""
    generator = torch.Generator().manual_seed(seed)
    size, shape = len(examples), examples.labels.shape
    whole = torch.rand(shape, generator=generator, dtype=examples.labels.dtype)
    stale = torch.rand(shape, generator=generator, dtype=examples.labels.dtype)
    lottery = torch.rand(3, size, generator=generator)
    ones = torch.ones(size, dtype=whole.dtype)
    third, proper = (lottery[0] < 0.3).to(whole), (lottery[1] < 0.8).to(whole)
    return [
        examples.with_teacher(whole, ones),
        examples.with_teacher(whole.where(third[:, None] > 0, torch.nan), third),
        examples.with_teacher(whole, proper),
        examples.with_teacher(whole.where(lottery[2][:, None] < 0.9, stale), ones),
    ]


class Curves(Logger):
    """Keeps the values of every epoch by name."""

    name, version = "curves", 0

    def __init__(self):
        super().__init__()
        self.epochs = {}

    def log_hyperparams(self, params):
        pass

    def log_metrics(self, metrics, step):
        self.epochs.setdefault(step, {}).update(metrics)


def train(module, examples, validation, epochs, *callbacks):
    """Train, and return the curves that were drawn, by epoch."""
    curves = Curves()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=curves,
        callbacks=list(callbacks),
        log_every_n_steps=1000,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, datamodule=ExamplesDataModule(examples, validation))
    return list(curves.epochs.values())


def stack_of(data, form, logs, ending, dtype=torch.float32, **changed):
    rankers = [early_ranker(data, form, **changed).to(dtype) for _ in logs]
    return EarlyRankerStack(rankers, ending)


def train_stack(stack, logs, validation):
    train(
        stack,
        logs_side_by_side(logs),
        logs_side_by_side(validation),
        stack.progress[0].ending.max_epochs,
    )
    return stack.progress


def ending(epochs=EPOCHS, patience=None, **more):
    return Ending("val/loss", epochs, patience, less_is_better=True, **more)


@pytest.mark.slow
@pytest.mark.parametrize("form", READERS)
def test_losses_are_those_of_each_ranker_alone(data, form):
    logs, validation = (
        logs_of(double(data.examples[name]), seed=1) for name in ("train", "validation")
    )
    stack = stack_of(data, form, logs, ending(), torch.float64)
    for progress, *own in zip(train_stack(stack, logs, validation), logs, validation, strict=True):
        ranker = early_ranker(data, form).double()
        alone = train(ranker, *own, EPOCHS)
        for mine, expected in zip(progress.curves, alone, strict=True):
            assert mine.keys() == expected.keys()
            exact = {name: expected[name] for name in mine if "entropy" not in name}
            assert {name: mine[name] for name in exact} == pytest.approx(exact, abs=1e-10)
            assert mine == pytest.approx(expected, abs=1e-6)
        assert progress.best_epoch == min(range(EPOCHS), key=lambda e: alone[e]["val/loss"])
        if progress.best_epoch == EPOCHS - 1:
            torch.testing.assert_close(progress.weights, dict(ranker.named_parameters()))


@pytest.mark.slow
def test_a_ranker_whose_loss_is_not_finite_fails_alone(data):
    logs, validation = (logs_of(data.examples[name], 1)[:2] for name in ("train", "validation"))
    logs[1] = logs[1].with_teacher(logs[1].teacher.nan_to_num(torch.inf), logs[1].teacher_weights)
    logs[1].teacher_weights[0] = torch.inf
    stack = stack_of(data, "shared", logs, ending(2))
    sound, failed = train_stack(stack, logs, validation)
    assert str(failed.error).startswith("The training loss is nan in epoch 0; lower the learning")
    assert (sound.error, len(sound.curves)) == (None, 2)
    assert all(weights.isfinite().all() for weights in sound.weights.values())


@pytest.mark.slow
def test_each_ranker_stops_when_its_own_patience_is_over(data):
    epochs, more = 12, {"learning_rate": 0.1}
    logs, validation = (logs_of(data.examples[name], 2) for name in ("train", "validation"))
    stack = stack_of(data, "cut", logs, ending(epochs, patience=1), **more)
    found = train_stack(stack, logs, validation)
    lengths = [len(progress.curves) for progress in found]
    assert len(set(lengths)) > 1, "they end at different times"
    for progress, *own in zip(found, logs, validation, strict=True):
        stopping = EarlyStopping("val/loss", patience=1)
        alone = train(early_ranker(data, "cut", **more), *own, epochs, stopping)
        assert len(progress.curves) == len(alone)
        expected = [each["val/loss"] for each in alone]
        assert [each["val/loss"] for each in progress.curves] == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
def test_a_rate_that_falls_is_that_of_a_ranker_alone(data):
    logs, validation = (logs_of(double(data.examples[n]), 3) for n in ("train", "validation"))
    more = {"decay_epochs": EPOCHS}
    stack = stack_of(data, "shared", logs[:1], ending(), torch.float64, **more)
    (progress,) = train_stack(stack, logs[:1], validation[:1])
    alone = train(early_ranker(data, "shared", **more).double(), logs[0], validation[0], EPOCHS)
    losses = [each["train/loss"] for each in alone]
    assert [each["train/loss"] for each in progress.curves] == pytest.approx(losses, abs=1e-10)


def test_time_is_shared_among_those_that_are_trained(data):
    logs, validation = (logs_of(data.examples[name], 1) for name in ("train", "validation"))
    stack = stack_of(data, "auxiliary", logs, ending(1))
    seconds = {progress.seconds for progress in train_stack(stack, logs, validation)}
    assert len(seconds) == 1
    assert min(seconds) > 0
