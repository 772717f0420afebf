"""Every job of a stack is taught by its own teacher."""

import pytest
import torch
from tests.distillation.helpers import FixedScores

from rankdistill.histories.contexts import Contexts
from rankdistill.stacks.stacked_teachers import StackedTeachers

USERS, ITEMS = 3, 2


class Counting(FixedScores):
    """Counts how often it is asked."""

    def __init__(self, first):
        super().__init__(first + torch.arange(USERS * ITEMS).view(USERS, ITEMS).float())
        self.asked = 0

    def score_rows(self, contexts):
        self.asked += 1
        return super().score_rows(contexts)


def test_rows_are_scored_by_the_teacher_of_the_users_job():
    ten, twenty = Counting(10), Counting(20)
    stacked = StackedTeachers([twenty, ten, twenty], USERS)
    rows = stacked.score_rows(Contexts(torch.tensor([8, 3, 0, 4])))
    assert rows.tolist() == [[24, 25], [10, 11], [20, 21], [12, 13]]


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_teacher_that_jobs_share_is_asked_once(jobs):
    teacher = Counting(0)
    users = torch.arange(jobs * USERS)
    rows = StackedTeachers([teacher] * jobs, USERS).score_rows(Contexts(users))
    assert teacher.asked == 1
    assert torch.equal(rows, teacher.rows.repeat(jobs, 1))


def test_a_teacher_whose_users_are_not_there_is_not_asked():
    idle = Counting(0)
    StackedTeachers([Counting(1), idle], USERS).score_rows(Contexts(torch.tensor([2])))
    assert idle.asked == 0
