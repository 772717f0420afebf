import pytest
import torch
from tests.draws.made_draws import seeded_draws
from torch import nn

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.context_lists import ContextLists
from rankdistill.distillation.interface import DistillationContext
from rankdistill.histories.contexts import Contexts

NUM_ITEMS, TOP_K = 9, 4
TRAIN = Interactions.from_pairs(
    torch.tensor([0, 0, 0, 2, 2]), torch.tensor([1, 3, 8, 0, 5]), 3, NUM_ITEMS
)
CONTEXTS = Contexts(torch.tensor([0, 2, 0, 2, 0]), torch.tensor([1, 1, 2, 2, 1]))


class TeacherOfContexts(nn.Module):
    """Scores drawn for each user and end; it counts the contexts that it is asked for."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.scores = torch.randn(3, 4, NUM_ITEMS, generator=generator)
        self.asked = 0

    def score_rows(self, contexts):
        self.asked += len(contexts)
        return self.scores[contexts.user_ids, contexts.ends].clone()


def lists(teacher, exclude_seen=False, cache_mib=1.0):
    context = DistillationContext(teacher, TRAIN, user_block=2, draws=seeded_draws())
    return ContextLists(context, TOP_K, exclude_seen, cache_mib, "ranking")


@pytest.mark.parametrize("cache_mib", [1.0, 1e-6])
def test_each_context_has_the_teachers_best_items(cache_mib):
    teacher = TeacherOfContexts()
    made = lists(teacher, cache_mib=cache_mib)
    wanted = teacher.score_rows(CONTEXTS).topk(TOP_K).indices
    for _ in range(2):
        assert torch.equal(made(CONTEXTS), wanted)


def test_what_a_user_has_had_and_has_next_is_left_out():
    teacher = TeacherOfContexts()
    scores = teacher.score_rows(CONTEXTS)
    for row, user in enumerate(CONTEXTS.user_ids):
        scores[row, TRAIN.item_ids[TRAIN.user_ids == user]] = -torch.inf
    found = lists(teacher, exclude_seen=True)(CONTEXTS)
    assert torch.equal(found, scores.topk(TOP_K).indices)


def test_the_teacher_is_asked_for_a_context_once_where_memory_allows():
    teacher = TeacherOfContexts()
    made = lists(teacher)
    assert teacher.asked == 0
    made(CONTEXTS)
    made(CONTEXTS)
    assert teacher.asked == TRAIN.num_interactions + TRAIN.num_users


def test_beyond_the_bound_the_teacher_is_asked_anew_and_the_setting_is_told(caplog):
    caplog.set_level("INFO")
    teacher = TeacherOfContexts()
    made = lists(teacher, cache_mib=1e-6)
    made(CONTEXTS)
    made(CONTEXTS)
    assert caplog.text.count("distillation.methods.ranking.cache_mib=1 keeps it") == 1
    assert teacher.asked == 2 * len(CONTEXTS)
