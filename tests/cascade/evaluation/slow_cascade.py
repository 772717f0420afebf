"""The cascade's metrics as one would explain them: lists, sorts, and every way to break ties."""

import itertools
import math

import torch


def orders(scores):
    """Every order of the positions, best first, that the scores allow."""
    positions = range(len(scores))
    for order in itertools.permutations(positions):
        ordered = [scores[position] for position in order]
        if ordered == sorted(ordered, reverse=True):
            yield order


def orders_of_both(final, early):
    """Every pair of such orders of the two rankers."""
    return itertools.product(list(orders(final)), list(orders(early)))


def recall_of_top(final_order, early_order, k, m):
    return len(set(final_order[:k]) & set(early_order[:m])) / min(k, len(final_order))


def hits_after_both(final_order, early_order, relevant, m):
    """Whether each rank of the two-stage ranking holds a relevant item."""
    return [relevant[item] for item in final_order if item in early_order[:m]]


def recall_of_hits(hits, num_relevant, k):
    return sum(hits[:k]) / num_relevant


def ndcg_of_hits(hits, num_relevant, k):
    gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits[:k]) if hit)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(k, num_relevant)))


def random_block(requests, candidates, levels, seed):
    """Scores that take few values, some slots without a candidate, and NaN where there is none.

    Returns:
        final scores, early scores, candidates and relevant, each (requests, candidates).
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (requests, candidates)
    final, early = (torch.randint(levels, shape, generator=generator).float() for _ in range(2))
    exists = torch.rand(shape, generator=generator) < 0.85
    relevant = (torch.rand(shape, generator=generator) < 0.4) & exists
    return (
        final.masked_fill(~exists, torch.nan),
        early.masked_fill(~exists, torch.nan),
        exists,
        relevant,
    )


def lists_of(final, early, exists, relevant):
    """The rows of a block without the slots that hold no candidate."""
    for row in zip(final, early, exists, relevant, strict=True):
        *columns, present, wanted = row
        yield [column[present].tolist() for column in (*columns, wanted)]
