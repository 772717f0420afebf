"""The teacher's rows are the same whether they are kept or computed."""

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.teacher_rows import TeacherRows
from rankdistill.histories.contexts import Contexts

NUM_USERS, NUM_ITEMS = 64, 32
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
TABLE_MIB = 4 * NUM_USERS * NUM_ITEMS / 2**20
USERS = Contexts(torch.tensor([5, 0, 63, 5]))


class CountedTeacher(FixedScores):
    """Counts how many users it was asked to score, and how many at once."""

    def __init__(self, rows):
        super().__init__(rows)
        self.asked: list[int] = []

    def score_rows(self, contexts):
        self.asked.append(len(contexts))
        return super().score_rows(contexts)


def rows_of(teacher, cache_mib, user_block=10, made_of=None):
    return TeacherRows(
        DistillationContext(teacher, TRAIN, user_block, seeded_draws()), cache_mib, made_of
    )


@pytest.mark.parametrize("cache_mib", [0.0, TABLE_MIB, 100.0])
@pytest.mark.parametrize("user_block", [1, 10, 1000])
def test_kept_and_computed_rows_are_the_teachers(cache_mib, user_block):
    rows = rows_of(FixedScores(TEACHER), cache_mib, user_block)
    assert torch.equal(rows(USERS), TEACHER[USERS.user_ids])


def test_a_table_that_just_fits_is_made_once_in_blocks_of_users():
    teacher = CountedTeacher(TEACHER)
    rows = rows_of(teacher, TABLE_MIB)
    assert teacher.asked == [10] * 6 + [4]
    rows(USERS)
    assert sum(teacher.asked) == NUM_USERS


@pytest.mark.parametrize("cache_mib", [0.0, 100.0])
def test_what_is_made_of_the_rows_takes_their_place_and_is_kept_where_they_are(cache_mib):
    asked = []

    def shifted(score_rows, contexts):
        asked.extend(contexts.user_ids.tolist())
        return score_rows + contexts.user_ids[:, None]

    rows = rows_of(FixedScores(TEACHER), cache_mib, made_of=shifted)
    assert torch.equal(rows(USERS), TEACHER[USERS.user_ids] + USERS.user_ids[:, None])
    assert asked == (list(range(NUM_USERS)) if cache_mib else USERS.user_ids.tolist())


def test_a_table_that_does_not_fit_is_never_made():
    teacher = CountedTeacher(TEACHER)
    rows = rows_of(teacher, TABLE_MIB * 0.99)
    assert teacher.asked == []
    rows(USERS)
    assert teacher.asked == [4]


@pytest.mark.parametrize("cache_mib", [0.0, 100.0])
def test_rows_carry_no_gradient_and_can_be_changed_in_place(cache_mib):
    rows = rows_of(FixedScores(TEACHER.clone().requires_grad_()), cache_mib)
    got = rows(USERS)
    assert not got.requires_grad
    got.fill_(-torch.inf)
    assert torch.equal(rows(USERS), TEACHER[USERS.user_ids])


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_a_teacher_with_scores_that_are_no_numbers_is_refused(wrong):
    teacher = TEACHER.clone()
    teacher[40, 3] = wrong
    with pytest.raises(FloatingPointError, match="not all finite"):
        rows_of(FixedScores(teacher), 100.0)
