"""Distillation Experts against a slow reference, and as a method of a real student."""

import copy
import math
from functools import partial

import pytest
import torch
from tests.distillation.paired_models import (
    BATCHES,
    PAIRS,
    STUDENT_DIM,
    USERS,
    a_student,
    a_teacher,
    compared,
    context_of,
    prepared,
    view,
)
from tests.from_conf import built_from

from rankdistill.distillation.gumbel import gumbel_noise
from rankdistill.histories.contexts import Contexts

experts = partial(built_from, "distillation/experts")


def slow_squared_distance(experts, noise, temperature, student, teacher):
    """|| e_t - sum_m z_m E_m(e_s) ||^2 of one user or item, number by number."""
    router = experts.router.tolist()
    logits = [sum(w * x for w, x in zip(row, teacher, strict=True)) for row in router]
    raw = [math.exp((a + g) / temperature) for a, g in zip(logits, noise, strict=True)]
    rebuilt = [0.0] * len(teacher)
    for m, value in enumerate(raw):
        hidden = [
            max(0.0, bias + sum(x * w for x, w in zip(student, weights, strict=True)))
            for weights, bias in zip(
                experts.hidden_weight[m].t().tolist(), experts.hidden_bias[m].tolist(), strict=True
            )
        ]
        for j, bias in enumerate(experts.output_bias[m].tolist()):
            column = experts.output_weight[m, :, j].tolist()
            output = bias + sum(h * w for h, w in zip(hidden, column, strict=True))
            rebuilt[j] += value / sum(raw) * output
    return sum((t - r) ** 2 for t, r in zip(teacher, rebuilt, strict=True))


@pytest.mark.parametrize("batch", BATCHES)
def test_the_loss_equals_the_slow_reference(batch):
    teacher, student = a_teacher(), a_student()
    method = prepared(experts(num_experts=3, anneal_epochs=50), epoch=1)
    noise_source = copy.deepcopy(method.of_users.draws)
    noise = [gumbel_noise(torch.Size([n, 3]), noise_source).tolist() for n in (3, 4)]
    got = method.loss(view(student, BATCHES[batch]))

    rows = zip(*(table.tolist() for table in compared(student, teacher)), strict=True)
    sides = [(method.of_users, 0, n) for n in range(3)] + [
        (method.of_items, 1, n) for n in range(4)
    ]
    distances = [
        slow_squared_distance(experts, noise[side][n], 10**-0.2, *pair)
        for (experts, side, n), pair in zip(sides, rows, strict=True)
    ]
    everything = [*teacher.users.tolist(), *teacher.items.tolist()]
    unit = sum(x * x for row in everything for x in row) / len(everything)
    assert got.item() == pytest.approx(sum(distances) / 7 / unit, rel=1e-5)


def test_reconstructions_that_are_all_zero_score_one_whatever_the_teachers_scale():
    for scale in (0.01, 1.0, 100.0):
        teacher = a_teacher()._replace(
            users=scale * a_teacher().users, items=scale * a_teacher().items
        )
        method = prepared(experts(), teacher=teacher)
        for side in (method.of_users, method.of_items):
            for weights in (side.output_weight, side.output_bias):
                torch.nn.init.zeros_(weights)
        whole = USERS._replace(contexts=Contexts(torch.arange(9)), positive_items=torch.arange(15))
        assert method.loss(view(a_student(), whole)).item() == pytest.approx(1.0)


@pytest.mark.parametrize("epoch", [0, 7, 50])
@pytest.mark.parametrize("batch", BATCHES)
def test_gradient_reaches_the_batchs_embeddings_and_not_the_teacher(batch, epoch):
    student, teacher = a_student(), a_teacher()
    method = prepared(experts(num_experts=3), epoch=epoch, teacher=teacher)
    method.loss(view(student, BATCHES[batch])).backward()
    for table, ids in (
        (student.user_embedding, [2, 5, 7]),
        (student.item_embedding, [0, 3, 8, 14]),
    ):
        gradient = table.weight.grad
        assert bool(torch.isfinite(gradient).all())
        assert gradient.abs().sum(1).nonzero().squeeze(1).tolist() == ids
    assert not any(table.requires_grad for table in teacher)
    assert not any(table.requires_grad for table in method.buffers())


def test_pairs_and_whole_users_of_the_same_users_and_items_have_the_same_loss():
    losses = [prepared(experts()).loss(view(a_student(), batch)).item() for batch in (USERS, PAIRS)]
    assert losses[0] == losses[1]


def test_users_and_items_have_experts_of_their_own():
    method = prepared(experts(num_experts=3))
    assert not torch.equal(method.of_users.router, method.of_items.router)
    method.of_items.requires_grad_(False)
    method.loss(view(a_student())).backward()
    assert all(weight.grad is not None for weight in method.of_users.parameters())


def test_the_experts_are_parameters_before_an_optimiser_is_made():
    method = prepared(experts(num_experts=3))
    assert len(list(method.parameters())) == 10
    assert method.of_users.hidden_weight.shape[:2] == (3, STUDENT_DIM)


def test_the_same_seed_gives_the_same_losses_and_another_seed_others():
    def some(seed):
        method = prepared(experts(max_entities=2), seed=seed)
        return [method.loss(view(a_student())).item() for _ in range(3)]

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_every_epoch_sets_the_temperature_of_both_sides():
    method = prepared(experts(anneal_epochs=10), epoch=5)
    for side in (method.of_users, method.of_items):
        assert side.temperature == pytest.approx(1e-5)


def test_a_second_fit_starts_anew():
    method = prepared(experts(anneal_epochs=1), epoch=1)
    first = method.of_users
    prepared(method, epoch=0)
    assert method.of_users is not first
    assert method.of_users.temperature == 1.0


@pytest.mark.parametrize("setting", ["num_experts", "anneal_epochs", "max_entities"])
def test_settings_that_mean_nothing_are_refused_by_name(setting):
    with pytest.raises(ValueError, match=f"{setting} must be at least 1, got 0"):
        experts(**{setting: 0})


def test_a_teacher_without_embeddings_is_not_prepared_for():
    with pytest.raises(AssertionError):
        experts().prepare(context_of(None))
