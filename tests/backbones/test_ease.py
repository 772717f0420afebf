import numpy as np
import pytest
import torch

from rankdistill.backbones.ease import Ease, solve_ease
from rankdistill.histories.contexts import Contexts

PAIRS = torch.tensor([[0, 0], [0, 2], [1, 0], [1, 1], [1, 2], [3, 3], [3, 1]]).T


def indicators() -> torch.Tensor:
    """The pairs as a (users, items) matrix; user 2 has none."""
    matrix = torch.zeros(4, 5)
    matrix[PAIRS[0], PAIRS[1]] = 1
    return matrix


def solved(l2: float = 2.0) -> Ease:
    model = Ease(num_users=4, num_items=5, l2=l2, memory_gib=8.0)
    model.observe(*PAIRS)
    return model


def test_every_column_solves_the_ridge_regression_of_its_item_on_all_others():
    x, l2 = indicators().double().numpy(), 2.0
    weights = solve_ease(torch.from_numpy(x.T @ x), l2).numpy()
    for item in range(5):
        others = [j for j in range(5) if j != item]
        left = x[:, others].T @ x[:, others] + l2 * np.eye(4)
        expected = np.linalg.solve(left, x[:, others].T @ x[:, item])
        np.testing.assert_allclose(weights[others, item], expected, atol=1e-12)
        assert weights[item, item] == 0


def test_a_users_scores_are_the_sums_of_the_weights_of_its_items():
    model = solved()
    expected = indicators() @ model.item_weights
    torch.testing.assert_close(model.score_rows(Contexts(torch.arange(4))), expected)
    torch.testing.assert_close(model.score_rows(Contexts(torch.tensor([3, 1]))), expected[[3, 1]])
    some = torch.tensor([[4, 0], [1, 1]])
    torch.testing.assert_close(
        model(Contexts(torch.tensor([3, 1])), some), expected[[3, 1]].gather(1, some)
    )


def test_a_user_without_interactions_scores_nothing():
    assert not solved().score_rows(Contexts(torch.tensor([2]))).any()


def test_it_takes_no_gradient_and_its_state_loads_into_a_new_one():
    model = solved()
    assert not any(weight.requires_grad for weight in model.parameters())
    loaded = Ease(num_users=4, num_items=5, l2=400.0, memory_gib=8.0)
    loaded.load_state_dict(model.state_dict())
    users = Contexts(torch.arange(4))
    torch.testing.assert_close(loaded.score_rows(users), model.score_rows(users))


@pytest.mark.parametrize("l2", [0, -1.0, float("nan")])
def test_a_ridge_that_is_not_positive_is_refused(l2):
    with pytest.raises(ValueError, match="l2 must be positive"):
        Ease(num_users=2, num_items=2, l2=l2, memory_gib=8.0)


def test_a_catalogue_whose_solution_would_not_fit_is_refused_before_anything_is_allocated():
    with pytest.raises(ValueError, match=r"26\.6 GiB .* memory_gib=8: choose another teacher"):
        Ease(num_users=138_493, num_items=26_744, l2=400.0, memory_gib=8.0)
