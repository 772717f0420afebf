import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.kept_by_context import KeptByContext
from rankdistill.histories.contexts import Contexts

TRAIN = Interactions.from_pairs(torch.tensor([0, 0, 0, 2, 2]), torch.tensor([1, 3, 8, 0, 5]), 3, 9)
ALL = Contexts(torch.tensor([0, 0, 0, 0, 1, 2, 2, 2]), torch.tensor([0, 1, 2, 3, 0, 0, 1, 2]))
"""Every place in the histories: a user with n items has n + 1 of them."""
KEPT, MADE_ANEW = 1.0, 1e-6


class Maker:
    """Makes two tensors, and notes for which places."""

    def __init__(self):
        self.asked = []

    def __call__(self, contexts):
        pairs = zip(contexts.user_ids.tolist(), contexts.ends.tolist(), strict=True)
        self.asked.append(list(pairs))
        return torch.stack([contexts.user_ids, contexts.ends], dim=1), contexts.ends.double() / 2


def kept(make, cache_mib=KEPT):
    context = DistillationContext(None, TRAIN, user_block=3, draws=seeded_draws())
    return KeptByContext(context, make, row_bytes=24, cache_mib=cache_mib, method="ranking")


@pytest.mark.parametrize("cache_mib", [KEPT, MADE_ANEW])
def test_every_place_has_its_own_rows_in_any_order(cache_mib):
    find = kept(Maker(), cache_mib)
    order = torch.tensor([5, 0, 3, 3, 7, 4, 1, 2, 6])
    for _ in range(2):
        pairs, halves = find(ALL[order])
        assert torch.equal(pairs, torch.stack([ALL.user_ids, ALL.ends], dim=1)[order])
        assert torch.equal(halves, ALL.ends[order].double() / 2)


def test_all_places_are_made_once_one_user_after_the_other_in_blocks():
    make = Maker()
    find = kept(make)
    assert not make.asked
    find(ALL[5:])
    find(ALL)
    assert [len(block) for block in make.asked] == [3, 3, 2]
    every = list(zip(ALL.user_ids.tolist(), ALL.ends.tolist(), strict=True))
    assert [place for block in make.asked for place in block] == every


def test_beyond_the_bound_every_batch_is_made_anew_and_told_of_once(caplog):
    caplog.set_level("INFO")
    make = Maker()
    find = kept(make, MADE_ANEW)
    find(ALL)
    find(ALL)
    assert sum(map(len, make.asked)) == 2 * len(ALL)
    assert caplog.text.count("distillation.methods.ranking.cache_mib=1 keeps it") == 1
    assert "8 places in histories" in caplog.text


def test_who_never_asks_is_told_nothing_and_keeps_nothing(caplog):
    caplog.set_level("INFO")
    kept(Maker(), MADE_ANEW)
    assert not caplog.text
