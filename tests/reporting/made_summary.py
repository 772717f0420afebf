"""Runs and summaries of sweeps made by hand, for reports."""

import itertools

from tests.evaluation.made_trials import made_trial

from rankdistill.evaluation.sweep_summary import build_sweep_summary

AXES = ["size", "weighting"]
VALUES = {
    ("d2", "uniform"): 0.1,
    ("d2", "hybrid"): 0.12,
    ("d10", "uniform"): 0.3,
    ("d10", "hybrid"): 0.31,
}


def seeded(values=VALUES, seeds=(1, 2, 3), users=True):
    """Runs whose users differ a little, and seeds too."""
    return [
        made_trial(
            {"size": size, "weighting": weighting},
            value + 0.001 * seed,
            seed=seed,
            users={u: value + 0.01 * (u % 3) * value for u in range(9)} if users else None,
        )
        for (size, weighting), value in values.items()
        for seed in seeds
    ]


def summary_of(**grid):
    """A summary over settings as axes, names with two underscores for a dot."""
    trials = [
        made_trial(
            {name.replace("__", "."): level for name, level in point.items()},
            0.1 + 0.01 * sum(float(level) for level in point.values()) ** 0.5 + 0.001 * seed,
            seed=seed,
            num_bytes=1000 * point.get("backbone__embedding_dim", 1),
            **point,
        )
        for levels in itertools.product(*grid.values())
        for point in [dict(zip(grid, levels, strict=True))]
        for seed in (1, 2)
    ]
    return build_sweep_summary(trials, [name.replace("__", ".") for name in grid], "map@5")
