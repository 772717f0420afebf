import numpy as np
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.list_places import note_of_places, place_lists

KNOWN = Interactions.from_pairs(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 2]), 3, 4)
USERS = np.array([1, 0, 1, 1])


def test_without_ends_every_user_has_a_list():
    lists = place_lists(USERS, None, 3)
    assert lists.list_ids.tolist() == [1, 0, 1, 1]
    assert lists.users.tolist() == [0, 1, 2]
    assert lists.ends is None
    assert note_of_places(lists, KNOWN) is None


def test_lists_are_numbered_by_user_and_end():
    lists = place_lists(USERS, np.array([2.0, 9.0, 0.0, 2.0]), 3)
    assert lists.list_ids.tolist() == [2, 0, 1, 2]
    assert lists.users.tolist() == [0, 1, 1]
    assert lists.ends is not None
    assert lists.ends.tolist() == [9, 0, 2]


def test_places_beyond_the_histories_are_told():
    told = note_of_places(place_lists(USERS, np.array([1.0, 3.0, 0.0, 2.0]), 3), KNOWN)
    assert told is not None
    assert told.startswith("2 of 4 lists are for places after more items than their users have")
    assert note_of_places(place_lists(USERS, np.array([1, 2, 0, 1]), 3), KNOWN) is None
