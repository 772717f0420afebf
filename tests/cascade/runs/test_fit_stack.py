from dataclasses import replace

import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import early_ranker, with_log
from tests.cascade.runs.test_fit import TRAINER
from tests.runs.test_stacked_fits import points_of

from rankdistill.cascade.config import RankerTraining
from rankdistill.cascade.runs.fit import fit_ranker
from rankdistill.cascade.runs.fit_stack import StudentToFit, fit_early_rankers, students_at_once

TRAINING = RankerTraining(
    learning_rate=0.02,
    weight_decay=0.001,
    batch_size=8,
    patience=1,
    decay_epochs=None,
    least_steps=0,
)
SHARES = {"whole": 1.0, "half": 0.5}


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


def student(data, folder, name):
    train, validation = (with_log(data.examples[n], SHARES[name]) for n in ("train", "validation"))
    return StudentToFit(early_ranker(data, "cut"), train, validation, folder / name)


@pytest.mark.slow
@pytest.mark.parametrize("bits", [32, 16])
def test_each_folder_holds_what_a_fit_alone_would_leave(data, tmp_path, bits):
    trainer = replace(TRAINER, max_epochs=2)
    students = [student(data, tmp_path / "stack", name) for name in SHARES]
    fitted = fit_early_rankers(students, trainer, TRAINING, "cut", bits)
    for mine, fields, name in zip(students, fitted, SHARES, strict=True):
        *of_alone, folder = student(data, tmp_path / "alone", name)
        module, expected = fit_ranker(*of_alone, trainer, TRAINING, folder, "cut", bits)
        assert fields | {"fit_seconds": 0} == expected | {"fit_seconds": 0}
        weights = (each.network.state_dict() for each in (mine.module, module))
        # In half precision the last bit falls to either side where a weight lies between two.
        tolerances = {} if bits == 32 else {"rtol": 2**-10, "atol": 1e-5}
        torch.testing.assert_close(*weights, **tolerances)
        assert not mine.module.training
        for curve in ("train/cut_loss", "val/loss", "val/cross_entropy"):
            found, alone = (points_of(place, curve) for place in (mine.folder, folder))
            assert [epoch for epoch, _ in found] == [epoch for epoch, _ in alone] == [1, 2]
            assert [v for _, v in found] == pytest.approx([v for _, v in alone], rel=1e-4)


@pytest.mark.slow
def test_an_earlier_run_is_removed_also_where_a_student_diverges(data, tmp_path):
    students = [student(data, tmp_path, name) for name in SHARES]
    students[1].train.teacher_weights[0] = torch.inf
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "metrics.json").write_text("of an earlier run")
    fitted, error = fit_early_rankers(students, replace(TRAINER, max_epochs=1), TRAINING, "cut", 32)
    assert isinstance(error, FloatingPointError)
    assert fitted["best_epoch"] == 1
    assert not (tmp_path / "half" / "metrics.json").exists()
    assert not (tmp_path / "half" / "model.rank").exists()


def test_memory_bounds_how_many_are_fitted_at_once(data):
    module, train = early_ranker(data, "cut"), data.examples["train"]
    assert students_at_once(module, train, 2.0, None, on_cpu=True) == 12
    assert students_at_once(module, train, 2.0, None, on_cpu=False) > 12
    assert students_at_once(module, train, 2.0, 5, on_cpu=True) == 5
    assert students_at_once(module, train, 1e-9, None, on_cpu=True) == 1
