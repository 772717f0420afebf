import pytest
import torch
from tests.backbones.made_lists import listed, ranked_lists

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.listed import UNLISTED, EmbeddedLists, Listed
from rankdistill.histories.contexts import Contexts

LISTS = [{2: 0.5, 0: -1.0}, {}, {1: 3.0}]


def test_listed_items_have_their_scores_and_all_others_one_below_them():
    rows = listed(4, LISTS).score_rows(Contexts(torch.tensor([2, 0, 1])))
    expected = torch.full((3, 4), UNLISTED)
    expected[0, 1], expected[1, 2], expected[1, 0] = 3.0, 0.5, -1.0
    torch.testing.assert_close(rows, expected, atol=0, rtol=0)


def test_scores_of_some_items_are_those_of_the_rows():
    teacher = listed(4, LISTS)
    users, items = Contexts(torch.tensor([0, 2])), torch.tensor([[2, 3], [1, 1]])
    assert teacher(users, items).tolist() == [
        [0.5, torch.tensor(UNLISTED).item()],
        [3.0, 3.0],
    ]


def test_a_row_of_a_million_unlisted_items_has_a_finite_sum():
    assert bool(torch.isfinite(torch.full((1_000_000,), UNLISTED).sum()))


def test_lists_of_any_length_are_loaded_into_a_network_without_lists():
    teacher, empty = listed(4, LISTS, [1.0, 2.0, 0.5]), Listed(3, 4)
    empty.load_state_dict(teacher.state_dict())
    users = Contexts(torch.arange(3))
    torch.testing.assert_close(empty.score_rows(users), teacher.score_rows(users))
    assert empty.confidences.tolist() == [1.0, 2.0, 0.5]
    assert empty.served().source_bytes == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offsets", torch.tensor([0, 2, 2, 9])),
        ("offsets", torch.tensor([0, 3, 2, 3])),
        ("offsets", torch.tensor([1, 2, 2, 3])),
        ("item_ids", torch.tensor([2, 0, 4])),
        ("item_ids", torch.tensor([2, 0, -1])),
        ("scores", torch.zeros(2)),
        ("confidences", torch.ones(5)),
    ],
)
def test_lists_that_do_not_fit_each_other_are_not_loaded(name, value):
    state = {**listed(4, LISTS).state_dict(), name: value}
    with pytest.raises(RuntimeError):
        Listed(3, 4).load_state_dict(state)


def test_embeddings_of_any_length_are_loaded_with_the_lists():
    teacher, empty = EmbeddedLists(3, 4), EmbeddedLists(3, 4)
    users, items = torch.rand(3, 5), torch.rand(4, 5)
    teacher.take(ranked_lists(LISTS, user_table=users, item_table=items))
    empty.load_state_dict(teacher.state_dict())
    torch.testing.assert_close(empty.user_table, users)
    torch.testing.assert_close(empty.item_table, items)
    with pytest.raises(RuntimeError):
        empty.load_state_dict({**teacher.state_dict(), "user_table": torch.tensor(1.0)})


def test_people_without_a_name_are_refused_with_what_to_do():
    histories = Histories(torch.tensor([0, 1]), torch.tensor([2]), 4)
    with pytest.raises(ValueError, match="leave out split=new_users, or choose another teacher"):
        listed(4, LISTS).score_histories(histories)
