"""Ranking Distillation in both published forms, against a slow reference and by hand."""

import math

import pytest
import torch
from tests.distillation.helpers import FixedScores, StudentOf, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.ranking import RankingDistillation, ranking_distillation_loss
from rankdistill.distillation.student_rank import ExactRank
from rankdistill.distillation.weighting import (
    DiscrepancyWeighting,
    HybridWeighting,
    PositionWeighting,
    UniformWeighting,
)

NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x))


def slow_loss(user_ids, top_k, weigh, exclude_seen, targets=None):
    """Per user and per position, with plain Python numbers."""
    total = 0.0
    for index, user in enumerate(user_ids):
        banned = set(range(user % 4)) if exclude_seen else set()
        candidates = [i for i in range(NUM_ITEMS) if i not in banned]
        ranking = sorted(candidates, key=lambda i: -float(TEACHER[user, i]))
        by_student = sorted(candidates, key=lambda i: -float(STUDENT[user, i]))
        if targets is not None:
            ranking = [i for i in ranking if i != targets[index]]
        ranking = ranking[:top_k]
        weights = weigh([by_student.index(i) + 1 for i in ranking])
        total -= sum(
            w * log_sigmoid(float(STUDENT[user, i])) for w, i in zip(weights, ranking, strict=True)
        )
    return total / len(user_ids)


def position(top_k, lambda_):
    raw = [math.exp(-r / lambda_) for r in range(1, top_k + 1)]
    return [w / sum(raw) for w in raw]


def discrepancy(ranks, mu):
    return [math.tanh(max(mu * (rank - r), 0.0)) for r, rank in enumerate(ranks, start=1)]


def product(ranks, normalize):
    both = zip(position(len(ranks), 2.0), discrepancy(ranks, 0.3), strict=True)
    weights = [a * b for a, b in both]
    return [w / sum(weights) for w in weights] if normalize and sum(weights) else weights


CASES = {
    "uniform": (UniformWeighting(), lambda ranks: [1 / len(ranks)] * len(ranks)),
    "position": (PositionWeighting(2.0), lambda ranks: position(len(ranks), 2.0)),
    "discrepancy": (
        DiscrepancyWeighting(0.3, ExactRank(), normalize=False),
        lambda ranks: discrepancy(ranks, 0.3),
    ),
    "hybrid of the paper": (
        HybridWeighting(2.0, 0.3, ExactRank(), warmup_epochs=0, normalize=True),
        lambda ranks: product(ranks, normalize=True),
    ),
    "hybrid of the official code": (
        HybridWeighting(2.0, 0.3, ExactRank(), warmup_epochs=0, normalize=False),
        lambda ranks: product(ranks, normalize=False),
    ),
}


def prepared(weighting, exclude_seen=True, top_k=4, epoch=0):
    method = RankingDistillation(top_k, weighting, exclude_seen, cache_mib=1.0, weight=1.0)
    method.prepare(DistillationContext(FixedScores(TEACHER), TRAIN, 4, seeded_draws()))
    method.refresh(FixedScores(STUDENT).score_rows, epoch)
    return method


