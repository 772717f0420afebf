from types import SimpleNamespace

import pytest
import torch

from rankdistill.runs.early_stopping import StopsAfterSteps


def epochs_until_stop(values, patience=2, least_steps=0, batches=8, should_stop=False):
    """After how many epochs training stops; None where it does not."""
    stopping = StopsAfterSteps("val", "max", patience, least_steps)
    trainer = SimpleNamespace(
        state=SimpleNamespace(fn="fit"),
        sanity_checking=False,
        fast_dev_run=False,
        should_stop=should_stop,
        current_epoch=0,
        callback_metrics={},
        train_dataloader=range(batches),
        strategy=SimpleNamespace(reduce_boolean_decision=lambda stop, all: stop),
    )
    stopping.on_train_start(trainer, None)
    for epoch, value in enumerate(values):
        trainer.current_epoch = epoch
        trainer.callback_metrics["val"] = torch.tensor(value)
        stopping.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            return epoch + 1
    return None


FALLING = [0.5, 0.4, 0.3, 0.2, 0.1, 0.0]


def test_patience_is_of_epochs():
    assert epochs_until_stop(FALLING) == 3
    assert epochs_until_stop([0.1, 0.1, 0.2, 0.1, 0.1]) == 5


@pytest.mark.parametrize(("least_steps", "stops"), [(24, 3), (25, 4), (40, 5), (100, None)])
def test_it_does_not_stop_before_so_many_steps(least_steps, stops):
    assert epochs_until_stop(FALLING, least_steps=least_steps) == stops


def test_a_better_epoch_on_the_way_gives_new_patience():
    assert epochs_until_stop([0.3, 0.1, 0.1, 0.4, 0.1, 0.1], least_steps=32) == 6


def test_who_stops_for_another_reason_stops():
    assert epochs_until_stop([0.1], least_steps=1000, should_stop=True) == 1


def test_the_last_epoch_is_that_of_patience_or_of_the_least_steps():
    for least_steps, last in ((0, 9), (200, 25)):
        stopping = StopsAfterSteps("val", "max", 5, least_steps)
        stopping.on_train_start(SimpleNamespace(train_dataloader=range(8)), None)
        assert stopping.last_epoch(3) == last
