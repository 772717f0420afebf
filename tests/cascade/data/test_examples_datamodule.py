from types import SimpleNamespace

import pytest
import torch
from tests.cascade.made_ratings import cascade_data

from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule


@pytest.fixture
def datamodule():
    examples = cascade_data().examples
    made = ExamplesDataModule(examples["train"], examples["validation"])
    module = SimpleNamespace(seed=3, batch_size=2)
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    made.trainer = SimpleNamespace(lightning_module=module, strategy=strategy)
    return made


def items_of(batches):
    return torch.cat([batch.item_ids for batch in batches])


def test_training_has_a_new_order_each_epoch_which_the_seed_repeats(datamodule):
    loader = datamodule.train_dataloader()
    first, second = items_of(loader), items_of(loader)
    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, second.sort().values)
    assert torch.equal(items_of(datamodule.train_dataloader()), first)


def test_validation_keeps_the_order_of_the_examples(datamodule):
    assert torch.equal(items_of(datamodule.val_dataloader()), datamodule.validation.item_ids)
