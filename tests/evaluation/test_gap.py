import numpy as np
import pytest

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER, TOO_FEW_USERS, gap_of
from rankdistill.evaluation.significance import bootstrap_interval, gap_closed, paired_test

NOISE = np.random.default_rng(0).normal(0, 0.1, size=(3, 100))


def models(lead, gain):
    """The values of 100 users: teacher, student and distilled student."""
    return 0.2 + lead + NOISE[0], 0.2 + NOISE[1], 0.2 + gain + NOISE[2]


def test_a_clear_lead_has_a_percentage_with_its_interval():
    columns = models(lead=0.2, gain=0.1)
    gap = gap_of(*columns)
    assert gap["value"] == gap_closed(*(column.mean() for column in columns))
    assert (gap["ci_low"], gap["ci_high"]) == bootstrap_interval(*columns)
    assert gap["reason"] is None
    assert gap["lead"]["difference"] == pytest.approx(np.mean(columns[0] - columns[1]))


@pytest.mark.parametrize("lead", np.linspace(-0.1, 0.1, 21))
def test_there_is_a_percentage_only_where_the_test_of_the_lead_excludes_zero(lead):
    columns = models(lead, gain=-0.3)
    test, gap = paired_test(*columns[:2]), gap_of(*columns)
    shown = {"difference": test.difference, "ci_low": test.ci_low, "ci_high": test.ci_high}
    assert gap["lead"] == shown
    if test.difference <= 0:
        assert (gap["value"], gap["reason"]) == (None, NOT_BETTER)
    elif test.ci_low <= 0:
        assert (gap["value"], gap["reason"]) == (None, MAY_BE_CHANCE)
    elif gap["value"] is None:
        assert bootstrap_interval(*columns) is None


@pytest.mark.parametrize("values", [(0.5, 0.2, 0.3), (0.2, 0.5, 0.3), (0.0, 0.0, 0.0)])
def test_one_user_has_neither_percentage_nor_interval(values):
    gap = gap_of(*(np.array([value]) for value in values))
    none = {"value": None, "ci_low": None, "ci_high": None, "lead": None}
    assert gap == {**none, "reason": TOO_FEW_USERS}
