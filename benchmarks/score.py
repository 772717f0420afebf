"""Measure `rankdistill score`: users per second beside implicit, and memory.

    python benchmarks/score.py [arithmetic] [command] [whole] [resumed]

A million made-up users, 100,000 items in 16 dimensions; the best 100 items of each user, without
the 50 that they have. Arithmetic is timed on a share of the users, in turns. The command writes the
files of a tenth of the users, or of the whole; its memory is the largest of the whole process.
Resumed, it is killed when half of its files are there and started again, and every file is compared
with that of the whole run. The package implicit is left out where it is not installed.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from machine import RESULTS, keep, machine
from rankdistill.files import write_json_atomically
from rankdistill.rank_files.contents import RankFile, SeenLists
from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.rank_model import RankModel
from rankdistill.serving.scored_users import users_of_model
from sections import copy_records

USERS, ITEMS, DIM, SEEN, LIMIT = 1_000_000, 100_000, 16, 50, 100
THREADS, ROUNDS = 2, 3
SHARE, SHARE_OF_NUMPY = 4096, 256
SHARD = "1/10"
FOLDER = Path("outputs/score")


def made_model(num_users: int, num_items: int) -> RankFile:
    """Random factors; every user has ``SEEN`` neighbouring items."""
    random = np.random.default_rng(0)
    first = random.integers(0, num_items - SEEN, (num_users, 1))
    tables = {
        name: random.standard_normal((length, DIM), dtype=np.float32)
        for name, length in (("users", num_users), ("items", num_items))
    }
    return RankFile(
        kind="factors",
        storage="fp32",
        tables=tables,
        item_ids=tuple(f"item-{number}" for number in range(num_items)),
        user_ids=tuple(f"user-{number}" for number in range(num_users)),
        seen=SeenLists(
            np.full(num_users, SEEN, np.uint8), (first + np.arange(SEEN)).astype(np.uint32).ravel()
        ),
    )


def blocks_on_threads(ranker: BlockRanker, num_users: int) -> None:
    """Rank for users as the command does, without files."""
    torch.set_num_threads(1)
    starts = range(0, num_users, ranker.users_at_once)
    ends = [min(start + ranker.users_at_once, num_users) for start in starts]
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(ranker.rank, starts, ends):
            pass


def implicit_recommend(model: RankFile) -> Callable[[], None]:
    """`recommend` of implicit with the factors of a model, a thousand users at a time."""
    from implicit.cpu.matrix_factorization_base import MatrixFactorizationBase
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, "blas")  # as implicit asks for

    class Factors(MatrixFactorizationBase):
        def fit(self, *args: object) -> None: ...

        def save(self, *args: object) -> None: ...

    peer = Factors()
    peer.user_factors, peer.item_factors = model.tables["users"], model.tables["items"]
    peer.num_threads = THREADS
    num_users = len(model.user_ids)
    assert model.seen is not None
    shape = (num_users, len(model.item_ids))
    ones = np.ones(len(model.seen.items), np.float32)
    seen = csr_matrix((ones, model.seen.items, np.arange(num_users + 1) * SEEN), shape)

    def recommend() -> None:
        for start in range(0, num_users, 1000):
            users = np.arange(start, min(start + 1000, num_users))
            peer.recommend(users, seen[users], N=LIMIT)

    return recommend


def users_per_second(
    ways: Mapping[str, tuple[int, Callable[[], object]]],
) -> dict[str, list[float]]:
    """Time every way in turns, after one turn that does not count."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, (num_users, work) in ways.items():
            started = time.perf_counter()
            work()
            if turn:
                rates[name].append(num_users / (time.perf_counter() - started))
    return rates


def of_arithmetic() -> dict[str, list[float]]:
    """Users per second of each way that is installed."""
    model = made_model(SHARE, ITEMS)
    users = users_of_model(model)
    ranker = BlockRanker(model, users, LIMIT, torch.device("cpu"))
    reader = RankModel.of(model)
    some = model.user_ids[:SHARE_OF_NUMPY]
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        "rankdistill score": (SHARE, lambda: blocks_on_threads(ranker, SHARE)),
        "serving.recommend_many, one thread": (
            SHARE_OF_NUMPY,
            lambda: reader.recommend_many(some, limit=LIMIT),
        ),
    }
    if find_spec("implicit"):
        ways["implicit recommend"] = SHARE, implicit_recommend(model)
    return users_per_second(ways)


