import pytest
import torch

from rankdistill.backbones.ensemble import Ensemble, standardized_rows
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts

USERS = Contexts(torch.arange(3))


def member(scale: float) -> MatrixFactorization:
    torch.manual_seed(int(scale))
    return MatrixFactorization(3, 7, embedding_dim=2, init_std=scale)


def test_a_standardized_row_has_mean_zero_and_deviation_one_and_a_constant_row_is_zeros():
    rows = torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])
    expected = torch.tensor([[-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(standardized_rows(rows), expected)


def test_members_of_very_different_scales_count_as_their_shares_say():
    small, large = member(1.0), member(100.0)
    ensemble = Ensemble(3, 7, {"a": small, "b": large}, {"a": 3.0, "b": 1.0})
    a, b = (standardized_rows(one.score_rows(USERS)) for one in (small, large))
    torch.testing.assert_close(ensemble.score_rows(USERS), 0.75 * a + 0.25 * b)
    items = torch.tensor([[0, 6], [1, 1], [5, 2]])
    torch.testing.assert_close(ensemble(USERS, items), (0.75 * a + 0.25 * b).gather(1, items))


def test_taken_members_are_frozen():
    ensemble = Ensemble(3, 7, {"a": member(1.0), "b": member(2.0)}, None)
    trained = {"a": member(3.0).eval(), "b": member(4.0).eval()}
    ensemble.take(trained)
    assert not any(weight.requires_grad for weight in ensemble.parameters())
    a, b = (standardized_rows(one.score_rows(USERS)) for one in trained.values())
    torch.testing.assert_close(ensemble.score_rows(USERS), (a + b) / 2)


@pytest.mark.parametrize("shares", [{"a": 1.0}, {"a": 1.0, "c": 1.0}, {"a": 1.0, "b": 0.0}])
def test_shares_that_do_not_fit_the_members_are_refused(shares):
    with pytest.raises(ValueError, match="shares must give a, b a positive number each"):
        Ensemble(3, 7, {"a": member(1.0), "b": member(2.0)}, shares)


def test_an_ensemble_of_nobody_is_refused():
    with pytest.raises(ValueError, match="needs members"):
        Ensemble(3, 7, {}, None)
