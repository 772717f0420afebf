import dataclasses
from itertools import groupby

import pytest
import torch
from tests.cascade.made_ratings import HOUR, interactions_of, parts_of, random_rows

from rankdistill.cascade.data.requests import cut_requests
from rankdistill.data.parting import TEST, TRAIN, VALIDATION


def cut(parts, page=3, visit_gap=6.0):
    return cut_requests(parts, page, visit_gap)


def pages(requests):
    """(user, part, time, items of the history, items of the page) of every request."""
    return [
        (
            int(requests.user_ids[r]),
            int(requests.parts[r]),
            int(requests.times[r]),
            requests.item_ids[requests.history_starts[r] : requests.starts[r]].tolist(),
            requests.item_ids[requests.starts[r] : requests.starts[r + 1]].tolist(),
        )
        for r in range(len(requests))
    ]


def slow_pages(parts, page, visit_gap):
    """The same, second by second of each user."""
    rows = sorted(
        (user, second, number, item)
        for number, part in enumerate(parts)
        for user, item, second in zip(
            part.user_ids.tolist(), part.item_ids.tolist(), part.timestamps.tolist(), strict=True
        )
    )
    found = []
    for user, of_user in groupby(rows, key=lambda row: row[0]):
        history, last = [], None
        begun, part_now, since_visit, page_number = None, None, 0, 0
        for second, group in groupby(of_user, key=lambda row: row[1]):
            group = list(group)
            part = group[0][2]
            new_visit = last is None or second - last > visit_gap * HOUR or part != part_now
            if new_visit:
                since_visit = 0
            if new_visit or since_visit // page != page_number:
                begun = []
                found.append((user, part, second, list(history), begun))
            page_number, part_now, last = since_visit // page, part, second
            items = [item for *_, item in group]
            begun += items
            history += items
            since_visit += len(items)
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("page", "visit_gap"), [(1, 0.01), (3, 6.0), (10, 24.0)])
def test_requests_are_those_of_a_walk_through_every_users_seconds(seed, page, visit_gap):
    parts = parts_of(random_rows(seed=seed))
    assert pages(cut(parts, page, visit_gap)) == slow_pages(parts, page, visit_gap)


@pytest.mark.parametrize("seed", range(6))
def test_every_rating_is_on_one_page_and_a_history_is_strictly_earlier(seed):
    requests = cut(parts_of(random_rows(seed=seed)))
    rows, places = requests.rated(torch.arange(len(requests)))
    assert places.tolist() == list(range(len(requests.item_ids)))
    assert (requests.rating_times[places] >= requests.times[rows]).all()
    rows, places = requests.before(torch.arange(len(requests)))
    assert (requests.rating_times[places] < requests.times[rows]).all()
    assert torch.bincount(rows, minlength=len(requests)).tolist() == requests.histories.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_a_page_is_longer_than_asked_only_where_its_last_second_would_be_cut(seed):
    requests = cut(parts_of(random_rows(seed=seed)))
    for start, end in zip(requests.starts[:-1].tolist(), requests.starts[1:].tolist(), strict=True):
        times = requests.rating_times[start:end]
        assert (times < times[-1]).sum() < 3
    lengths = requests.starts.diff()
    assert (lengths > 3).any(), "no second was long enough to show anything"


def test_a_pause_longer_than_the_visit_gap_begins_a_request_and_a_shorter_does_not():
    rows = [(0, n, 3.0, second) for n, second in enumerate([0, 6 * HOUR, 12 * HOUR + 1, 50 * HOUR])]
    train = interactions_of(rows[:3], 1, 4)
    rest = interactions_of(rows[3:], 1, 4)
    requests = cut((train, rest, interactions_of([(0, 2, 3.0, 60 * HOUR)], 1, 4)), page=10)
    assert requests.times.tolist()[:2] == [0, 12 * HOUR + 1]


def test_a_second_that_the_split_cuts_stays_whole_with_the_earlier_part():
    train = interactions_of([(0, 0, 3.0, 5), (0, 1, 3.0, 10)], 2, 6)
    validation = interactions_of([(0, 2, 3.0, 10), (1, 2, 3.0, 10), (0, 3, 3.0, 20)], 2, 6)
    test = interactions_of([(0, 4, 3.0, 20), (0, 5, 3.0, 30)], 2, 6)
    assert pages(cut((train, validation, test), page=10)) == [
        (0, TRAIN, 5, [], [0, 1, 2]),
        (0, VALIDATION, 20, [0, 1, 2], [3, 4]),
        (0, TEST, 30, [0, 1, 2, 3, 4], [5]),
        (1, VALIDATION, 10, [], [2]),
    ]


@pytest.mark.parametrize("lost", ["ratings", "timestamps"])
def test_ratings_and_timestamps_are_needed(lost):
    parts = [dataclasses.replace(part, **{lost: None}) for part in parts_of(random_rows())]
    with pytest.raises(ValueError, match="needs ratings and timestamps"):
        cut(parts)


def test_parts_that_overlap_in_time_are_refused():
    train, validation, test = parts_of(random_rows())
    for parts in ((validation, train, test), (train, test, validation)):
        with pytest.raises(ValueError, match="use split=temporal"):
            cut(parts)


@pytest.mark.parametrize("stars", [0.0, -1.0, float("nan")])
def test_a_rating_that_is_not_positive_is_refused_because_zero_means_passed_by(stars):
    rows = [*random_rows(), (0, 40, stars, 0)]
    with pytest.raises(ValueError, match="needs positive ratings"):
        cut(parts_of(rows))


@pytest.mark.parametrize(("page", "visit_gap"), [(0, 6.0), (3, 0.0)])
def test_pages_and_gaps_without_extent_are_refused(page, visit_gap):
    with pytest.raises(ValueError, match=r"requests\.page must be at least 1"):
        cut(parts_of(random_rows()), page, visit_gap)
