import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.keeps_trajectory import TRAJECTORY, KeepsTrajectory, spread_epochs
from rankdistill.runs.tensor_files import read_tensors


class AtEpoch(pl.Trainer):
    """A trainer that says which epoch it is."""

    def __init__(self, epoch):
        self.epoch = epoch

    @property
    def current_epoch(self):
        return self.epoch


class Grows(Ranker):
    """A model whose item biases are the number of the epoch."""

    def __init__(self):
        nn.Module.__init__(self)
        self.backbone = MatrixFactorization(3, 4, 2, init_std=0.1)

    def train_epoch(self, epoch):
        with torch.no_grad():
            self.backbone.item_bias.fill_(epoch)


def kept_of(length, epochs):
    keeper, model = KeepsTrajectory(length), Grows()
    for epoch in range(epochs):
        model.train_epoch(epoch)
        keeper.on_train_epoch_end(AtEpoch(epoch), model)
    return keeper


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, [0]),
        (6, [0, 1, 2, 3, 4, 5]),
        (7, [0, 2, 4, 6]),
        (12, [0, 2, 4, 6, 8, 10]),
        (13, [0, 4, 8, 12]),
    ],
)
def test_epochs_are_thinned_out_as_training_goes_on(epochs, expected):
    assert list(kept_of(3, epochs).kept) == expected


def test_weights_are_kept_as_they_were():
    keeper = kept_of(3, 5)
    for epoch, weights in keeper.kept.items():
        assert weights["item_bias"].tolist() == [epoch] * 4


@pytest.mark.parametrize(
    ("kept", "best_epoch", "count", "expected"),
    [
        (range(21), 20, 4, [0, 5, 10, 15]),
        (range(0, 21, 4), 20, 4, [0, 4, 8, 16]),
        (range(3), 3, 4, [0, 1, 2]),
        (range(8), 2, 4, [0, 1]),  # what came after the best epoch is of no use
        (range(8), 0, 4, []),
        (range(8), 5, 1, [0]),
    ],
)
def test_a_trajectory_lies_evenly_between_the_first_epoch_and_the_best(
    kept, best_epoch, count, expected
):
    assert spread_epochs(list(kept), best_epoch, count) == expected


def test_the_file_holds_the_networks_that_lead_to_the_best_epoch(tmp_path):
    kept_of(3, 5).write(tmp_path, 4)
    content = read_tensors(tmp_path / TRAJECTORY)
    assert content["epochs"] == [0, 2]
    biases = [weights["item_bias"].tolist() for weights in content["networks"]]
    assert biases == [[0.0] * 4, [2.0] * 4]
    assert [path.name for path in tmp_path.iterdir()] == [TRAJECTORY]
