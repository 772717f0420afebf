"""Compare every configuration of a sweep with its baseline, in paired tests over users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import PairedTest, paired_test
from rankdistill.evaluation.sweep_trials import Configuration, Grid, Level, Trial, UserValues


def baselines(grid: Grid, chosen: Mapping[str, Level] | None) -> list[int | None]:
    """Find the configuration that each one is compared with.

    Args:
        grid: The sweep.
        chosen: Levels of some axes: the baseline of a configuration has these, and its own levels
            on all other axes. None makes the first configuration of the sweep the baseline of all.

    Returns:
        The baseline's number for each configuration: its own where it is a baseline itself, None
        where its baseline is missing.
    """
    if chosen is None:
        return [0] * len(grid.configurations)
    numbers = {each.levels: number for number, each in enumerate(grid.configurations)}

    def twin(configuration: Configuration) -> tuple[Level, ...]:
        pairs = zip(grid.axes, configuration.levels, strict=True)
        return tuple(chosen.get(axis, level) for axis, level in pairs)

    return [numbers.get(twin(configuration)) for configuration in grid.configurations]


def user_tests(
    grid: Grid, against: Sequence[int | None], metric: str
) -> list[dict[str, Any] | None]:
    """Test each configuration against its baseline, user by user.

    A user's value is the mean over the seeds that both have, on equal data. At any time the
    memory holds the values of one baseline and of one more run.

    Args:
        grid: The sweep.
        against: What :func:`baselines` returned.
        metric: Such as "map@5", on the test items.

    Returns:
        For each configuration what ``corrected_together`` says of the difference to the baseline,
        corrected for all tests of this list, and "num_seeds". None for a baseline itself, and
        where the two share fewer than two users or no seed.
    """
    found: list[tuple[PairedTest, int] | None] = [None] * len(grid.configurations)
    for baseline in sorted({number for number in against if number is not None}):
        loaded = _loaded(grid.configurations[baseline], metric)
        for number, own in enumerate(against):
            if own == baseline != number:
                found[number] = _test(grid.configurations[number], loaded, metric)
    corrected = iter(corrected_together([test for test, _ in filter(None, found)]))
    return [each and {**next(corrected), "num_seeds": each[1]} for each in found]


def _loaded(baseline: Configuration, metric: str) -> dict[tuple[object, ...], UserValues]:
    loaded = {_key(trial): trial.per_user(metric) for trial in baseline.trials}
    return {key: values for key, values in loaded.items() if values is not None}


def _key(trial: Trial) -> tuple[object, ...]:
    return (*trial.seed, trial.data)


def _test(
    configuration: Configuration,
    baseline: Mapping[tuple[object, ...], UserValues],
    metric: str,
) -> tuple[PairedTest, int] | None:
    """Return the test and its number of seeds."""
    pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for trial in configuration.trials:
        own = trial.per_user(metric) if _key(trial) in baseline else None
        if own is not None:
            other = baseline[_key(trial)]
            users, mine, its = np.intersect1d(own[0], other[0], True, return_indices=True)
            pairs.append((users, own[1][mine], other[1][its]))
    users = np.concatenate([ids for ids, *_ in pairs]) if pairs else np.empty(0)
    names, places = np.unique(users, return_inverse=True)
    if len(names) < 2:
        return None
    a, b = (
        np.bincount(places, np.concatenate([pair[side] for pair in pairs]).astype(np.float64))
        / np.bincount(places)  # seeds in which a user counts
        for side in (1, 2)
    )
    return paired_test(a, b), len(pairs)
