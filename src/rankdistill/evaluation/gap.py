"""Say how much of the gap between teacher and student was closed, or why there is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankdistill.evaluation.significance import (
    FEWEST_USERS,
    bootstrap_interval,
    gap_closed,
    paired_test,
)

NOT_BETTER = "the teacher is not better than the student"
MAY_BE_CHANCE = "the teacher's lead over the student may be chance"
TOO_FEW_USERS = "one test user is too few for tests and intervals"


def gap_of(teacher: np.ndarray, student: np.ndarray, distilled: np.ndarray) -> dict[str, Any]:
    """Measure the gap closed on one metric where the teacher's lead is more than chance.

    Args:
        teacher: (num_users,) the teacher's values of a metric where more is better.
        student: (num_users,) the plain student's, in the same order of users.
        distilled: (num_users,) the distilled student's, in the same order of users.

    Returns:
        - "value", "ci_low", "ci_high": the gap closed with its 95% interval over users; None where
          a percentage would mean nothing.
        - "reason": why it is None: ``TOO_FEW_USERS``, ``NOT_BETTER``, or ``MAY_BE_CHANCE`` where
          the interval of the lead, or of the ratio, has room for a teacher without a lead. None
          where there is a gap.
        - "lead": teacher - student, with "ci_low" and "ci_high" (95%); None for too few users.
    """
    none = {"value": None, "ci_low": None, "ci_high": None}
    if len(teacher) < FEWEST_USERS:
        return {**none, "reason": TOO_FEW_USERS, "lead": None}
    test = paired_test(teacher, student)
    lead = {"difference": test.difference, "ci_low": test.ci_low, "ci_high": test.ci_high}
    value = gap_closed(*(float(each.mean()) for each in (teacher, student, distilled)))
    if value is None:
        return {**none, "reason": NOT_BETTER, "lead": lead}
    interval = bootstrap_interval(teacher, student, distilled) if test.ci_low > 0 else None
    if interval is None:
        return {**none, "reason": MAY_BE_CHANCE, "lead": lead}
    low, high = interval
    return {"value": value, "ci_low": low, "ci_high": high, "reason": None, "lead": lead}
