"""Settings of implicit's ALS and BPR, chosen on validation with a stated budget, once."""

from __future__ import annotations

import math

import numpy as np
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.candidates import candidate
from benchmarks.speed.implicit_quality import ALS, BPR, LOOK_EVERY, curve
from benchmarks.speed.project import MONITOR, quality_of
from benchmarks.speed.turns import summary

TRIALS = 12
SIZES = (32, 64, 128, 200)
RANGES = {
    ALS: {"regularization": (1.0, 100.0), "alpha": (1.0, 15.0)},
    BPR: {"regularization": (0.0001, 0.05), "learning_rate": (0.002, 0.03)},
}
"""Drawn between these, evenly in the logarithm; sizes in turn, so that each has as many trials.

Narrowed to where a first dozen trials of each over wider ranges did best.
"""


def measure(bench: Bench) -> Measured:
    """The best of each kind: settings, iterations, validation quality."""
    measured = Measured(
        {"data": bench.data.name, "trials of each": TRIALS, "monitor": MONITOR, "between": RANGES}
    )
    if reason := candidate("implicit_bpr").absent():
        bench.say(f"implicit is skipped: {reason}")
        measured.skipped["implicit"] = reason
        return measured
    quality = quality_of(bench.data)
    for kind, ranges in RANGES.items():
        generator = np.random.default_rng(0)
        tried = []
        for trial in range(1 if bench.quick else TRIALS):
            drawn = {
                key: float(f"{math.exp(generator.uniform(*np.log(bounds))):.3g}")
                for key, bounds in ranges.items()
            }
            settings = {"factors": SIZES[trial % len(SIZES)], **drawn}
            points = curve(kind, settings, bench.data, quality, bench.threads, seed=1)
            best = max(range(len(points)), key=lambda at: points[at][1])
            tried.append((points[best][1], (best + 1) * LOOK_EVERY[kind], settings))
            bench.say(f"{kind} {settings}: {points[best][1]:.4f}")
        value, iterations, settings = max(tried, key=lambda one: one[0])
        measured.settings[kind] = {"iterations": iterations, **settings}
        measured.add(MONITOR, summary([value]), candidate=kind)
    return measured
