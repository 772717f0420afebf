import math

import torch
from tests.from_conf import settings_in

from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.backbones.sequence_encoder import SequenceEncoder

ITEMS = torch.tensor([4, 1, 2, 2])
LENGTHS = torch.tensor([1, 3])


def encoder(**changed):
    torch.manual_seed(0)
    return SequenceEncoder(5, **settings_in("backbone/sasrec", embedding_dim=4, **changed))


def test_what_blocks_read_is_a_scaled_item_and_its_place():
    made = encoder()
    made.blocks = torch.nn.ModuleList()
    items, places = made.item_embedding.weight, made.position_embedding.weight
    entries = math.sqrt(4) * items[ITEMS] + places[torch.tensor([0, 0, 1, 2])]
    expected = (entries - entries.mean(1, keepdim=True)) / (
        entries.var(1, correction=0, keepdim=True) + made.last_norm.eps
    ).sqrt()
    torch.testing.assert_close(made(ITEMS, RaggedRows(LENGTHS)), expected)


def test_each_block_changes_what_comes_after_it():
    made = encoder(num_blocks=2, init_std=1.0)
    both = made(ITEMS, RaggedRows(LENGTHS))
    del made.blocks[1]
    assert not torch.allclose(made(ITEMS, RaggedRows(LENGTHS)), both)


def test_the_order_of_items_changes_the_last_vector():
    made = encoder(init_std=1.0)
    forward = made(torch.tensor([0, 1, 2]), RaggedRows(torch.tensor([3])))
    swapped = made(torch.tensor([1, 0, 2]), RaggedRows(torch.tensor([3])))
    assert not torch.allclose(forward[-1], swapped[-1])
