"""Topology distillation as a method of a real student."""

from functools import partial

import pytest
import torch
from tests.distillation.paired_models import (
    BATCHES,
    NUM_ITEMS,
    NUM_USERS,
    PAIRS,
    USERS,
    a_student,
    a_teacher,
    compared,
    context_of,
    prepared,
    view,
)
from tests.from_conf import built_from

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.distillation.interface import Tables
from rankdistill.distillation.routed_experts import reconstruction_loss
from rankdistill.distillation.topology_losses import (
    full_topology_loss,
    hierarchical_topology_loss,
)

a_method = partial(built_from, "distillation/topology")


@pytest.mark.parametrize("batch", BATCHES)
def test_the_full_form_compares_the_batchs_users_and_items_together(batch):
    student, teacher = a_student(), a_teacher()
    got = prepared(a_method(form="full")).loss(view(student, BATCHES[batch]))
    torch.testing.assert_close(got, full_topology_loss(*compared(student, teacher)))


def test_the_full_form_has_nothing_to_learn_and_no_loss_on_a_rotated_teacher():
    student = MatrixFactorization(NUM_USERS, NUM_ITEMS, 6, init_std=0.1)
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(3))).Q
    tables = student.embeddings()
    teacher = Tables(tables.users.detach() @ rotation, tables.items.detach() @ rotation)
    method = prepared(a_method(form="full"), teacher=teacher)
    assert list(method.parameters()) == []
    assert method.loss(view(student)).item() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("batch", BATCHES)
def test_the_hierarchical_form_weighs_topology_and_reconstruction(batch, gamma):
    student, teacher = a_student(), a_teacher()
    method = prepared(a_method(gamma=gamma, num_groups=3))
    drawn = method.experts.draws.drawn.clone()
    got = method.loss(view(student, BATCHES[batch]))

    of_student, of_teacher = compared(student, teacher)
    method.experts.draws.drawn.copy_(drawn)
    rebuilt, groups = method.experts(of_student, of_teacher)
    topology = hierarchical_topology_loss(of_student, of_teacher, groups, 3)
    unit = torch.cat([*teacher]).square().sum(1).mean()
    reconstruction = reconstruction_loss(rebuilt, of_teacher) / unit
    assert len(groups.unique()) > 1
    torch.testing.assert_close(got, gamma * topology + (1 - gamma) * reconstruction)


@pytest.mark.parametrize("form", ["full", "hierarchical"])
@pytest.mark.parametrize("epoch", [0, 7, 50])
@pytest.mark.parametrize("batch", BATCHES)
def test_gradient_reaches_the_batchs_embeddings_and_not_the_teacher(batch, epoch, form):
    student, teacher = a_student(), a_teacher()
    method = prepared(a_method(form=form, num_groups=3), epoch=epoch, teacher=teacher)
    method.loss(view(student, BATCHES[batch])).backward()
    for table, ids in (
        (student.user_embedding, [2, 5, 7]),
        (student.item_embedding, [0, 3, 8, 14]),
    ):
        gradient = table.weight.grad
        assert bool(torch.isfinite(gradient).all())
        assert gradient.abs().sum(1).nonzero().squeeze(1).tolist() == ids
    assert not any(table.requires_grad for table in (*teacher, *method.buffers()))


def test_the_router_learns_from_the_reconstruction_alone():
    for gamma, learns in ((1.0, False), (0.5, True)):
        method = prepared(a_method(gamma=gamma, num_groups=3))
        method.loss(view(a_student())).backward()
        gradient = method.experts.router.grad
        assert bool((gradient != 0).any()) == learns


@pytest.mark.parametrize("form", ["full", "hierarchical"])
def test_pairs_and_whole_users_of_the_same_users_and_items_have_the_same_loss(form):
    losses = [
        prepared(a_method(form=form)).loss(view(a_student(), batch)).item()
        for batch in (USERS, PAIRS)
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("form", ["full", "hierarchical"])
def test_the_same_seed_gives_the_same_losses_and_another_seed_others(form):
    def some(seed):
        method = prepared(a_method(form=form, max_entities=2), seed=seed)
        return [method.loss(view(a_student())).item() for _ in range(3)]

    assert some(1) == some(1)
    assert some(1) != some(2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "flat"}, "form must be one of hierarchical, full, got 'flat'"),
        ({"gamma": 1.5}, r"gamma must lie in \[0, 1\], got 1.5"),
        ({"num_groups": 0}, "num_groups must be at least 1, got 0"),
        ({"anneal_epochs": 0}, "anneal_epochs must be at least 1, got 0"),
        ({"max_entities": 0}, "max_entities must be at least 1, got 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        a_method(**settings)


@pytest.mark.parametrize("form", ["full", "hierarchical"])
def test_a_teacher_without_embeddings_is_not_prepared_for(form):
    with pytest.raises(AssertionError):
        a_method(form=form).prepare(context_of(None))
