import pytest
import torch
from tests.distillation.paired_models import (
    BATCHES,
    NUM_ITEMS,
    NUM_USERS,
    a_student,
    a_teacher,
    compared,
    context_of,
    view,
)
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.drawn_entities import DrawnEntities, draw_distinct
from rankdistill.distillation.interface import Tables


def drawn_from(batch, max_entities, teacher, student, seed=0):
    entities = DrawnEntities(max_entities)
    entities.prepare(context_of(teacher, seed))
    return entities(view(student, BATCHES[batch]))


@pytest.mark.parametrize("batch", BATCHES)
def test_a_small_batch_is_compared_whole_each_user_and_item_once(batch):
    teacher, student = a_teacher(), a_student()
    users, items = drawn_from(batch, 100, teacher, student)
    expected_student, expected_teacher = compared(student, teacher)
    torch.testing.assert_close(torch.cat([users.student, items.student]), expected_student)
    torch.testing.assert_close(torch.cat([users.teacher, items.teacher]), expected_teacher)


@pytest.mark.parametrize("batch", BATCHES)
def test_rows_of_both_models_belong_to_one_user_or_item(batch):
    teacher = Tables(
        torch.arange(float(NUM_USERS))[:, None], 100 + torch.arange(float(NUM_ITEMS))[:, None]
    )
    student = a_student()
    with torch.no_grad():
        student.user_embedding.weight.copy_(-teacher.users.expand(-1, 2))
        student.item_embedding.weight.copy_(-teacher.items.expand(-1, 2))
    for seed in range(5):
        for drawn in drawn_from(batch, 2, teacher, student, seed):
            assert drawn.student[:, :1].tolist() == (-drawn.teacher).tolist()
            assert len(drawn.teacher.unique()) == 2


def test_a_draw_takes_distinct_ids_without_regard_to_repeats():
    draws = seeded_draws()
    ids = torch.tensor([4] * 500 + [1, 2, 8])
    counts = torch.zeros(9)
    for _ in range(2000):
        drawn = draw_distinct(ids, 2, draws)
        assert len(drawn.unique()) == 2
        counts[drawn] += 1
    torch.testing.assert_close(counts[[1, 2, 4, 8]], torch.full((4,), 1000.0), atol=80, rtol=0)


def test_the_draw_repeats_with_its_seed_and_changes_from_batch_to_batch():
    def some(seed):
        draws = seeded_draws(seed)
        return [draw_distinct(torch.arange(50), 5, draws).tolist() for _ in range(2)]

    assert some(1) == some(1)
    assert some(1)[0] != some(1)[1]


def test_the_mean_squared_length_is_over_users_and_items_alike():
    teacher = Tables(torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    entities = DrawnEntities(1)
    entities.prepare(context_of(teacher))
    assert float(entities.mean_squared_length) == pytest.approx((25 + 1 + 4) / 3)


def test_what_is_kept_of_the_teacher_is_not_part_of_a_checkpoint():
    entities = DrawnEntities(1)
    entities.prepare(context_of(a_teacher()))
    assert entities.state_dict() == {}


def test_comparing_nothing_is_refused():
    with pytest.raises(ValueError, match="max_entities must be at least 1, got 0"):
        DrawnEntities(0)


def test_a_teacher_without_embeddings_is_a_fault_of_the_program():
    with pytest.raises(AssertionError, match="teacher without embeddings"):
        DrawnEntities(1).prepare(context_of(None))
