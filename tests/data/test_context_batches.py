import pytest
from tests.data.made_histories import HISTORIES, epoch

from rankdistill.data.sequence_batches import SequencePairs, SequenceRows
from rankdistill.data.window_batches import WindowPairs, WindowRows

KINDS = [
    (WindowPairs, {"targets": 2}),
    (WindowRows, {"targets": 2}),
    (SequencePairs, {"length": 10}),
    (SequenceRows, {"length": 10}),
]


def weight(user, item):
    return 1.0 + user + 10 * item


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_an_item_that_is_foretold_counts_as_its_pair_does(kind, settings):
    pairs = [(user, item) for user, items in enumerate(HISTORIES) for item in items]
    mean = sum(weight(*pair) for pair in pairs) / len(pairs)
    for batch in epoch(kind, weigh=weight, **settings):
        rows = getattr(batch, "positive_rows", slice(None))
        users = batch.contexts.user_ids[rows].tolist()
        expected = [
            weight(user, item) / mean
            for user, item in zip(users, batch.positive_items.tolist(), strict=True)
        ]
        assert batch.weights.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_without_weights_all_count_alike(kind, settings):
    assert all(batch.weights is None for batch in epoch(kind, **settings))
