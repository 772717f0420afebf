"""An optimiser that cannot learn is refused."""

import pytest
from tests.running import composed

from rankdistill.config.training import Training


def training(**changed):
    settings = {"learning_rate": 0.1, "weight_decay": 0.0, "batch_size": 8, "decay_epochs": None}
    return Training(**{**settings, **changed})


def test_the_least_that_can_be_learned_with_is_taken():
    training(learning_rate=1e-9, weight_decay=0.0, decay_epochs=1)


@pytest.mark.parametrize(
    "changed", [{"learning_rate": 0.0}, {"learning_rate": -0.1}, {"weight_decay": -1e-9}]
)
def test_a_step_of_no_size_and_a_decay_that_grows_weights_are_refused(changed):
    with pytest.raises(
        ValueError, match=r"learning_rate must be positive|weight_decay must not be neg"
    ):
        training(**changed)


@pytest.mark.parametrize("epochs", [0, -3])
def test_a_decay_over_no_epoch_is_refused(epochs):
    with pytest.raises(ValueError, match=f"decay_epochs must be at least 1, or null, got {epochs}"):
        training(decay_epochs=epochs)


def test_the_yaml_composes_and_the_teacher_is_trained_by_settings_of_its_own():
    cfg = composed("train", "data=synthetic", "training.batch_size=17")
    assert type(cfg.training) is type(cfg.teacher.training) is Training
    assert cfg.training.batch_size == 17
    assert cfg.teacher.training.batch_size != 17
