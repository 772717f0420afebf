import pytest
import torch

from rankdistill.runs.tensor_files import is_stored_whole, read_tensors


def content():
    return {"a": torch.arange(40.0), "b": {"c": 3, "d": torch.ones(3, 2)}}


@pytest.mark.slow
def test_every_flip_of_a_file_is_told_or_changes_nothing(tmp_path):
    path = tmp_path / "tensors.pt"
    torch.save(content(), path)
    whole, told = path.read_bytes(), 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            found = read_tensors(path)
        except ValueError:
            told += 1
        else:
            torch.testing.assert_close(found, content(), atol=0, rtol=0)
    assert told > len(whole) / 3


@pytest.mark.parametrize(
    ("tensor", "whole"),
    [
        (torch.ones(3, 4), True),
        (torch.ones(3, 4).t(), True),
        (torch.ones(9)[2:4], True),
        (torch.zeros(()).expand(1000), False),
        (torch.ones(3, 4).to_sparse(), False),
    ],
)
def test_a_tensor_whose_numbers_are_not_all_stored_is_not_whole(tensor, whole):
    assert is_stored_whole(tensor) is whole
