import math

import pytest

from rankdistill.distillation.balance import BALANCES, official_balance, paper_balance


def test_the_balance_of_the_paper_and_that_of_the_official_code():
    assert paper_balance(0.25) == (0.75, 0.25)
    assert official_balance(0.25) == (1.0, 0.25)
    # alpha = 1 of the code is the paper's 0.5 up to a factor of two
    assert official_balance(1.0) == tuple(2 * factor for factor in paper_balance(0.5))


def test_an_alpha_that_the_balance_has_no_meaning_for_is_refused():
    with pytest.raises(ValueError, match=r"alpha must lie in \[0, 1\]"):
        paper_balance(1.5)
    for alpha in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match="alpha must be a number from 0 up"):
            official_balance(alpha)


@pytest.mark.parametrize("balance", BALANCES.values(), ids=BALANCES)
def test_alpha_zero_leaves_the_ranking_loss_as_it_is(balance):
    assert balance(0) == (1, 0)


def test_an_alpha_of_one_leaves_the_distillation_loss_alone_in_the_balance_of_the_paper():
    assert paper_balance(1) == (0, 1)
    with pytest.raises(ValueError, match="got nan; loss_balance=official"):
        paper_balance(math.nan)
