"""What interactions are like, in numbers worked by hand."""

import pytest
import torch

from rankdistill.data.inspection import density, report_splits, share_at_one_time, time_span
from rankdistill.data.interactions import Interactions
from rankdistill.data.splits import LeaveLastOut, TemporalSplit


def of_rows(rows):
    users, items, times = map(torch.tensor, zip(*rows, strict=True))
    return Interactions.from_pairs(
        users, items, int(users.max()) + 1, int(items.max()) + 1, timestamps=times
    )


ROWS = [(0, 0, 1), (0, 1, 1), (0, 2, 3), (1, 0, 3), (1, 2, 9), (1, 3, 10)]


def test_density_is_the_share_of_all_pairs():
    assert density(of_rows(ROWS)) == 6 / 8


def test_pairs_at_one_time_with_another_of_their_user_are_counted():
    assert share_at_one_time(of_rows(ROWS)) == pytest.approx(2 / 6)
    assert share_at_one_time(of_rows([(0, 0, 1), (1, 0, 1)])) == 0


@pytest.mark.parametrize(
    ("times", "span"),
    [
        ((1, 5), ("1", "5")),
        ((0, 2_000_000_000), ("0", "2033-05-18 03:33:20")),
        ((1_700_000_000, 1_700_000_060), ("2023-11-14 22:13:20", "2023-11-14 22:14:20")),
        ((1_700_000_000_000, 1_700_000_060_000), ("2023-11-14 22:13:20", "2023-11-14 22:14:20")),
        ((0.25, 0.5), ("0.25", "0.5")),
    ],
)
def test_times_that_can_be_dates_are_shown_as_dates(times, span):
    assert time_span(of_rows([(0, item, time) for item, time in enumerate(times)])) == span


def test_a_report_says_what_a_split_leaves_unknown_or_why_it_cannot_be_made():
    interactions = of_rows(ROWS)
    reports = report_splits(
        interactions,
        {
            "last": LeaveLastOut(1, 1, ties="random"),
            "late": TemporalSplit(0.2, 0.3, ties="random"),
            "all": LeaveLastOut(5, 5, ties="random"),
        },
        seed=0,
    )
    assert (reports["last"].test_users, reports["last"].unknown_users) == (2, 0)
    assert reports["last"].unknown_items == 1  # items 2 and 3
    assert reports["late"].test_users == 1
    assert reports["all"].fault is not None
    assert "leaves the validation part" in reports["all"].fault
