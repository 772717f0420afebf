import pytest
import torch
from tests.backbones.made_lists import placed

from rankdistill.backbones.listed import UNLISTED
from rankdistill.backbones.placed_lists import PlacedLists
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

LISTS = {(0, 1): {2: 0.5}, (0, 3): {1: 2.0, 3: 1.0}, (2, 0): {0: 4.0}}
HISTORIES = Sequences(torch.tensor([0, 4, 6, 6]), torch.tensor([0, 1, 2, 3, 0, 1]), 4)


def told(lists=None):
    teacher = placed(4, lists or LISTS)
    teacher.remember_order(HISTORIES)
    return teacher


def contexts(*places):
    users, ends = zip(*places, strict=True)
    return Contexts(torch.tensor(users), torch.tensor(ends))


def best_listed(rows):
    return [[n for n, score in enumerate(row) if score > UNLISTED / 2] for row in rows.tolist()]


def test_a_place_has_the_last_list_that_reads_no_more_items():
    asked = contexts((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 0))
    rows = told().score_rows(asked)
    assert best_listed(rows) == [[], [2], [2], [1, 3], [1, 3], [], [0]]
    assert rows[3, 1] == 2.0


def test_without_an_end_a_place_is_that_of_the_history_as_it_is_told():
    teacher, users = told(), Contexts(torch.arange(3))
    assert best_listed(teacher.score_rows(users)) == [[1, 3], [], [0]]
    teacher.remember_order(Sequences(torch.tensor([0, 2, 2, 2]), torch.tensor([0, 1]), 4))
    assert best_listed(teacher.score_rows(users)) == [[2], [], [0]]


def test_no_list_of_a_later_place_is_ever_read():
    later = {(0, 5): {3: 1.0}, (1, 0): {2: 1.0}}
    assert best_listed(told(later).score_rows(contexts((0, 4), (1, 1)))) == [[], [2]]


def test_owners_of_lists_are_told_without_the_empty_list():
    assert told().owners().tolist() == [0, 0, 2]


def test_a_teacher_that_knows_no_histories_says_so():
    with pytest.raises(ValueError, match="where histories end"):
        placed(4, LISTS).score_rows(Contexts(torch.arange(3)))


def test_lists_are_loaded_into_a_network_without_lists():
    teacher, empty = told(), PlacedLists(3, 4)
    empty.load_state_dict(teacher.state_dict())
    empty.remember_order(HISTORIES)
    asked = contexts((0, 1), (2, 0), (0, 4))
    torch.testing.assert_close(empty.score_rows(asked), teacher.score_rows(asked), atol=0, rtol=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("users", torch.tensor([0, 2, 0, 2**31])),
        ("users", torch.tensor([0, 0, 3, 2**31])),
        ("users", torch.tensor([-1, 0, 2, 2**31])),
        ("users", torch.tensor([0, 0, 2, 2])),
        ("users", torch.tensor([0, 2**31])),
        ("ends", torch.tensor([3, 1, 0, 0])),
        ("ends", torch.tensor([1, 1, 0, 0])),
    ],
)
def test_lists_out_of_order_are_not_loaded(name, value):
    state = {**told().state_dict(), name: value}
    with pytest.raises(RuntimeError):
        PlacedLists(3, 4).load_state_dict(state)
