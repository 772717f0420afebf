import torch

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import (
    EmbeddingBackbone,
    ReadsInteractions,
    StartsFromFactors,
)
from rankdistill.backbones.matrix_factorization import MatrixFactorization


class Fixed(EmbeddingBackbone):
    """Two users and three items in two dimensions, with item biases."""

    def embeddings(self):
        users = torch.tensor([[1.0, 0.0], [2.0, 1.0]])
        items = torch.tensor([[1.0, 1.0], [0.0, 3.0], [4.0, 0.0]])
        return Embeddings(users, items, item_bias=torch.tensor([0.0, 0.5, 0.0]))


def test_embeddings_alone_give_the_scores_of_rows_and_of_some_items():
    rows = Fixed().score_rows(torch.tensor([1, 0]))
    assert rows.tolist() == [[3.0, 3.5, 8.0], [1.0, 0.5, 4.0]]
    few = Fixed()(torch.tensor([1, 0]), torch.tensor([[2, 0], [1, 1]]))
    assert few.tolist() == [[8.0, 3.0], [0.5, 0.5]]


def test_what_a_backbone_can_do_shows_by_its_methods():
    factors = MatrixFactorization(2, 3, embedding_dim=2, init_std=0.1)
    ease = Ease(num_users=2, num_items=3, l2=1.0, memory_gib=1.0)
    assert isinstance(factors, StartsFromFactors)
    assert not isinstance(factors, ReadsInteractions)
    assert isinstance(ease, ReadsInteractions)
    assert not isinstance(ease, StartsFromFactors)
