"""From 100K to 1M to 20M interactions: training, evaluation and memory, a process each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.speed.arrays import Arrays
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.candidates import BARE, FILES, OURS, candidate, present
from benchmarks.speed.project import load_data
from benchmarks.speed.turns import summary

DIM, BATCH, LARGE_BATCH = 200, 4096, 16384
LARGE = [
    "data=synthetic",
    "data.num_users=138493",
    "data.num_items=26744",
    "data.num_interactions=20000263",
]
"""The shape of MovieLens 20M."""
LARGE_STEPS, LARGE_USERS = 40, 4096
"""Of the largest size: steps that are trained, and users that are ranked for, by everybody."""
EVALUATED = (OURS, BARE, "implicit_bpr")


def measure(bench: Bench) -> Measured:
    """Everybody on every size."""
    here, absent = present(bench.say)
    measured = Measured(
        {
            "embedding_dim": DIM,
            "batch_size": f"{BATCH}; {LARGE_BATCH} at 20M",
            "20M": f"{LARGE_STEPS} steps and {LARGE_USERS} users" if bench.large else "not run",
        },
        skipped=absent,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.npz"
        for data, batch in _sizes(bench):
            data.save(file)
            pairs, users = len(data.train), len(np.unique(data.validation[:, 0]))
            for name in (each for each in FILES if each in here):
                evaluated = str(name in EVALUATED).lower()
                sizes = (str(DIM), str(batch), str(bench.threads), evaluated)
                command = [sys.executable, "-m", "benchmarks.speed.alone", str(file), name, *sizes]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found = json.loads(done.stdout.splitlines()[-1])
                of = {"data": data.name, "candidate": candidate(name).name}
                least = bench.limits.pair_epoch(data.shape, pairs, DIM, batch)
                rate = summary([pairs / found["epoch_seconds"]])
                allowed = pairs / least if here[name].has_batches else None
                measured.add("interactions/s", rate, allowed, **of)
                measured.add("MiB in training", summary([found["training_mebibytes"]]), **of)
                if "evaluation_seconds" in found:
                    each = summary([1e6 * found["evaluation_seconds"] / users])
                    least = 1e6 * bench.limits.ranking(users, data.num_items, DIM) / users
                    measured.add("us a user", each, least, **of)
                    measured.add("MiB in all", summary([found["evaluation_mebibytes"]]), **of)
                bench.say(f"{of}: {rate['median']:,.0f} interactions/s, {found}")
    return measured


def _sizes(bench: Bench) -> Iterator[tuple[Arrays, int]]:
    yield bench.data, BATCH
    if bench.ml_1m is not None:
        yield load_data(bench.ml_1m), BATCH
    if bench.large:
        data = load_data(LARGE)
        chosen = np.random.default_rng(0).permutation(len(data.train))[: LARGE_STEPS * LARGE_BATCH]
        train = data.train[np.sort(chosen)]
        first = data.validation[data.validation[:, 0] < LARGE_USERS]
        yield replace(data, name="synthetic-20m", train=train, validation=first), LARGE_BATCH
