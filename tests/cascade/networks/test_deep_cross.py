import pytest
import torch
from tests.cascade.made_ratings import cascade_data
from tests.cascade.networks.made_networks import DEEP_CROSS, deep_cross

from rankdistill.cascade.networks.deep_cross import DeepCross


@pytest.fixture(scope="module")
def data():
    return cascade_data()


def slow_means(table, items, stars):
    """Of a history: the mean, that weighted by liking, and that of its last ten."""
    zero = torch.zeros(table.shape[1])
    if not items:
        return [zero, zero, zero]
    usual = sum(stars) / len(stars)
    rows = [table[item] for item in items]
    liked = [(s - usual) * row for s, row in zip(stars, rows, strict=True)]
    recent = rows[:10]
    return [sum(rows) / len(rows), sum(liked) / len(rows), sum(recent) / len(recent)]


def slow_logits(network, data, request, item, pair):
    users, dim, table = data.users, network.dim, network.items.weight
    there = int((users.history_ratings[request] > 0).sum())
    items = users.history_items[request, :there].tolist()
    stars = users.history_ratings[request, :there].tolist()
    means = slow_means(table, items, stars)
    traits = torch.cat(
        [
            users.dense[request],
            network.traits.categories[0].weight[users.categories[request, 0]],
            network.traits.categories[1].weight[users.categories[request, 1]],
        ]
    )
    user = network.user[0](torch.cat([*means, traits])).relu()
    usual = sum(stars) / len(stars) if stars else 0
    history = [table[i] + (s - usual) * network.liked for i, s in zip(items, stars, strict=True)][
        : network.attended
    ]
    attended = torch.zeros(dim)
    if history:
        likeness = torch.stack(
            [
                4 / dim**0.5 * (table[item] @ (network.keys.weight @ h)) + network.ages[n]
                for n, h in enumerate(history)
            ]
        )
        shares = likeness.exp() / likeness.exp().sum()
        attended = sum(share * h for share, h in zip(shares, history, strict=True))
    own = table[item]
    first = torch.cat(
        [
            own,
            *(own * mean for mean in means),
            own * attended,
            attended,
            pair,
            data.items.genres[item],
            user,
        ]
    )
    crossed = first
    for down, up in zip(network.down, network.up, strict=True):
        crossed = first * (up.weight @ (down.weight @ crossed) + up.bias) + crossed
    deep = first
    for layer in network.deep:
        deep = layer(deep)
    return network.head(torch.cat([crossed, deep]))


def test_logits_are_those_of_a_walk_through_the_formula_pair_by_pair(data):
    network = deep_cross(data)
    histories = data.requests.histories
    asked = [int((histories == 0).nonzero()[0]), int(histories.argmax()), 3]
    assert histories[asked[1]] > DEEP_CROSS["attended"]
    items = torch.tensor([[0, 5, 9], [2, 7, 11], [1, 5, 8]])
    rows = torch.tensor(asked)
    pairs = data.pairs(rows.repeat_interleave(3), items.flatten()).view(3, 3, -1)
    with torch.no_grad():
        found = network(network.users(data.users.take(rows)), items, pairs)
        for n, request in enumerate(asked):
            for m in range(3):
                expected = slow_logits(network, data, request, int(items[n, m]), pairs[n, m])
                torch.testing.assert_close(found[n, m], expected, atol=1e-4, rtol=1e-4)


def test_every_parameter_learns_and_a_user_without_history_has_a_score(data):
    network = deep_cross(data)
    every = torch.arange(len(data.requests))
    assert (data.requests.histories == 0).any()
    items = torch.arange(data.requests.num_items)
    pairs = data.pairs(every.repeat_interleave(len(items)), items.repeat(len(every)))
    logits = network(
        network.users(data.users),
        items.expand(len(every), -1),
        pairs.view(len(every), len(items), -1),
    )
    assert logits.isfinite().all()
    logits.square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().sum() > 0, name


def test_the_genres_of_the_catalogue_are_no_part_of_what_is_stored(data):
    assert "genres" not in deep_cross(data).state_dict()


@pytest.mark.parametrize(
    "wrong", [{name: 0} for name in DEEP_CROSS if name != "hidden"] + [{"hidden": []}]
)
def test_sizes_below_one_and_a_network_without_deep_layers_are_refused(data, wrong):
    with pytest.raises(ValueError, match="at least 1"):
        DeepCross(data.vocabulary, 3, data.items, **{**DEEP_CROSS, **wrong})
