import pytest
import torch

from rankdistill.backbones.prefixes import Prefixes
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

ITEMS = torch.tensor([4, 1, 5, 2, 0])
USERS = torch.tensor([2, 0, 1, 0])


def prefixes(asked=None):
    def find_order():
        if asked is not None:
            asked.append(1)
        offsets = torch.tensor([0, 3, 3, 5])
        return Sequences(offsets, ITEMS, 6)

    return Prefixes(find_order)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [([1, 2, 0, 0], [[2], [1, 4], [], []]), (None, [[0, 2], [1, 4, 5], [], [1, 4, 5]])],
)
def test_a_place_has_what_stands_before_it_as_a_set(ends, expected):
    found = prefixes().of(Contexts(USERS, None if ends is None else torch.tensor(ends)))
    assert [found.items[found.rows == row].tolist() for row in range(4)] == expected
    assert found.num_items == 6


def test_the_order_is_found_once_and_only_where_somebody_asks():
    asked = []
    made = prefixes(asked)
    assert asked == []
    for _ in range(2):
        made.of(Contexts(USERS))
    assert asked == [1]
