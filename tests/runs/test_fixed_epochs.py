import pytest
from tests.running import SMALL, composed, small_datamodule

from rankdistill.runs.fixed_epochs import FixedEpochs
from rankdistill.runs.models import make_student
from rankdistill.runs.trainer import make_blind_trainer


@pytest.mark.parametrize("epochs", [1, 3])
def test_training_stops_after_the_given_epochs_whatever_the_trainer_allows(epochs, tmp_path):
    cfg = composed("train", *SMALL, "module=student", "trainer.max_epochs=7")
    trainer = make_blind_trainer(cfg.trainer, epochs, tmp_path, "student")
    datamodule = small_datamodule()
    trainer.fit(make_student(cfg, datamodule), datamodule=datamodule)
    assert (trainer.current_epoch, trainer.max_epochs) == (epochs, 7)


def test_an_error_before_the_first_epoch_finds_no_bar_to_close():
    callback = FixedEpochs(2, "student", progress=True)
    callback.on_exception(None, None, ValueError())
