"""Full ranking of all users: everybody in turn; how ours grows with users and items."""

from __future__ import annotations

import numpy as np
from benchmarks.speed.arrays import Arrays
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.candidates import OURS, Task, candidate, present
from benchmarks.speed.turns import ratios, repeated, summary

DIMS = (2, 20, 200)
SHAPES = ((1000, 2000), (2000, 2000), (4000, 2000), (4000, 4000), (4000, 8000), (8000, 8000))
GROWTH_DIM = 64


def measure(bench: Bench) -> Measured:
    """Milliseconds for all users with validation items, and the exponent of growth."""
    here, absent = present(bench.say)
    here = {file: one for file, one in here.items() if one.evaluator is not None}
    users = len(np.unique(bench.data.validation[:, 0]))
    measured = Measured(
        {
            "data": bench.data.name,
            "users": users,
            "items": bench.data.num_items,
            "computes": {one.name: one.evaluation for one in here.values()},
        },
        skipped=absent,
    )
    for dim in DIMS[:1] if bench.quick else DIMS:
        task = Task(bench.data, dim, 4096, threads=bench.threads)
        runs = {file: repeated(one.evaluator(task)) for file, one in here.items()}
        taken = bench.in_turns(runs, 7)
        least = 1e3 * bench.limits.ranking(users, bench.data.num_items, dim)
        for file, seconds in taken.items():
            of = {"candidate": here[file].name, "embedding_dim": dim}
            milliseconds = summary([1e3 * each for each in seconds])
            measured.add("ms", milliseconds, least, **of)
            measured.add("x ours", ratios(seconds, taken[OURS]), **of)
            bench.say(f"{of}: {milliseconds['median']:.1f} ms")
    _growth(bench, measured)
    return measured


def _growth(bench: Bench, measured: Measured) -> None:
    shapes = SHAPES[:2] if bench.quick else SHAPES
    evaluator = candidate(OURS).evaluator
    assert evaluator is not None
    runs = {
        f"{users} x {items}": repeated(
            evaluator(Task(made_up(users, items), GROWTH_DIM, 4096, threads=bench.threads))
        )
        for users, items in shapes
    }
    taken = bench.in_turns(runs, 5)
    cells = [users * items for users, items in shapes]
    medians = [summary(seconds)["median"] for seconds in taken.values()]
    for (users, items), (name, seconds) in zip(shapes, taken.items(), strict=True):
        per_cell = summary([1e9 * each / (users * items) for each in seconds])
        least = 1e9 * bench.limits.ranking(users, items, GROWTH_DIM) / (users * items)
        measured.add("ns per user and item", per_cell, least, shape=name)
    exponent = float(np.polyfit(np.log(cells), np.log(medians), 1)[0])
    measured.add("exponent of users x items", summary([exponent]), embedding_dim=GROWTH_DIM)
    bench.say(f"time grows with users x items to the power {exponent:.2f}")


def made_up(num_users: int, num_items: int, seen: int = 40, held_out: int = 5) -> Arrays:
    """Everybody with as many items, all different, by arithmetic."""
    users = np.arange(num_users).repeat(seen + held_out)
    step = np.tile(np.arange(seen + held_out), num_users)
    items = (users * 7919 + step * 37) % num_items
    pairs = np.stack([users, items], axis=1)
    is_seen = step < seen
    test = pairs[:0]
    return Arrays("made up", num_users, num_items, pairs[is_seen], pairs[~is_seen], test)
