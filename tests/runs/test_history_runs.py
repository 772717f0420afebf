"""FISM from configuration to checkpoint: as a student, as a teacher, and in an ensemble."""

import pytest
import torch
from tests.from_conf import settings_in
from tests.running import SMALL, SMALL_DATA, SMALL_DISTILLED, composed, run_here, small_datamodule

from rankdistill.backbones.fism import Fism
from rankdistill.backbones.interface import give_histories
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.rank_files.tables import stored_bytes
from rankdistill.runs import fit
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_model, make_student
from rankdistill.runs.refit import obtain_refitted_teacher
from rankdistill.runs.shipping import stored_tables
from rankdistill.runs.teacher_store import obtain_teacher

pytestmark = pytest.mark.slow

USERS = Contexts(torch.arange(80))


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def fitted(module, cfg, datamodule, folder):
    monitor = cfg.evaluation.monitor
    return fit_and_test(module, datamodule, cfg.trainer, monitor, cfg.seed, folder, "model")


def test_a_checkpoint_ranks_as_training_measured_once_it_is_given_the_training_items(
    tmp_path, datamodule
):
    cfg = composed("train", *SMALL, "module=student", "backbone=fism", "size=d8")
    module = make_student(cfg, datamodule)
    result = fitted(module, cfg, datamodule, tmp_path)
    assert result.fields["parameters"] == 60 * (2 * 8 + 1)
    path, train = tmp_path / "model.ckpt", datamodule.split.train
    loaded = load_backbone(read_checkpoint(path), path)
    with pytest.raises(ValueError, match="remember"):
        loaded.score_rows(USERS)
    give_histories(loaded, train.user_ids, train.item_ids)
    torch.testing.assert_close(
        loaded.score_rows(USERS), module.backbone.score_rows(USERS), atol=0, rtol=0
    )
    again = fit.test_checkpoint(
        path, datamodule, cfg.trainer, cfg.evaluation, tmp_path / "again", 32
    )
    assert again.fields["metrics"] == pytest.approx(result.fields["metrics"])


def test_scores_at_test_are_made_of_the_training_items_alone(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "backbone=fism", "size=d2")
    module = make_student(cfg, datamodule)
    fitted(module, cfg, datamodule, tmp_path)
    measured = module.backbone.score_rows(USERS)
    train = datamodule.split.train
    give_histories(module.backbone, train.user_ids, train.item_ids)
    assert torch.equal(measured, module.backbone.score_rows(USERS))


def test_the_checkpoint_of_more_users_is_no_larger(tmp_path):
    sizes = []
    for num_users in (80, 160):
        data = small_datamodule(num_users=num_users)
        cfg = composed("train", *SMALL, "module=student", "backbone=fism", "size=d2")
        result = fitted(make_student(cfg, data), cfg, data, tmp_path / str(num_users))
        sizes.append([result.fields[key] for key in ("checkpoint_bytes", "weights_bytes")])
    assert sizes[0] == pytest.approx(sizes[1], abs=100)


def test_a_fit_repeats_with_its_seed_and_not_with_another(tmp_path, datamodule):
    weights = []
    for run, seed in enumerate((1, 1, 2)):
        overrides = ("backbone=fism", "seed.initialization=1", f"seed.sampling={seed}")
        cfg = composed("train", *SMALL, "module=student", "size=d2", *overrides)
        module = make_student(cfg, datamodule)
        fitted(module, cfg, datamodule, tmp_path / str(run))
        weights.append(module.backbone.state_dict()["history_embedding.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("teacher", ["fism", "ensemble"])
def test_a_teacher_from_the_store_knows_the_histories(teacher, tmp_path, datamodule):
    choice = {
        "fism": ("backbone@teacher=fism",),
        "ensemble": (
            "teacher=ensemble",
            "teacher@teacher.members.first=default",
            "backbone@teacher.members.first=fism",
            "size@teacher.members.first=d8",
        ),
    }
    overrides = [text for text in SMALL_DISTILLED if teacher == "fism" or "@teacher" not in text]
    store = f"teacher.store={tmp_path / 'teachers'}"
    cfg = composed("train", *overrides, "backbone=fism", *choice[teacher], store)
    first = obtain_teacher(cfg, datamodule, "teacher").backbone
    assert any(isinstance(part, Fism) for part in first.modules())
    assert first.score_rows(USERS).isfinite().all()
    result = fitted(make_model(cfg, datamodule, first), cfg, datamodule, tmp_path / "student")
    assert result.fields["parameters"] == 60 * (2 * 2 + 1)


def test_a_teacher_that_is_fitted_again_on_all_data_knows_all_histories(tmp_path, datamodule):
    overrides = ("backbone@teacher=fism", f"teacher.store={tmp_path / 'teachers'}")
    cfg, everything = composed("train", *SMALL_DISTILLED, *overrides), datamodule.joined()
    teacher = obtain_refitted_teacher(cfg, datamodule, everything)
    some = everything.split.train.counts.argmax()
    assert teacher.embeddings().users[some].any()
    empty = (everything.split.train.counts == 0).nonzero()
    assert not teacher.embeddings().users[empty].any()


def test_a_person_trains_one_and_is_recommended_items_by_their_history(
    tmp_path, monkeypatch, capsys
):
    arguments = [*SMALL, "module=student", "backbone=fism", "size=d8", "hydra.run.dir=run"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    capsys.readouterr()
    asked = ["checkpoint=run/model.ckpt", *SMALL_DATA, "user=u7", "limit=3"]
    assert run_here(monkeypatch, tmp_path, "recommend", *asked) == 0
    assert "Best 3 new items for user u7" in capsys.readouterr().out


def test_at_a_hundred_thousand_users_its_file_is_a_third_of_a_factorisations_at_most():
    # In tables alone: 2 x 1,682 x 16 weights against (100,000 + 1,682) x 8, the best small
    # factorisation of the same data, both in six bits and a byte for each row.
    users, items = 100_000, 1682
    fism = Fism(users, items, **settings_in("backbone/fism", embedding_dim=16))
    factors = MatrixFactorization(users, items, embedding_dim=8, init_std=0.1)
    sizes = []
    for model in (fism, factors):
        tables = stored_tables(model.state_dict(), model.served(), 6, model.ranks_nothing)
        sizes.append(sum(map(stored_bytes, tables.values())))
    assert sizes[0] < 2 * items * (16 * 6 / 8 + 1) + items + 2000
    assert sizes[0] * 3 <= sizes[1]
