import pytest
import torch
from tests.cascade.made_ratings import HOUR, cascade_data, interactions_of, random_rows

from rankdistill.cascade.data.cascade_data import PARTS, CascadeData
from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.impressions import draw_impressions
from rankdistill.cascade.data.requests import cut_requests
from rankdistill.data.parting import TRAIN


def draw(requests, part=TRAIN, passed_by=5, seed=0, **settings):
    generator = torch.Generator().manual_seed(seed)
    return draw_impressions(requests, Catalogue(requests), part, passed_by, generator, **settings)


def by_request(shown):
    found = {}
    for request, item, stars in zip(
        shown.request_ids.tolist(), shown.item_ids.tolist(), shown.ratings.tolist(), strict=True
    ):
        found.setdefault(request, []).append((item, stars))
    return found


@pytest.mark.parametrize("passed_by", [1, 5, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_request_shows_what_was_rated_and_as_many_others_as_there_are(passed_by, seed):
    data = cascade_data(random_rows(seed=seed))
    requests = data.requests
    for part in PARTS.values():
        found = by_request(draw(requests, part, passed_by))
        ids = requests.of_part(part)
        candidates = data.catalogue.candidates(requests, ids)
        for request, can_be_shown in zip(ids.tolist(), candidates, strict=True):
            possible = set(can_be_shown.nonzero().squeeze(1).tolist())
            span = slice(int(requests.starts[request]), int(requests.starts[request + 1]))
            page = zip(
                requests.item_ids[span].tolist(), requests.ratings[span].tolist(), strict=True
            )
            rated = {item: stars for item, stars in page if item in possible}
            shown = found.get(request, [])
            items = [item for item, _ in shown]
            assert len(set(items)) == len(items)
            assert set(items) <= possible
            assert {item: stars for item, stars in shown if stars > 0} == rated
            assert len(items) - len(rated) == min(passed_by, len(possible) - len(rated))


def test_requests_ascend_and_the_block_of_requests_changes_only_the_lots():
    requests = cascade_data().requests
    whole, blocks = draw(requests), draw(requests, request_block=2)
    assert whole.request_ids.tolist() == sorted(whole.request_ids.tolist())
    assert blocks.request_ids.tolist() == whole.request_ids.tolist()


def test_the_same_seed_shows_the_same_and_another_seed_something_else():
    requests = cascade_data().requests
    first, again, other = draw(requests), draw(requests), draw(requests, seed=1)
    assert torch.equal(first.item_ids, again.item_ids)
    assert not torch.equal(first.item_ids, other.item_ids)


def test_the_others_are_drawn_uniformly():
    num_items, users = 11, 600
    early = [(0, item, 3.0, item) for item in range(num_items)]
    late = [(1 + user, 0, 4.0, 100 * HOUR) for user in range(users)]
    requests = cut_requests([interactions_of(early + late, 1 + users, num_items)], 3, 6.0)
    shown = draw(requests, passed_by=3)
    items = shown.item_ids[requests.user_ids[shown.request_ids] > 0]
    times = torch.bincount(items, minlength=num_items)
    assert times[0] == 600
    expected = 600 * 3 / 10
    assert ((times[1:] - expected) ** 2 / expected).sum() < 21.7  # chi-square, 9 degrees, 1%


def test_at_least_one_other_is_shown():
    with pytest.raises(ValueError, match=r"impressions\.passed_by must be at least 1, got 0"):
        draw(cascade_data().requests, passed_by=0)


def test_a_part_in_which_nothing_can_be_shown_is_refused():
    first = interactions_of([(0, 0, 3.0, 0)], 3, 3)
    second = interactions_of([(1, 1, 3.0, 10)], 3, 3)
    third = interactions_of([(2, 2, 3.0, 20)], 3, 3)
    made = cascade_data()
    with pytest.raises(ValueError, match="Nothing can be shown in the train part; use more data"):
        CascadeData.of(
            cut_requests([first, second, third], 3, 6.0),
            made.items,
            made.categories,
            history=12,
            passed_by=1,
            generator=torch.Generator(),
        )
