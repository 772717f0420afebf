import pytest
import torch

from rankdistill.kernels.ragged_rows import (
    entries_of_rows,
    write_at_entries,
    write_at_padded_entries,
)

OFFSETS = torch.tensor([0, 2, 2, 5])


@pytest.mark.parametrize("total", [None, 8])
def test_entries_come_row_by_row_in_the_order_that_was_asked_for(total):
    rows, places = entries_of_rows(OFFSETS, torch.tensor([2, 0, 1, 2]), total)
    assert rows.tolist() == [0, 0, 0, 1, 1, 3, 3, 3]
    assert places.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]


def test_empty_rows_and_no_rows_have_no_entries():
    for row_ids in ([1, 1], []):
        rows, places = entries_of_rows(OFFSETS, torch.tensor(row_ids, dtype=torch.int64))
        assert (rows.tolist(), places.tolist()) == ([], [])


@pytest.mark.parametrize("write", [write_at_entries, write_at_padded_entries])
def test_a_value_is_written_where_the_entries_of_each_row_say(write):
    columns = torch.tensor([1, 3, 0, 2, 3])
    table = torch.zeros(4, 4)
    write(table, 7.0, OFFSETS, columns, torch.tensor([2, 1, 0, 2]), 3)
    assert table.tolist() == [[7, 0, 7, 7], [0, 0, 0, 0], [0, 7, 0, 7], [7, 0, 7, 7]]


def test_an_empty_row_at_the_end_is_written_to_nowhere():
    table = torch.zeros(1, 2)
    offsets, columns = torch.tensor([0, 1, 1]), torch.tensor([1])
    write_at_padded_entries(table, 7.0, offsets, columns, torch.tensor([1]), 1)
    assert table.tolist() == [[0, 0]]