def command(output: str, *more: str) -> list[str]:
    """The command that scores users, for the folder of the model."""
    arguments = ["rankdistill", "score", "model=shop.rank", f"output={output}", *more]
    return [sys.executable, "-m", *arguments, f"limit={LIMIT}", f"threads={THREADS}"]


def of_command() -> dict[str, float]:
    """Seconds, largest memory and files of the command for a share of the users."""
    return timed("share", f"shard={SHARD}")


def of_whole() -> dict[str, float]:
    """Seconds, largest memory and files of the command for all users."""
    return timed("whole")


def timed(output: str, *more: str) -> dict[str, float]:
    """Time the command into a new folder."""
    shutil.rmtree(FOLDER / output, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_rank_file(FOLDER / "shop.rank", made_model(USERS, ITEMS))
    started = time.perf_counter()
    subprocess.run(command(output, *more), cwd=FOLDER, check=True)
    seconds = time.perf_counter() - started
    files = digests(FOLDER / output)
    written = sum((FOLDER / output / name).stat().st_size for name in files)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return {"seconds": seconds, "peak_gib": peak, "written_mb": written / 1e6, "files": len(files)}


def of_resumed() -> dict[str, int]:
    """Files that a killed run had left, all files after it went on, and how many are others."""
    whole, folder = digests(FOLDER / "whole"), FOLDER / "resumed"
    shutil.rmtree(folder, ignore_errors=True)
    with subprocess.Popen(command(folder.name), cwd=FOLDER) as killed:
        while len(list(folder.glob("part-*.parquet"))) < len(whole) / 2:
            assert killed.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        killed.kill()
    left = digests(folder)
    times = {name: (folder / name).stat().st_mtime_ns for name in left}
    subprocess.run(command(folder.name), cwd=FOLDER, check=True)
    resumed = digests(folder)
    differing = {name for name in whole | resumed if whole.get(name) != resumed.get(name)}
    again = {name for name in times if (folder / name).stat().st_mtime_ns != times[name]}
    return {
        "left": len(left),
        "files": len(resumed),
        "differing": len(differing),
        "again": len(again),
    }


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 by name of each file of scores."""
    paths = sorted(folder.glob("part-*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


PARTS: dict[str, Callable[[], object]] = {
    "arithmetic": of_arithmetic,
    "command": of_command,
    "whole": of_whole,
    "resumed": of_resumed,
}


def main(parts: list[str]) -> None:
    """Measure some parts anew, record them, and write the tables of all."""
    record = RESULTS / "score.json"
    measured = json.loads(record.read_text("utf-8")) if record.exists() else {}
    measured |= {part: {"machine": machine(), "found": PARTS[part]()} for part in parts}
    write_json_atomically(record, measured)
    arithmetic, share = (measured[part]["found"] for part in ("arithmetic", "command"))
    medians = {name: statistics.median(rates) for name, rates in arithmetic.items()}
    lines = [
        f"The best {LIMIT} of {ITEMS:,} items in {DIM} dimensions, without the {SEEN} that each "
        f"user has, on {THREADS} threads; the median of {ROUNDS} turns.",
        "",
        "| | users a second | minutes for a million |",
        "|---|--:|--:|",
        *(f"| {name} | {rate:,.0f} | {USERS / rate / 60:.1f} |" for name, rate in medians.items()),
        "",
        f"The command with `shard={SHARD}` of a million users took {share['seconds']:.0f} s; it "
        f"read the model and wrote {share['written_mb']:.0f} MB. It took at most "
        f"{share['peak_gib']:.2f} GiB of memory.",
    ]
    if "whole" in measured:
        whole = measured["whole"]["found"]
        lines.append(
            f"For all of the million it took {whole['seconds']:.0f} s and at most "
            f"{whole['peak_gib']:.2f} GiB, and wrote {whole['files']} files, "
            f"{whole['written_mb']:.0f} MB."
        )
    if "resumed" in measured:
        resumed = measured["resumed"]["found"]
        lines.append(
            f"Killed when {resumed['left']} files were there and started again, it wrote the "
            f"others: {resumed['differing']} of {resumed['files']} differ from those of the whole "
            f"run, and {resumed['again']} were written twice."
        )
    keep("score", lines)
    copy_records()


if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
