import numpy as np
import pytest

from rankdistill.cascade.evaluation.needed_cut import needed_cut

KEPT = [10, 20, 40]


def test_between_two_measured_cuts_the_curve_is_straight():
    # 90% of .5 is .45, half way from .40 at 20 to .50 at 40.
    assert needed_cut(np.array([0.1, 0.4, 0.5]), KEPT, 0.5, 0.9) == pytest.approx(30)


def test_a_measured_cut_that_keeps_the_share_exactly_is_the_needed_one():
    assert needed_cut(np.array([0.1, 0.45, 0.5]), KEPT, 0.5, 0.9) == pytest.approx(20)


def test_where_the_smallest_cut_keeps_it_nothing_smaller_is_claimed():
    assert needed_cut(np.array([0.46, 0.47, 0.5]), KEPT, 0.5, 0.9) == 10


def test_where_the_largest_cut_does_not_keep_it_there_is_none():
    assert needed_cut(np.array([0.1, 0.2, 0.44]), KEPT, 0.5, 0.9) is None


def test_a_curve_that_falls_below_again_counts_from_where_it_stays_above():
    # Above at 10, below at 20 (.40), above at 40 (.50): the last crossing is at 30.
    assert needed_cut(np.array([0.48, 0.4, 0.5]), KEPT, 0.5, 0.9) == pytest.approx(30)
    assert needed_cut(np.array([0.48, 0.5, 0.4]), KEPT, 0.5, 0.9) is None


def test_all_of_the_quality_is_kept_where_only_rounding_sets_the_two_apart():
    alone = 0.1 + 0.2
    assert needed_cut(np.array([0.1, 0.2, 0.3]), KEPT, alone, 1.0) == pytest.approx(40)


def test_of_a_final_ranker_without_any_hit_no_share_can_be_kept():
    assert needed_cut(np.zeros(3), KEPT, 0.0, 0.99) is None


@pytest.mark.parametrize(
    ("ndcg_after", "kept", "alone", "share", "message"),
    [
        ([0.1, 0.2], KEPT, 0.5, 0.9, "vectors of one length"),
        ([], [], 0.5, 0.9, "vectors of one length"),
        ([0.1, 0.2, 0.3], [10, 40, 20], 0.5, 0.9, "must ascend"),
        ([0.1, 0.2, 0.3], [0, 20, 40], 0.5, 0.9, "must ascend from at least 1"),
        ([0.1, 0.2, 0.3], KEPT, 0.5, 1.5, "share must be in"),
        ([0.1, np.nan, 0.3], KEPT, 0.5, 0.9, "finite"),
        ([0.1, 0.2, 0.3], KEPT, np.nan, 0.9, "finite"),
    ],
)
def test_what_makes_no_curve_is_refused(ndcg_after, kept, alone, share, message):
    with pytest.raises(ValueError, match=message):
        needed_cut(np.array(ndcg_after), kept, alone, share)
