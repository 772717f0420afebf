import pytest
import torch

from rankdistill.backbones.embeddings import Embeddings
from rankdistill.histories.contexts import Contexts

USERS = torch.tensor([[1.0, 0.0], [2.0, -1.0]])
ITEMS = torch.tensor([[1.0, 1.0], [0.0, 2.0], [3.0, 0.0]])


@pytest.mark.parametrize("biased", [False, True])
def test_items_rows_and_columns_are_parts_of_one_score_table(biased):
    biases = (torch.tensor([10.0, 20.0]), torch.tensor([0.5, 0.0, -0.5])) if biased else ()
    embeddings = Embeddings(USERS, ITEMS, *biases)
    table = torch.tensor([[1.0, 0.0, 3.0], [1.0, -2.0, 6.0]])
    if biased:
        table = table + torch.tensor([[10.5, 10.0, 9.5], [20.5, 20.0, 19.5]])
    users, items = torch.tensor([1, 0, 1]), torch.tensor([2, 0])
    torch.testing.assert_close(embeddings.score_rows(Contexts(users)), table[users])
    torch.testing.assert_close(embeddings.score_columns(items), table.t()[items])
    some = torch.tensor([[0, 2], [1, 1], [2, 0]])
    torch.testing.assert_close(
        embeddings.score_items(Contexts(users), some), table[users].gather(1, some)
    )
    shared = torch.tensor([1, 1, 2, 0])
    own = torch.tensor([2, 0, 1])
    torch.testing.assert_close(
        embeddings.score_own_and_shared(Contexts(users), own, shared),
        table[users].gather(1, torch.cat([own[:, None], shared.expand(3, -1)], dim=1)),
    )
    torch.testing.assert_close(
        embeddings.score_shared(Contexts(users), shared), table[users][:, shared]
    )
