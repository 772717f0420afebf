"""implicit's ALS and BPR: curves of validation quality over fitting time, and a whole process.

    python -m benchmarks.speed.implicit_quality FILE KIND SETTINGS ITERATIONS THREADS

The command fits, then ranks all users and computes implicit's metrics on the test items.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed.arrays import Arrays, load

ALS, BPR = "implicit ALS", "implicit BPR"
MOST_ITERATIONS = {ALS: 20, BPR: 200}
LOOK_EVERY = {ALS: 1, BPR: 5}
"""Iterations from one look at validation to the next; no look is on the clock."""

Point = tuple[float, float]
"""Seconds of fitting, and validation quality after them."""


def curve(
    kind: str,
    settings: dict[str, Any],
    data: Arrays,
    quality: Callable[..., float],
    threads: int,
    seed: int,
) -> list[Point]:
    """Fit once and look at validation as it goes; the seconds of looking are taken out."""
    from threadpoolctl import threadpool_limits

    points: list[Point] = []
    train = data.matrix("train")
    looking = 0.0
    start = time.perf_counter()

    def look(iteration: int, *_: object) -> None:
        nonlocal looking
        if (iteration + 1) % LOOK_EVERY[kind]:
            return
        now = time.perf_counter()
        points.append((now - start - looking, quality(model.user_factors, model.item_factors)))
        looking += time.perf_counter() - now

    with threadpool_limits(1, "blas"):  # as it asks for: its threads are its own
        model = _model(kind, settings, MOST_ITERATIONS[kind], threads, seed)
        model.fit(train, show_progress=False, callback=look)
    return points


def _model(kind: str, settings: dict[str, Any], iterations: int, threads: int, seed: int):
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    made = AlternatingLeastSquares if kind == ALS else BayesianPersonalizedRanking
    return made(**settings, iterations=iterations, num_threads=threads, random_state=seed)


def main() -> None:
    """Fit and evaluate as a process of its own."""
    file, kind, settings, iterations, threads = sys.argv[1:]
    from implicit.evaluation import ranking_metrics_at_k
    from threadpoolctl import threadpool_limits

    data = load(Path(file))
    train, test = data.matrix("train"), data.matrix("test")
    with threadpool_limits(1, "blas"):
        model = _model(kind, json.loads(settings), int(iterations), int(threads), 1)
        model.fit(train, show_progress=False)
        found = ranking_metrics_at_k(
            model, train, test, K=20, show_progress=False, num_threads=int(threads)
        )
    print(found)


if __name__ == "__main__":
    main()
