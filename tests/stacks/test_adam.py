"""Adam over a stack moves each job's tables as PyTorch's Adam moves them alone."""

import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.captured_steps import rates_on_device
from rankdistill.stacks.adam import Rate, StackedAdam
from rankdistill.stacks.stacked_factors import StackedFactors

USERS, ITEMS = 4, 5
RATES = [Rate(0.1, 0.0, None), Rate(0.1, 0.0, None), Rate(0.02, 0.3, 4)]


def factorisations():
    torch.manual_seed(0)
    return [MatrixFactorization(USERS, ITEMS, 2, init_std=1.0) for _ in RATES]


def loss_of(network, users):
    return network.score_rows(Contexts(torch.arange(users))).sin().sum()


def moved_alone(steps):
    moved = []
    for each, rate in zip(factorisations(), RATES, strict=True):
        adam = torch.optim.Adam(
            each.parameters(), rate.learning_rate, weight_decay=rate.weight_decay
        )
        for step in range(steps):
            adam.param_groups[0]["lr"] = rate.at(step)
            adam.zero_grad()
            loss_of(each, USERS).backward()
            adam.step()
        moved.append(dict(each.state_dict()))
    return moved


def step(stack, adam, epoch):
    adam.begin_epoch(epoch)
    adam.clear()
    loss_of(stack, stack.num_jobs * USERS).backward()
    adam.step()


def test_a_rate_that_decays_falls_linearly_to_zero_and_stays_there():
    decaying = Rate(0.4, 0.0, 4)
    assert [decaying.at(epoch) for epoch in range(6)] == [0.4, 0.4 * 0.75, 0.2, 0.1, 0.0, 0.0]
    assert Rate(0.4, 0.0, None).at(1000) == 0.4


def test_each_job_moves_at_its_own_rate_and_decay():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    adam = StackedAdam(stack, RATES)
    for epoch in range(3):
        step(stack, adam, epoch)
    for job, expected in enumerate(moved_alone(3)):
        torch.testing.assert_close(stack.weights_of(job), expected)


def test_the_jobs_that_are_left_go_on_where_they_stood():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    adam = StackedAdam(stack, RATES)
    assert adam.steps is None
    for epoch in range(2):
        step(stack, adam, epoch)
    left = [0, 2]
    moments = {
        name: [torch.cat([stack.parts(table)[job] for job in left]) for table in tables]
        for name, tables in adam.moments().items()
    }
    smaller = StackedFactors([stack.weights_of(job) for job in left])
    fewer = StackedAdam(smaller, [RATES[job] for job in left])
    assert adam.steps is not None
    fewer.go_on(moments, adam.steps)
    step(smaller, fewer, 2)
    for place, job in enumerate(left):
        torch.testing.assert_close(smaller.weights_of(place), moved_alone(3)[job])


def test_a_rate_that_lies_on_the_device_stays_in_its_place():
    adam = StackedAdam(StackedFactors([each.state_dict() for each in factorisations()]), RATES)
    rates_on_device(adam.optimizer)
    places = [group["lr"] for group in adam.optimizer.param_groups]
    adam.begin_epoch(2)
    assert [group["lr"] for group in adam.optimizer.param_groups] == places
    torch.testing.assert_close(torch.stack(places), torch.tensor([0.1, 0.01]))
