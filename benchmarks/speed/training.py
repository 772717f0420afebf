"""Interactions a second of training by BPR, everybody in turn."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.candidates import OURS, Task, present
from benchmarks.speed.turns import ratios, summary

DIMS, BATCHES = (2, 20, 200), (256, 1024, 4096, 16384)


def measure(bench: Bench) -> Measured:
    """Every dimension with every batch size."""
    here, absent = present(bench.say)
    pairs = len(bench.data.train)
    task = Task(bench.data, 1, 1, threads=bench.threads)
    measured = Measured(
        {
            "data": bench.data.name,
            "training pairs": pairs,
            "negatives per positive": 1,
            "learning rate": task.learning_rate,
            "weight decay": task.weight_decay,
            "candidates": {
                one.name: {"version": one.version(), "training": one.training}
                for one in here.values()
            },
        },
        skipped=absent,
    )
    for dim in DIMS[:1] if bench.quick else DIMS:
        for batch in BATCHES[1:2] if bench.quick else BATCHES:
            task = Task(bench.data, dim, batch, threads=bench.threads)
            runs = {file: steady(one.trainer(task)) for file, one in here.items()}
            taken = bench.in_turns(runs, 5)
            least = bench.limits.pair_epoch(bench.data.shape, pairs, dim, batch)
            for file, seconds in taken.items():
                of = {"candidate": here[file].name, "embedding_dim": dim, "batch_size": batch}
                rates = summary([pairs / each for each in seconds])
                allowed = pairs / least if here[file].has_batches else None
                measured.add("interactions/s", rates, allowed, **of)
                measured.add("x ours", ratios(seconds, taken[OURS]), **of)
                bench.say(f"{of}: {rates['median']:,.0f} interactions/s")
    return measured


def steady(train: Callable[[int], float], at_least: float = 0.4) -> Callable[[], float]:
    """Train enough epochs at a time for the clock."""
    start = time.perf_counter()
    seconds = train(1)
    paid = time.perf_counter() - start
    num_epochs = max(1, min(20, round(at_least / seconds))) if paid < 10 * at_least else 1
    return lambda: train(num_epochs)
