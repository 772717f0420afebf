import torch
from tests.draws.made_draws import seeded_draws
from torch import nn

from rankdistill.backbones.attention_block import AttentionBlock
from rankdistill.backbones.packed_rows import RaggedRows


def normed(rows, norm):
    centred = rows - rows.mean(1, keepdim=True)
    scaled = centred / (centred.square().mean(1, keepdim=True) + norm.eps).sqrt()
    return scaled * norm.weight + norm.bias


def by_hand(block, sequence):
    """One sequence, entry by entry."""
    read = normed(sequence, block.attention_norm)
    queries, keys, values = block.projections(read).chunk(3, dim=1)
    size = sequence.shape[1] // block.num_heads
    attended = torch.zeros_like(sequence)
    for place in range(len(sequence)):
        for head in range(block.num_heads):
            part = slice(head * size, (head + 1) * size)
            logits = keys[: place + 1, part] @ queries[place, part] / size**0.5
            attended[place, part] = logits.softmax(0) @ values[: place + 1, part]
    sequence = sequence + block.attended(attended)
    hidden = block.expanded(normed(sequence, block.feed_forward_norm)).clamp_min(0)
    return sequence + block.contracted(hidden)


def made(dropout=0.0):
    torch.manual_seed(0)
    block = AttentionBlock(6, 2, 2, dropout).double()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.4)
    return block


LENGTHS = torch.tensor([1, 4, 5])
ENTRIES = torch.randn(10, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_a_block_equals_its_formula_entry_by_entry():
    block = made()
    expected = torch.cat([by_hand(block, part) for part in ENTRIES.split(LENGTHS.tolist())])
    torch.testing.assert_close(block(ENTRIES, RaggedRows(LENGTHS), None), expected)


def test_nothing_is_dropped_without_draws():
    block, rows = made(dropout=0.5), RaggedRows(LENGTHS)
    torch.testing.assert_close(block(ENTRIES, rows, None), made()(ENTRIES, rows, None))
    dropped = block(ENTRIES, rows, seeded_draws())
    assert not torch.equal(dropped, block(ENTRIES, rows, None))
