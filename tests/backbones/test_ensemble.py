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


def test_shared_items_are_scored_as_in_whole_rows_also_after_other_members_were_taken():
    ensemble = Ensemble(3, 7, {"a": member(1.0), "b": member(100.0)}, {"a": 3.0, "b": 1.0})
    users, items = Contexts(torch.tensor([2, 0, 2])), torch.tensor([6, 1, 6, 3])
    for scale in (2.0, 3.0):
        expected = ensemble.score_rows(users)[:, items]
        torch.testing.assert_close(ensemble.score_shared(users, items), expected)
        ensemble.take({"a": member(scale), "b": member(5.0)})


def test_shared_items_of_places_in_histories_are_read_off_whole_rows():
    ensemble = Ensemble(3, 7, {"a": member(1.0)}, None)
    places, items = Contexts(torch.tensor([2, 0]), torch.tensor([0, 1])), torch.tensor([6, 1])
    expected = ensemble.score_rows(places)[:, items]
    torch.testing.assert_close(ensemble.score_shared(places, items), expected)


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
