"""Methods that compare embeddings, in the module that fits a student with them."""

import pytest
import torch
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.ease import Ease
from rankdistill.building import build
from rankdistill.runs.checkpoints import read_checkpoint
from rankdistill.runs.models import make_model, make_student, make_teacher
from rankdistill.runs.trainer import make_trainer

FORM = "distillation.methods.topology.form"


def configured(options, *overrides):
    return composed("train", *SMALL_DISTILLED, f"distillation=[{options}]", *overrides)


def fitted(cfg, datamodule, folder):
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "model")
    trainer.fit(module, datamodule=datamodule)
    return module, trainer


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", ["softmax", "bpr"])
@pytest.mark.parametrize(
    "options", ["experts", "personalised_hints", "topology", "ranking,topology"]
)
def test_what_a_method_learns_is_optimised_and_not_saved(options, ranking_loss, tmp_path):
    datamodule = small_datamodule()
    cfg = configured(options, f"ranking_loss={ranking_loss}")
    module, trainer = fitted(cfg, datamodule, tmp_path)
    optimised = {id(p) for group in trainer.optimizers[0].param_groups for p in group["params"]}
    learned = {id(weights) for weights in module.methods.parameters()}
    assert learned
    assert learned <= optimised
    state = read_checkpoint(tmp_path / "model.ckpt")["state_dict"]
    assert set(state) == set(make_student(cfg, datamodule).state_dict())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "overrides"),
    [
        ("experts", ("distillation.methods.experts.anneal_epochs=2",)),
        ("personalised_hints", ()),
        ("topology", ("distillation.methods.topology.anneal_epochs=2",)),
        ("topology", (f"{FORM}=full",)),
    ],
    ids=["experts", "personalised hints", "hierarchical topology", "full topology"],
)
def test_a_fit_repeats_with_its_seeds_and_differs_from_one_without_distillation(
    options, overrides, tmp_path
):
    weights = [
        fitted(
            configured(options, "trainer.max_epochs=4", f"distillation.alpha={alpha}", *overrides),
            small_datamodule(),
            tmp_path / str(run),
        )[0].backbone.state_dict()
        for run, alpha in enumerate((0.3, 0.3, 0.0))
    ]
    torch.testing.assert_close(weights[0], weights[1], atol=0, rtol=0)
    assert all(bool(torch.isfinite(table).all()) for table in weights[0].values())
    assert not torch.equal(*(w["user_embedding.weight"] for w in weights[1:]))


@pytest.mark.slow
def test_one_key_chooses_the_form_of_the_topology():
    for overrides, form in (((), "hierarchical"), ((f"{FORM}=full",), "full")):
        cfg = configured("topology", *overrides)
        assert build(cfg.distillation.methods["topology"]).form == form


@pytest.mark.parametrize("option", ["experts", "personalised_hints", "topology"])
def test_a_teacher_without_embeddings_is_refused_before_it_is_trained(option):
    datamodule = small_datamodule()
    module = make_model(configured(option), datamodule, None)
    with pytest.raises(ValueError, match=f"distillation={option} compares embeddings.*Ease"):
        module.check(datamodule.split.train, Ease)
