"""The mean of layers against a dense matrix of the whole graph."""

import torch

from rankdistill.kernels.propagation import BipartiteGraph, mean_of_layers

PAIRS = torch.tensor([[0, 0, 0, 1, 1, 2, 2], [0, 1, 3, 1, 2, 1, 3]])
"""Of 4 users and 5 items; user 3 and item 4 have none."""
USERS, ITEMS, LAYERS = 4, 5, 3


def problem(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    tables = [torch.randn(n, 3, generator=generator, dtype=dtype) for n in (USERS, ITEMS)]
    graph = BipartiteGraph.from_pairs(*PAIRS, USERS, ITEMS).like(tables[0])
    return graph, [table.requires_grad_() for table in tables]


def plain(users, items):
    adjacency = torch.zeros(USERS + ITEMS, USERS + ITEMS, dtype=users.dtype)
    adjacency[PAIRS[0], USERS + PAIRS[1]] = 1.0
    adjacency += adjacency.t().clone()
    scale = adjacency.sum(1).clamp_min(1).rsqrt()
    spread = scale[:, None] * adjacency * scale
    layers = [torch.cat([users, items])]
    for _ in range(LAYERS):
        layers.append(spread @ layers[-1])
    return torch.stack(layers).mean(0).split([USERS, ITEMS])


def test_values_and_gradients_are_those_of_the_dense_matrix():
    for dtype in (torch.float64, torch.float32):
        graph, tables = problem(dtype)
        weights = [torch.randn_like(table) for table in tables]
        found, expected = mean_of_layers(graph, *tables, LAYERS), plain(*tables)
        torch.testing.assert_close(found, expected)
        gradients = [torch.autograd.grad(each, tables, weights) for each in (found, expected)]
        torch.testing.assert_close(*gradients)


def test_the_gradient_and_its_gradient_pass_numerical_checks():
    graph, tables = problem()
    assert torch.autograd.gradcheck(lambda *of: mean_of_layers(graph, *of, LAYERS), tables)
    assert torch.autograd.gradgradcheck(lambda *of: mean_of_layers(graph, *of, LAYERS), tables)
