"""The tiles against three plain lines: all scores, what is banned left out, a stable sort."""

import pytest
import torch

import rankdistill.kernels.best_products as best_products_file
import rankdistill.kernels.ordered_keys as ordered_keys_file
from rankdistill.kernels.best_products import ItemTiles, Pairs, best_entries, best_products


def random(seed):
    return torch.Generator().manual_seed(seed)


def in_plain_words(users, items, limit, banned):
    scores = users @ items.T
    scores[banned.rows, banned.items] = -torch.inf
    values, places = scores.sort(dim=1, descending=True, stable=True)
    return places[:, :limit], values[:, :limit]


def made(batch, num_items, dim, num_banned, seed=0):
    """Whole numbers, so that sums are exact in any order and ties are many."""
    users = torch.randint(-2, 3, (batch, dim), generator=random(seed)).float()
    items = torch.randint(-2, 3, (num_items, dim), generator=random(seed + 1)).float()
    lists = [torch.randperm(num_items, generator=random(seed + row)) for row in range(batch)]
    rows = torch.arange(batch).repeat_interleave(num_banned)
    return users, items, Pairs(rows, torch.cat([one[:num_banned] for one in lists]))


@pytest.mark.parametrize(
    ("batch", "num_items", "dim", "limit", "num_banned"),
    [
        (2, 1, 3, 1, 0),
        (4, 17, 3, 5, 9),
        (9, 40, 4, 40, 7),
        (3, 4096, 2, 10, 300),
        (11, 4097, 4, 100, 30),
        (33, 9000, 3, 100, 50),
    ],
)
def test_tiles_find_the_items_of_a_stable_sort_of_all_scores(
    batch, num_items, dim, limit, num_banned
):
    users, items, banned = made(batch, num_items, dim, num_banned)
    places, values = in_plain_words(users, items, limit, banned)
    found = best_products(users, ItemTiles.of(items), limit, banned)
    is_left = values > -torch.inf
    assert torch.equal(found.scores, values)
    assert torch.equal(found.items[is_left], places[is_left])


def test_scores_of_random_vectors_are_the_products_to_the_last_digits():
    users = torch.randn(20, 16, generator=random(0))
    items = torch.randn(5000, 16, generator=random(1))
    none = torch.empty(0, dtype=torch.int64)
    found = best_products(users, ItemTiles.of(items), 50, Pairs(none, none))
    _, values = in_plain_words(users, items, 50, Pairs(none, none))
    torch.testing.assert_close(found.scores, values, atol=1e-5, rtol=1e-6)
    torch.testing.assert_close((users @ items.T).gather(1, found.items), found.scores)


def test_items_with_one_vector_come_in_the_order_of_the_catalogue():
    users = torch.randn(6, 5, generator=random(0))
    items = torch.randn(30, 5, generator=random(1)).repeat(200, 1)
    none = torch.empty(0, dtype=torch.int64)
    found = best_products(users, ItemTiles.of(items), 300, Pairs(none, none))
    best = (users @ items[:30].T).argmax(1)
    assert torch.equal(found.items[:, :200], best[:, None] + 30 * torch.arange(200))


def test_a_user_who_has_nearly_everything_gets_the_rest():
    users, items, banned = made(1, 50, 3, num_banned=48)
    found = best_products(users, ItemTiles.of(items), 5, banned)
    assert (found.scores > -torch.inf).tolist() == [[True, True, False, False, False]]
    left = set(range(50)) - set(banned.items.tolist())
    assert set(found.items[0, :2].tolist()) == left


def test_the_entries_of_rows_are_those_of_a_stable_sort():
    users, items, banned = made(7, 60, 3, num_banned=8)
    places, values = in_plain_words(users, items, 20, banned)
    found = best_entries(users @ items.T, 20, banned)
    assert torch.equal(found.items, places)
    assert torch.equal(found.scores, values)


def test_a_user_takes_more_bytes_with_more_items_and_longer_lists():
    small, large = (ItemTiles.of(torch.zeros(n, 4)) for n in (5000, 50_000))
    assert small.bytes_of_user(10) < large.bytes_of_user(10) < large.bytes_of_user(100)
    assert small.users_at_once >= 1


def test_the_way_of_other_devices_finds_what_the_way_of_a_cpu_finds(monkeypatch):
    users, items, banned = made(33, 5000, 3, num_banned=50)
    expected = best_products(users, ItemTiles.of(items), 100, banned)
    for file in (best_products_file, ordered_keys_file):
        monkeypatch.setattr(file, "on_cpu", lambda tensor: False)
    found = best_products(users, ItemTiles.of(items), 100, banned)
    assert torch.equal(found.items, expected.items)
    assert torch.equal(found.scores, expected.scores)
