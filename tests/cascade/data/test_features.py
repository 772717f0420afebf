"""Nothing that happens at or after a request's time can be read off what a ranker is given."""

import random

import pytest
import torch
from tests.cascade.made_ratings import categories_of, interactions_of, random_rows, traits_of

from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.features import pair_features, request_features
from rankdistill.cascade.data.requests import cut_requests

NUM_USERS, NUM_ITEMS = 8, 30


def all_that_is_given(rows):
    """By user and time of the request: what is known of the user, all items and the pairs."""
    parts = [interactions_of(rows, NUM_USERS, NUM_ITEMS)]
    requests = cut_requests(parts, 3, 6.0)
    catalogue, items = Catalogue(requests), traits_of(NUM_ITEMS)
    users = request_features(requests, items, categories_of(NUM_USERS), history=12)
    every = torch.arange(len(requests))
    candidates = catalogue.candidates(requests, every)
    pairs = pair_features(
        requests,
        catalogue,
        items,
        users,
        every.repeat_interleave(NUM_ITEMS),
        torch.arange(NUM_ITEMS).repeat(len(requests)),
    ).view(len(requests), NUM_ITEMS, -1)
    columns = (candidates, pairs, *vars(users).values())
    keys = zip(requests.user_ids.tolist(), requests.times.tolist(), strict=True)
    return {key: [column[n] for column in columns] for n, key in enumerate(keys)}


def with_another_future(rows, moment, draw):
    """The rows before a moment as they are; those from it on changed, dropped, and more of them."""
    past = [row for row in rows if row[3] < moment]
    future = [row for row in rows if row[3] >= moment and draw.random() < 0.5]
    taken = {row[:2] for row in past + future}
    last = max(row[3] for row in rows)
    changed = [
        (user, item, float(draw.randint(1, 5)), draw.choice([moment, second, last]))
        for user, item, _, second in future
    ]
    free = [
        (user, item)
        for user in range(NUM_USERS)
        for item in range(NUM_ITEMS)
        if (user, item) not in taken
    ]
    added = [
        (user, item, float(draw.randint(1, 5)), draw.randint(moment, last + 5))
        for user, item in draw.sample(free, 25)
    ]
    mixed = past + changed + added
    draw.shuffle(mixed)
    return mixed


@pytest.mark.parametrize("seed", range(12))
def test_another_future_changes_nothing_of_the_requests_before_and_at_it(seed):
    rows = random_rows(NUM_USERS, NUM_ITEMS, 140, seed=seed % 5)
    known = all_that_is_given(rows)
    draw = random.Random(seed)
    user, moment = draw.choice(sorted(known))
    item = next(i for i in range(NUM_ITEMS) if (user, i) not in {row[:2] for row in rows})
    rows.append((user, item, 3.0, moment))  # so that the request is there in every future
    known = all_that_is_given(rows)
    kept = {(user, item)}
    others = [row for row in rows if row[:2] not in kept]
    future = with_another_future(others, moment, draw)
    future = [row for row in future if row[:2] not in kept]
    found = all_that_is_given([*future, (user, item, 1.0, moment)])
    assert (user, moment) in found
    compared = [key for key in known if key[1] <= moment and key in found]
    assert {key for key in known if key[1] < moment} <= set(compared)
    for key in compared:
        for before, after in zip(known[key], found[key], strict=True):
            torch.testing.assert_close(after, before, atol=1e-6, rtol=0)
