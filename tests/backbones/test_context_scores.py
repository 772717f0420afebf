import torch

from rankdistill.backbones.context_scores import ContextScores
from rankdistill.histories.contexts import Contexts

VECTORS = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])
ITEMS, BIAS = torch.tensor([[1.0, 1.0], [0.0, 2.0], [-1.0, 0.5]]), torch.tensor([0.1, 0.2, 0.3])
CONTEXTS = Contexts(torch.tensor([1, 0, 1, 2]))


def made():
    encoded = []

    def encode(contexts):
        encoded.extend(contexts.user_ids.tolist())
        return VECTORS[contexts.user_ids]

    return encoded, ContextScores(
        CONTEXTS, lambda contexts: contexts.user_ids, encode, lambda: VECTORS, ITEMS, BIAS
    )


def test_each_context_is_encoded_once():
    encoded, scores = made()
    scores.score_rows(CONTEXTS)
    assert sorted(encoded) == [0, 1, 2]


def test_rows_items_and_columns_are_products():
    _, scores = made()
    wanted = VECTORS @ ITEMS.t() + BIAS
    torch.testing.assert_close(scores.score_rows(CONTEXTS), wanted[CONTEXTS.user_ids])
    torch.testing.assert_close(scores.users_of(CONTEXTS), VECTORS[CONTEXTS.user_ids])
    items = torch.tensor([[0, 1], [2, 2], [1, 0], [0, 2]])
    torch.testing.assert_close(
        scores.score_items(CONTEXTS, items), wanted[CONTEXTS.user_ids].gather(1, items)
    )
    torch.testing.assert_close(scores.score_columns(torch.tensor([2, 0])), wanted.t()[[2, 0]])
