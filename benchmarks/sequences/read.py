"""The sequences that every measurement of speed is given, without anything but NumPy."""

from __future__ import annotations

import argparse
import json

import numpy as np


def arguments() -> argparse.Namespace:
    """What a measurement is told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    for name in ("dim", "length", "batch", "threads", "epochs", "users"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args()


def pairs(path: str, users: int) -> np.ndarray:
    """(n, 3) user, item and position of the first users."""
    rows = np.loadtxt(path, skiprows=1, dtype=np.int64)
    return rows[rows[:, 0] < users]


def tell(seconds: list[float], foretold: int) -> None:
    """Print the best epoch's items foretold in a second; the first epoch warms up."""
    best = min(seconds[1:])
    print(json.dumps({"seconds": best, "foretold": foretold, "rate": foretold / best}))
