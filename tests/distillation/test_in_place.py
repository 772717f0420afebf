import torch

from rankdistill.distillation.in_place import in_place_of


def test_values_of_one_shape_take_the_place_of_the_earlier_ones():
    earlier = torch.zeros(2)
    kept = in_place_of(earlier, torch.tensor([1.0, 2.0]))
    assert kept is earlier
    assert earlier.tolist() == [1.0, 2.0]


def test_values_of_another_shape_or_type_have_a_place_of_their_own():
    earlier = torch.zeros(2)
    for values in (torch.ones(3), torch.ones(2, dtype=torch.int64)):
        assert in_place_of(earlier, values) is values
    assert in_place_of(None, earlier) is earlier
    assert earlier.tolist() == [0.0, 0.0]
