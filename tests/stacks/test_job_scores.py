"""Rows of a stack's batch weigh what their jobs say."""

import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.stacks.job_scores import weighed_by_job

USERS = 3


def view_of(users):
    network = MatrixFactorization(2 * USERS, 4, 2, init_std=1.0)
    contexts = Contexts(torch.tensor(users))
    return BatchScores(network, contexts, torch.zeros(0, dtype=torch.int64))


def test_a_mean_over_the_batch_is_the_sum_of_the_jobs_own_means():
    factors = torch.tensor([0.5, 2.0], requires_grad=True)
    shares = weighed_by_job(view_of([0, 2, 3, 5]), factors, USERS).shares
    values = seeded_draws().normal((4,))
    total = (shares * values).sum()
    means = values[:2].mean(), values[2:].mean()
    torch.testing.assert_close(total, 0.5 * means[0] + 2.0 * means[1])


def test_the_gradient_of_a_factor_is_the_loss_of_its_job():
    factors = torch.tensor([0.5, 2.0], requires_grad=True)
    shares = weighed_by_job(view_of([0, 2, 3, 5]), factors, USERS).shares
    values = torch.tensor([1.0, 3.0, 10.0, 20.0])
    (shares * values).sum().backward()
    torch.testing.assert_close(factors.grad, torch.tensor([2.0, 15.0]))
