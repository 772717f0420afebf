import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import with_log

from rankdistill.cascade.data.further_candidates import draw_further, with_further


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(seed=2))


def draw(data, number, **settings):
    generator = torch.Generator().manual_seed(0)
    shown = data.shown["train"]
    return draw_further(data.requests, data.catalogue, shown, number, generator, **settings)


@pytest.mark.parametrize("number", [1, 4, 100])
@pytest.mark.parametrize("request_block", [3, 512])
def test_as_many_other_candidates_are_drawn_as_there_are(data, number, request_block):
    further, shown = draw(data, number, request_block=request_block), data.shown["train"]
    assert (further.request_ids.diff() >= 0).all()
    for request in shown.request_ids.unique():
        (can_be,) = data.catalogue.candidates(data.requests, request[None])
        left = set(can_be.nonzero()[:, 0].tolist())
        left -= set(shown.item_ids[shown.request_ids == request].tolist())
        drawn = further.item_ids[further.request_ids == request].tolist()
        assert len(drawn) == len(set(drawn)) == min(number, len(left))
        assert set(drawn) <= left


def test_what_was_shown_stays_and_what_nobody_saw_has_no_user_label(data):
    examples, further = with_log(data.examples["train"], share=0.5), draw(data, 4)
    probabilities = torch.rand(len(further), 3, generator=torch.Generator().manual_seed(1))
    merged = with_further(examples, further, probabilities)
    seen = merged.label_weights > 0
    assert (merged.request_ids.diff() >= 0).all()
    for name in ("request_ids", "item_ids", "labels", "teacher_weights", "candidates"):
        assert torch.equal(getattr(merged, name)[seen], getattr(examples, name)), name
    torch.testing.assert_close(merged.teacher[seen], examples.teacher, equal_nan=True)
    assert torch.equal(merged.item_ids[~seen], further.item_ids)
    assert torch.equal(merged.teacher[~seen], probabilities)
    assert merged.teacher_weights[~seen].eq(1).all()
    counts = data.catalogue.num_candidates(data.requests, merged.request_ids)
    assert torch.equal(merged.candidates, counts.float())
