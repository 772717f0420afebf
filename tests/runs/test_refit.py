import json
from dataclasses import replace

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.ease import Ease
from rankdistill.histories.contexts import Contexts
from rankdistill.runs import refit as refits
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_student
from rankdistill.runs.refit import (
    obtain_refitted_teacher,
    refit,
    refit_chosen,
    refuse_what_cannot_be_refitted,
    remove_earlier_refit,
)
from rankdistill.runs.teacher_store import obtain_teacher


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def configured(folder, *overrides):
    return composed("train", *SMALL_DISTILLED, f"teacher.store={folder / 'store'}", *overrides)


def student(*overrides):
    return composed("train", *SMALL, "module=student", "size=d2", *overrides)


def weights_in(folder):
    return read_checkpoint(folder / "model.ckpt")["state_dict"]


def assert_equal_weights(one, other):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=0, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("training.decay_epochs=5",)])
def test_on_equal_data_the_weights_are_those_of_the_best_epoch(more, tmp_path, datamodule):
    cfg = student("training.learning_rate=0.1", "trainer.max_epochs=5", *more)
    tested = fit_and_test(
        make_student(cfg, datamodule),
        datamodule,
        cfg.trainer,
        cfg.evaluation.monitor,
        cfg.seed,
        tmp_path / "tested",
        "student",
    )
    best, module = tested.fields["best_epoch"], make_student(cfg, datamodule)
    refit(module, datamodule, cfg.trainer, best, cfg.seed, tmp_path / "again", "student")
    assert_equal_weights(weights_in(tmp_path / "tested"), weights_in(tmp_path / "again"))


def test_no_held_out_item_is_looked_at(tmp_path, datamodule, monkeypatch):
    def never(self):
        raise AssertionError("nothing may be validated or tested")

    for name in ("val_dataloader", "test_dataloader"):
        monkeypatch.setattr(type(datamodule), name, never)
    refit_chosen(student(), datamodule, 2, tmp_path)
    assert not (tmp_path / "refit" / "per_user.npz").exists()


def test_the_result_is_marked_as_never_tested_and_has_no_metric(tmp_path, datamodule):
    fields = refit_chosen(student("storage=int8"), datamodule, 2, tmp_path)
    written = json.loads((tmp_path / "refit" / "metrics.json").read_text())
    assert written == fields
    assert (fields["status"], fields["refit"], fields["metrics"]) == ("ok", True, {})
    assert fields["note"] == "This model was fitted on all data and never tested."
    assert (fields["epochs"], fields["storage"]) == (2, "int8")
    assert fields["data"]["num_train"] == fields["data"]["num_interactions"] == 1600
    assert fields["data"]["num_test"] == fields["data"]["num_validation"] == 0
    trained_on = read_checkpoint(tmp_path / "refit" / "model.ckpt")["hyper_parameters"]["data"]
    assert trained_on["untested"] is True
    assert trained_on["fingerprint"] == datamodule.fingerprint


@pytest.mark.slow
def test_the_teacher_is_fitted_on_all_data_for_its_own_best_epoch_once(tmp_path, datamodule):
    cfg = configured(tmp_path)
    everything = datamodule.joined()
    first = obtain_refitted_teacher(cfg, datamodule, everything)
    again = obtain_refitted_teacher(cfg, datamodule, everything)
    assert_equal_weights(first.state_dict(), again.state_dict())
    tested = obtain_teacher(cfg, datamodule, "teacher").result
    assert tested is not None
    kept = [json.loads(path.read_text()) for path in (tmp_path / "store").rglob("metrics.json")]
    (made,) = [fields for fields in kept if fields.get("refit")]
    assert made["epochs"] == tested.fields["best_epoch"]
    assert made["data"]["num_train"] == 1600


@pytest.mark.slow
def test_a_teacher_in_closed_form_is_solved_anew(tmp_path, datamodule):
    store = f"teacher.store={tmp_path / 'store'}"
    cfg = composed("train", *SMALL, "size=d2", "teacher=ease", store)
    everything = datamodule.joined()
    solved = obtain_refitted_teacher(cfg, datamodule, everything)
    expected = Ease(80, 60, **cfg.teacher.backbone.settings)
    expected.observe(everything.split.train.user_ids, everything.split.train.item_ids)
    users = Contexts(torch.arange(80))
    torch.testing.assert_close(solved.score_rows(users), expected.score_rows(users))


@pytest.mark.slow
def test_every_member_of_an_ensemble_is_fitted_on_all_data(tmp_path, datamodule):
    store = f"teacher.store={tmp_path / 'store'}"
    cfg = composed("train", *SMALL, "size=d2", "teacher=ensemble", store)
    obtain_refitted_teacher(cfg, datamodule, datamodule.joined())
    kept = [json.loads(path.read_text()) for path in (tmp_path / "store").rglob("metrics.json")]
    assert sorted(fields["backbone"] for fields in kept if fields.get("refit")) == [
        "Ease",
        "Ensemble",
        "MatrixFactorization",
    ]


@pytest.mark.slow
def test_a_distilled_student_learns_from_the_teacher_that_knows_all_data(
    tmp_path, datamodule, monkeypatch
):
    cfg = configured(tmp_path)
    given, make = [], refits.make_model
    monkeypatch.setattr(
        refits,
        "make_model",
        lambda cfg, data, teacher: given.append(teacher) or make(cfg, data, teacher),
    )
    fields = refit_chosen(cfg, datamodule, 2, tmp_path)
    expected = obtain_refitted_teacher(cfg, datamodule, datamodule.joined())
    assert_equal_weights(given[-1].state_dict(), expected.state_dict())
    assert fields["module"] == "distilled_student"
    path = tmp_path / "refit" / "model.ckpt"
    assert load_backbone(read_checkpoint(path), path).score_rows(
        Contexts(torch.arange(2))
    ).shape == (2, 60)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "is_sweep", "message"),
    [
        ((), True, "leave it out of a sweep"),
        (("trainer=ddp",), False, "leave out trainer=ddp"),
        (("trainer.num_nodes=2",), False, "leave out trainer=ddp"),
        (("teacher.checkpoint=model.ckpt",), False, r"leave out teacher\.checkpoint"),
    ],
)
def test_what_has_no_last_fit_is_refused(overrides, is_sweep, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        refuse_what_cannot_be_refitted(configured(tmp_path, *overrides), is_sweep=is_sweep)


def test_a_member_that_is_given_is_refused_too(tmp_path):
    cfg = configured(tmp_path)
    given = replace(cfg.teacher, checkpoint="model.ckpt")
    cfg = replace(cfg, teacher=replace(cfg.teacher, members={"first": given}))
    with pytest.raises(ValueError, match=r"leave out teacher\.checkpoint"):
        refuse_what_cannot_be_refitted(cfg, is_sweep=False)


def test_the_refit_of_an_earlier_run_does_not_stay(tmp_path):
    remove_earlier_refit(tmp_path)
    (tmp_path / "refit").mkdir()
    for name in ("metrics.json", "model.ckpt", "model.rank"):
        (tmp_path / "refit" / name).write_text("")
    remove_earlier_refit(tmp_path)
    assert not list((tmp_path / "refit").iterdir())
