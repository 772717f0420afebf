import pytest
import torch
from torch import nn

from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts


class Learning(nn.Module):
    """A teacher whose scores would pass a gradient on."""

    def __init__(self, rows):
        super().__init__()
        self.rows = nn.Parameter(torch.tensor(rows))

    def score_rows(self, contexts):
        return 2 * self.rows[contexts.user_ids]


def test_scores_come_for_the_asked_users_and_without_gradient():
    teacher = Learning([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    scores = finite_scores(teacher.score_rows, Contexts(torch.tensor([2, 0])))
    assert scores.tolist() == [[10, 12], [2, 4]]
    assert not scores.requires_grad


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_one_score_that_is_not_finite_is_refused(score):
    teacher = Learning([[1.0, 2.0], [3.0, score]])
    assert finite_scores(teacher.score_rows, Contexts(torch.tensor([0]))).tolist() == [[2, 4]]
    with pytest.raises(FloatingPointError, match="not all finite; train it again"):
        finite_scores(teacher.score_rows, Contexts(torch.tensor([0, 1])))


def test_infinities_that_cancel_out_in_a_sum_are_found_too():
    teacher = Learning([[float("inf"), -float("inf")]])
    with pytest.raises(FloatingPointError, match="not all finite"):
        finite_scores(teacher.score_rows, Contexts(torch.tensor([0])))
