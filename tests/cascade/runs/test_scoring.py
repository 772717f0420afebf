import pytest
import torch
from tests.cascade.made_ratings import cascade_data
from tests.cascade.networks.made_networks import deep_cross, multi_interest

from rankdistill.cascade.runs.scoring import (
    catalogue_values,
    early_scorer,
    example_probabilities,
    final_scorer,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data():
    return cascade_data()


@pytest.mark.parametrize("request_block", [1, 3, 1000])
def test_probabilities_come_in_the_order_of_the_examples(data, request_block):
    examples = data.examples["train"]
    got = example_probabilities(lambda batch: batch.labels - 0.5, examples, request_block)
    torch.testing.assert_close(got, torch.sigmoid(examples.labels - 0.5))
    assert not got.requires_grad


@pytest.mark.parametrize("request_block", [1, 2, 1000])
def test_a_value_is_the_weighted_sum_of_the_probabilities_of_the_tasks(data, request_block):
    def scorer(users, request_ids):
        assert len(users.dense) == len(request_ids) <= request_block
        logits = request_ids[:, None, None] + torch.tensor([0.0, 1.0])[None, :, None]
        return torch.cat([logits, torch.zeros_like(logits)], dim=2)

    request_ids, weights = torch.tensor([0, 2, 1]), torch.tensor([3.0, 4.0])
    got = catalogue_values(scorer, data, request_ids, weights, request_block, CPU)
    rows = torch.tensor([[0.0, 1.0], [2.0, 3.0], [1.0, 2.0]])
    torch.testing.assert_close(got, 3 * rows.sigmoid() + 4 * 0.5)


@torch.no_grad()
def test_the_final_scorer_agrees_with_pairs_that_are_scored_one_by_one(data):
    network, request_ids = deep_cross(data), torch.tensor([5, 2])
    logits = final_scorer(network, data, CPU)(data.users.take(request_ids), request_ids)
    assert logits.shape[:2] == (2, data.requests.num_items)
    for row, request in enumerate(request_ids):
        for item in (0, 7, data.requests.num_items - 1):
            one, items = request[None], torch.tensor([[item]])
            pair = data.pairs(one, items[0])[None]
            expected = network(network.users(data.users.take(one)), items, pair)[0, 0]
            torch.testing.assert_close(logits[row, item], expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_early_scorer_agrees_with_items_that_are_scored_one_by_one(data):
    network, request_ids = multi_interest(data), torch.tensor([5, 2])
    users = data.users.take(request_ids)
    logits = early_scorer(network, data, CPU)(users, request_ids)
    assert logits.shape[:2] == (2, data.requests.num_items)
    for item in (0, 7, data.requests.num_items - 1):
        expected = network(network.users(users), torch.full((2, 1), item))[:, 0]
        torch.testing.assert_close(logits[:, item], expected, rtol=1e-4, atol=1e-5)
