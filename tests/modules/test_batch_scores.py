import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.backbones.sasrec import SASRec
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.objectives import Softmax


def backbone() -> MatrixFactorization:
    torch.manual_seed(0)
    return MatrixFactorization(5, 6, embedding_dim=3, init_std=0.1)


PAIRS = PairBatch(Contexts(torch.tensor([4, 1, 4, 4])), torch.tensor([0, 5, 2, 3]))


def test_a_mean_over_distinct_users_weighs_each_by_its_pairs():
    scores = BatchScores.of(backbone(), PAIRS)
    users = scores.per_user
    assert users.contexts.user_ids.tolist() == [1, 4]
    assert users.shares.tolist() == [0.25, 0.75]
    torch.testing.assert_close((users.shares[:, None] * users.rows()).sum(0), scores.rows().mean(0))


def test_the_users_of_the_first_pairs_stand_for_a_large_batch():
    users = BatchScores.of(backbone(), PAIRS, user_pairs=3).per_user
    assert users.contexts.user_ids.tolist() == [1, 4]
    torch.testing.assert_close(users.shares, torch.tensor([1 / 3, 2 / 3]))


def test_losses_on_a_few_items_see_every_user_of_a_large_batch():
    scores = BatchScores.of(backbone(), PAIRS, user_pairs=1)
    assert scores.per_user.contexts.user_ids.tolist() == [4]
    assert scores.distinct_users.contexts.user_ids.tolist() == [1, 4]
    assert scores.distinct_users.shares.tolist() == [0.25, 0.75]


def test_whole_users_are_their_own_view_so_that_rows_are_computed_once():
    batch = UserBatch(
        Contexts(torch.tensor([2, 0])), torch.tensor([0, 0, 1]), torch.tensor([1, 2, 5])
    )
    scores = BatchScores.of(backbone(), batch)
    assert scores.per_user is scores
    assert scores.positive_items is None
    assert scores.rows() is scores.per_user.rows()
    assert scores.shares.tolist() == [0.5, 0.5]


def test_the_network_computes_its_embeddings_once_for_all_views_of_a_batch(monkeypatch):
    network, calls = backbone(), []
    embeddings = network.embeddings

    def counting():
        calls.append(1)
        return embeddings()

    monkeypatch.setattr(network, "embeddings", counting)
    scores = BatchScores.of(network, PAIRS)
    scores.of_items(torch.zeros(4, 2, dtype=torch.int64))
    scores.per_user.rows()
    scores.columns(torch.tensor([1, 2]))
    assert len(calls) == 1


def test_items_rows_and_columns_agree():
    scores = BatchScores.of(backbone(), PAIRS)
    items = torch.tensor([[0, 1], [2, 2], [3, 4], [5, 0]])
    few = scores.of_items(items)
    torch.testing.assert_close(few, scores.rows().gather(1, items))
    torch.testing.assert_close(
        scores.columns(items[0])[:, PAIRS.contexts.user_ids].t(), scores.rows()[:, items[0]]
    )


def test_shared_items_are_scored_as_items_of_each_row_are_from_embeddings_and_from_rows():
    own, shared = torch.tensor([0, 2, 3, 5]), torch.tensor([4, 4, 1])
    columns = torch.cat([own[:, None], shared.expand(4, -1)], dim=1)
    scores = BatchScores.of(backbone(), PAIRS)
    from_embeddings, alone = scores.of_own_and_shared(own, shared), scores.of_shared(shared)
    torch.testing.assert_close(alone, scores.rows()[:, shared])
    assert torch.equal(scores.of_shared(shared), scores.rows()[:, shared])
    torch.testing.assert_close(from_embeddings, scores.rows().gather(1, columns))
    assert torch.equal(scores.of_own_and_shared(own, shared), scores.rows().gather(1, columns))


def test_places_in_histories_stand_for_themselves_and_the_first_pairs_for_a_large_batch():
    places = Contexts(torch.tensor([4, 4, 1, 4]), torch.tensor([2, 2, 0, 1]))
    pairs = PairBatch(places, torch.tensor([0, 5, 2, 3]))
    scores = BatchScores.of(backbone(), pairs, user_pairs=3)
    every, first = scores.distinct_users, scores.per_user
    assert every.contexts.user_ids.tolist() == [1, 4, 4]
    assert every.contexts.ends.tolist() == [0, 1, 2]
    assert every.shares.tolist() == [0.25, 0.25, 0.5]
    assert first.contexts.ends.tolist() == [0, 2]
    torch.testing.assert_close(first.shares, torch.tensor([1 / 3, 2 / 3]))


def test_a_softmax_that_reads_places_alone_never_makes_their_rows():
    torch.manual_seed(0)
    network = SASRec(
        *(2, 6),
        4,
        length=3,
        num_blocks=1,
        num_heads=1,
        feed_forward_factor=1,
        dropout=0.0,
        init_std=1,
    )
    network.remember_order(Sequences(torch.tensor([0, 3, 5]), torch.tensor([0, 1, 2, 5, 4]), 6))
    places = Contexts(torch.tensor([0, 0, 1]), torch.tensor([1, 2, 1]))
    batch = UserBatch(places, torch.arange(3), torch.tensor([1, 2, 4]))
    softmax = Softmax()
    losses, gradients = [], []
    for single in (True, False):
        (scores,) = BatchScores.of_stride(network.eval(), [batch], single=single)
        losses.append(softmax(scores, batch))
        gradients.append(torch.autograd.grad(losses[-1], list(network.parameters())))
        assert (scores.unmade_rows() is not None) is single
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_rows_are_made_where_a_network_of_users_is_read_alone():
    batch = UserBatch(Contexts(torch.tensor([2, 0])), torch.arange(2), torch.tensor([1, 2]))
    (scores,) = BatchScores.of_stride(backbone(), [batch], single=True)
    assert scores.unmade_rows() is None


def test_users_that_repeat_lead_to_the_mean_over_distinct_ones():
    network = backbone()
    found = []
    for repeats in (False, True):
        (view,) = BatchScores.of_stride(network, [PAIRS], repeats=repeats)
        users = view.distinct_users
        found.append((users.shares[:, None] * users.rows()).sum(0))
        assert len(users.contexts) == (4 if repeats else 2)
    torch.testing.assert_close(*found)
