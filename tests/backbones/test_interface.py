import torch
from tests.from_conf import settings_in

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.fism import Fism
from rankdistill.backbones.interface import (
    EmbeddingBackbone,
    ReadsInteractions,
    StartsFromFactors,
    give_histories,
)
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts


class Fixed(EmbeddingBackbone):
    """Two users and three items in two dimensions, with item biases."""

    def embeddings(self):
        users = torch.tensor([[1.0, 0.0], [2.0, 1.0]])
        items = torch.tensor([[1.0, 1.0], [0.0, 3.0], [4.0, 0.0]])
        return Embeddings(users, items, item_bias=torch.tensor([0.0, 0.5, 0.0]))


def test_embeddings_alone_give_the_scores_of_rows_and_of_some_items():
    rows = Fixed().score_rows(Contexts(torch.tensor([1, 0])))
    assert rows.tolist() == [[3.0, 3.5, 8.0], [1.0, 0.5, 4.0]]
    few = Fixed()(Contexts(torch.tensor([1, 0])), torch.tensor([[2, 0], [1, 1]]))
    assert few.tolist() == [[8.0, 3.0], [0.5, 0.5]]
    shared = Fixed().score_shared(Contexts(torch.tensor([1, 0])), torch.tensor([2, 0, 2]))
    assert shared.tolist() == [[8.0, 3.0, 8.0], [4.0, 1.0, 4.0]]


def test_a_backbone_without_embeddings_takes_shared_items_from_whole_rows():
    ease = Ease(num_users=2, num_items=3, l2=1.0, memory_gib=1.0)
    ease.observe(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 2]))
    users = Contexts(torch.tensor([1, 0]))
    shared = ease.score_shared(users, torch.tensor([2, 0]))
    torch.testing.assert_close(shared, ease.score_rows(users)[:, [2, 0]])


def test_what_a_backbone_can_do_shows_by_its_methods():
    factors = MatrixFactorization(2, 3, embedding_dim=2, init_std=0.1)
    ease = Ease(num_users=2, num_items=3, l2=1.0, memory_gib=1.0)
    assert isinstance(factors, StartsFromFactors)
    assert not isinstance(factors, ReadsInteractions)
    assert isinstance(ease, ReadsInteractions)
    assert not isinstance(ease, StartsFromFactors)


def test_members_of_a_network_are_given_histories_and_networks_without_any_use_are_left_alone():
    fism = Fism(2, 3, **settings_in("backbone/fism", embedding_dim=2))
    factors = MatrixFactorization(2, 3, embedding_dim=2, init_std=0.1)
    both = Ensemble(2, 3, {"one": fism, "other": factors}, shares=None)
    give_histories(both, torch.tensor([0, 1]), torch.tensor([2, 0]))
    assert both.score_rows(Contexts(torch.tensor([0, 1]))).shape == (2, 3)
    assert both.members["one"].score_rows(Contexts(torch.tensor([0]))).isfinite().all()
