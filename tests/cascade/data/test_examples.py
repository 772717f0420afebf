import pytest
import torch
from tests.cascade.made_ratings import cascade_data

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.data.labels import user_labels


@pytest.fixture(scope="module")
def data():
    return cascade_data()


@pytest.fixture(scope="module")
def examples(data):
    examples = data.examples["train"]
    marks = torch.arange(len(examples)).float()
    return examples.with_teacher(marks[:, None].expand(-1, 3), marks)


@pytest.mark.parametrize("batch_size", [1, 4, 1000])
@pytest.mark.parametrize("seed", [None, 0])
def test_a_pass_gives_every_example_once_beside_its_own_request(data, examples, batch_size, seed):
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    batches = ExampleBatches(examples, batch_size, generator)
    places = []
    given = list(batches)
    assert len(given) == len(batches)
    for batch in given:
        own = batch.teacher_weights.long()
        places.append(own)
        assert torch.equal(batch.rows.unique(), torch.arange(len(batch.users.dense)))
        request_ids = examples.request_ids[own]
        assert torch.equal(batch.users.dense[batch.rows], data.users.dense[request_ids])
        assert torch.equal(
            batch.users.history_items[batch.rows], data.users.history_items[request_ids]
        )
        assert torch.equal(batch.item_ids, examples.item_ids[own])
        assert torch.equal(batch.pairs, examples.pairs[own])
        assert torch.equal(batch.labels, examples.labels[own])
        assert torch.equal(batch.teacher, examples.teacher[own])
        assert len(request_ids.unique()) <= batch_size
    every = torch.cat(places)
    assert torch.equal(every.sort().values, torch.arange(len(examples)))
    assert torch.equal(every, every.sort().values) == (seed is None)


def test_whole_requests_are_in_one_batch(examples):
    batches = ExampleBatches(examples, 3, torch.Generator().manual_seed(0))
    met = [set(examples.request_ids[batch.teacher_weights.long()].tolist()) for batch in batches]
    assert sum(map(len, met)) == len(set.union(*met))


def test_each_pass_has_an_order_of_its_own_and_a_seed_repeats_them(examples):
    def orders(seed):
        batches = ExampleBatches(examples, 4, torch.Generator().manual_seed(seed))
        return [torch.cat([batch.teacher_weights for batch in batches]).tolist() for _ in range(2)]

    first, second = orders(0)
    assert first != second
    assert orders(0) == [first, second]


def test_without_a_log_batches_have_no_teacher(data):
    batch = next(iter(ExampleBatches(data.examples["train"], 2)))
    assert batch.teacher is None
    assert batch.teacher_weights is None


def test_examples_are_the_impressions_with_their_labels_and_features(data):
    for name, examples in data.examples.items():
        shown = data.shown[name]
        assert torch.equal(examples.item_ids, shown.item_ids)
        assert torch.equal(examples.labels, user_labels(shown.ratings))
        assert torch.equal(examples.pairs, data.pairs(shown.request_ids, shown.item_ids))
        assert torch.equal(torch.stack(list(data.pair_columns(name).values()), 1), examples.pairs)


def test_the_fingerprint_changes_with_whatever_shapes_a_ranker():
    known = cascade_data().fingerprint
    assert cascade_data().fingerprint == known
    assert cascade_data(seed=1).fingerprint != known, "other impressions"
    assert cascade_data(page=5).fingerprint != known, "other requests"
    for trait in (lambda d: d.items.genres, lambda d: d.items.years, lambda d: d.categories.ages):
        other = cascade_data()
        trait(other)[0] += 1
        assert other.fingerprint != known
