import pytest
import torch
from tests.metrics.test_hits import flat

from rankdistill.metrics.measuring import measure_users, metric_keys

SCORES = torch.tensor([[0.1, 0.9, 0.5, 0.4, 0.2], [1.0, 2.0, 3.0, 4.0, 5.0]])
HELD_OUT = [{1, 4}, {0}]
COUNTS = torch.tensor([2, 1])


def measured(names, top_k, **settings):
    return measure_users(SCORES, *flat(HELD_OUT), COUNTS, names, top_k, **settings)


@pytest.mark.parametrize("names", [["recall", "map@all", "ndcg"], ["map@all"], ["mrr"]])
def test_the_values_have_the_keys_that_are_announced(names):
    assert list(measured(names, [1, 3])) == metric_keys(names, [1, 3])


def test_the_whole_list_stands_beside_the_cut_ones():
    # User 0 finds ranks 1 and 4 of five, user 1 the last.
    found = measured(["recall", "map@all"], [1])
    assert found["recall@1"].tolist() == [0.5, 0]
    assert found["map@all"].tolist() == pytest.approx([0.75, 0.2])


def test_among_sampled_items_each_held_out_item_is_ranked_alone():
    # Of user 0 item 4 has two of three others above it, item 1 none; of user 1 all are above.
    found = measured(["hit_rate"], [1], sampled_negatives=1)
    assert found["hit_rate@1"].tolist() == pytest.approx([(1 / 3 + 1) / 2, 0])


def test_the_whole_list_among_sampled_items_is_refused():
    with pytest.raises(ValueError, match="map@all ranks all items"):
        measured(["map@all"], [1], sampled_negatives=1)


@pytest.mark.parametrize(
    ("names", "top_k", "message"),
    [
        (["mapp"], [5], "choose from"),
        ([], [5], "empty"),
        (["map"], [], "empty"),
        (["map"], [0], "at least 1"),
    ],
)
def test_names_that_mean_nothing_are_refused(names, top_k, message):
    with pytest.raises(ValueError, match=message):
        metric_keys(names, top_k)
