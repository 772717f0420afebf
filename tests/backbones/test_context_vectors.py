import torch

from rankdistill.backbones.context_vectors import ContextVectors
from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.histories.contexts import Contexts

OFFSETS, ITEMS = torch.tensor([0, 2, 2, 5]), torch.tensor([3, 1, 0, 1, 2])
TABLE = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0]])
CONTEXTS = Contexts(torch.tensor([2, 0, 1, 2]), torch.tensor([3, 1, 0, 1]))


def read():
    windows = HistoryWindows(OFFSETS, ITEMS, CONTEXTS, 10)
    return ContextVectors(windows, TABLE[windows.items], TABLE, lambda: TABLE[1:])


def test_a_context_has_the_vector_of_its_last_item():
    expected = torch.tensor([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    torch.testing.assert_close(read().users_of(CONTEXTS), expected)
    torch.testing.assert_close(read().users_of(CONTEXTS[:2]), expected[:2])


def test_scores_are_products():
    rows = read().users_of(CONTEXTS) @ TABLE.t()
    torch.testing.assert_close(read().score_rows(CONTEXTS), rows)
    items = torch.tensor([[0, 3], [1, 1], [2, 0], [3, 2]])
    torch.testing.assert_close(read().score_items(CONTEXTS, items), rows.gather(1, items))
    torch.testing.assert_close(read().items_of(items[0]), TABLE[items[0]])


def test_columns_are_of_everyone():
    torch.testing.assert_close(
        read().score_columns(torch.tensor([2, 0])), TABLE[[2, 0]] @ TABLE[1:].t()
    )


def test_contexts_that_are_all_empty_score_nothing():
    empty = Contexts(torch.tensor([1]), torch.tensor([0]))
    windows = HistoryWindows(OFFSETS, ITEMS, empty, 10)
    scores = ContextVectors(windows, TABLE[windows.items], TABLE, lambda: TABLE)
    assert scores.score_rows(empty).tolist() == [[0.0] * 4]
