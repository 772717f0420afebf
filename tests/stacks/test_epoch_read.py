"""What an epoch of a stack reached, job by job."""

from types import SimpleNamespace

import torch
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws

from rankdistill.stacks.epoch_read import read_epoch
from rankdistill.stacks.stacked_batches import StackedPairs, StackedUsers

MEASURES = SimpleNamespace(
    names=["val/map@5"], means=torch.tensor([[0.25, 0.5]]), faults=torch.tensor([0, 3])
)
LOSSES = {"train/loss": torch.tensor([1.0, float("inf")]), "train/x_loss": torch.zeros(2)}


def batches(kind):
    return kind(of_matrix(random_matrix(9, 11, 0.4, seed=0)), 4, seeded_draws(1, 2))


def test_every_curve_has_a_value_of_each_job():
    read = read_epoch(LOSSES, MEASURES, batches(StackedPairs))
    assert read.curves == {
        "train/loss": [1.0, float("inf")],
        "train/x_loss": [0.0, 0.0],
        "val/map@5": [0.25, 0.5],
    }
    assert read.faults == [0, 3]


def test_the_next_epoch_of_whole_users_is_known_then():
    made, expected = batches(StackedUsers), list(batches(StackedUsers))
    read_epoch(LOSSES, MEASURES, made)
    made.draw_ahead = None
    for batch, other in zip(made, expected, strict=True):
        assert torch.equal(batch.positive_items, other.positive_items)
