"""Peak memory of evaluation: bounded by evaluation.user_block, whatever the number of users.

Each case runs in a process of its own, so that one's peak does not hide another's.
"""

from __future__ import annotations

import multiprocessing
import time

from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.peak import forget_peak, peak_mebibytes
from benchmarks.speed.turns import summary

NUM_ITEMS, EMBEDDING_DIM, PER_USER = 50_000, 10, 10
CASES = ((25_000, 256), (100_000, 256), (100_000, 1024))
"""Users, and users ranked at once."""


def measure(bench: Bench) -> Measured:
    """MiB above what the process held before evaluation, and seconds."""
    measured = Measured({"items": NUM_ITEMS, "embedding_dim": EMBEDDING_DIM})
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for users, user_block in ((500, 256),) if bench.quick else CASES:
            added, seconds = pool.apply(added_memory, (users, user_block))
            block = user_block * NUM_ITEMS * 4 / 2**20
            of = {"users": users, "user_block": user_block}
            measured.add("MiB", summary([added]), block, **of)
            least = bench.limits.ranking(users, NUM_ITEMS, EMBEDDING_DIM, user_block)
            measured.add("s", summary([seconds]), least, **of)
            bench.say(f"{of}: {added:,.0f} MiB added, {seconds:.1f} s")
    return measured


def added_memory(num_users: int, user_block: int) -> tuple[float, float]:
    """Evaluate once: MiB and seconds."""
    from benchmarks.speed.candidates import Task
    from benchmarks.speed.evaluation import made_up
    from benchmarks.speed.peers.rankdistill_bpr import evaluator

    data = made_up(num_users, NUM_ITEMS, PER_USER, PER_USER)
    evaluate = evaluator(Task(data, EMBEDDING_DIM, 4096), user_block)
    forget_peak()
    before, start = peak_mebibytes(), time.perf_counter()
    evaluate()
    return peak_mebibytes() - before, time.perf_counter() - start
