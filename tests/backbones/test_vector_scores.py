import pytest
import torch

from rankdistill.backbones.vector_scores import VectorScores
from rankdistill.histories.contexts import Contexts

USERS = torch.tensor([[1.0, 0.0], [2.0, -1.0]])
ITEMS = torch.tensor([[1.0, 1.0], [0.0, 2.0], [3.0, 0.0]])
BIAS = torch.tensor([0.5, 0.0, -0.5])


class OfTable(VectorScores):
    def users_of(self, contexts):
        return USERS[contexts.user_ids]

    def everyone(self):
        return USERS


@pytest.mark.parametrize("bias", [None, BIAS])
def test_all_ways_to_ask_read_one_table_of_scores(bias):
    scores = OfTable(ITEMS, bias)
    table = torch.tensor([[1.0, 0.0, 3.0], [1.0, -2.0, 6.0]])
    table = table if bias is None else table + bias
    contexts, some = Contexts(torch.tensor([1, 0, 1])), torch.tensor([[0, 2], [1, 1], [2, 0]])
    rows = table[contexts.user_ids]
    torch.testing.assert_close(scores.score_rows(contexts), rows)
    torch.testing.assert_close(scores.score_items(contexts, some), rows.gather(1, some))
    own, shared = torch.tensor([2, 2, 0]), torch.tensor([1, 0])
    expected = torch.cat([rows.gather(1, own[:, None]), rows[:, shared]], dim=1)
    torch.testing.assert_close(scores.score_own_and_shared(contexts, own, shared), expected)
    torch.testing.assert_close(scores.score_shared(contexts, shared), rows[:, shared])
    torch.testing.assert_close(scores.score_columns(shared), table.t()[shared])
