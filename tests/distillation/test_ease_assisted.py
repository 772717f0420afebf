"""The ranking that the teacher and EASE make together, and the loss on it."""

from functools import partial

import numpy as np
import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.distillation.matrix_student import of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.ease_assisted import AssistedScores
from rankdistill.distillation.interface import DistillationContext
from rankdistill.histories.contexts import Contexts

ease_assisted = partial(built_from, "distillation/ease_assisted")
plackett_luce = partial(built_from, "distillation/plackett_luce")

NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))
USERS = [3, 0, 7, 2]


def prepared(make=ease_assisted, teacher=TEACHER, **settings):
    method = make(**{"top_k": 4, **settings})
    method.check(TRAIN)
    method.prepare(DistillationContext(FixedScores(teacher), TRAIN, 4, seeded_draws(0)))
    method.refresh(FixedScores(STUDENT).score_rows, 0)
    return method


def slow_ease(l2):
    """EASE's scores by a ridge regression of each item on all others."""
    x = np.zeros((NUM_USERS, NUM_ITEMS))
    x[TRAIN.user_ids.numpy(), TRAIN.item_ids.numpy()] = 1
    weights = np.zeros((NUM_ITEMS, NUM_ITEMS))
    for item in range(NUM_ITEMS):
        others = [j for j in range(NUM_ITEMS) if j != item]
        left = x[:, others].T @ x[:, others] + l2 * np.eye(NUM_ITEMS - 1)
        weights[others, item] = np.linalg.solve(left, x[:, others].T @ x[:, item])
    return x @ weights


def standardized(rows):
    return (rows - rows.mean(1, keepdims=True)) / rows.std(1, ddof=1, keepdims=True)


def test_the_ranking_is_that_of_the_mean_of_standardised_scores_of_unseen_items():
    share, l2 = 0.3, 2.0
    method = prepared(ease_share=share, l2=l2)
    for user in (1, 2, 3, 5, 6, 7):  # the others have seen nothing, and EASE scores nothing
        ease = standardized(slow_ease(l2)[[user]])[0]
        both = 0.7 * standardized(TEACHER[[user]].double().numpy())[0] + share * ease
        unseen = sorted(range(user % 4, NUM_ITEMS), key=lambda item: -both[item])
        assert method.teacher_items[user].tolist() == unseen[:4]


def test_without_ease_it_is_the_list_wise_loss():
    batch = of_users(student_of(STUDENT), USERS)
    got = prepared(ease_share=0.0).loss(batch)
    torch.testing.assert_close(got, prepared(plackett_luce).loss(batch))


def test_with_ease_alone_the_teacher_does_not_matter():
    batch = of_users(student_of(STUDENT), [1, 2, 3, 7])
    losses = [
        prepared(ease_share=1.0, l2=2.0, teacher=each).loss(batch) for each in (TEACHER, -TEACHER)
    ]
    torch.testing.assert_close(*losses)


def test_a_user_without_interactions_keeps_the_teachers_ranking():
    alone = prepared(plackett_luce)
    both = prepared(ease_share=0.5)
    for user in (0, 4, 8):
        assert both.teacher_items[user].tolist() == alone.teacher_items[user].tolist()


@pytest.mark.parametrize(("scale", "shift"), [(100.0, 0.0), (1.0, -50.0)])
def test_the_unit_of_the_teachers_scores_does_not_matter(scale, shift):
    other = prepared(teacher=scale * TEACHER + shift)
    assert other.teacher_items.tolist() == prepared().teacher_items.tolist()


def test_seen_items_get_no_gradient_and_the_best_one_is_pulled_up():
    backbone, method = student_of(STUDENT), prepared()
    method.loss(of_users(backbone, [3])).backward()
    gradient = backbone.user_embedding.weight.grad[3]
    assert gradient[:3].tolist() == [0.0, 0.0, 0.0]
    assert float(gradient[method.teacher_items[3, 0]]) < 0


def test_scores_of_no_rows_are_asked_for_but_those_of_the_contexts():
    both = AssistedScores(FixedScores(TEACHER).score_rows, FixedScores(STUDENT).score_rows, 0.5)
    rows = both.score_rows(Contexts(torch.tensor([5, 2])))
    expected = (standardized(TEACHER.numpy()) + standardized(STUDENT.numpy()))[[5, 2]] / 2
    np.testing.assert_allclose(rows.numpy(), expected, atol=1e-5)


def test_a_ranking_longer_than_nearly_all_users_have_left_is_cut():
    method = prepared(top_k=100)
    assert method.top_k == NUM_ITEMS - 3
    assert method.teacher_items.shape == (NUM_USERS, NUM_ITEMS - 3)


def test_a_catalogue_that_is_too_large_is_refused_before_a_teacher_is_trained():
    with pytest.raises(
        ValueError, match=r"memory_gib=1e-06: choose distillation=\[plackett_luce\]"
    ):
        ease_assisted(top_k=4, memory_gib=1e-6).check(TRAIN)


def test_a_teacher_that_scores_no_numbers_is_an_error():
    broken = TEACHER.clone()
    broken[2, 3] = torch.nan
    with pytest.raises(FloatingPointError):
        prepared(teacher=broken)


@pytest.mark.parametrize("setting", [{"top_k": 0}, {"ease_share": -0.1}, {"ease_share": 1.1}])
def test_settings_out_of_their_bounds_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        ease_assisted(**{"top_k": 4, **setting})
