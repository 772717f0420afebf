"""Both forms of the topology against plain Python loops over pairs."""

import math

import pytest
import torch

from rankdistill.distillation.topology_losses import (
    cosine_similarities,
    full_topology_loss,
    hierarchical_topology_loss,
)

STUDENT = torch.randn(8, 3, generator=torch.Generator().manual_seed(1))
TEACHER = torch.randn(8, 5, generator=torch.Generator().manual_seed(2))
GROUPS = [0, 3, 0, 1, 3, 3, 1, 4]  # of five: group 2 is empty, group 4 has a single member


def cosine(one, other):
    product = sum(x * y for x, y in zip(one, other, strict=True))
    return product / math.sqrt(sum(x * x for x in one) * sum(y * y for y in other))


def squared_difference(left, right, left_of_teacher, right_of_teacher):
    return (cosine(left, right) - cosine(left_of_teacher, right_of_teacher)) ** 2


def mean(values):
    return sum(values) / len(values)


def prototype(rows, group):
    members = [row for row, own in zip(rows, GROUPS, strict=True) if own == group]
    return [mean(values) for values in zip(*members, strict=True)]


def slow_full(student, teacher):
    pairs = [(i, j) for i in range(len(student)) for j in range(len(student)) if i != j]
    return mean(
        [squared_difference(student[i], student[j], teacher[i], teacher[j]) for i, j in pairs]
    )


def slow_hierarchical(student, teacher):
    pairs = [(i, j) for i in range(8) for j in range(8) if i != j and GROUPS[i] == GROUPS[j]]
    entities = [
        squared_difference(student[i], student[j], teacher[i], teacher[j]) for i, j in pairs
    ]
    prototypes = [
        squared_difference(prototype(student, k), student[j], prototype(teacher, k), teacher[j])
        for k in set(GROUPS)
        for j in range(8)
    ]
    return mean(entities) + mean(prototypes)


def test_the_full_topology_equals_the_slow_reference():
    expected = slow_full(STUDENT.tolist(), TEACHER.tolist())
    assert float(full_topology_loss(STUDENT, TEACHER)) == pytest.approx(expected, rel=1e-5)


def test_the_full_topology_matches_a_value_worked_by_hand():
    student = torch.tensor([[2.0, 0.0], [0.0, 3.0], [5.0, 0.0]])  # cosines 0, 1, 0
    teacher = torch.tensor([[1.0, 0.0], [7.0, 0.0], [0.0, 1.0]])  # cosines 1, 0, 0
    assert float(full_topology_loss(student, teacher)) == pytest.approx(2 / 3)


def test_the_hierarchical_topology_equals_the_slow_reference():
    got = hierarchical_topology_loss(STUDENT, TEACHER, torch.tensor(GROUPS), 5)
    expected = slow_hierarchical(STUDENT.tolist(), TEACHER.tolist())
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_empty_groups_and_the_order_of_groups_change_nothing():
    groups = torch.tensor(GROUPS)
    once = hierarchical_topology_loss(STUDENT, TEACHER, groups, 5)
    again = hierarchical_topology_loss(STUDENT, TEACHER, 29 - groups, 30)
    torch.testing.assert_close(once, again)


def test_inside_a_single_group_all_pairs_are_compared():
    whole = torch.zeros(8, dtype=torch.int64)
    together = hierarchical_topology_loss(STUDENT, TEACHER, whole, 1)
    of_prototype = mean(
        [
            squared_difference(
                STUDENT.mean(0).tolist(), s.tolist(), TEACHER.mean(0).tolist(), t.tolist()
            )
            for s, t in zip(STUDENT, TEACHER, strict=True)
        ]
    )
    expected = float(full_topology_loss(STUDENT, TEACHER)) + of_prototype
    assert float(together) == pytest.approx(expected, rel=1e-5)


def test_a_rotated_and_scaled_teacher_has_the_teachers_topology():
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(3))).Q
    student = 0.01 * TEACHER @ rotation
    assert float(full_topology_loss(student, TEACHER)) == pytest.approx(0, abs=1e-10)
    got = hierarchical_topology_loss(student, TEACHER, torch.tensor(GROUPS), 5)
    assert float(got) == pytest.approx(0, abs=1e-10)
    assert float(full_topology_loss(STUDENT, TEACHER)) > 0.01


@pytest.mark.parametrize(
    "loss",
    [
        full_topology_loss,
        lambda s, t: hierarchical_topology_loss(s, t, torch.arange(len(s)) % 3, 4),
    ],
    ids=["full", "hierarchical"],
)
@pytest.mark.parametrize("num_zero", [1, 4, 8])
def test_zero_vectors_have_no_direction_and_a_bounded_gradient(loss, num_zero):
    student, teacher = STUDENT.clone(), TEACHER.clone()
    student[:num_zero] = 0
    teacher[0] = 0
    student.requires_grad_()
    value = loss(student, teacher)
    value.backward()
    assert math.isfinite(value.item())
    assert bool(torch.isfinite(student.grad).all())
    assert float(student.grad.abs().max()) < 1e5


def test_a_zero_vector_is_similar_to_nothing():
    got = cosine_similarities(torch.tensor([[0.0, 0.0], [0.0, 2.0]]), torch.tensor([[3.0, 3.0]]))
    torch.testing.assert_close(got, torch.tensor([[0.0], [math.sqrt(0.5)]]))


@pytest.mark.parametrize("num_entities", [0, 1])
def test_without_a_pair_there_is_no_difference(num_entities):
    student, teacher = STUDENT[:num_entities], TEACHER[:num_entities]
    groups = torch.zeros(num_entities, dtype=torch.int64)
    assert float(full_topology_loss(student, teacher)) == 0
    assert float(hierarchical_topology_loss(student, teacher, groups, 3)) == pytest.approx(0)


def test_the_losses_are_means_so_that_the_weight_does_not_depend_on_how_many_are_drawn():
    student, teacher = STUDENT.repeat(50, 1), TEACHER.repeat(50, 1)
    few, many = full_topology_loss(STUDENT, TEACHER), full_topology_loss(student, teacher)
    torch.testing.assert_close(few, many, atol=0, rtol=0.2)  # pairs of equals add zeros: 7 / 8


def test_different_numbers_of_entities_are_refused():
    with pytest.raises(ValueError, match=r"one row per entity.*\(8, 3\) and \(7, 5\)"):
        full_topology_loss(STUDENT, TEACHER[:7])
    with pytest.raises(ValueError, match="one row per entity"):
        hierarchical_topology_loss(STUDENT, TEACHER, torch.zeros(1, dtype=torch.int64), 2)
