import pytest
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.runs.models_to_train import ModelsToTrain
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.stacked_seeds import fit_seeds
from rankdistill.runs.teacher_store import is_stored
from rankdistill.runs.three_models import models_of_seeds, run_three_models

SEEDS = [3, 4]


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def configured(folder, *overrides):
    place = f"teacher.store={folder / 'teachers'}"
    return composed("compare", *SMALL_DISTILLED, f"seeds={SEEDS}", place, *overrides)


def compared(folder, datamodule, *overrides):
    quiet_lightning()
    cfg = configured(folder, *overrides)
    fits = fit_seeds(cfg, datamodule)
    models = ModelsToTrain(models_of_seeds(cfg.seeds), cfg.trainer)
    records = [
        record
        for seed in cfg.seeds
        for record in run_three_models(cfg, seed, datamodule, folder, models, False, fits)
    ]
    return fits, records


@pytest.mark.slow
def test_models_that_are_trained_side_by_side_measure_as_those_that_are_trained_alone(
    tmp_path, datamodule
):
    fits, together = compared(tmp_path / "together", datamodule)
    none, alone = compared(tmp_path / "alone", datamodule, "stack.at_once=1")
    assert set(fits) == {
        (model, seed) for model in ("teacher", "student", "distilled_student") for seed in SEEDS
    }
    assert none == {}
    for one, other in zip(together, alone, strict=True):
        assert (one.model, one.seed) == (other.model, other.seed)
        assert one.fields["epochs"] == other.fields["epochs"]
        assert one.fields["best_epoch"] == other.fields["best_epoch"]
        assert one.fields["metrics"] == pytest.approx(other.fields["metrics"], abs=0.01)


@pytest.mark.slow
def test_a_teacher_is_stored_as_one_that_is_trained_alone_and_trained_once(tmp_path, datamodule):
    quiet_lightning()
    cfg = configured(tmp_path)
    assert not is_stored(cfg, datamodule)
    first, again = fit_seeds(cfg, datamodule), fit_seeds(cfg, datamodule)
    assert ("teacher", SEEDS[0]) in first
    assert ("teacher", SEEDS[0]) not in again
    assert len(list((tmp_path / "teachers").glob("*/metrics.json"))) == len(SEEDS)


def test_one_seed_has_nobody_beside_it(tmp_path, datamodule):
    assert fit_seeds(configured(tmp_path, "seeds=[3]"), datamodule) == {}
