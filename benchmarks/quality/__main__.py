"""Which method closes the gap: a grid of methods, data, students and teachers, equally tuned.

    python -m benchmarks.quality [--workers 2] [--seeds 1,2,3,4,5] [--panel NAME ...]
                                 [--ml-1m FILE] [--recorded-settings] [--report]

Every cell is tuned on validation with its panel's number of trials and fitted over the seeds; it
is kept in outputs/quality/ as it ends, and the same command goes on after a stop. The record goes
to benchmarks/results/quality.json, the table and the figure beside it, and into docs/; a
recorded panel stays until all its rows are there anew. --recorded-settings spares the searches
that quality.json has the outcome of.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import torch
from benchmarks.quality.cell import run_cell
from benchmarks.quality.grid import Cell, panels, stages
from benchmarks.quality.recorded import joined, recorded_panels, waiting
from benchmarks.quality.report import report
from benchmarks.quality.summary import summarize


def main() -> None:
    """Run what is missing, then report what is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="cells at once")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--panel", nargs="*", help="these alone")
    parser.add_argument(
        "--ml-1m", metavar="FILE", help="(user, item) pairs in place of the release"
    )
    parser.add_argument(
        "--recorded-settings", action="store_true", help="search only what quality.json lacks"
    )
    parser.add_argument("--report", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    grid = panels(arguments.ml_1m)
    known = [panel.name for panel in grid]
    if unknown := set(arguments.panel or ()) - set(known):
        parser.error(
            f"there is no panel {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    chosen = tuple(panel for panel in grid if not arguments.panel or panel.name in arguments.panel)
    threads = max(1, (os.cpu_count() or 1) // arguments.workers)
    torch.set_num_threads(threads)  # the record tells of those of a fit
    if not arguments.report:
        one = partial(
            run_cell, seeds=seeds, threads=threads, search=not arguments.recorded_settings
        )
        for stage in stages(chosen, grid):
            run(one, stage, arguments.workers)
    recorded, measured = recorded_panels(), summarize(grid, seeds)
    report(joined(grid, recorded, measured))
    for name, rows in waiting(recorded, measured).items():
        print(f"{name}: the recorded panel stays until these are there too: {', '.join(rows)}.")


def run(one: Callable[[Cell], None], stage: list[Cell], workers: int) -> None:
    """Run cells that share the cores, each in a process of its own, which gives its memory back."""
    with ThreadPoolExecutor(workers) as pool:
        for cell, seconds in zip(stage, pool.map(partial(in_a_process, one), stage), strict=True):
            print(f"{cell.name}  ({seconds:.0f} s)", flush=True)


def in_a_process(one: Callable[[Cell], None], cell: Cell) -> float:
    """Seconds of a cell; a RuntimeError where its process failed, which has said why."""
    start = time.perf_counter()
    process = get_context("spawn").Process(target=one, args=(cell,))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{cell.name} ended with exit status {process.exitcode}.")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
