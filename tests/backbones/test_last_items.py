import torch

from rankdistill.backbones.last_items import NOTHING, last_items

OFFSETS, ITEMS = torch.tensor([0, 4, 4, 6]), torch.tensor([7, 3, 5, 1, 8, 2])


def windows(users, ends, length=3):
    return last_items(OFFSETS, ITEMS, torch.tensor(users), torch.tensor(ends), length).tolist()


def test_a_window_ends_where_the_context_does():
    assert windows([0, 0], [4, 3]) == [[3, 5, 1], [7, 3, 5]]


def test_nothing_stands_in_front_of_the_first_item():
    assert windows([0, 2], [1, 2]) == [[NOTHING, NOTHING, 7], [NOTHING, 8, 2]]
    assert windows([2, 1], [0, 0]) == [[NOTHING] * 3] * 2


def test_without_any_item_all_windows_are_empty():
    nobody = torch.zeros(2, dtype=torch.int64)
    none = torch.zeros(0, dtype=torch.int64)
    assert last_items(nobody, none, nobody[:1], nobody[:1], 2).tolist() == [[NOTHING, NOTHING]]
