import torch

from rankdistill.kernels.strict_order import without_ties


def fallen(*lists):
    scores = torch.tensor([score for each in lists for score in each])
    list_ids = torch.tensor([number for number, each in enumerate(lists) for _ in each])
    positions = torch.tensor([place for each in lists for place in range(len(each))])
    return without_ties(scores, list_ids, positions).split([len(each) for each in lists])


def test_scores_that_fall_already_are_unchanged_bit_for_bit():
    scores = (3.5, 1.0, 1e-30, 0.0, -2.25, -1e14)
    assert fallen(scores)[0].tolist() == torch.tensor(scores).tolist()


def test_each_of_equal_scores_is_the_next_number_below_the_one_before():
    (found,) = fallen((1.0, 1.0, 1.0, 0.5))
    below = torch.nextafter(torch.tensor(1.0), torch.tensor(0.0))
    two_below = torch.nextafter(below, torch.tensor(0.0))
    assert found.tolist() == [1.0, float(below), float(two_below), 0.5]


def test_ties_at_zero_and_of_both_zeros_fall_below_zero():
    (found,) = fallen((0.0, -0.0, 0.0))
    assert bool((found.diff() < 0).all())
    assert found[0] == 0


def test_a_score_that_the_lowered_ones_reach_is_lowered_too():
    below = float(torch.nextafter(torch.tensor(2.0), torch.tensor(0.0)))
    (found,) = fallen((2.0, 2.0, below))
    assert bool((found.diff() < 0).all())


def test_one_list_does_not_lower_another():
    first, second = fallen((-5.0, -5.0), (7.0, 7.0))
    assert first[0] == -5
    assert second[0] == 7
    assert second[1] < 7
