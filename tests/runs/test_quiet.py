import logging
import warnings

import pytest

from rankdistill.runs.quiet import quiet_lightning


@pytest.fixture(autouse=True)
def warnings_are_errors():
    """All warnings are errors until a test silences some of them."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("error")
        yield


ADVICE = [
    "The 'val_dataloader' does not have many workers which may be a bottleneck.",
    "Checkpoint directory outputs/run exists and is not empty.",
    "The number of training batches (3) is smaller than log_every_n_steps=50.",
    "It is recommended to use `self.log('val/map@5', ..., sync_dist=True)`.",
    "GPU available but not used.",
]


@pytest.mark.parametrize("message", ADVICE)
def test_lightnings_advice_is_silenced(message):
    with pytest.raises(UserWarning):
        warnings.warn(message, stacklevel=1)
    quiet_lightning()
    warnings.warn(message, stacklevel=1)


def test_other_warnings_are_still_heard():
    quiet_lightning()
    with pytest.raises(UserWarning, match="the loss is not finite"):
        warnings.warn("the loss is not finite", stacklevel=1)


@pytest.mark.parametrize("name", ["pytorch_lightning", "lightning.pytorch", "lightning_fabric"])
def test_lightning_logs_errors_alone(name, monkeypatch):
    monkeypatch.setattr(logging.getLogger(name), "level", logging.INFO)
    quiet_lightning()
    assert logging.getLogger(name).level == logging.ERROR
