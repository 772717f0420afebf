import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import (
    inference_logits,
    rankers,
)

from rankdistill.cascade.data.examples import ExampleBatches


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


@pytest.mark.parametrize("name", ["final", "none"])
def test_requests_of_unequal_length_are_scored_as_each_alone(data, name):
    module = rankers(data)[name]
    examples = data.examples["train"]
    counts = torch.bincount(examples.request_ids)
    assert len(counts[counts > 0].unique()) > 1
    (whole,) = ExampleBatches(examples, 10_000)
    alone = torch.cat([inference_logits(module, batch) for batch in ExampleBatches(examples, 1)])
    torch.testing.assert_close(inference_logits(module, whole), alone, atol=1e-5, rtol=1e-5)
