"""Test whether a model is at least as good as another, but for a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from rankdistill.evaluation.significance import ERROR, paired_test


@dataclass(frozen=True)
class NonInferiority:
    """The result of a paired test that a is worse than b by less than a margin.

    Attributes:
        difference: Mean of a - b over users.
        ci_low: Lower end of the 95% interval of the difference.
        margin: What a may be worse by; chosen before the values were seen.
        p_value: One-sided: how likely such a difference is where a is worse by the margin.
        num_users: Number of pairs.
    """

    difference: float
    ci_low: float
    margin: float
    p_value: float
    num_users: int

    @property
    def is_shown(self) -> bool:
        """Whether the interval lies above -margin: a one-sided test with an error of 2.5%."""
        return self.p_value < ERROR / 2


def non_inferiority(a: np.ndarray, b: np.ndarray, margin: float) -> NonInferiority:
    """One-sided paired t-test over users of the hypothesis that a - b is -margin or less.

    Args:
        a: (num_users,) values of one model, of a metric where more is better.
        b: (num_users,) values of the other, in the same order of users.
        margin: In units of the metric; positive.

    Raises:
        ValueError: If the margin is not positive, shapes differ, fewer than two users are given or
            a value is not finite.

    Reference:
        Piaggio et al., "Reporting of Noninferiority and Equivalence Randomized Trials", JAMA 2012.
    """
    if not 0 < margin < math.inf:
        raise ValueError(f"margin must be positive, got {margin}.")
    paired = paired_test(a, b)
    num_users, beyond = paired.num_users, paired.difference + margin
    deviation = float((np.asarray(a, np.float64) - np.asarray(b, np.float64)).std(ddof=1))
    if deviation == 0:
        p_value = 0.0 if beyond > 0 else 1.0
    else:
        p_value = float(stdtr(num_users - 1, -beyond * math.sqrt(num_users) / deviation))
    return NonInferiority(paired.difference, paired.ci_low, margin, p_value, num_users)
