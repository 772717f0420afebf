"""One candidate in a process of its own: an epoch, its evaluation, and the peak of its memory.

    python -m benchmarks.speed.alone FILE CANDIDATE DIM BATCH THREADS EVALUATE

FILE holds the split as arrays; prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.speed.peak import peak_mebibytes


def main() -> None:
    """Measure and print."""
    file, name, dim, batch, threads, evaluate = sys.argv[1:]
    from benchmarks.speed.arrays import load
    from benchmarks.speed.candidates import Task, candidate

    one = candidate(name)
    task = Task(load(Path(file)), int(dim), int(batch), threads=int(threads))
    train = one.trainer(task)
    train(1)  # what a process pays once, such as the first use of a kernel, is not of an epoch
    found = {"epoch_seconds": train(1)}
    found["training_mebibytes"] = peak_mebibytes()
    if evaluate == "true" and one.evaluator is not None:
        run = one.evaluator(task)
        run()
        start = time.perf_counter()
        run()
        found["evaluation_seconds"] = time.perf_counter() - start
        found["evaluation_mebibytes"] = peak_mebibytes()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
