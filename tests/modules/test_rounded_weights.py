"""Losses see the weights as they will be stored, steps change the exact ones."""

import pytest
import pytorch_lightning as pl
import torch
from tests.running import SMALL, composed, small_datamodule

from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.modules.rounded_weights import RoundedWeights, check_rounding
from rankdistill.rank_files.tables import decoded
from rankdistill.runs.checkpoints import read_checkpoint, served_weights
from rankdistill.runs.fit import fit
from rankdistill.runs.models import make_student
from rankdistill.runs.shipping import stored_tables
from rankdistill.runs.trainer import make_trainer


def factorisation():
    torch.manual_seed(0)
    backbone = MatrixFactorization(40, 6, 5, init_std=0.3)
    torch.nn.init.normal_(backbone.item_bias)
    torch.nn.init.normal_(backbone.user_bias)
    backbone.item_embedding.weight.data[1] *= 0.01
    return backbone


@pytest.mark.parametrize("bits", [8, 5, 4, 2])
def test_losses_see_the_weights_bit_for_bit_as_a_file_would_hold_them(bits):
    backbone = factorisation()
    exact = {name: each.clone() for name, each in backbone.state_dict().items()}
    weights = RoundedWeights(backbone, bits)
    weights.choose_steps()
    with weights.rounded():
        assert torch.equal(backbone.user_bias, exact["user_bias"]), "it ships in no file"
        tables = stored_tables(exact, backbone.served(), bits)
        assert not decoded(tables["items"]).any(1).all() or bits > 4, "a short row becomes zeros"
        for stored, name in backbone.served().tables.items():
            if name != "user_bias":
                expected = torch.from_numpy(decoded(tables[stored]))
                assert torch.equal(backbone.state_dict()[name], expected), name
    torch.testing.assert_close(backbone.state_dict(), exact, atol=0, rtol=0)


def test_a_step_moves_the_exact_weights_by_the_gradient_at_the_rounded_ones():
    backbone = MatrixFactorization(1, 1, 3, init_std=0.1)
    weight = backbone.item_embedding.weight
    weight.data = torch.tensor([[1.0, -0.4, 0.0]])
    weights = RoundedWeights(backbone, 2)  # codes are -1, 0 and 1; the best step is 1
    weights.choose_steps()
    with weights.rounded():
        assert weight.tolist() == [[1, 0, 0]]
        weight.square().sum().backward()
        with weights.exact(), torch.no_grad():
            weight -= 0.25 * weight.grad
        assert weight.tolist() == [
            [0, 0, 0]
        ]  # 0.5 lies between two multiples and goes to the even one
    torch.testing.assert_close(weight.detach(), torch.tensor([[0.5, -0.4, 0.0]]), atol=0, rtol=0)


def test_exact_weights_come_back_after_an_error():
    backbone = factorisation()
    exact = backbone.item_embedding.weight.clone()
    weights = RoundedWeights(backbone, 4)
    weights.choose_steps()
    with pytest.raises(RuntimeError), weights.rounded():
        raise RuntimeError
    assert torch.equal(backbone.item_embedding.weight, exact)


def test_weights_are_exact_until_steps_are_chosen():
    backbone = factorisation()
    exact = backbone.item_embedding.weight.clone()
    with RoundedWeights(backbone, 2).rounded():
        assert torch.equal(backbone.item_embedding.weight, exact)


def test_rounding_wants_a_planned_end_and_a_network_that_ships_its_weights():
    check_rounding(factorisation(), 5)
    with pytest.raises(ValueError, match=r"^storage\.rounded_epochs .* set training\.decay_epochs"):
        check_rounding(factorisation(), None)
    backbone = LightGCN(4, 6, 3, num_layers=1, init_std=0.1)
    with pytest.raises(ValueError, match=r"LightGCN ships what .* storage\.rounded_epochs=0"):
        check_rounding(backbone, 5)


class Watched(pl.Callback):
    """Notes in which epochs the losses saw weights that are not the exact ones."""

    def __init__(self):
        self.rounded = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.rounded.append(bool(pl_module.rounding._grids))


def test_an_item_that_became_zeros_still_learns():
    backbone = MatrixFactorization(1, 2, 3, init_std=0.1)
    weight = backbone.item_embedding.weight
    weight.data = torch.tensor([[1.0, -0.5, 0.3], [0.03125, 0.0, 0.0]])
    weights = RoundedWeights(backbone, 4)
    weights.choose_steps()
    with weights.rounded():
        assert weight[1].tolist() == [0, 0, 0]
        weight.sum().backward()
        with weights.exact(), torch.no_grad():
            weight -= weight.grad
        assert weight[1].tolist() == [0, 0, 0], "until steps are chosen again"
    assert weight[1].tolist() == [-0.96875, -1.0, -1.0]


@pytest.mark.slow
def test_the_last_epochs_are_rounded_and_the_checkpoint_is_exact(tmp_path):
    cfg = composed(
        "train",
        *SMALL,
        "module=student",
        "storage=int4",
        "storage.rounded_epochs=2",
        "training.decay_epochs=5",
        "trainer.max_epochs=5",
        "trainer.keep=last",
    )
    datamodule, watched = small_datamodule(), Watched()
    module = make_student(cfg, datamodule)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "", 5, [watched])
    fit(trainer, module, datamodule)
    assert watched.rounded == [False, False, False, True, True]
    weights = served_weights(read_checkpoint(tmp_path / "model.ckpt"))
    for name, weight in module.backbone.state_dict().items():
        assert torch.equal(weight, weights[name])
    assert len(weights["item_embedding.weight"].unique()) > 100, "more than a grid holds"
