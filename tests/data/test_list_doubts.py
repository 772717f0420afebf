import pytest
import torch
from tests.data.made_interactions import of_matrix

from rankdistill.data import list_doubts
from rankdistill.data.list_doubts import doubts_of_lists
from rankdistill.data.parting import Split
from rankdistill.data.teacher_lists import TeacherLists

NUM_USERS, NUM_ITEMS = 10, 12


def part(*items):
    """Every user has these items."""
    matrix = torch.zeros(NUM_USERS, NUM_ITEMS, dtype=torch.bool)
    matrix[:, list(items)] = True
    return of_matrix(matrix)


SPLIT = Split(part(0, 1, 2), part(3), part(4, 5))


def doubts(*items):
    """Every user's list holds these items, best first."""
    users = torch.arange(NUM_USERS).repeat_interleave(len(items))
    lists = torch.tensor(items).repeat(NUM_USERS)
    return doubts_of_lists(made(users, lists), SPLIT, "lists.csv")


def made(users, items):
    """A list of each user."""
    everyone = torch.arange(NUM_USERS), torch.ones(NUM_USERS)
    return TeacherLists(users, items, torch.zeros(len(items)), *everyone, ())


def test_listed_training_and_held_out_items_are_told_with_their_shares():
    found = doubts(0, 7, 4, 8)
    training, held_out = found.told
    assert training.startswith("10 of 40 listed items (25.0%) are training items")
    assert held_out.startswith("10 of the 30 held-out items of users with a list (33.3%)")
    assert found.warned == ()


def test_lists_of_training_items_alone_are_refused():
    with pytest.raises(ValueError, match=r"lists\.csv lists training items only, of every user"):
        doubts(0, 1, 2)


def test_lists_for_places_that_training_never_reads_are_refused():
    nothing = torch.zeros(0, dtype=torch.int64)
    with pytest.raises(ValueError, match="after the last training item of their users alone"):
        doubts_of_lists(made(nothing, nothing), SPLIT, "lists.csv")


def test_lists_whose_first_places_are_held_out_items_are_suspected():
    (warned,) = doubts(0, 3, 1, 5, 7, 4).warned
    assert "67% of the held-out items stand in the first places of lists.csv" in warned


def test_held_out_items_further_down_are_not_suspected():
    assert doubts(3, 7, 8, 4, 5).warned == ()


def test_lists_without_held_out_items_are_warned_of():
    (warned,) = doubts(6, 7, 0).warned
    assert "lists none of the held-out items" in warned


@pytest.mark.parametrize(
    ("items", "suspected"), [((0, 6, 7, 3), False), ((0, 6, 7, 3, 8, 5), True)]
)
def test_held_out_items_that_stand_first_as_often_as_training_items_are_suspected(
    items, suspected, monkeypatch
):
    # A third of the training items is listed, and a third or two thirds of the held-out ones.
    monkeypatch.setattr(list_doubts, "_FEWEST_IN_HEADS", 10)
    monkeypatch.setattr(list_doubts, "_AS_OFTEN", 1.5)
    warned = doubts(*items).warned
    assert len(warned) == suspected
    assert all("as often (66.7% of them) as training items (33.3%)" in each for each in warned)


def test_too_few_items_in_first_places_say_nothing(monkeypatch):
    monkeypatch.setattr(list_doubts, "_AS_OFTEN", 0.0)
    assert doubts(0, 6, 7, 3).warned == ()


def test_nothing_is_said_of_held_out_items_where_there_are_none():
    nothing = part()
    users, items = torch.tensor([0, 0]), torch.tensor([6, 0])
    found = doubts_of_lists(made(users, items), Split(part(0), nothing, nothing), "lists.csv")
    assert len(found.told) == 1
    assert found.warned == ()
