import warnings

import numpy as np
import pytest
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.runs.checkpoints import read_checkpoint
from rankdistill.runs.models_to_train import ModelsToTrain
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.three_models import models_of_seeds, run_three_models

MODELS = ["teacher", "student", "distilled_student"]


def configured(folder, *overrides):
    return composed("compare", *SMALL_DISTILLED, f"teacher.store={folder / 'teachers'}", *overrides)


def run(cfg, datamodule, folder, *, draws_rows):
    models = ModelsToTrain(models_of_seeds([7]), cfg.trainer)
    return run_three_models(cfg, 7, datamodule, folder, models, draws_rows, fits={})


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture(scope="module")
def compared(tmp_path_factory, datamodule):
    """The records and the folder of one seed."""
    folder = tmp_path_factory.mktemp("three")
    with warnings.catch_warnings():
        quiet_lightning()
        records = run(configured(folder), datamodule, folder, draws_rows=False)
    return records, folder


@pytest.mark.slow
def test_there_is_a_record_for_each_model_in_the_order_of_the_table(compared):
    records, _ = compared
    assert [(record.model, record.seed) for record in records] == [(name, 7) for name in MODELS]
    modules = [record.fields["module"] for record in records]
    assert modules == MODELS
    assert [record.fields["embedding_dim"] for record in records] == [8, 2, 2]
    assert all(record.fields["rank_all_seconds"] > 0 for record in records)


def test_the_seed_replaces_all_but_that_of_the_split(compared, datamodule):
    for record in compared[0]:
        seed = record.fields["seed"]
        assert (seed["initialization"], seed["sampling"]) == (7, 7)
        assert seed.get("split", 0) == 0
        assert record.fields["data"]["fingerprint"] == datamodule.fingerprint


def test_the_values_per_user_are_of_metrics_alone_and_mean_what_the_fields_say(compared):
    for record in compared[0]:
        tested = {key[5:] for key in record.fields["metrics"] if key.startswith("test/")}
        assert set(record.per_user) == tested
        mean = np.asarray(record.per_user["map@5"], dtype=np.float64).mean()
        assert mean == pytest.approx(record.fields["metrics"]["test/map@5"], abs=1e-6)


def test_the_teachers_run_lies_beside_the_students_and_stays_in_the_store(compared):
    _, folder = compared
    (stored,) = (folder / "teachers").glob("*/model.ckpt")
    copied = folder / "teacher" / "seed-7"
    assert (copied / "model.ckpt").read_bytes() == stored.read_bytes()
    for model in MODELS:
        assert list((folder / model / "seed-7").glob("events.*")), "TensorBoard reads its curves"


@pytest.mark.slow
def test_a_teacher_from_elsewhere_is_measured_and_neither_copied_nor_trained(
    compared, tmp_path, datamodule
):
    trained, folder = compared
    (stored,) = (folder / "teachers").glob("*/model.ckpt")
    cfg = configured(tmp_path, f"teacher.checkpoint={stored}")
    again = run(cfg, datamodule, tmp_path, draws_rows=True)
    assert not (tmp_path / "teachers").exists()
    assert again[0].fields["fit_seconds"] is None
    for old, new in zip(trained, again, strict=True):
        assert new.fields["metrics"] == pytest.approx(old.fields["metrics"])
    own = tmp_path / "teacher" / "seed-7" / "model.ckpt"
    assert read_checkpoint(own)["state_dict"].keys() == read_checkpoint(stored)["state_dict"].keys()
