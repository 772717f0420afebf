import numpy as np

from rankdistill.serving.reasons import main_parts


def positions(parts, limit):
    return [rows.tolist() for rows in main_parts(np.array(parts, np.float32), limit)]


def test_the_largest_parts_of_each_score_come_first():
    assert positions([[1, 9], [3, 8], [2, 7]], 2) == [[1, 2], [0, 1]]


def test_of_equal_parts_the_first_item_comes_first():
    assert positions([[1], [2], [2], [1]], 3) == [[1, 2, 0]]


def test_what_adds_nothing_or_takes_away_is_no_reason():
    assert positions([[0, -1], [-2, 3]], 2) == [[], [1]]


def test_a_short_history_has_fewer_reasons_than_may_be_told():
    assert positions([[5]], 4) == [[0]]
