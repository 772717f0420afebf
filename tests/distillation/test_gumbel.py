import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.gumbel import gumbel_noise


def test_the_largest_of_logit_plus_noise_is_a_draw_from_the_softmax():
    logits = torch.tensor([2.0, 1.0, 0.0])
    noise = gumbel_noise(torch.Size([100_000, 3]), seeded_draws())
    frequencies = torch.bincount((logits + noise).argmax(1)) / len(noise)
    torch.testing.assert_close(frequencies, logits.softmax(0), atol=0.01, rtol=0)


def test_noise_is_finite_and_repeats_with_its_seed():
    first, second = (gumbel_noise(torch.Size([50, 4]), seeded_draws(3)) for _ in range(2))
    assert bool(torch.isfinite(first).all())
    torch.testing.assert_close(first, second, atol=0, rtol=0)
