"""The experts against plain Python loops, and what becomes of the router."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.routed_experts import RoutedExperts, reconstruction_loss

STUDENT = torch.randn(7, 2, generator=torch.Generator().manual_seed(1))
TEACHER = torch.randn(7, 6, generator=torch.Generator().manual_seed(2))


def some_experts(num_experts=3, anneal_epochs=10, seed=0):
    return RoutedExperts(num_experts, 2, 6, anneal_epochs, seeded_draws(seed))


def output_of(experts, expert, row):
    """One expert's two layers for one embedding, number by number."""
    first, first_bias = experts.hidden_weight[expert].tolist(), experts.hidden_bias[expert].tolist()
    second, second_bias = experts.output_weight[expert].tolist(), experts.output_bias[expert]
    hidden = [
        max(0.0, bias + sum(x * first[i][h] for i, x in enumerate(row)))
        for h, bias in enumerate(first_bias)
    ]
    return [
        bias + sum(x * second[h][j] for h, x in enumerate(hidden))
        for j, bias in enumerate(second_bias.tolist())
    ]


def test_an_expert_has_one_hidden_layer_halfway_between_student_and_teacher():
    shapes = {name: tuple(value.shape) for name, value in some_experts().named_parameters()}
    assert shapes == {
        "router": (3, 6),
        "hidden_weight": (3, 2, 4),
        "hidden_bias": (3, 4),
        "output_weight": (3, 4, 6),
        "output_bias": (3, 6),
    }


def test_the_mixture_is_the_sum_of_all_outputs_times_their_shares():
    experts = some_experts()
    shares = torch.rand(7, 3, generator=torch.Generator().manual_seed(3))
    expected = [
        [
            sum(shares[n, m].item() * output_of(experts, m, row)[j] for m in range(3))
            for j in range(6)
        ]
        for n, row in enumerate(STUDENT.tolist())
    ]
    torch.testing.assert_close(experts.mixture(STUDENT, shares), torch.tensor(expected))


@pytest.mark.parametrize(
    "chosen",
    [[0, 2, 1, 0, 0, 2, 1], [1, 1, 1, 1, 1, 1, 1], [2, 0, 0, 2, 2, 0, 2]],
    ids=["all experts", "one expert alone", "an expert without a row"],
)
def test_one_expert_per_row_is_the_mixture_of_one_hot_shares(chosen):
    experts, chosen = some_experts(), torch.tensor(chosen)
    shares = torch.nn.functional.one_hot(chosen, 3).float()
    expected = experts.mixture(STUDENT, shares)
    torch.testing.assert_close(experts.of_chosen(STUDENT, chosen), expected)
    by_hand = [output_of(experts, chosen[n], row) for n, row in enumerate(STUDENT.tolist())]
    torch.testing.assert_close(expected, torch.tensor(by_hand))


def test_one_expert_per_row_has_the_gradients_of_one_hot_shares():
    chosen = torch.tensor([0, 2, 1, 0, 0, 2, 1])
    shares = torch.nn.functional.one_hot(chosen, 3).float()
    gradients = []
    for compute in (
        lambda experts, rows: experts.of_chosen(rows, chosen),
        lambda experts, rows: experts.mixture(rows, shares),
    ):
        experts, rows = some_experts(), STUDENT.clone().requires_grad_()
        compute(experts, rows).square().sum().backward()
        weights = {name: value.grad for name, value in experts.named_parameters()}
        gradients.append({"student": rows.grad, **weights})
    assert gradients[0].pop("router") is gradients[1].pop("router") is None
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.parametrize("epoch", [0, 2, 3, 10, 99])
def test_gradients_are_finite_and_reach_every_parameter_in_every_epoch(epoch):
    # DDP waits for the gradient of every parameter, that of the router included.
    experts, rows = some_experts(), STUDENT.clone().requires_grad_()
    experts.anneal(epoch)
    reconstruction_loss(experts(rows, TEACHER).rebuilt, TEACHER).backward()
    for value in (rows, *experts.parameters()):
        assert value.grad is not None
        assert bool(torch.isfinite(value.grad).all())
    assert bool((rows.grad != 0).any())


def test_the_first_draws_train_the_router_and_the_last_do_not():
    for epoch, moves in ((0, True), (10, False)):
        experts = some_experts()
        experts.anneal(epoch)
        reconstruction_loss(experts(STUDENT, TEACHER).rebuilt, TEACHER).backward()
        assert bool((experts.router.grad.abs() > 1e-6).any()) == moves


def test_the_turn_to_one_expert_per_row_changes_no_value():
    # Epoch 3 of 10 is the last at a temperature of 1e-3; the draws are one-hot there already.
    experts = some_experts()
    got = []
    for epoch in (3, 4):
        experts.anneal(epoch)
        experts.draws = seeded_draws(5)
        got.append(experts(STUDENT, TEACHER))
    assert not experts.temperature > 1e-4
    assert got[0].chosen.tolist() == got[1].chosen.tolist()
    torch.testing.assert_close(got[0].rebuilt, got[1].rebuilt, atol=1e-4, rtol=0)


def test_weight_decay_does_not_move_a_router_whose_draws_are_one_hot():
    experts = some_experts()
    optimizer = torch.optim.Adam(experts.parameters(), lr=0.05, weight_decay=0.1)
    experts.anneal(4)
    draws = []
    for _ in range(30):
        experts.draws = seeded_draws(5)
        draws.append(experts(STUDENT, TEACHER).chosen.tolist())
        optimizer.zero_grad()
        reconstruction_loss(experts(STUDENT, TEACHER).rebuilt, TEACHER).backward()
        optimizer.step()
        experts.anneal(5)
    assert float(experts.router.detach().abs().mean()) < 0.05  # the parameter itself is pulled
    assert all(drawn == draws[0] for drawn in draws)


def share_of_the_loss_left(seed):
    """The last losses over the first: a draw of the start can end in a poor choice of experts."""
    experts, rows = some_experts(num_experts=2, seed=seed), STUDENT.clone().requires_grad_()
    optimizer = torch.optim.Adam([rows, *experts.parameters()], lr=0.03)
    losses = []
    for epoch in range(300):
        experts.anneal(epoch // 10)
        loss = reconstruction_loss(experts(rows, TEACHER).rebuilt, TEACHER)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-20:]) / sum(losses[:20])


@pytest.mark.slow
def test_experts_learn_to_rebuild_what_the_student_tells_apart():
    left = [share_of_the_loss_left(seed) for seed in range(4)]
    assert max(left) < 0.5
    assert sum(left) / len(left) < 0.3


def test_start_and_draws_repeat_with_the_seed():
    first, second = (some_experts(seed=4) for _ in range(2))
    torch.testing.assert_close(first.state_dict(), second.state_dict(), atol=0, rtol=0)
    for _ in range(2):
        one, other = first(STUDENT, TEACHER), second(STUDENT, TEACHER)
        torch.testing.assert_close(one.rebuilt, other.rebuilt, atol=0, rtol=0)


def test_the_reconstruction_loss_matches_a_value_worked_by_hand():
    rebuilt, teacher = (
        torch.tensor([[1.0, 2.0], [0.0, 0.0]]),
        torch.tensor([[0.0, 0.0], [3.0, 0.0]]),
    )
    assert float(reconstruction_loss(rebuilt, teacher)) == (1 + 4 + 9) / 2


@pytest.mark.parametrize("shape", [(1, 6), (7, 1), (7,), (6, 7)])
def test_reconstructions_that_would_broadcast_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected two \(n, teacher_dim\) tensors"):
        reconstruction_loss(torch.zeros(shape), TEACHER)
