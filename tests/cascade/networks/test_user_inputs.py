import torch

from rankdistill.cascade.data.features import RECENT, RequestFeatures
from rankdistill.cascade.networks.user_inputs import history_means, layers


def users_with(items, ratings, mean_rating):
    """One request with a history, the latest item first, padded with zeros to 12."""
    padding = [0] * (12 - len(items))
    empty = torch.zeros(1, 1)
    return RequestFeatures(
        dense=empty,
        categories=torch.zeros(1, 2, dtype=torch.int64),
        history_items=torch.tensor([items + padding]),
        history_ratings=torch.tensor([ratings + padding], dtype=torch.float32),
        profiles=empty,
        years=empty[0],
        mean_ratings=torch.tensor([mean_rating]),
    )


def test_means_of_a_history_match_values_worked_by_hand():
    table = torch.eye(3)
    every, liking, recent = history_means(users_with([1, 2], [5, 2], 3.5), table)
    torch.testing.assert_close(every, torch.tensor([[0.0, 0.5, 0.5]]))
    torch.testing.assert_close(liking, torch.tensor([[0.0, 0.75, -0.75]]))  # (5 - 3.5) / 2
    torch.testing.assert_close(recent, every)


def test_the_recent_mean_ends_with_the_latest_items():
    items = [1] * RECENT + [2] * 2
    every, _, recent = history_means(users_with(items, [4] * 12, 4.0), torch.eye(3))
    torch.testing.assert_close(every, torch.tensor([[0.0, RECENT / 12, 2 / 12]]))
    torch.testing.assert_close(recent, torch.tensor([[0.0, 1.0, 0.0]]))


def test_no_history_is_zero():
    for mean in history_means(users_with([], [], 0.0), torch.eye(3)):
        assert mean.tolist() == [[0, 0, 0]]


def test_layers_have_the_sizes_that_are_asked_for():
    shapes = [tuple(weight.shape) for weight in layers(5, [4, 2]).parameters()]
    assert shapes == [(4, 5), (4,), (2, 4), (2,)]
