import pytest
import torch
from tests.backbones.made_lists import listed

from rankdistill.data.interactions import Interactions
from rankdistill.modules.taught_lists import taught_lists

TRAIN = Interactions.from_pairs(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 2]), 4, 6)
LISTS = [
    {0: 3.0, 4: 2.0, 5: 1.0},  # the first is a training item
    {0: 3.0, 1: 2.0, 3: 1.0},
    {},
    {4: 1.0},
]


def test_only_unseen_items_count():
    assert taught_lists(listed(6, LISTS), TRAIN).lengths.tolist() == [2, 3, 0, 1]


def test_one_user_does_not_shorten_the_lists_of_all():
    assert taught_lists(listed(6, LISTS), TRAIN).shortest_list == 2


def test_a_list_of_one_user_counts_though_it_is_the_shortest():
    assert taught_lists(listed(6, [{}, {}, {}, {4: 1.0, 5: 0.0}]), TRAIN).shortest_list == 2


def test_users_weigh_their_confidence_with_a_mean_of_one_over_those_who_teach():
    taught = taught_lists(listed(6, LISTS, [1.0, 2.0, 9.0, 6.0]), TRAIN)
    torch.testing.assert_close(taught.weights(1), torch.tensor([1.0, 2.0, 0.0, 6.0]) / 3)
    torch.testing.assert_close(taught.weights(2), torch.tensor([1.0, 2.0, 0.0, 0.0]) / 1.5)


def test_equal_confidences_weigh_exactly_one():
    taught = taught_lists(listed(6, LISTS, [0.3, 0.3, 0.3, 0.3]), TRAIN)
    torch.testing.assert_close(taught.weights(2), torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert taught_lists(listed(6, LISTS), TRAIN).weights(1).tolist() == [1.0, 1.0, 0.0, 1.0]


def test_a_list_without_confidence_neither_teaches_nor_shortens():
    taught = taught_lists(listed(6, LISTS, [1.0, 1.0, 1.0, 0.0]), TRAIN)
    assert taught.weights(1).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert taught.shortest_list == 3


@pytest.mark.parametrize(
    ("lists", "confidences"),
    [([{0: 2.0, 1: 1.0}, {2: 1.0}, {}, {}], None), (LISTS, [0.0, 0.0, 1.0, 0.0])],
)
def test_lists_that_teach_nobody_are_refused(lists, confidences):
    with pytest.raises(ValueError, match="nothing is left to teach"):
        taught_lists(listed(6, lists, confidences), TRAIN)
