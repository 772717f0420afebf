import pytest
import torch
from tests.cascade.made_ratings import parts_of, random_rows

from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.requests import cut_requests

NUM_ITEMS = 30


@pytest.fixture(params=range(3))
def case(request):
    rows = random_rows(num_items=NUM_ITEMS, seed=request.param)
    requests = cut_requests(parts_of(rows, num_items=NUM_ITEMS), 3, 6.0)
    return rows, requests, Catalogue(requests)


def asked(rows):
    """Every item at moments before, at, between and after the ratings."""
    seconds = sorted({row[3] for row in rows})
    moments = [seconds[0] - 10**9, seconds[0], *seconds[::7], seconds[-1], seconds[-1] + 1, 10**10]
    return [(item, moment) for item in range(NUM_ITEMS) for moment in moments]


def test_counts_and_means_are_those_of_the_ratings_strictly_before(case):
    rows, _, catalogue = case
    pairs = asked(rows)
    items, moments = (torch.tensor(column) for column in zip(*pairs, strict=True))
    before = [[r[2] for r in rows if r[1] == item and r[3] < moment] for item, moment in pairs]
    assert catalogue.counts(items, moments).tolist() == [len(stars) for stars in before]
    means = torch.tensor([(sum(stars) + 3.5) / (len(stars) + 1) for stars in before])
    torch.testing.assert_close(catalogue.mean_ratings(items, moments, prior=3.5), means)


def test_candidates_are_what_anybody_had_rated_and_this_user_had_not(case):
    rows, requests, catalogue = case
    found = catalogue.candidates(requests, torch.arange(len(requests)))
    for r in range(len(requests)):
        user, moment = int(requests.user_ids[r]), int(requests.times[r])
        there = {row[1] for row in rows if row[3] < moment}
        own = {row[1] for row in rows if row[0] == user and row[3] < moment}
        assert set(found[r].nonzero().squeeze(1).tolist()) == there - own
    counts = catalogue.num_candidates(requests, torch.arange(len(requests)))
    assert torch.equal(counts, found.sum(1))


def test_candidates_of_some_requests_are_their_rows(case):
    _, requests, catalogue = case
    some = torch.tensor([5, 1, 5])
    every = catalogue.candidates(requests, torch.arange(len(requests)))
    assert torch.equal(catalogue.candidates(requests, some), every[some])
