"""Soft targets: what minimises them, what temperature does, and what is left out."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.soft_targets import soft_target_loss

soft_targets = partial(built_from, "distillation/soft_targets")


NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


def prepared(teacher=TEACHER, **settings):
    method = soft_targets(**settings)
    method.check(TRAIN)
    method.prepare(DistillationContext(FixedScores(teacher), TRAIN, 4, seeded_draws()))
    return method


def slow_softmax(scores, temperature):
    weights = [math.exp(float(score) / temperature) for score in scores]
    return [weight / sum(weights) for weight in weights]


def slow_loss(user, temperature=1.0, teacher_temperature=1.0, exclude_seen=False):
    """With plain Python numbers."""
    items = range(user % 4 if exclude_seen else 0, NUM_ITEMS)
    targets = slow_softmax(TEACHER[user, list(items)], teacher_temperature)
    found = slow_softmax(STUDENT[user, list(items)], temperature)
    return -sum(q * math.log(p) for q, p in zip(targets, found, strict=True))


@pytest.mark.parametrize("exclude_seen", [False, True])
@pytest.mark.parametrize("temperatures", [(1.0, 1.0), (2.0, 2.0), (1.5, 0.3)])
def test_the_loss_equals_the_slow_reference(temperatures, exclude_seen):
    temperature, teacher_temperature = temperatures
    method = prepared(
        temperature=temperature,
        teacher_temperature=teacher_temperature,
        exclude_seen=exclude_seen,
    )
    got = method.loss(of_users(student_of(STUDENT), [3, 0, 7]))
    expected = sum(slow_loss(u, *temperatures, exclude_seen) for u in (3, 0, 7)) / 3
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_two_items_match_a_value_worked_by_hand():
    # targets 3/4 and 1/4, the student's 1/2 and 1/2: ln 2 whatever the targets are
    teacher = torch.tensor([[math.log(3.0), 0.0]])
    assert float(soft_target_loss(torch.zeros(1, 2), teacher)) == pytest.approx(math.log(2))
    # and the teacher's own distribution: 3/4 ln(4/3) + 1/4 ln 4
    expected = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert float(soft_target_loss(teacher, teacher)) == pytest.approx(expected)


def test_equal_distributions_cost_the_teachers_entropy_and_nothing_costs_less():
    students = (TEACHER + 7.0).requires_grad_()  # a softmax does not see what all items share
    losses = soft_target_loss(students, TEACHER)
    distributions = torch.softmax(TEACHER, dim=1)
    entropies = -(distributions * distributions.log()).sum(1)
    torch.testing.assert_close(losses, entropies)
    losses.sum().backward()
    torch.testing.assert_close(students.grad, torch.zeros_like(TEACHER), atol=1e-6, rtol=0)
    for seed in range(20):
        noise = 0.1 * torch.randn(TEACHER.shape, generator=torch.Generator().manual_seed(seed))
        assert bool((soft_target_loss(TEACHER + noise, TEACHER) > entropies).all())


def test_the_gradient_is_the_difference_of_the_distributions():
    students = STUDENT.clone().requires_grad_()
    soft_target_loss(students, TEACHER).sum().backward()
    torch.testing.assert_close(students.grad, STUDENT.softmax(1) - TEACHER.softmax(1))


def test_a_cold_teacher_hands_over_only_its_best_item():
    got = prepared(teacher_temperature=1e-3).loss(of_users(student_of(STUDENT), [2]))
    expected = -float(STUDENT[2].log_softmax(0)[TEACHER[2].argmax()])
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_a_hot_teacher_hands_over_the_uniform_distribution():
    got = prepared(teacher_temperature=1e6).loss(of_users(student_of(STUDENT), [2]))
    assert got.item() == pytest.approx(-float(STUDENT[2].log_softmax(0).mean()), rel=1e-5)


def test_a_hot_student_is_uniform_whatever_its_teacher():
    got = prepared(temperature=1e6, teacher_temperature=1.0).loss(
        of_users(student_of(STUDENT), [0, 5])
    )
    assert got.item() == pytest.approx(math.log(NUM_ITEMS), rel=1e-5)


def test_the_teacher_has_the_students_temperature_unless_told_otherwise():
    view = of_users(student_of(STUDENT), [1, 4])
    same = prepared(temperature=3.0).loss(view)
    torch.testing.assert_close(same, prepared(temperature=3.0, teacher_temperature=3.0).loss(view))


@pytest.mark.parametrize("exclude_seen", [False, True])
def test_seen_items_get_a_gradient_only_where_they_take_part(exclude_seen):
    backbone = student_of(STUDENT)
    prepared(exclude_seen=exclude_seen).loss(of_users(backbone, [3, 0, 7])).backward()
    gradient = backbone.user_embedding.weight.grad
    assert bool((gradient[[3, 7], :3] == 0).all()) is exclude_seen
    assert bool((gradient[[3, 7], 3:] != 0).all())
    assert bool((gradient[0] != 0).all())


def test_the_loss_does_not_depend_on_the_scores_of_excluded_items():
    other = STUDENT.clone()
    other[3, :3] += 50.0
    method = prepared(exclude_seen=True)
    losses = [method.loss(of_users(student_of(rows), [3])) for rows in (STUDENT, other)]
    torch.testing.assert_close(*losses)


@pytest.mark.parametrize("exclude_seen", [False, True])
def test_kept_and_computed_rows_give_the_same_loss_again_and_again(exclude_seen):
    view = of_users(student_of(STUDENT), [3, 0, 7])
    kept = prepared(exclude_seen=exclude_seen)
    computed = prepared(exclude_seen=exclude_seen, cache_mib=0.0)
    losses = [method.loss(view) for method in (kept, computed, kept, computed)]
    assert len({loss.item() for loss in losses}) == 1


def test_the_loss_is_a_mean_over_what_the_batch_is_made_of():
    backbone, method = student_of(STUDENT), prepared()
    once, twice = of_users(backbone, [3, 5]), of_users(backbone, [3, 5, 3, 5])
    torch.testing.assert_close(method.loss(once), method.loss(twice))
    got = method.loss(of_pairs(backbone, [3, 5, 3, 3]))
    assert got.item() == pytest.approx(0.75 * slow_loss(3) + 0.25 * slow_loss(5), rel=1e-5)


def test_scores_far_from_zero_do_not_overflow():
    students = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 0.0, 1e4]], requires_grad=True)
    teachers = torch.tensor([[-1e4, 1e4, 0.0], [1e4, -torch.inf, 0.0]])
    losses = soft_target_loss(students, teachers)
    assert losses.tolist() == [2e4, 2e4]
    losses.sum().backward()
    assert bool(torch.isfinite(students.grad).all())


def test_targets_of_half_precision_logits_are_taken_in_single_precision():
    half = TEACHER.bfloat16()
    torch.testing.assert_close(
        soft_target_loss(STUDENT, half), soft_target_loss(STUDENT, half.float()), rtol=0, atol=0
    )


@pytest.mark.parametrize("shape", [(3, 4), (1, 5), (5,), (3, 1)])
def test_distributions_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected two \(batch, num_items\) tensors"):
        soft_target_loss(torch.zeros(3, 5), torch.zeros(shape))


@pytest.mark.parametrize("name", ["temperature", "teacher_temperature"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_temperatures_must_be_positive(name, value):
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        soft_targets(**{name: value})


def test_a_user_who_has_seen_everything_is_refused_where_seen_items_are_left_out():
    items = torch.arange(4)
    train = Interactions.from_pairs(torch.zeros(4, dtype=torch.int64), items, 2, 4)
    soft_targets().check(train)
    with pytest.raises(ValueError, match="seen the whole catalogue"):
        soft_targets(exclude_seen=True).check(train)


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared().state_dict() == {}


@pytest.mark.parametrize("some_left_out", [False, True])
def test_the_gradient_is_that_of_the_formula_written_out(some_left_out):
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 4, 6, generator=generator, dtype=torch.float64)
    student.requires_grad_()
    left_out = (torch.rand(4, 6, generator=generator) < 0.3) & some_left_out
    teacher = teacher.masked_fill(left_out, -torch.inf)
    normalizers = student.masked_fill(left_out, -torch.inf).logsumexp(1)
    expected = normalizers - (torch.softmax(teacher, 1) * student).sum(1)
    found = soft_target_loss(student, teacher)
    torch.testing.assert_close(found, expected)
    weights = torch.randn(4, generator=generator, dtype=torch.float64)
    gradients = [torch.autograd.grad(values, student, weights) for values in (found, expected)]
    torch.testing.assert_close(*gradients)
