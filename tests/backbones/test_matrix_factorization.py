import pytest
import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts


def test_scores_are_dot_products_plus_both_biases():
    model = MatrixFactorization(2, 3, 2, init_std=0.1)
    with torch.no_grad():
        model.user_embedding.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, 1.0]]))
        model.item_embedding.weight.copy_(torch.tensor([[1.0, 0.0], [3.0, 1.0], [0.0, -1.0]]))
        model.user_bias.copy_(torch.tensor([0.5, 0.0]))
        model.item_bias.copy_(torch.tensor([10.0, 20.0, 30.0]))
    expected = [[11.5, 25.5, 28.5], [10.0, 21.0, 29.0]]
    assert model.score_rows(Contexts(torch.tensor([0, 1]))).tolist() == expected
    some = model(Contexts(torch.tensor([1, 0])), torch.tensor([[2, 0], [1, 1]]))
    assert some.tolist() == [[29.0, 10.0], [25.5, 25.5]]


def test_some_items_and_whole_rows_agree():
    torch.manual_seed(0)
    model = MatrixFactorization(5, 7, 3, init_std=0.1)
    users, items = Contexts(torch.tensor([4, 0])), torch.tensor([[6, 0, 3], [1, 1, 2]])
    torch.testing.assert_close(model(users, items), model.score_rows(users).gather(1, items))


@pytest.mark.parametrize(("name", "value"), [("embedding_dim", 0), ("init_std", 0.0)])
def test_settings_without_meaning_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        MatrixFactorization(2, 2, **{"embedding_dim": 2, "init_std": 0.1, name: value})
