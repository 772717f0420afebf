import pytest
import torch
from tests.cascade.made_ratings import cascade_data

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.data.side_by_side import logs_side_by_side


@pytest.fixture(scope="module")
def examples():
    return cascade_data().examples["train"]


def logged(examples, value):
    return examples.with_teacher(
        torch.full(examples.labels.shape, value), torch.full((len(examples),), value)
    )


def test_each_example_has_the_labels_of_every_log(examples):
    joined = logs_side_by_side([logged(examples, 0.2), logged(examples, 0.7)])
    assert joined.teacher[4].tolist() == pytest.approx(torch.tensor([[0.2] * 3, [0.7] * 3]))
    assert joined.teacher_weights[4].tolist() == pytest.approx([0.2, 0.7])
    assert joined.item_ids is examples.item_ids


def test_batches_hold_the_logs_of_their_own_examples(examples):
    rows = torch.arange(len(examples)).float()
    logs = [
        examples.with_teacher(sign * rows[:, None].expand(-1, 3), sign * rows) for sign in (1, -1)
    ]
    alone = ExampleBatches(logs[1], 3, torch.Generator().manual_seed(0))
    together = ExampleBatches(logs_side_by_side(logs), 3, torch.Generator().manual_seed(0))
    for expected, batch in zip(alone, together, strict=True):
        assert torch.equal(batch.teacher[:, 1], expected.teacher)
        assert torch.equal(batch.teacher_weights[:, 1], expected.teacher_weights)


def test_logs_of_different_examples_are_refused(examples):
    fewer = examples.where(torch.arange(len(examples)) > 0)
    with pytest.raises(ValueError, match="different examples"):
        logs_side_by_side([logged(examples, 0.5), logged(fewer, 0.5)])
