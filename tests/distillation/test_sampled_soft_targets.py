"""Sampled soft targets: the loss against one written out, and what neither model computes."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.interface import DistillationContext

sampled_soft_targets = partial(built_from, "distillation/sampled_soft_targets")

NUM_USERS, NUM_ITEMS, NUM_DRAWN = 9, 15, 6
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


class WithoutRows:
    """A teacher that must not score the whole catalogue."""

    def score_rows(self, contexts):
        raise AssertionError("the teacher scored the whole catalogue")


def of_the_teacher(contexts, item_ids):
    return TEACHER[contexts.user_ids[:, None], item_ids]


def prepared(**settings):
    method = sampled_soft_targets(**{"sampled_items": NUM_DRAWN, **settings})
    method.check(TRAIN)
    draws = seeded_draws()
    context = DistillationContext(WithoutRows(), TRAIN, 4, draws, score_shared=of_the_teacher)
    method.prepare(context)
    return method


def drawn(number=1):
    """The items of the given batch, drawn from the source that ``prepared`` gives."""
    draws = seeded_draws()
    return [draws.integers(NUM_ITEMS, (NUM_DRAWN,)).tolist() for _ in range(number)][-1]


def slow_softmax(scores, temperature):
    weights = [math.exp(float(score) / temperature) for score in scores]
    return [weight / sum(weights) for weight in weights]


def slow_loss(user, items, temperature=1.0, teacher_temperature=1.0):
    """With plain Python numbers."""
    targets = slow_softmax([TEACHER[user, item] for item in items], teacher_temperature)
    found = slow_softmax([STUDENT[user, item] for item in items], temperature)
    return -sum(q * math.log(p) for q, p in zip(targets, found, strict=True))


@pytest.mark.parametrize("temperatures", [(1.0, 1.0), (1.5, 0.3)])
def test_the_loss_equals_the_slow_reference(temperatures):
    temperature, teacher_temperature = temperatures
    method = prepared(temperature=temperature, teacher_temperature=teacher_temperature)
    got = method.loss(of_users(student_of(STUDENT), [3, 0, 7]))
    expected = sum(slow_loss(user, drawn(), *temperatures) for user in (3, 0, 7)) / 3
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_every_batch_draws_anew_and_users_weigh_what_their_pairs_do():
    method, backbone = prepared(), student_of(STUDENT)
    method.loss(of_pairs(backbone, [2, 4]))
    got = method.loss(of_pairs(backbone, [3, 5, 3, 3]))
    assert drawn(2) != drawn(1)
    expected = 0.75 * slow_loss(3, drawn(2)) + 0.25 * slow_loss(5, drawn(2))
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_only_drawn_items_get_a_gradient():
    backbone = student_of(STUDENT)
    prepared().loss(of_users(backbone, [3, 0, 7])).backward()
    touched = backbone.item_embedding.weight.grad.abs().sum(1) > 0
    assert set(touched.nonzero().squeeze(1).tolist()) == set(drawn())


def test_a_student_with_the_teachers_scores_has_nothing_to_learn():
    backbone = student_of(TEACHER + 3.0)  # a softmax does not see what all items share
    prepared().loss(of_users(backbone, [1, 4])).backward()
    gradient = backbone.item_embedding.weight.grad
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-6, rtol=0)


def test_the_teacher_has_the_students_temperature_unless_told_otherwise():
    view = of_users(student_of(STUDENT), [1, 4])
    alike = prepared(temperature=3.0).loss(view)
    told = prepared(temperature=3.0, teacher_temperature=3.0).loss(view)
    torch.testing.assert_close(alike, told)


def test_no_whole_rows_are_made():
    view = of_users(student_of(STUDENT), [1, 4])
    view.rows = None
    assert bool(torch.isfinite(prepared().loss(view)))


@pytest.mark.parametrize("name", ["temperature", "teacher_temperature"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_temperatures_must_be_positive(name, value):
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        sampled_soft_targets(**{name: value})


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared().state_dict() == {}
