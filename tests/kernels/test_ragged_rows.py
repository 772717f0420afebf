import torch

from rankdistill.kernels.ragged_rows import entries_of_rows

OFFSETS = torch.tensor([0, 2, 2, 5])


def test_entries_come_row_by_row_in_the_order_that_was_asked_for():
    rows, places = entries_of_rows(OFFSETS, torch.tensor([2, 0, 1, 2]))
    assert rows.tolist() == [0, 0, 0, 1, 1, 3, 3, 3]
    assert places.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]


def test_empty_rows_and_no_rows_have_no_entries():
    for row_ids in ([1, 1], []):
        rows, places = entries_of_rows(OFFSETS, torch.tensor(row_ids, dtype=torch.int64))
        assert (rows.tolist(), places.tolist()) == ([], [])
