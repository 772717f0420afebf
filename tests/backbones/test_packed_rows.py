import math

import pytest
import torch

from rankdistill.backbones.packed_rows import RaggedRows

LENGTHS = torch.tensor([1, 2, 2, 7, 8, 10, 10])


def by_hand(projections, lengths, num_heads):
    """Causal attention of one entry after another, head by head."""
    parts = []
    for sequence in projections.split(lengths.tolist()):
        queries, keys, values = (
            part.view(len(sequence), num_heads, -1) for part in sequence.chunk(3, dim=1)
        )
        for place in range(len(sequence)):
            heads = []
            for head in range(num_heads):
                earlier = keys[: place + 1, head]
                logits = earlier @ queries[place, head] / math.sqrt(queries.shape[-1])
                shares = logits.exp() / logits.exp().sum()
                heads.append((shares[:, None] * values[: place + 1, head]).sum(0))
            parts.append(torch.cat(heads))
    return torch.stack(parts)


@pytest.mark.parametrize("num_heads", [1, 2])
@pytest.mark.parametrize("lengths", [LENGTHS, torch.tensor([3]), torch.tensor([4, 4])])
def test_attention_equals_a_loop_over_entries(lengths, num_heads):
    torch.manual_seed(0)
    projections = torch.randn(int(lengths.sum()), 12, dtype=torch.float64, requires_grad=True)
    attended = RaggedRows(lengths).attend(projections, num_heads)
    expected = by_hand(projections, lengths, num_heads)
    torch.testing.assert_close(attended, expected)
    weights = torch.randn_like(expected)
    for got, wanted in zip(
        torch.autograd.grad((attended * weights).sum(), projections),
        torch.autograd.grad((expected * weights).sum(), projections),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted)


def test_positions_count_from_the_start_of_each_sequence():
    rows = RaggedRows(torch.tensor([1, 3]))
    assert rows.positions.tolist() == [0, 0, 1, 2]
    assert rows.rows.tolist() == [0, 1, 1, 1]


def test_sequences_attend_beside_those_of_about_their_length():
    groups = RaggedRows(LENGTHS).groups
    assert [group.num_rows for group in groups] == [1, 2, 2, 2]
    assert [group.cells is None for group in groups] == [True, True, False, True]


def test_no_sequence_is_no_fault():
    rows = RaggedRows(torch.zeros(0, dtype=torch.int64))
    assert rows.attend(torch.zeros(0, 12), 2).shape == (0, 4)


def test_a_padded_table_has_zeros_behind_each_sequence_and_gives_its_entries_back():
    rows = RaggedRows(torch.tensor([1, 3]))
    entries = torch.arange(1.0, 5.0).unsqueeze(1)
    table = rows.padded(entries)
    assert table.squeeze(2).tolist() == [[1, 0, 0], [2, 3, 4]]
    assert torch.equal(rows.packed(table), entries)
