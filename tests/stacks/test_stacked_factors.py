"""The tables of several factorisations behind each other score as each does alone."""

import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.stacks.stacked_factors import StackedFactors

USERS, ITEMS = 5, 7


def factorisations():
    torch.manual_seed(0)
    made = [MatrixFactorization(USERS, ITEMS, 3, init_std=1.0) for _ in range(3)]
    for each in made:
        torch.nn.init.normal_(each.user_bias)
        torch.nn.init.normal_(each.item_bias)
    return made


def test_whole_rows_are_those_of_each_users_own_job():
    made = factorisations()
    stack = StackedFactors([each.state_dict() for each in made])
    users = torch.tensor([1, 4, USERS + 0, 2 * USERS + 2, 2 * USERS + 2])
    rows = stack.score_rows(Contexts(users))
    expected = [(0, 1), (0, 4), (1, 0), (2, 2), (2, 2)]
    for row, (job, user) in zip(rows, expected, strict=True):
        alone = made[job].score_rows(Contexts(torch.tensor([user])))[0]
        torch.testing.assert_close(row, alone)


def test_a_job_without_a_row_takes_none():
    made = factorisations()
    stack = StackedFactors([each.state_dict() for each in made])
    rows = stack.score_rows(Contexts(torch.tensor([USERS + 1])))
    torch.testing.assert_close(rows, made[1].score_rows(Contexts(torch.tensor([1]))))


def test_some_items_are_scored_as_in_whole_rows():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    contexts = Contexts(torch.arange(3 * USERS))
    items = torch.randint(ITEMS, (3 * USERS, 4), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(stack(contexts, items), stack.score_rows(contexts).gather(1, items))


def test_a_job_gets_back_the_tensors_that_it_brought():
    made = factorisations()
    stack = StackedFactors([each.state_dict() for each in made])
    for job, each in enumerate(made):
        torch.testing.assert_close(stack.weights_of(job), dict(each.state_dict()))


def test_a_jobs_scores_have_no_gradient_for_the_tables_of_another():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    stack.score_rows(Contexts(torch.tensor([USERS, USERS + 3]))).sum().backward()
    for table in stack.parameters():
        first, second, third = (part.abs().sum() for part in stack.parts(table.grad))
        assert first == third == 0
        assert second > 0


def test_rows_of_equal_parts_are_those_of_any_contexts_and_so_are_their_gradients():
    made, contexts = factorisations(), Contexts(torch.tensor([1, 4, 6, 5, 10, 10]))
    found = []
    for equal in (False, True):
        stack = StackedFactors([each.state_dict() for each in made])
        rows = (stack.of_equal_parts if equal else stack).score_rows(contexts)
        rows.sin().sum().backward()
        found.append([rows.detach(), *(table.grad for table in stack.parameters())])
    torch.testing.assert_close(*found)


def test_some_items_of_equal_parts_are_scored_as_those_of_any_contexts():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    contexts, items = Contexts(torch.tensor([0, 5, 10])), torch.tensor([[1], [2], [3]])
    assert torch.equal(stack.of_equal_parts(contexts, items), stack(contexts, items))


def test_numbered_users_are_scored_as_any_others_are():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    every = Contexts.of_all_users(3 * USERS, torch.device("cpu"))
    for size in (4, USERS, 2 * USERS, 3 * USERS):
        for some in every.split(size):
            expected = stack.score_rows(Contexts(some.user_ids))
            torch.testing.assert_close(stack.score_rows(some), expected)


def test_equally_many_users_of_some_jobs_are_scored_as_any_others_are():
    stack = StackedFactors([each.state_dict() for each in factorisations()])
    contexts = Contexts(torch.tensor([USERS + 1, USERS + 4, 2 * USERS + 2, 2 * USERS]))
    expected = stack.score_rows(contexts)
    torch.testing.assert_close(stack.score_parts(contexts, range(1, 3)), expected)
