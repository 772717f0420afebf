"""Memory of evaluation on a synthetic 100,000 x 50,000 set: bounded by evaluation.user_block.

    python benchmarks/memory.py

Each block size runs in a process of its own, so that one's peak does not hide another's.
"""

from __future__ import annotations

import multiprocessing
import resource
import time

import torch

from machine import keep
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.interactions import Interactions
from rankdistill.metrics.hits import rank_hits
from rankdistill.metrics.means import RankingMetrics

NUM_USERS, NUM_ITEMS, PER_USER, EMBEDDING_DIM = 100_000, 50_000, 10, 10


def every_users(offset: int) -> Interactions:
    """PER_USER items for everyone, other ones for another offset."""
    users = torch.arange(NUM_USERS).repeat_interleave(PER_USER)
    step = torch.arange(NUM_USERS * PER_USER) % PER_USER
    items = (users * 7919 + step * 4001 + offset) % NUM_ITEMS
    return Interactions.from_pairs(users, items, NUM_USERS, NUM_ITEMS)


def peak_mebibytes() -> float:
    """The largest memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(user_block: int) -> tuple[float, float]:
    """MiB above the process's peak before evaluation, and seconds."""
    torch.manual_seed(0)
    seen, held_out = every_users(0), every_users(1)
    backbone = MatrixFactorization(NUM_USERS, NUM_ITEMS, EMBEDDING_DIM)
    means = RankingMetrics(["map", "ndcg", "recall"], [5, 10, 20])
    before, start = peak_mebibytes(), time.perf_counter()
    with torch.inference_mode():
        for block in EvaluationBlocks(seen, held_out, user_block):
            scores = backbone.score_rows(block.user_ids)
            scores[block.seen_rows, block.seen_items] = -torch.inf
            hits = rank_hits(scores, block.held_out_rows, block.held_out_items, 20)
            means.update(hits, block.num_held_out)
    return peak_mebibytes() - before, time.perf_counter() - start


def main() -> None:
    """Measure and keep the table."""
    lines = [
        f"Evaluation of {NUM_USERS:,} users x {NUM_ITEMS:,} items "
        f"(all scores at once would be {NUM_USERS * NUM_ITEMS * 4 / 2**20:,.0f} MiB):",
        "",
        "| user_block | scores of a block (MiB) | added peak memory (MiB) | seconds |",
        "|--:|--:|--:|--:|",
    ]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for user_block in (256, 1024, 4096):
            added, seconds = pool.apply(measure, (user_block,))
            block = user_block * NUM_ITEMS * 4 / 2**20
            lines.append(f"| {user_block} | {block:,.0f} | {added:,.0f} | {seconds:.0f} |")
    keep("memory", lines)


if __name__ == "__main__":
    main()
