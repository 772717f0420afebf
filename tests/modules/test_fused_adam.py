"""The optimiser against PyTorch's own, value by value."""

import pytest
import torch

from rankdistill.modules.fused_adam import FusedAdam


def tables():
    generator = torch.Generator().manual_seed(0)
    sizes = [(7, 3), (5, 3), (7,)]
    return [torch.nn.Parameter(torch.randn(size, generator=generator)) for size in sizes]


def learn(parameters, optimizer, steps, missing=()):
    for step in range(steps):
        optimizer.zero_grad()
        for number, parameter in enumerate(parameters):
            if (step, number) not in missing:
                (parameter.square().sum() * (step + 1)).backward()
        optimizer.step()


@pytest.mark.parametrize("missing", [(), [(2, 1)], [(0, 2), (1, 2)]])
def test_steps_are_those_of_pytorchs_adam_with_and_without_every_gradient(missing):
    ours, theirs = tables(), tables()
    one = FusedAdam(ours, learning_rate=0.1, weight_decay=0.01)
    other = torch.optim.Adam(theirs, lr=0.1, weight_decay=0.01, fused=True)
    learn(ours, one, 5, missing)
    learn(theirs, other, 5, missing)
    for mine, reference in zip(ours, theirs, strict=True):
        assert torch.equal(mine, reference)
    torch.testing.assert_close(one.state_dict()["state"], other.state_dict()["state"])


def test_a_run_goes_on_from_the_saved_state_and_at_a_changed_rate():
    whole, parted = tables(), tables()
    straight = FusedAdam(whole, learning_rate=0.1, weight_decay=0.0)
    learn(whole, straight, 3)
    first = FusedAdam(parted, learning_rate=0.1, weight_decay=0.0)
    learn(parted, first, 3)
    resumed = FusedAdam(parted, learning_rate=9.0, weight_decay=9.0)
    resumed.load_state_dict(first.state_dict())
    for optimizer in (straight, resumed):
        optimizer.param_groups[0]["lr"] = 0.02
    learn(whole, straight, 2)
    learn(parted, resumed, 2)
    assert all(torch.equal(one, other) for one, other in zip(whole, parted, strict=True))


def test_gradients_can_be_kept_as_zeros():
    (parameter, *_) = parameters = tables()
    parameter.square().sum().backward()
    optimizer = FusedAdam(parameters, learning_rate=0.1, weight_decay=0.0)
    optimizer.zero_grad(set_to_none=False)
    assert parameter.grad is not None
    assert not parameter.grad.any()
    optimizer.zero_grad()
    assert parameter.grad is None
