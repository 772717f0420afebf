"""A step on another device than the CPU: no tensor strays, and nothing waits for a value.

The meta device has no values, so whoever asks it for one is refused; code that is written for a
CPU is not taken on it.
"""

from types import SimpleNamespace

import pytest
import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.data.sampling import UniformNegatives
from rankdistill.distillation.plackett_luce import relaxed_plackett_luce
from rankdistill.distillation.ranking import RankingDistillation, ranking_distillation_loss
from rankdistill.distillation.soft_targets import soft_target_loss
from rankdistill.distillation.student_rank import ranks_in_rows, sampled_ranks
from rankdistill.distillation.weighting import UniformWeighting
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.normalizers import normalizers_and_scores
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.objectives import Bpr, Pointwise, Softmax
from rankdistill.modules.stride_users import DistinctUsers, StrideUsers

BATCH, NUM_USERS, NUM_ITEMS, NUM_NEGATIVES = 64, 90, 170, 5


def meta_ids(*shape):
    return torch.zeros(shape, dtype=torch.int64, device="meta")


@pytest.fixture
def backbone():
    with torch.device("meta"):
        return MatrixFactorization(NUM_USERS, NUM_ITEMS, 10, init_std=0.1)


def assert_learned(backbone):
    gradients = [parameter.grad for parameter in backbone.parameters()]
    assert all(gradient is not None and gradient.is_meta for gradient in gradients)


@pytest.mark.parametrize("objective", [Bpr, Pointwise])
def test_a_step_on_pairs(objective, backbone):
    compared = meta_ids(BATCH, 1 + NUM_NEGATIVES)
    batch = PairBatch(Contexts(meta_ids(BATCH)), meta_ids(BATCH), compared)
    loss = objective(NUM_NEGATIVES, UniformNegatives(exclude_positives=True))(
        BatchScores.of(backbone, batch), batch
    )
    loss.backward()
    assert_learned(backbone)


def test_a_step_on_whole_users(backbone):
    batch = UserBatch(Contexts(meta_ids(BATCH)), meta_ids(500), meta_ids(500))
    Softmax()(BatchScores.of(backbone, batch), batch).backward()
    assert_learned(backbone)


def test_a_step_of_ranking_distillation(backbone):
    scores = backbone(Contexts(meta_ids(BATCH)), meta_ids(BATCH, 6))
    weights = torch.ones(BATCH, 6, device="meta")
    ranking_distillation_loss(scores, weights).backward()
    assert_learned(backbone)


def test_a_step_of_ranking_distillation_on_pairs_whose_users_the_stride_knows(backbone):
    stride = StrideUsers([meta_ids(BATCH)])
    shares = torch.ones(40, device="meta")
    stride.__dict__["of_all_pairs"] = [DistinctUsers(meta_ids(40), shares)]
    view = BatchScores(
        backbone, Contexts(meta_ids(BATCH)), meta_ids(BATCH), meta_ids(BATCH), stride=stride
    )
    method = RankingDistillation(
        6, UniformWeighting(), exclude_seen=True, cache_mib=1.0, weight=1.0
    )
    method.teacher_items = meta_ids(NUM_USERS, 6)
    context = SimpleNamespace(train=SimpleNamespace(item_ids=meta_ids(BATCH)))
    method.weighting.prepare(context, method.teacher_items, 6, True)
    method.loss(view).backward()
    assert_learned(backbone)


def test_a_step_with_soft_targets(backbone):
    teacher = torch.ones(BATCH, NUM_ITEMS, device="meta")
    soft_target_loss(backbone.score_rows(Contexts(meta_ids(BATCH))), teacher).sum().backward()
    assert_learned(backbone)


def test_ranks_and_the_list_wise_loss():
    rows, few = torch.ones(BATCH, NUM_ITEMS, device="meta"), torch.ones(BATCH, 6, device="meta")
    assert ranks_in_rows(rows, meta_ids(BATCH, 6)).is_meta
    assert sampled_ranks(few, rows, NUM_ITEMS).is_meta
    tails, scores = normalizers_and_scores(rows, meta_ids(BATCH, 1), meta_ids(BATCH, 6))
    assert relaxed_plackett_luce(scores, tails).is_meta
