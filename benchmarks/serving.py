"""Measure what one recommendation costs outside the project.

    python benchmarks/serving.py [peers=PYTHON]

Models of made-up weights, in three catalogues: a teacher (a factorisation in 200 dimensions), a
student (FISM in 16 dimensions as int6), and EASE where its matrix fits. Each reader is a process of
its own, on one thread: one person at a time, who has 50 items. Cold start is the time from the
start of the process to its first list. What is not installed for the interpreter is left out; the
peers may be in another one. The page has a benchmark of its own, page_speed.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from machine import RESULTS, keep, machine
from rankdistill.files import write_json_atomically
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.rank_files.tables import encoded, storage_name
from rankdistill.serving.onnx_file import write_onnx
from sections import copy_records

CATALOGUES = {1_682: 2000, 100_000: 300, 1_000_000: 50}
"""Requests by catalogue."""

USERS, MOST_OF_EASE, MOST_OF_GRAPH = 1_000, 10_000, 100_000
MODELS = {
    "teacher, d=200, fp32": ("factors", 200, 32),
    "student, d=16, int6": ("history", 16, 6),
    "EASE, fp32": ("item_item", 0, 32),
}
PEERS = ("implicit", "usearch")


def made_model(kind: str, num_items: int, dim: int, bits: int) -> RankFile:
    """A model of random weights: what it takes does not depend on them."""
    random = np.random.default_rng(0)
    shapes = {
        "factors": {"users": (USERS, dim), "items": (num_items, dim), "item_bias": (num_items,)},
        "history": {
            "history_items": (num_items, dim),
            "items": (num_items, dim),
            "item_bias": (num_items,),
        },
        "item_item": {"item_weights": (num_items, num_items)},
    }[kind]
    tables = {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    return RankFile(
        kind=kind,
        storage=storage_name(bits),
        tables={name: encoded(name, table, bits) for name, table in tables.items()},
        settings={"power": 0.5} if kind == "history" else {},
        item_ids=tuple(map(str, range(num_items))),
        user_ids=tuple(map(str, range(USERS))) if kind == "factors" else (),
        item_counts=random.integers(0, 1000, num_items),
    )


def measured(python: str, reader: str, path: Path, requests: int) -> dict[str, Any] | None:
    """One process; None where the reader is not installed."""
    script = Path(__file__).with_name("serving_reader.py")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1] / "src")
    command = [python, str(script), reader, str(path), str(time.time()), str(requests)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ran.returncode:
        if "ModuleNotFoundError" not in ran.stderr:
            raise RuntimeError(ran.stderr[-2000:])
        print(f"{reader} is not installed: left out.")
        return None
    found = json.loads(ran.stdout.splitlines()[-1])
    quantiles = {f"p{q}": float(np.percentile(found["ms"], q)) for q in (50, 95, 99)}
    return {**quantiles, "cold_seconds": found["cold"], "mib": found["mib"]}


def factors_for_peers(num_items: int, folder: Path, peers: str) -> list[tuple[str, Path, int]]:
    """Readers of peers, with their files and bytes: 16 factors, as the student has."""
    random = np.random.default_rng(0)
    path = folder / "peers.npz"
    users, items = (random.standard_normal((n, 16), np.float32) for n in (USERS, num_items))
    np.savez(path, users=users, items=items)
    found = [("implicit", path, path.stat().st_size)]
    if num_items <= MOST_OF_GRAPH:
        text = (
            "import sys, numpy as np; from usearch.index import Index;"
            "items = np.load(sys.argv[1])['items']; index = Index(ndim=16, metric='ip');"
            "index.add(np.arange(len(items)), items); index.save(sys.argv[2])"
        )
        graph = folder / "peers.usearch"
        made = subprocess.run([peers, "-c", text, path, graph], capture_output=True, check=False)
        if not made.returncode:
            found.append(("usearch", path, graph.stat().st_size))
    return found


def rows_of(num_items: int, requests: int, peers: str) -> list[dict[str, Any]]:
    """Every model with every reader, for one catalogue."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tasks: list[tuple[str, str, str, Path, int]] = []
        for model, (kind, dim, bits) in MODELS.items():
            if kind == "item_item" and num_items > MOST_OF_EASE:
                continue
            made = made_model(kind, num_items, dim, bits)
            files = {ending: folder / f"{kind}.{ending}" for ending in ("rank", "onnx")}
            write_rank_file(files["rank"], made)
            write_onnx(files["onnx"], made)
            for reader, ending in (
                ("NumPy", "rank"),
                ("ONNX Runtime", "onnx"),
                ("PyTorch", "rank"),
            ):
                size = files[ending].stat().st_size
                tasks.append((model, reader, sys.executable, files[ending], size))
        for reader, path, size in factors_for_peers(num_items, folder, peers):
            tasks.append(("factors, d=16, fp32", reader, peers, path, size))
        for model, reader, python, path, size in tasks:
            found = measured(python, reader, path, requests)
            if found is not None:
                rows.append(
                    {"items": num_items, "model": model, "reader": reader, "bytes": size, **found}
                )
                print(json.dumps(rows[-1]), flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Markdown."""
    lines = [
        "| items | model | reader | p50 (ms) | p95 | p99 | cold start (s) | file | memory |",
        "|--:|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        times = " | ".join(f"{row[name]:.3f}" for name in ("p50", "p95", "p99"))
        size = f"{row['bytes'] / 1000:,.0f} kB"
        lines.append(
            f"| {row['items']:,} | {row['model']} | {row['reader']} | {times} | "
            f"{row['cold_seconds']:.2f} | {size} | {row['mib']:,.0f} MiB |"
        )
    return lines


def main() -> None:
    """Measure and keep the table."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    peers = given.get("peers", sys.executable)
    rows = []
    for num_items, requests in CATALOGUES.items():
        rows += rows_of(num_items, requests, peers)
    title = (
        "One list of ten items for one person who has 50, on one thread; ids in, ids out where the "
        "reader knows them. A process of its own each. `implicit` and `usearch` have a vector for "
        "each user, as a teacher has; `usearch` is approximate."
    )
    write_json_atomically(RESULTS / "serving.json", {"rows": rows, "machine": machine()})
    keep("serving", [title, "", *table(rows)])
    copy_records()


if __name__ == "__main__":
    main()
