"""Measure `rankdistill score search=index` beside exact search: time, recall, and when it pays.

    python benchmarks/score_index.py [isotropic-100000] [clustered-1000000] ...

The best 100 items of users who have 50, in 16 dimensions, for some of the parts or for all; what
was recorded of the others stays. The part with a million items takes five minutes. Isotropic
vectors are drawn without any structure. Clustered ones lie around a centre for each 200 items,
users around the centres of items, and the lengths of items differ as popularity does: nearer to
what a factorisation learns.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from machine import RESULTS, keep, machine
from rankdistill.files import write_json_atomically
from rankdistill.rank_files.contents import RankFile
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.index_recall import index_recall
from rankdistill.serving.item_index import ItemIndex, item_vectors
from rankdistill.serving.scored_users import users_of_model
from score import DIM, LIMIT, SEEN, THREADS, blocks_on_threads, made_model

USERS = 2048
PARTS = ("isotropic-10000", "clustered-10000", "isotropic-100000", "clustered-100000")
PARTS += ("clustered-300000", "clustered-1000000")
CANDIDATES = (128, 256, 512)
RECALL_USERS = 200
SMALLEST_GAIN = 0.1
"""Share of the time of exact search; less is the noise of a busy machine."""
ITEMS_OF_CENTRE = 200
SPREAD, SPREAD_OF_LENGTHS = 0.5, 0.3


def clustered(model: RankFile) -> RankFile:
    """Put other vectors into a model, around common centres."""
    random = np.random.default_rng(1)
    num_items = len(model.item_ids)
    centres = random.standard_normal((num_items // ITEMS_OF_CENTRE, DIM), dtype=np.float32)

    def around(length: int) -> np.ndarray:
        noise = random.standard_normal((length, DIM), dtype=np.float32)
        return centres[random.integers(0, len(centres), length)] + np.float32(SPREAD) * noise

    lengths = np.exp(SPREAD_OF_LENGTHS * random.standard_normal((num_items, 1), dtype=np.float32))
    tables = {"users": around(len(model.user_ids)), "items": around(num_items) * lengths}
    return RankFile(
        kind=model.kind,
        storage=model.storage,
        tables=tables,
        item_ids=model.item_ids,
        user_ids=model.user_ids,
        seen=model.seen,
    )


def milliseconds(ranker: BlockRanker) -> float:
    """Time of a user, on all threads together, after a turn that does not count."""
    ranker.rank(0, ranker.users_at_once)
    started = time.perf_counter()
    blocks_on_threads(ranker, USERS)
    return 1000 * (time.perf_counter() - started) / USERS


def measured(vectors: str, model: RankFile) -> list[dict[str, str | float]]:
    """Compare the index with exact search, for each number of candidates."""
    users, cpu = users_of_model(model), torch.device("cpu")
    exact = milliseconds(BlockRanker(model, users, LIMIT, cpu))
    rows: list[dict[str, str | float]] = []
    with tempfile.TemporaryDirectory() as folder:
        build = 0.0
        for candidates in CANDIDATES:
            index = ItemIndex(item_vectors(model), candidates, THREADS)
            started = time.perf_counter()
            index.open(Path(folder) / "index")  # the first builds it, the others read it
            build = build or time.perf_counter() - started
            row: dict[str, str | float] = {
                "vectors": vectors,
                "items": len(model.item_ids),
                "candidates": candidates,
                "exact_ms": exact,
                "index_ms": milliseconds(BlockRanker(model, users, LIMIT, cpu, index)),
                "recall": index_recall(model, users, LIMIT, index, RECALL_USERS),
                "build_seconds": build,
                "index_mb": sum(p.stat().st_size for p in Path(folder, "index").iterdir()) / 1e6,
            }
            print(row, flush=True)
            rows.append(row)
    return rows


def pays_from(row: dict[str, str | float]) -> str:
    """From how many users on building and searching take less time than exact search."""
    exact, gained = float(row["exact_ms"]), float(row["exact_ms"]) - float(row["index_ms"])
    if gained < SMALLEST_GAIN * exact:
        return "never"
    return f"{1000 * float(row['build_seconds']) / gained:,.0f} users"


def table_row(row: dict[str, str | float]) -> str:
    """A line of the table."""
    return (
        f"| {row['vectors']} | {row['items']:,} | {row['exact_ms']:.2f} | {row['candidates']} "
        f"| {row['index_ms']:.2f} | {row['recall']:.3f} | {row['build_seconds']:.0f} "
        f"| {row['index_mb']:.0f} | {pays_from(row)} |"
    )


def main(parts: list[str]) -> None:
    """Measure some parts anew, record them, and write the table of all."""
    record = RESULTS / "score_index.json"
    found = json.loads(record.read_text("utf-8")) if record.exists() else {}
    for part in parts:
        vectors, _, num_items = part.partition("-")
        model = made_model(USERS, int(num_items))
        rows = measured(vectors, clustered(model) if vectors == "clustered" else model)
        found[part] = {"machine": machine(), "found": rows}
        write_json_atomically(record, found)
    all_rows = [row for part in PARTS if part in found for row in found[part]["found"]]
    lines = [
        f"The best {LIMIT} items in {DIM} dimensions, without the {SEEN} that each user has, on "
        f"{THREADS} threads. Milliseconds for each user; recall beside exact search for "
        f"{RECALL_USERS} users; the index pays where more users are scored than the last column "
        f"tells. A gain of less than {SMALLEST_GAIN:.0%} counts as none.",
        "",
        "| vectors | items | exact | candidates | index | recall | build (s) | MB | pays from |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        *map(table_row, all_rows),
    ]
    keep("score_index", lines)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
