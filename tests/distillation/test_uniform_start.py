import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.uniform_start import uniform_start


def test_a_layer_begins_between_the_bounds_of_its_inputs_and_repeats_with_its_seed():
    one, other = (uniform_start((50, 40), 16, seeded_draws(seed)) for seed in (1, 1))
    assert torch.equal(one, other)
    assert one.requires_grad
    assert one.abs().max() <= 0.25
    assert one.abs().max() > 0.24