@pytest.mark.parametrize("name", CASES)
def test_the_loss_of_the_paper_equals_the_slow_reference(name):
    weighting, weigh = CASES[name]
    users = [3, 0, 7, 7, 1]
    got = prepared(weighting).loss(StudentOf(STUDENT, torch.tensor(users)))
    assert float(got) == pytest.approx(slow_loss(users, 4, weigh, exclude_seen=True), rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_list_of_the_official_code_strikes_out_only_the_target(name):
    weighting, weigh = CASES[name]
    users = [3, 0, 7, 7, 1]
    targets = [int(TEACHER[user].argmax()) if user != 0 else 14 for user in users]
    student = StudentOf(STUDENT, torch.tensor(users), torch.tensor(targets))
    got = prepared(weighting, exclude_seen=False).loss(student)
    expected = slow_loss(users, 4, weigh, exclude_seen=False, targets=targets)
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_batches_of_whole_users_keep_the_head_of_the_list():
    got = prepared(UniformWeighting(), exclude_seen=False).loss(
        StudentOf(STUDENT, torch.tensor([3, 5]))
    )
    expected = slow_loss([3, 5], 4, lambda ranks: [0.25] * 4, exclude_seen=False)
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_one_item_matches_a_value_worked_by_hand():
    # - (0.75 log sigmoid(0) + 0.25 log sigmoid(ln 3)) = 0.75 ln 2 + 0.25 ln(4 / 3)
    scores = torch.tensor([[0.0, math.log(3.0)]])
    got = ranking_distillation_loss(scores.requires_grad_(), torch.tensor([[0.75, 0.25]]))
    got.backward()
    assert got.item() == pytest.approx(0.75 * math.log(2) + 0.25 * math.log(4 / 3))
    torch.testing.assert_close(scores.grad, torch.tensor([[-0.75 / 2, -0.25 / 4]]))


@pytest.mark.parametrize("shares", [None, [0.5, 0.2, 0.3]])
@pytest.mark.parametrize("rows", [1, 3])
def test_the_gradient_is_that_of_finite_differences(rows, shares):
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(rows, 4, generator=generator, dtype=torch.float64)
    shares = None if shares is None else torch.tensor(shares, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: ranking_distillation_loss(x, weights, shares), scores)


def test_scores_far_from_zero_do_not_overflow():
    scores = torch.tensor([[-1000.0, 1000.0]], requires_grad=True)
    loss = ranking_distillation_loss(scores, torch.tensor([[0.5, 0.5]]))
    loss.backward()
    assert loss.item() == pytest.approx(500.0)
    assert scores.grad.tolist() == [[-0.5, 0.0]]


def test_the_loss_is_a_mean_so_that_alpha_does_not_depend_on_the_batch_size():
    scores, weights = torch.randn(3, 5), torch.rand(3, 5)
    once = ranking_distillation_loss(scores, weights)
    twice = ranking_distillation_loss(scores.repeat(2, 1), weights.repeat(2, 1))
    torch.testing.assert_close(once, twice)


@pytest.mark.parametrize("shape", [(4, 5), (3,), (5,), (3, 1), (1, 4)])
def test_weights_that_would_broadcast_into_nonsense_are_refused(shape):
    with pytest.raises(ValueError, match="do not fit"):
        ranking_distillation_loss(torch.zeros(3, 5), torch.zeros(shape))


def test_gradient_flows_through_the_scores_and_not_through_the_weights():
    rows = STUDENT.clone().requires_grad_()
    weighting = HybridWeighting(2.0, 0.3, ExactRank(), warmup_epochs=0, normalize=True)
    method = prepared(weighting)
    users = torch.tensor([2])
    method.loss(StudentOf(rows, users)).backward()
    items = method.teacher_items[users]
    weights = weighting.of_ranks(weighting.student_rank.of_all_users[users])
    expected = -weights * torch.sigmoid(-STUDENT[users].gather(1, items))
    torch.testing.assert_close(rows.grad[users].gather(1, items), expected)
    assert int((rows.grad != 0).sum()) == int((weights > 0).sum())


def test_warm_up_uses_position_weights_alone():
    weighting = HybridWeighting(2.0, 0.3, ExactRank(), warmup_epochs=1, normalize=True)
    users = torch.tensor([0, 1, 2])
    warm = prepared(weighting, epoch=0).loss(StudentOf(STUDENT, users))
    plain = prepared(PositionWeighting(2.0)).loss(StudentOf(STUDENT, users))
    later = prepared(weighting, epoch=1).loss(StudentOf(STUDENT, users))
    torch.testing.assert_close(warm, plain)
    assert float(later) != pytest.approx(float(plain))


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared(UniformWeighting()).state_dict() == {}


@pytest.mark.parametrize(("exclude_seen", "longest"), [(True, 12), (False, 14)])
def test_a_list_is_cut_to_what_there_is_to_rank_and_this_is_told_once(
    exclude_seen, longest, caplog
):
    method = prepared(UniformWeighting(), exclude_seen, top_k=20)
    assert method.top_k == longest
    (record,) = caplog.records
    assert record.getMessage().startswith(f"top_k is cut from 20 to {longest}: ")
