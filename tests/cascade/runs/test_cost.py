import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import early_ranker, final_ranker

from rankdistill.cascade.runs.cost import CANDIDATES, count_flops, ranker_costs


def test_a_product_of_matrices_has_two_operations_per_multiply_add():
    left, right = torch.ones(3, 4), torch.ones(4, 5)
    assert count_flops(lambda: left @ right) == 2 * 3 * 4 * 5


def test_the_early_ranker_is_cheaper_per_item_and_both_are_timed():
    data = cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))
    costs = ranker_costs(
        final_ranker(data).eval(), early_ranker(data, "none").eval(), data, torch.device("cpu")
    )
    early, final = costs["early_ranker"], costs["final_ranker"]
    assert costs["candidates"] == CANDIDATES
    assert 0 < early["flops_per_item"] < final["flops_per_item"]
    assert early["flops_per_request"] > 0
    assert early["microseconds_per_item"] > 0
    assert final["microseconds_per_item"] > 0
