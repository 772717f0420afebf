import logging

import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.kept_by_context import KeptByContext
from rankdistill.histories.contexts import Contexts

TRAIN = Interactions.from_pairs(
    torch.tensor([0, 0, 0, 2, 2]), torch.tensor([1, 3, 8, 0, 5]), 3, num_items=9
)
CONTEXTS = Contexts(torch.tensor([0, 2, 0, 2, 0]), torch.tensor([3, 0, 2, 2, 3]))
NUM_CONTEXTS, ROW_BYTES = 3 + 5, 2**17


def kept(cache_mib, asked):
    def make(contexts):
        asked.append(len(contexts))
        return contexts.user_ids * 10 + contexts.ends, contexts.ends[:, None].float()

    context = DistillationContext(None, TRAIN, user_block=2, generator=torch.Generator())
    return KeptByContext(context, make, ROW_BYTES, cache_mib, "ranking")


@pytest.mark.parametrize("cache_mib", [1.0, 0.5])
def test_each_context_has_its_own_rows_in_any_order(cache_mib):
    numbers, ends = kept(cache_mib, [])(CONTEXTS)
    assert numbers.tolist() == [3, 20, 2, 22, 3]
    assert ends.tolist() == [[3.0], [0.0], [2.0], [2.0], [3.0]]


def test_what_fits_is_made_once_in_blocks():
    asked = []
    rows = kept(NUM_CONTEXTS * ROW_BYTES / 2**20, asked)
    first = rows(CONTEXTS[:3])
    assert asked == [2, 1]
    assert torch.equal(rows(CONTEXTS[:3])[0], first[0])
    assert asked == [2, 1]
    rows(CONTEXTS)
    assert sum(asked) == 4


def test_what_does_not_fit_is_made_for_every_batch_and_told_once(caplog):
    caplog.set_level(logging.INFO)
    asked = []
    rows = kept(0.9, asked)
    for _ in range(2):
        rows(CONTEXTS)
    assert asked == [2, 2, 1] * 2
    assert (
        caplog.text.count("What is kept for 8 places in histories takes more than cache_mib") == 1
    )
    assert "distillation.methods.ranking.cache_mib=1 keeps it" in caplog.text
