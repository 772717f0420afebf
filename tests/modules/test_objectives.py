import math

import pytest
import torch
from tests.distillation.helpers import StudentOf, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.data.batches import PairBatch, PairBatches, UserBatch, UserBatches
from rankdistill.data.sampling import UniformNegatives
from rankdistill.histories.contexts import Contexts
from rankdistill.losses.gbce import gbce, positive_power
from rankdistill.modules.objectives import Bpr, Gbce, Pointwise, Softmax

TRAIN = some_interactions(num_users=6, num_items=10)
PAIRS = [
    PairBatch(Contexts(torch.tensor([1, 2, 3])), torch.tensor([0, 1, 2])),
    PairBatch(Contexts(torch.tensor([2])), torch.tensor([0])),
]
LOG_3 = math.log(3.0)


def prepared(objective, seed=0):
    objective.prepare(TRAIN, seeded_draws(seed))
    return objective


def sampled(kind, num_negatives=3):
    return kind(num_negatives, UniformNegatives(exclude_positives=True))


@pytest.mark.parametrize("kind", [Bpr, Pointwise])
def test_each_pair_is_completed_with_unseen_negatives_behind_its_positive(kind):
    completed = prepared(sampled(kind)).completed(PAIRS)
    assert [tuple(batch.compared_items.shape) for batch in completed] == [(3, 4), (1, 4)]
    for before, after in zip(PAIRS, completed, strict=True):
        assert torch.equal(after.contexts.user_ids, before.contexts.user_ids)
        assert torch.equal(after.positive_items, before.positive_items)
        assert torch.equal(after.compared_items[:, 0], before.positive_items)
        for user, negatives in zip(
            after.contexts.user_ids, after.compared_items[:, 1:], strict=True
        ):
            assert int(negatives.min()) >= int(user) % 4  # what is below has been seen
            assert int(negatives.max()) < TRAIN.num_items


def test_negatives_are_drawn_anew_each_time_and_repeat_with_their_seed():
    def drawn(seed):
        objective = prepared(sampled(Bpr, num_negatives=20), seed)
        return [objective.completed(PAIRS)[0].compared_items for _ in range(2)]

    first, second = drawn(0)
    assert not torch.equal(first, second)
    assert torch.equal(torch.stack(drawn(0)), torch.stack([first, second]))
    assert not torch.equal(drawn(1)[0], first)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Bpr, math.log(4 / 3)),  # -log sigmoid(ln 3 - 0)
        (Pointwise, math.log(4 / 3) + math.log(2)),  # and -log(1 - sigmoid(0))
    ],
)
def test_a_sampled_loss_reads_the_scores_of_the_compared_items(kind, expected):
    scores = torch.tensor([[0.0, LOG_3, 9.0]])
    batch = PairBatch(Contexts(torch.tensor([0])), torch.tensor([1]), torch.tensor([[1, 0]]))
    got = sampled(kind)(StudentOf(scores, batch.contexts.user_ids), batch)
    assert float(got) == pytest.approx(expected)


def test_softmax_compares_each_positive_of_a_user_with_the_whole_catalogue():
    scores = torch.tensor([[0.0, 0.0], [LOG_3, 0.0]])
    batch = UserBatch(
        Contexts(torch.tensor([1, 0])), torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    )
    objective = prepared(Softmax())
    assert objective.completed([batch]) == [batch]
    # The user of row 0 has shares 3/4 and 1/4, the one of row 1 has halves.
    expected = (math.log(4 / 3) + math.log(4) + math.log(2)) / 3
    got = objective(StudentOf(scores, batch.contexts.user_ids), batch)
    assert float(got) == pytest.approx(expected)


def test_sampled_losses_ask_for_pairs_and_softmax_for_whole_users():
    assert Bpr.batches is Pointwise.batches is PairBatches
    assert Softmax.batches is UserBatches


def test_fewer_than_one_negative_is_refused():
    with pytest.raises(ValueError, match="num_negatives must be at least 1, got 0"):
        sampled(Bpr, num_negatives=0)


@pytest.mark.parametrize("kind", [Bpr, Pointwise])
def test_a_sampled_loss_weighs_each_pair(kind):
    scores = torch.tensor([[0.0, LOG_3, 9.0], [2.0, 0.0, 1.0]])
    users, items = torch.tensor([0, 1]), torch.tensor([1, 0])
    weights = torch.tensor([1.5, 0.5])
    alone = [
        sampled(kind)(
            StudentOf(scores, users[[row]]),
            PairBatch(Contexts(users[[row]]), items[[row]], items[[row]].unsqueeze(1).repeat(1, 2)),
        )
        for row in (0, 1)
    ]
    batch = PairBatch(Contexts(users), items, items.unsqueeze(1).repeat(1, 2), weights)
    got = sampled(kind)(StudentOf(scores, users), batch)
    assert float(got) == pytest.approx(float(1.5 * alone[0] + 0.5 * alone[1]) / 2)


def test_completed_pairs_keep_their_weights():
    weighted = [batch._replace(weights=torch.rand(len(batch.contexts))) for batch in PAIRS]
    completed = prepared(sampled(Bpr)).completed(weighted)
    for before, after in zip(weighted, completed, strict=True):
        assert after.weights is before.weights


def test_softmax_weighs_each_positive():
    scores = torch.tensor([[0.0, 0.0], [LOG_3, 0.0]])
    weights = torch.tensor([2.0, 0.5, 0.5])
    batch = UserBatch(
        Contexts(torch.tensor([1, 0])), torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), weights
    )
    expected = (2 * math.log(4 / 3) + 0.5 * math.log(4) + 0.5 * math.log(2)) / 3
    got = prepared(Softmax())(StudentOf(scores, batch.contexts.user_ids), batch)
    assert float(got) == pytest.approx(expected)


def test_gbce_takes_its_power_from_the_catalogue_and_begins_at_the_base_score():
    objective = prepared(Gbce(3, UniformNegatives(exclude_positives=True), t=0.5))
    scores = torch.tensor([[0.0, LOG_3, 9.0, -1.0]])
    contexts = Contexts(torch.tensor([0]))
    batch = PairBatch(contexts, torch.tensor([1]), torch.tensor([[1, 0, 3, 0]]))
    got = objective(StudentOf(scores, contexts.user_ids), batch)
    power = positive_power(num_negatives=3, num_items=TRAIN.num_items, t=0.5)
    read = torch.tensor([[LOG_3, 0.0, -1.0, 0.0]]) + math.log(power / 3)
    torch.testing.assert_close(got, gbce(read, power))


def test_gbce_refuses_a_t_that_is_no_share():
    with pytest.raises(ValueError, match=r"t must lie in \[0, 1\], got 1\.5"):
        Gbce(3, UniformNegatives(exclude_positives=True), t=1.5)
