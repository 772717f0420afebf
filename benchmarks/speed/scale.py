"""The shape of MovieLens 20M: reading it, one epoch and full ranking, and their peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.turns import summary

USERS, ITEMS, ROWS, DIM = 138_493, 26_744, 20_000_263, 64
READ = """
import json, sys, time
from rankdistill.data.movielens import MovieLens
release = MovieLens(
    "ml-20m", sys.argv[1], min_rating=None, mirror="http://none", cache=sys.argv[2], download=False
)
start = time.perf_counter()
loaded = release.load()
print(json.dumps({
    "seconds": time.perf_counter() - start,
    "rows": loaded.num_interactions,
}))
"""
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def measure(bench: Bench) -> Measured:
    """Seconds and MiB of made-up ratings in the form of the release; a hundredth if not large."""
    divisor = 1 if bench.large else 100
    measured = Measured(
        {
            "rows": ROWS // divisor,
            "embedding_dim": DIM,
            "ranking loss": "softmax over the whole catalogue",
        }
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_ratings(folder / "ml-20m", USERS // divisor, ITEMS // divisor, ROWS // divisor)
        for what in ("text", "cache"):
            arguments = [str(folder / "ml-20m"), str(folder / "cache")]
            found = json.loads(_output([sys.executable, "-c", READ, *arguments]))
            measured.add("s", summary([found["seconds"]]), what=f"reading the {what}")
            bench.say(f"{what}: {found}")
        command = [sys.executable, "-m", "rankdistill", "train", "data=ml_20m", "module=student"]
        command += [f"data.path={folder / 'ml-20m'}", f"data.cache={folder / 'cache'}"]
        command += [f"backbone.embedding_dim={DIM}", f"hydra.run.dir={folder / 'run'}"]
        command += ["trainer.max_epochs=1", f"trainer.threads={bench.threads}"]
        command += ["trainer.progress=false", "projector=false"]
        start = time.perf_counter()
        peak = float(_output([sys.executable, "-c", PEAK, *command]).splitlines()[-1])
        whole = time.perf_counter() - start
        fields = json.loads((folder / "run" / "metrics.json").read_text())
        fitting = "fitting one epoch, with its validation"
        measured.add("s", summary([fields["fit_seconds"]]), what=fitting)
        measured.add("s", summary([whole]), what="train, whole process with validation and test")
        measured.add("MiB", summary([peak]), what="train, whole process with validation and test")
        bench.say(f"train: {fields['fit_seconds']:.0f} s fitting, {whole:.0f} s, {peak:,.0f} MiB")
    return measured


def write_ratings(folder: Path, num_users: int, num_items: int, num_rows: int) -> None:
    """Ratings of the release's form: popular items more often, every pair once, by arithmetic."""
    draw = np.random.default_rng(0)
    users = draw.integers(num_users, size=int(1.4 * num_rows))
    items = (num_items * draw.random(len(users)) ** 2).astype(np.int64)
    keys = np.unique(users * num_items + items)
    keys = np.sort(draw.permutation(keys)[:num_rows])
    columns = {
        "userId": keys // num_items + 1,
        "movieId": keys % num_items + 1,
        "rating": draw.integers(1, 11, size=len(keys)) / 2,
        "timestamp": draw.integers(789_652_009, 1_427_784_002, size=len(keys)),
    }
    folder.mkdir(parents=True)
    pl.DataFrame(columns).write_csv(folder / "ratings.csv")


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
