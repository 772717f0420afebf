import numpy as np
import pytest

from rankdistill.serving.top_items import top_items

HIDDEN = -np.inf


@pytest.mark.parametrize(
    ("scores", "limit", "expected"),
    [
        ([1, 3, 2], 2, [1, 2]),
        ([1, 3, 2], 3, [1, 2, 0]),
        ([1, 3, 2], 9, [1, 2, 0]),
        ([2, 1, 2, 2], 2, [0, 2]),
        ([5, 5, 5, 5], 3, [0, 1, 2]),
        ([HIDDEN, 1, HIDDEN, 2], 3, [3, 1]),
        ([HIDDEN, HIDDEN], 1, []),
    ],
)
def test_the_best_come_first_equals_in_order_and_hidden_items_never(scores, limit, expected):
    assert top_items(np.array(scores, np.float32), limit).tolist() == expected


def test_what_is_found_are_the_first_of_a_stable_sort_whatever_the_ties():
    random = np.random.default_rng(0)
    for _ in range(200):
        scores = random.integers(0, 6, 30).astype(np.float32)
        limit = int(random.integers(1, 31))
        expected = np.argsort(-scores, kind="stable")[:limit]
        assert top_items(scores, limit).tolist() == expected.tolist()
