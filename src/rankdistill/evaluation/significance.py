"""Test whether a difference between two models is more than chance; bound the gap closed.

Models rank for one set of users, so the values of a user are paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

ERROR = 0.05
"""The chance of error that is accepted: intervals are of 95%, differences shown at 5%."""

FEWEST_USERS = 2
"""A test needs a spread over users, which one user does not have."""

_CELLS_AT_ONCE = 1 << 21  # bounds the memory of one portion of resamples


@dataclass(frozen=True)
class PairedTest:
    """The result of a paired t-test on a - b.

    Attributes:
        difference: Mean of a - b over users.
        ci_low: Lower end of the confidence interval of the difference, of 95% unless changed.
        ci_high: Upper end of that interval.
        p_value: Two-sided; 1 where no user differs.
        num_users: Number of pairs.
    """

    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    num_users: int

    def with_error(self, error: float) -> PairedTest:
        """Widen a 95% interval to one that misses the true difference with another probability.

        Args:
            error: Such as 0.01 for a 99% interval.
        """
        if error == ERROR:
            return self
        freedom = self.num_users - 1
        wider = float(stdtrit(freedom, 1 - error / 2) / stdtrit(freedom, 1 - ERROR / 2))
        margin = wider * (self.ci_high - self.difference)
        return replace(self, ci_low=self.difference - margin, ci_high=self.difference + margin)


def paired_test(a: np.ndarray, b: np.ndarray) -> PairedTest:
    """Two-sided paired t-test over users, with the 95% confidence interval.

    Where all users differ by one amount there is no spread: the interval is that amount, and p is
    1 for zero and 0 otherwise.

    Args:
        a: (num_users,) values of one model.
        b: (num_users,) values of the other, in the same order of users.

    Returns:
        The difference a - b, its interval and its p-value.

    Raises:
        ValueError: If shapes differ, fewer than two users are given or a value is not finite.
    """
    a, b = _paired_columns(a=a, b=b)
    num_users = len(a)
    differences = a - b
    mean = float(differences.mean())
    error = float(differences.std(ddof=1)) / math.sqrt(num_users)
    if error == 0:
        return PairedTest(mean, mean, mean, 1.0 if mean == 0 else 0.0, num_users)
    freedom = num_users - 1
    margin = float(stdtrit(freedom, 1 - ERROR / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(mean) / error))
    return PairedTest(mean, mean - margin, mean + margin, p_value, num_users)


def gap_closed(teacher: float, student: float, distilled: float) -> float | None:
    """Return the share of the way from student to teacher that distillation went.

    Args:
        teacher: The teacher's value of a metric where more is better.
        student: The plain student's.
        distilled: The distilled student's.

    Returns:
        (distilled - student) / (teacher - student): 0 for no gain, 1 for the teacher's level,
        more beyond it, negative for a loss. None where the teacher is not better than the
        student: there is no gap to close.
    """
    gap = teacher - student
    return (distilled - student) / gap if gap > 0 else None


def bootstrap_interval(
    teacher: np.ndarray,
    student: np.ndarray,
    distilled: np.ndarray,
    *,
    num_resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Bound the gap closed by a percentile bootstrap interval over users.

    Users are drawn with replacement, the same users for all three models. Resamples in which the
    teacher is not better than the student have no gap closed and are left out.

    Args:
        teacher: (num_users,) the teacher's values of a metric where more is better.
        student: (num_users,) the plain student's, in the same order of users.
        distilled: (num_users,) the distilled student's, in the same order of users.
        num_resamples: Number of draws.
        confidence: Share of resamples inside the interval, in (0, 1).
        seed: Seed of the draws.

    Returns:
        (low, high). None where more than 1 - confidence of the resamples have no gap to close:
        the gap itself may then be chance, and an interval of a ratio to it means nothing.

    Raises:
        ValueError: If shapes differ, fewer than two users are given, a value is not finite, or a
            setting is out of range.

    Reference:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    if num_resamples < 1 or not 0 < confidence < 1:
        raise ValueError(
            "num_resamples must be at least 1 and confidence between 0 and 1, "
            f"got {num_resamples} and {confidence}."
        )
    teacher, student, distilled = _paired_columns(
        teacher=teacher, student=student, distilled=distilled
    )
    gaps, gains = teacher - student, distilled - student
    num_users = len(gaps)
    generator = np.random.default_rng(seed)
    ratios = []
    portion = max(1, _CELLS_AT_ONCE // num_users)
    for start in range(0, num_resamples, portion):
        resamples = min(portion, num_resamples - start)
        users = generator.integers(num_users, size=(resamples, num_users))
        gap, gain = gaps[users].sum(1), gains[users].sum(1)
        ratios.append(gain[gap > 0] / gap[gap > 0])
    defined = np.concatenate(ratios)
    if len(defined) < confidence * num_resamples:
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _paired_columns(**columns: np.ndarray) -> list[np.ndarray]:
    """Check that columns are finite and of one length, and return them in float64."""
    vectors = [np.asarray(column, dtype=np.float64) for column in columns.values()]
    if any(vector.ndim != 1 or vector.shape != vectors[0].shape for vector in vectors):
        shapes = ", ".join(
            f"{name} {vector.shape}" for name, vector in zip(columns, vectors, strict=True)
        )
        raise ValueError(f"Paired values must be vectors over the same users, got {shapes}.")
    if len(vectors[0]) < FEWEST_USERS:
        raise ValueError(f"At least two users are needed, got {len(vectors[0])}.")
    for name, vector in zip(columns, vectors, strict=True):
        if not np.isfinite(vector).all():
            raise ValueError(f"The values of {name} must be finite.")
    return vectors
