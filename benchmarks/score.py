"""Measure `rankdistill score`: users per second beside implicit, memory, and what an index gives.

    python benchmarks/score.py [arithmetic] [command] [index]

A million made-up users, 100,000 items in 16 dimensions; the best 100 items of each user, without
the 50 that they have. Arithmetic is timed on a share of the users, in turns. The command writes the
files of a tenth of the users; its memory is the largest of the whole process. Peers that are not
installed (implicit, usearch) are left out.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
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

USERS, ITEMS, DIM, SEEN, LIMIT = 1_000_000, 100_000, 16, 50, 100
THREADS, ROUNDS = 2, 3
SHARE, SHARE_OF_NUMPY, SHARE_OF_INDEX = 4096, 256, 512
SHARD = "1/10"
SEARCHES = (128, 512, 1024)
"""How many candidates the index looks at."""


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


def of_command() -> dict[str, float]:
    """Seconds and largest memory of the command, with files, for a share of a million users."""
    with tempfile.TemporaryDirectory() as folder:
        write_rank_file(Path(folder) / "shop.rank", made_model(USERS, ITEMS))
        command = ["rankdistill", "score", "model=shop.rank", "output=scores", f"shard={SHARD}"]
        arguments = [sys.executable, "-m", *command, f"limit={LIMIT}", f"threads={THREADS}"]
        started = time.perf_counter()
        subprocess.run(arguments, cwd=folder, check=True)
        seconds = time.perf_counter() - started
        written = sum(path.stat().st_size for path in Path(folder, "scores").glob("*.parquet"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return {"seconds": seconds, "peak_gib": peak, "written_mb": written / 1e6}


def of_index(num_items: int) -> list[dict[str, float]]:
    """Recall and time of usearch's graph beside exact search, in processor seconds for each user.

    Inner products become distances by one more number: each item is filled up to one length.
    """
    from usearch.index import Index

    model = made_model(SHARE_OF_INDEX, num_items)
    ranker = BlockRanker(model, users_of_model(model), LIMIT, torch.device("cpu"))
    torch.set_num_threads(1)
    ranker.rank(0, ranker.users_at_once)  # the first block makes room for the others
    started = time.process_time()
    exact = []
    for start in range(0, SHARE_OF_INDEX, ranker.users_at_once):
        best = ranker.rank(start, min(start + ranker.users_at_once, SHARE_OF_INDEX))
        exact += [set(items) for items in best.items.tolist()]
    exact_seconds = (time.process_time() - started) / SHARE_OF_INDEX
    items, users = np.asarray(model.tables["items"]), np.asarray(model.tables["users"])
    squares = np.square(items).sum(1)
    filled = np.column_stack([items, np.sqrt(squares.max() - squares)])
    asked = np.column_stack([users, np.zeros(len(users), np.float32)])
    index = Index(ndim=DIM + 1, metric="ip", dtype="f32")
    started = time.process_time()
    index.add(np.arange(num_items), filled.astype(np.float32), threads=THREADS)
    build_seconds = time.process_time() - started
    assert model.seen is not None
    seen = [set(one) for one in model.seen.items.reshape(-1, SEEN).tolist()]
    rows = []
    for candidates in SEARCHES:
        index.expansion_search = candidates
        started = time.process_time()
        keys = index.search(asked, LIMIT + SEEN, threads=1).keys.tolist()
        seconds = (time.process_time() - started) / SHARE_OF_INDEX
        found = [
            [key for key in one if key not in has][:LIMIT]
            for one, has in zip(keys, seen, strict=True)
        ]
        hits = [len(best.intersection(one)) for best, one in zip(exact, found, strict=True)]
        rows.append(
            {
                "items": num_items,
                "candidates": candidates,
                "build_seconds": build_seconds,
                "exact_ms": 1000 * exact_seconds,
                "index_ms": 1000 * seconds,
                "recall": statistics.mean(hits) / LIMIT,
            }
        )
    return rows


def of_indices() -> list[dict[str, float]]:
    """Rows for catalogues of two sizes; none without usearch."""
    sizes = (ITEMS, 10 * ITEMS) if find_spec("usearch") else ()
    return [row for size in sizes for row in of_index(size)]


PARTS: dict[str, Callable[[], object]] = {
    "arithmetic": of_arithmetic,
    "command": of_command,
    "index": of_indices,
}


def main(parts: list[str]) -> None:
    """Measure some parts anew, record them, and write the tables of all."""
    record = RESULTS / "score.json"
    measured = json.loads(record.read_text("utf-8")) if record.exists() else {}
    measured |= {part: {"machine": machine(), "found": PARTS[part]()} for part in parts}
    write_json_atomically(record, measured)
    arithmetic, command, index = (measured[part]["found"] for part in PARTS)
    medians = {name: statistics.median(rates) for name, rates in arithmetic.items()}
    lines = [
        f"The best {LIMIT} of {ITEMS:,} items in {DIM} dimensions, without the {SEEN} that each "
        f"user has, on {THREADS} threads; the median of {ROUNDS} turns.",
        "",
        "| | users a second | minutes for a million |",
        "|---|--:|--:|",
        *(f"| {name} | {rate:,.0f} | {USERS / rate / 60:.1f} |" for name, rate in medians.items()),
        "",
        f"The command with `shard={SHARD}` of a million users took {command['seconds']:.0f} s; it "
        f"read the model and wrote {command['written_mb']:.0f} MB. It took at most "
        f"{command['peak_gib']:.2f} GiB of memory.",
    ]
    if index:
        lines += [
            "",
            "Exact search beside a graph of usearch, in milliseconds of a processor for each user:",
            "",
            "| items | exact | candidates | graph | recall | processor seconds to build |",
            "|--:|--:|--:|--:|--:|--:|",
            *(
                f"| {row['items']:,} | {row['exact_ms']:.2f} | {row['candidates']} | "
                f"{row['index_ms']:.2f} | {row['recall']:.3f} | {row['build_seconds']:.0f} |"
                for row in index
            ),
        ]
    keep("score", lines)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
