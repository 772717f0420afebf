"""Personalised hints against a slow reference, and as a method of a real student."""

from functools import partial

import pytest
import torch
from tests.distillation.helpers import some_interactions
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

from rankdistill.distillation.interface import Tables
from rankdistill.distillation.personalised_hints import PersonalMap, enriched
from rankdistill.histories.contexts import Contexts

hints = partial(built_from, "distillation/personalised_hints")


def slow_map(own_map: PersonalMap, student: list[float], read: torch.Tensor) -> torch.Tensor:
    """W(x) e of one embedding, with W built whole."""
    hidden = (read @ own_map.hidden_weight + own_map.hidden_bias).relu()
    matrix = own_map.matrices[0].clone()
    for value, of_hidden in zip(hidden.tolist(), own_map.matrices[1:], strict=True):
        matrix += value * of_hidden
    return torch.tensor(student) @ matrix


@pytest.mark.parametrize("neighbours", [True, False])
@pytest.mark.parametrize("batch", BATCHES)
@torch.no_grad()
def test_the_loss_equals_the_slow_reference(batch, neighbours):
    teacher, student = a_teacher(), a_student()
    method = prepared(hints(hidden_dim=3, neighbours=neighbours))
    got = method.loss(view(student, BATCHES[batch]))
    read = enriched(teacher, some_interactions(NUM_USERS, NUM_ITEMS)) if neighbours else teacher
    own, wanted = compared(student, teacher)
    maps = [(method.of_users, read.users[u]) for u in (2, 5, 7)]
    maps += [(method.of_items, read.items[i]) for i in (0, 3, 8, 14)]
    distances = [
        (slow_map(own_map, embedding, x) - target).square().sum().item()
        for (own_map, x), embedding, target in zip(maps, own.tolist(), wanted, strict=True)
    ]
    unit = torch.cat([*teacher]).square().sum(1).mean().item()
    assert got.item() == pytest.approx(sum(distances) / 7 / unit, rel=1e-5)


def test_an_embedding_is_averaged_with_the_mean_of_its_neighbours():
    train, tables = some_interactions(NUM_USERS, NUM_ITEMS), a_teacher()
    found = enriched(tables, train)
    for user in range(NUM_USERS):
        items = train.item_ids[train.user_ids == user]
        mean = tables.items[items].mean(0) if len(items) else tables.users[user]
        torch.testing.assert_close(found.users[user], (tables.users[user] + mean) / 2)
    for item in range(NUM_ITEMS):
        users = train.user_ids[train.item_ids == item]
        mean = tables.users[users].mean(0) if len(users) else tables.items[item]
        torch.testing.assert_close(found.items[item], (tables.items[item] + mean) / 2)


def test_maps_that_are_all_zero_score_one_whatever_the_teachers_scale():
    for scale in (0.01, 100.0):
        teacher = Tables(*(scale * table for table in a_teacher()))
        method = prepared(hints(), teacher=teacher)
        for own_map in (method.of_users, method.of_items):
            torch.nn.init.zeros_(own_map.matrices)
        whole = USERS._replace(contexts=Contexts(torch.arange(9)), positive_items=torch.arange(15))
        assert method.loss(view(a_student(), whole)).item() == pytest.approx(1.0)


@pytest.mark.parametrize("batch", BATCHES)
def test_gradient_reaches_the_batchs_embeddings_and_not_the_teacher(batch):
    student, teacher = a_student(), a_teacher()
    method = prepared(hints(), teacher=teacher)
    method.loss(view(student, BATCHES[batch])).backward()
    for table, ids in (
        (student.user_embedding, [2, 5, 7]),
        (student.item_embedding, [0, 3, 8, 14]),
    ):
        assert table.weight.grad.abs().sum(1).nonzero().squeeze(1).tolist() == ids
    assert all(bool(weight.grad.abs().any()) for weight in method.parameters())
    assert not any(table.requires_grad for table in [*teacher, *method.buffers()])


def test_pairs_and_whole_users_of_the_same_users_and_items_have_the_same_loss():
    losses = [prepared(hints()).loss(view(a_student(), batch)).item() for batch in (USERS, PAIRS)]
    assert losses[0] == losses[1]


def test_the_same_seed_gives_the_same_losses_and_another_seed_others():
    def some(seed):
        method = prepared(hints(max_entities=2), seed=seed)
        return [method.loss(view(a_student())).item() for _ in range(3)]

    assert some(1) == some(1)
    assert some(1) != some(2)


@pytest.mark.parametrize("setting", ["hidden_dim", "max_entities"])
def test_settings_that_mean_nothing_are_refused_by_name(setting):
    with pytest.raises(ValueError, match=f"{setting} must be at least 1, got 0"):
        hints(**{setting: 0})


def test_a_teacher_without_embeddings_is_not_prepared_for():
    with pytest.raises(AssertionError):
        hints().prepare(context_of(None))
