import math
from dataclasses import replace

import pytest
import torch
from tests.cascade.made_ratings import cascade_data
from tests.cascade.networks.made_networks import MULTI_INTEREST, multi_interest

from rankdistill.cascade.data.features import UserFeatures
from rankdistill.cascade.networks.multi_interest import MultiInterest


@pytest.fixture(scope="module")
def data():
    return cascade_data()


@torch.no_grad()
def test_scores_are_those_of_the_formula_pair_by_pair(data):
    network = multi_interest(data)
    interests = network.users(data.users)[:5]
    table, head = network.items.weight, network.head
    for user in interests:
        for item in range(4):
            dots = [float(interest @ table[item]) for interest in user]
            powers = [math.exp(dot) for dot in dots]
            mixed = sum(p / sum(powers) * u for p, u in zip(powers, user, strict=True))
            read = torch.cat([mixed, table[item], torch.tensor(dots)])
            expected = torch.stack([row @ read for row in head.weight]) + head.bias
            found = network(user[None], torch.tensor([[item]]))[0, 0]
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_all_scores_at_once_are_those_of_every_pair(data):
    network = multi_interest(data)
    interests = network.users(data.users)
    items = torch.randperm(data.requests.num_items)[:9]
    every = network.score(interests, network.embedded(items))
    grid = network(interests, items.expand(len(interests), -1))
    torch.testing.assert_close(every, grid, atol=1e-5, rtol=1e-5)


def test_further_heads_read_what_the_served_head_reads(data):
    network = multi_interest(data)
    interests, items = network.users(data.users)[:3], torch.arange(6).expand(3, -1)
    own = torch.nn.Linear(network.width, 2)
    served, further = network(interests, items, [own]).split([3, 2], dim=2)
    torch.testing.assert_close(served, network(interests, items))
    network.head = own
    torch.testing.assert_close(further, network(interests, items))


def test_every_parameter_learns_and_a_user_without_history_has_a_score(data):
    network = multi_interest(data)
    has_none = data.requests.histories == 0
    assert has_none.any()
    scores = network.score(
        network.users(data.users), network.embedded(torch.arange(data.requests.num_items))
    )
    assert scores.isfinite().all()
    scores.square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


@torch.no_grad()
def test_what_a_user_watched_and_liked_shapes_the_interests(data):
    network = multi_interest(data)
    request = int(data.requests.histories.argmax())
    known = data.users.take(torch.tensor([request]))
    others = replace(known, history_items=(known.history_items + 1) % data.requests.num_items)
    reversed_likings = replace(known, history_ratings=6 - known.history_ratings)
    for changed in (others, reversed_likings):
        assert not torch.allclose(network.users(known), network.users(changed))


@torch.no_grad()
def test_data_without_histories_need_none(data):
    vocabulary = data.vocabulary._replace(has_histories=False)
    network = MultiInterest(vocabulary, 3, **MULTI_INTEREST)
    users = UserFeatures(data.users.dense, data.users.categories)
    assert network.users(users).shape == (len(users.dense), network.interests, network.dim)


@pytest.mark.parametrize("wrong", [{"interests": 0}, {"dim": 0}, {"hidden": [0]}, {"hidden": []}])
def test_sizes_below_one_and_a_tower_without_layers_are_refused(data, wrong):
    with pytest.raises(ValueError, match="at least 1"):
        MultiInterest(data.vocabulary, 3, **{**MULTI_INTEREST, **wrong})
