import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows

from rankdistill.cascade.data.stretches import HELD_BACK, before_stretch, stretches_of


@pytest.fixture(scope="module")
def case():
    data = cascade_data(random_rows(num_users=12, num_ratings=300, seed=3))
    return data.examples["train"], data.requests.times


@pytest.mark.parametrize("number", [1, 2, 4])
def test_stretches_follow_each_other_in_time_and_hold_equally_many_requests(case, number):
    examples, times = case
    stretches = stretches_of(examples, times, number)
    sizes = []
    for stretch in range(number):
        sizes.append(len(examples.request_ids[stretches == stretch].unique()))
        earlier = times[examples.request_ids[stretches < stretch]]
        if stretch:
            assert earlier.max() <= times[examples.request_ids[stretches == stretch]].min()
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("stretch", [1, 2, 3])
def test_a_ranker_learns_and_is_chosen_by_what_came_before_alone(case, stretch):
    examples, times = case
    stretches = stretches_of(examples, times, 4)
    train, held = before_stretch(examples, times, 4, stretch)
    before = examples.request_ids[stretches < stretch].unique().tolist()
    assert (
        sorted(train.request_ids.unique().tolist() + held.request_ids.unique().tolist()) == before
    )
    assert times[train.request_ids].max() <= times[held.request_ids].min()
    share = len(held.request_ids.unique()) / len(before)
    assert share == pytest.approx(HELD_BACK, abs=1 / len(before))


def test_more_stretches_than_requests_are_refused(case):
    examples, times = case
    with pytest.raises(ValueError, match=r"log\.stretches is 1000, but there are \d+ requests"):
        stretches_of(examples, times, 1000)


def test_examples_of_a_stretch_keep_their_rows_together(case):
    examples, _ = case
    chosen = torch.arange(len(examples)) % 3 == 0
    some = examples.where(chosen)
    assert torch.equal(some.item_ids, examples.item_ids[chosen])
    assert torch.equal(some.pairs, examples.pairs[chosen])
    assert some.users is examples.users
