import math

import pytest
import torch
from tests.distillation.helpers import first_items_seen
from tests.draws.made_draws import seeded_draws

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch
from rankdistill.data.sampling import PopularityNegatives, UniformNegatives
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.sampled_softmax_objective import SampledSoftmax

NUM_USERS, NUM_ITEMS, NUM_NEGATIVES = 4, 9, 5
TRAIN = first_items_seen([1, 2, 3, 4], NUM_ITEMS)
PAIRS = [
    PairBatch(Contexts(torch.tensor([1, 3, 1])), torch.tensor([0, 2, 1])),
    PairBatch(Contexts(torch.tensor([2])), torch.tensor([0])),
]


def objective(negatives, shared, corrected=True):
    made = SampledSoftmax(NUM_NEGATIVES, negatives, shared, corrected)
    made.prepare(TRAIN, seeded_draws())
    return made


def backbone():
    torch.manual_seed(0)
    return MatrixFactorization(NUM_USERS, NUM_ITEMS, embedding_dim=3, init_std=1.0)


def test_one_draw_is_shared_by_a_batch_and_differs_between_batches():
    made = objective(UniformNegatives(exclude_positives=True), shared=True)
    first, second = made.completed(PAIRS)
    assert first.shared_items.shape == second.shared_items.shape == (NUM_NEGATIVES,)
    assert not torch.equal(first.shared_items, second.shared_items)
    assert first.compared_items is None
    assert torch.equal(first.positive_items, PAIRS[0].positive_items)


def test_without_sharing_each_pair_has_negatives_of_its_own():
    made = objective(UniformNegatives(exclude_positives=True), shared=False)
    first, _ = made.completed(PAIRS)
    assert first.shared_items is None
    assert first.compared_items.shape == (3, 1 + NUM_NEGATIVES)


def slowly(scores, negatives, batch, shared, exclude, corrected):
    """The loss of a batch: one pair and one negative at a time."""
    losses = []
    for row, (user, positive) in enumerate(
        zip(batch.contexts.user_ids.tolist(), batch.positive_items.tolist(), strict=True)
    ):
        total = scores[user, positive].exp()
        drawn = batch.shared_items if shared else batch.compared_items[row, 1:]
        for item in drawn.tolist():
            had = item <= user and shared and exclude  # user u has had the first u + 1 items
            if had or item == positive:
                continue
            who = (None,) if shared else (torch.tensor([user]),)
            share = float(negatives.log_shares(torch.tensor([[item]]), *who).exp())
            expected = NUM_NEGATIVES * share if corrected else 1
            total = total + scores[user, item].exp() / expected
        losses.append(total.log() - scores[user, positive])
    return torch.stack(losses).mean()


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("exclude", [True, False])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("kind", ["uniform", "popularity"])
def test_the_loss_is_that_of_one_pair_and_one_negative_at_a_time(kind, shared, exclude, corrected):
    negatives = (
        UniformNegatives(exclude) if kind == "uniform" else PopularityNegatives(0.75, exclude)
    )
    made, network = objective(negatives, shared, corrected), backbone()
    batch = made.completed(PAIRS)[0]
    found = made(BatchScores.of(network, batch), batch)
    table = network.score_rows(Contexts(torch.arange(NUM_USERS)))
    expected = slowly(table, negatives, batch, shared, exclude, corrected)
    torch.testing.assert_close(found, expected)
    parameters = list(network.parameters())
    gradients = [torch.autograd.grad(loss, parameters) for loss in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-4)


def test_a_batch_that_draws_only_its_positive_has_no_loss():
    made = objective(UniformNegatives(exclude_positives=False), shared=True)
    batch = PAIRS[1]._replace(shared_items=torch.zeros(NUM_NEGATIVES, dtype=torch.int64))
    assert float(made(BatchScores.of(backbone(), batch), batch).detach()) == 0.0


def test_pairs_keep_their_weights():
    made = objective(UniformNegatives(exclude_positives=False), shared=True)
    weights = torch.tensor([2.0, 0.5, 0.5])
    weighted = made.completed([PAIRS[0]._replace(weights=weights)])[0]
    found = made(BatchScores.of(backbone(), weighted), weighted)
    losses = []
    for row in range(3):
        alone = PairBatch(
            weighted.contexts[[row]],
            weighted.positive_items[[row]],
            shared_items=weighted.shared_items,
        )
        losses.append(made(BatchScores.of(backbone(), alone), alone))
    torch.testing.assert_close(found, (torch.stack(losses) * weights).sum() / 3)
    assert math.isfinite(float(found.detach()))
