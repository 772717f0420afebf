"""The ranking metrics as one would explain them: a loop over users and an explicit sort."""

import math


def reference_hits(scores, held_out, top_k):
    """scores: list of rows; held_out: list of sets. Ranked best first, misses first in ties."""
    hits = []
    for row, wanted in zip(scores, held_out, strict=True):
        ranked = [item for item, score in enumerate(row) if score != -math.inf]
        ranked.sort(key=lambda item: (-row[item], item in wanted))
        marks = [item in wanted for item in ranked[:top_k]]
        hits.append(marks + [False] * (top_k - len(marks)))
    return hits


def reference_metrics(marks, num_held_out, k):
    """Every metric of one user at one cut-off, from the marks of a ranking."""
    marks = marks[:k]
    best = min(k, num_held_out)
    hit_ranks = [rank for rank, mark in enumerate(marks, start=1) if mark]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, best + 1))
    return {
        "map": sum(sum(marks[:rank]) / rank for rank in hit_ranks) / best,
        "ndcg": sum(1 / math.log2(rank + 1) for rank in hit_ranks) / ideal,
        "recall": len(hit_ranks) / num_held_out,
        "precision": len(hit_ranks) / k,
        "hit_rate": 1.0 if hit_ranks else 0.0,
        "mrr": 1 / hit_ranks[0] if hit_ranks else 0.0,
    }
