import math

import pytest
import torch
from hypothesis import given, settings
from tests.metrics.slow_reference import reference_hits, reference_metrics
from tests.metrics.test_hits import blocks, flat

from rankdistill.metrics import whole_list
from rankdistill.metrics.functional import average_precision
from rankdistill.metrics.hits import rank_hits
from rankdistill.metrics.whole_list import (
    count_at_least,
    count_not_below,
    whole_list_average_precision,
)


def ints(*values):
    return torch.tensor(values)


def average_precisions(scores, held_out):
    counts = torch.tensor([len(items) for items in held_out])
    return whole_list_average_precision(torch.tensor(scores), *flat(held_out), counts)


def test_a_value_worked_by_hand():
    # ranks 1 and 4 of five: (1 / 1 + 2 / 4) / 2
    scores = [[0.1, 0.9, 0.5, 0.4, 0.2]]
    assert average_precisions(scores, [{1, 4}]).tolist() == [0.75]


def test_a_constant_scorer_has_its_held_out_items_at_the_end():
    # ranks 3 and 4 of four: (1 / 3 + 2 / 4) / 2; without a held-out item the value is 0
    found = average_precisions([[1.0] * 4, [1.0] * 4], [{0, 1}, set()])
    torch.testing.assert_close(found, torch.tensor([5 / 12, 0.0]))


def test_masked_items_take_no_rank():
    assert average_precisions([[-math.inf, 0.5, -math.inf, 1.0]], [{1}]).tolist() == [0.5]


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_it_is_what_an_explicit_sort_gives(block):
    scores, held_out, _ = block
    marks = reference_hits(scores, held_out, len(scores[0]))
    expected = [
        reference_metrics(row, len(items), len(row))["map"] if items else 0.0
        for row, items in zip(marks, held_out, strict=True)
    ]
    found = average_precisions(scores, held_out)
    torch.testing.assert_close(found, torch.tensor(expected))


@pytest.mark.parametrize("cells", [1, 1000, 2**24])
def test_it_is_the_average_precision_cut_behind_the_last_item_however_much_is_compared_at_once(
    cells, monkeypatch
):
    monkeypatch.setattr(whole_list, "_CELLS_AT_ONCE", cells)
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(7, 50, generator=generator)
    rows, items = (torch.rand(7, 50, generator=generator) < 0.1).nonzero(as_tuple=True)
    counts = torch.bincount(rows, minlength=7)
    hits = rank_hits(scores, rows, items, 50)
    expected = average_precision(hits, counts, [50])[:, 0]
    found = whole_list_average_precision(scores, rows, items, counts)
    torch.testing.assert_close(found, expected)


def test_ties_count_against_the_model_and_held_out_items_are_no_candidates():
    scores = torch.tensor([[1.0, 3.0, 1.0, -math.inf, 0.0], [2.0, 2.0, 2.0, 2.0, 5.0]])
    found = count_not_below(scores, ints(0, 0, 1), ints(0, 1, 4))
    assert found.tolist() == [1, 0, 0]
    assert count_not_below(scores, ints(1), ints(0)).tolist() == [4]


def test_counting_in_parts_changes_nothing(monkeypatch):
    generator = torch.Generator().manual_seed(2)
    scores = torch.randint(0, 9, (20, 50), generator=generator).float()
    rows, items = torch.arange(20).repeat_interleave(2), torch.arange(40)
    whole = count_not_below(scores, rows, items)
    monkeypatch.setattr("rankdistill.metrics.whole_list._CELLS_AT_ONCE", 1)
    assert count_not_below(scores, rows, items).tolist() == whole.tolist()


def test_the_scores_are_left_as_they_are():
    scores = torch.rand(3, 4)
    before = scores.clone()
    count_not_below(scores, ints(0, 2), ints(1, 1))
    assert torch.equal(scores, before)


def test_one_item_in_every_row_is_counted_as_among_several_rows():
    generator = torch.Generator().manual_seed(3)
    scores = torch.randint(0, 9, (20, 50), generator=generator).float()
    scores[:, ::7] = -math.inf
    rows, items = torch.arange(20), torch.arange(1, 21)
    items[items % 7 == 0] += 1
    apart = [int(count_not_below(scores, rows[i : i + 1], items[i : i + 1])) for i in range(20)]
    assert count_not_below(scores, rows, items).tolist() == apart


def test_scores_are_counted_from_the_bound_of_their_row_up():
    scores = torch.tensor([[1.0, 2.0, 3.0, -math.inf], [1.0, 2.0, 3.0, 4.0]])
    assert count_at_least(scores, torch.tensor([2.0, 5.0])).tolist() == [2, 0]
