import pytest
import torch

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.history_scores import HistoryScores, ItemSimilarity
from rankdistill.histories.contexts import Contexts

NUM_USERS, NUM_ITEMS = 4, 6
HISTORIES = {0: [0, 1, 3], 1: [1, 2], 2: [5], 3: []}
USERS = Contexts(torch.tensor([3, 0, 2, 1, 0]))
ITEMS = torch.tensor([[0, 1, 2], [3, 4, 0], [5, 5, 1], [2, 1, 0], [3, 3, 3]])


def similarity(length_power=0.5, dim=3):
    generator = torch.Generator().manual_seed(0)
    shapes = (NUM_ITEMS, dim), (NUM_ITEMS, dim), (NUM_ITEMS,)
    tables = [torch.randn(*shape, dtype=torch.float64, generator=generator) for shape in shapes]
    return ItemSimilarity(*(table.requires_grad_() for table in tables), length_power)


def everyone():
    pairs = torch.tensor([[user, item] for user, items in HISTORIES.items() for item in items])
    return Histories.from_pairs(*pairs.t(), NUM_USERS, NUM_ITEMS)


def scores_of(parameters, kept=None):
    users, whole = torch.arange(NUM_USERS), everyone()
    mine = whole if kept is None else Histories(whole.offsets, whole.items, NUM_ITEMS, kept)
    return HistoryScores(parameters, whole, users, mine)


def slowly(parameters, histories):
    """(num_users, num_items) scores: one user, one item and one item of a history at a time."""
    parts, items, bias, power = parameters
    rows = []
    for user in range(NUM_USERS):
        for item in range(NUM_ITEMS):
            others = [other for other in histories[user] if other != item]
            score = bias[item]
            for other in others:
                score = score + len(others) ** -power * (parts[other] @ items[item])
            rows.append(score)
    return torch.stack(rows).view(NUM_USERS, NUM_ITEMS)


def test_scores_worked_by_hand():
    parts, items = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.0], [3.0], [5.0]])
    parameters = ItemSimilarity(parts, items, torch.tensor([0.5, 0.0, 0.0]), length_power=1.0)
    whole = Histories.from_pairs(torch.tensor([0, 0]), torch.tensor([0, 1]), 1, 3)
    scores = HistoryScores(parameters, whole, torch.tensor([0]), whole)
    # item 0 from item 1 alone, item 1 from item 0 alone, item 2 from the mean of both
    expected = [[2 * 1 + 0.5, 1 * 3, (1 + 2) / 2 * 5]]
    assert scores.score_rows(Contexts(torch.tensor([0]))).tolist() == expected
    assert scores.users_of(Contexts(torch.tensor([0]))).tolist() == [[1.5]]


KEPT = torch.tensor([True, False, True, True, False, True])
LEFT = {0: [0, 3], 1: [1], 2: [5], 3: []}


@pytest.mark.parametrize("length_power", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("kept", "histories"), [(None, HISTORIES), (KEPT, LEFT)])
@pytest.mark.parametrize("part", ["rows", "items", "shared"])
def test_values_and_gradients_are_those_of_leaving_each_item_out(
    part, kept, histories, length_power
):
    parameters = similarity(length_power)
    scores, expected = scores_of(parameters, kept), slowly(parameters, histories)[USERS.user_ids]
    if part == "rows":
        found = scores.score_rows(USERS)
    elif part == "shared":
        own, shared = ITEMS[:, 0], torch.tensor([5, 0, 3, 0])
        found = scores.score_own_and_shared(USERS, own, shared)
        columns = torch.cat([own[:, None], shared.expand(len(own), -1)], dim=1)
        torch.testing.assert_close(scores.score_shared(USERS, shared), expected[:, shared])
        expected = expected.gather(1, columns)
    else:
        found, expected = scores.score_items(USERS, ITEMS), expected.gather(1, ITEMS)
    torch.testing.assert_close(found, expected)
    check_gradients(found, expected, parameters)


def test_columns_read_whole_histories_whatever_is_dropped_and_items_may_repeat():
    parameters, item_ids = similarity(), torch.tensor([5, 1, 5])
    found = scores_of(parameters, KEPT).score_columns(item_ids)
    expected = slowly(parameters, HISTORIES).t()[item_ids]
    torch.testing.assert_close(found, expected)
    check_gradients(found, expected, parameters)


def check_gradients(found, expected, parameters):
    towards = torch.randn(
        found.shape, dtype=found.dtype, generator=torch.Generator().manual_seed(1)
    )
    torch.testing.assert_close(
        torch.autograd.grad(found, parameters[:3], towards),
        torch.autograd.grad(expected, parameters[:3], towards),
    )


def test_who_has_had_nothing_is_scored_by_the_biases():
    parameters = similarity()
    rows = scores_of(parameters).score_rows(Contexts(torch.tensor([3])))
    torch.testing.assert_close(rows[0], parameters.item_bias)
    assert not scores_of(parameters).users_of(Contexts(torch.tensor([3]))).any()


def test_the_only_item_of_a_history_is_scored_by_its_bias():
    parameters = similarity()
    score = scores_of(parameters).score_items(Contexts(torch.tensor([2])), torch.tensor([[5]]))
    torch.testing.assert_close(score[0], parameters.item_bias[5:])
