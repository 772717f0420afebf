"""Training and measuring under split=new_users, from the command line to the files."""

import json

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, run_here

from rankdistill import serving
from rankdistill.runs import fit
from rankdistill.runs.models import make_datamodule, make_student

pytestmark = pytest.mark.slow

NEW = ("split=new_users", "hydra.run.dir=run")


@pytest.mark.parametrize("loss", ["bpr", "pointwise"])
def test_a_factorisation_fits_new_users_by_its_own_loss_and_ships_its_name(
    loss, tmp_path, monkeypatch
):
    arguments = [*SMALL, *NEW, "module=student", f"ranking_loss={loss}", "size=d8"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    model = serving.load(tmp_path / "run" / "model.rank")
    assert model.scorer.fold_in.loss == loss
    assert len(model.recommend(history=list(model.item_ids[:4]), limit=5)) == 5


def test_an_ensemble_with_a_factorisation_teaches_and_is_compared(tmp_path, monkeypatch):
    store = f"teacher.store={tmp_path / 'teachers'}"
    small = [text for text in SMALL_DISTILLED if "@teacher" not in text]
    choice = ["teacher=ensemble", "size@teacher.members.first=d8", "seeds=[1]"]
    assert run_here(monkeypatch, tmp_path, "compare", *small, *NEW, *choice, store) == 0


@pytest.mark.parametrize("backbone", ["matrix_factorization", "fism", "lightgcn"])
def test_a_student_is_measured_on_users_that_it_never_saw(backbone, tmp_path, monkeypatch):
    arguments = [*SMALL, *NEW, "module=student", f"backbone={backbone}", "size=d8"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    fields = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert 0 < fields["metrics"]["test/ndcg@10"] < 1
    data = fields["data"]
    assert (data["num_test_users"], data["num_unknown_test_users"]) == (8, 0)
    parts = ("num_train", "num_validation", "num_test", "num_history")
    assert sum(data[part] for part in parts) == data["num_interactions"] == 1600
    assert "Training saw nothing of the 8 test users" in " ".join(data["notes"])


def test_ease_teaches_a_student_of_histories_and_both_are_compared(tmp_path, monkeypatch):
    store = f"teacher.store={tmp_path / 'teachers'}"
    small = [text for text in SMALL_DISTILLED if "@teacher" not in text]
    choice = ["teacher=ease", "backbone=fism", "initialization=teacher_factors", "seeds=[1]"]
    arguments = [*small, *NEW, *choice, store]
    assert run_here(monkeypatch, tmp_path, "compare", *arguments) == 0
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert "Training saw nothing of the 8 test users" in json.dumps(comparison)


def test_a_given_checkpoint_is_measured_on_new_users_as_it_was(tmp_path):
    cfg = composed("train", *SMALL, "split=new_users", "module=student", "backbone=lightgcn")
    datamodule = make_datamodule(cfg)
    module = make_student(cfg, datamodule)
    rest = cfg.trainer, cfg.evaluation
    monitor = cfg.evaluation.monitor
    first = fit.fit_and_test(
        module, datamodule, cfg.trainer, monitor, cfg.seed, tmp_path / "one", "model"
    )
    again = fit.test_checkpoint(
        tmp_path / "one" / "model.ckpt", datamodule, *rest, tmp_path / "two", 32
    )
    assert again.fields["metrics"] == pytest.approx(first.fields["metrics"])


def test_training_pairs_hold_nothing_of_new_users():
    datamodule = make_datamodule(composed("train", *SMALL, "split=new_users", "module=student"))
    split = datamodule.split
    new = split.history.counts > 0
    assert int(new.sum()) == 16
    assert torch.isin(split.train.user_ids, new.nonzero().squeeze(1)).sum() == 0
