"""Histories in order, and the batches of contexts that are made of them."""

import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.data.batches import WHOLE
from rankdistill.data.interactions import Interactions

HISTORIES = [[3, 1, 4, 0], [2], [], [5, 0, 1, 2, 3], [1, 0]]


def train(weigh=None):
    """Interactions with times in the order of the histories, and weights by user and item."""
    pairs = [(user, item) for user, items in enumerate(HISTORIES) for item in items]
    users, items = torch.tensor(pairs).t()
    return Interactions.from_pairs(
        users,
        items,
        len(HISTORIES),
        6,
        timestamps=torch.arange(len(pairs)),
        weights=None if weigh is None else torch.tensor([weigh(*pair) for pair in pairs]),
    )


def epoch(kind, batch_size=3, shard=WHOLE, weigh=None, **settings):
    return kind(train(weigh), batch_size, seeded_draws(), shard, **settings)


def triples(contexts, rows, items):
    """(user, end, item) of each item that is foretold."""
    users, ends = contexts.user_ids[rows], contexts.ends[rows]
    return list(zip(users.tolist(), ends.tolist(), items.tolist(), strict=True))


def of_pairs(batches):
    every = [
        triple
        for batch in batches
        for triple in triples(batch.contexts, slice(None), batch.positive_items)
    ]
    return sorted(every)


def of_rows(batches):
    every = [
        triple
        for batch in batches
        for triple in triples(batch.contexts, batch.positive_rows, batch.positive_items)
    ]
    return sorted(every)
