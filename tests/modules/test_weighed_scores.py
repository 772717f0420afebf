import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.weighed_scores import WeighedScores

USERS, ITEMS = torch.tensor([2, 0, 2]), torch.tensor([1, 3, 0])
WEIGHTS = torch.tensor([0.5, 1.0, 4.0])


def views():
    torch.manual_seed(0)
    backbone = MatrixFactorization(3, 4, embedding_dim=2, init_std=1.0)
    inner = BatchScores.of(backbone, PairBatch(Contexts(USERS), ITEMS, None, None))
    return inner, WeighedScores(inner, lambda contexts: WEIGHTS[contexts.user_ids])


def test_the_share_of_a_row_is_multiplied_by_the_weight_of_its_user():
    inner, weighed = views()
    torch.testing.assert_close(weighed.shares, inner.shares * torch.tensor([4.0, 0.5, 4.0]))


def test_rows_of_distinct_users_are_weighed_too():
    inner, weighed = views()
    for name in ("per_user", "distinct_users"):
        own, plain = getattr(weighed, name), getattr(inner, name)
        assert own.contexts.user_ids.tolist() == plain.contexts.user_ids.tolist()
        torch.testing.assert_close(own.shares, plain.shares * WEIGHTS[own.contexts.user_ids])


def test_all_else_is_as_without_weights():
    inner, weighed = views()
    torch.testing.assert_close(weighed.of_items(ITEMS[:, None]), inner.of_items(ITEMS[:, None]))
    torch.testing.assert_close(weighed.of_shared(ITEMS), inner.of_shared(ITEMS))
    torch.testing.assert_close(weighed.rows(), inner.rows())
    torch.testing.assert_close(weighed.columns(ITEMS), inner.columns(ITEMS))
    torch.testing.assert_close(weighed.embeddings.items_of(ITEMS), inner.embeddings.items_of(ITEMS))
    for name in ("training_items", "positive_items"):
        assert getattr(weighed, name).tolist() == getattr(inner, name).tolist()
    assert weighed.contexts is inner.contexts
