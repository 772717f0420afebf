import pytest
import torch
from tests.draws.made_draws import seeded_draws


def generator():
    return torch.Generator().manual_seed(3)


def of_int64s():
    """The bytes of 64-bit random numbers, of which the last is cut short."""
    numbers = torch.empty(5, dtype=torch.int64)
    numbers.random_(torch.iinfo(torch.int64).min, None, generator=generator())
    return numbers.view(torch.uint8)[:35].view(5, 7)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (lambda d: d.integers(11, (4, 6)), lambda g: torch.randint(11, (4, 6), generator=g)),
        (lambda d: d.uniform((33, 5)), lambda g: torch.rand(33, 5, generator=g)),
        (
            lambda d: d.uniform((40,), dtype=torch.float64),
            lambda g: torch.rand(40, generator=g, dtype=torch.float64),
        ),
        (
            lambda d: d.uniform((33, 5), -0.3, 0.7),
            lambda g: torch.empty(33, 5).uniform_(-0.3, 0.7, generator=g),
        ),
        (lambda d: d.normal((33, 5)), lambda g: torch.randn(33, 5, generator=g)),
        (lambda d: d.normal((9,)), lambda g: torch.empty(9).normal_(generator=g)),
        (lambda d: d.order(50), lambda g: torch.randperm(50, generator=g)),
        (lambda d: d.bytes((5, 7)), lambda g: of_int64s()),
    ],
)
def test_draws_are_exactly_what_pytorch_draws_from_the_generator(drawn, expected):
    torch.testing.assert_close(drawn(seeded_draws(3)), expected(generator()), atol=0, rtol=0)


def test_draws_follow_each_other_as_those_of_the_generator():
    draws, same = seeded_draws(3), generator()
    drawn = [draws.order(9), draws.uniform((2, 3)), draws.order(9)]
    expected = [
        torch.randperm(9, generator=same),
        torch.rand(2, 3, generator=same),
        torch.randperm(9, generator=same),
    ]
    torch.testing.assert_close(drawn, expected, atol=0, rtol=0)
    assert not torch.equal(drawn[0], drawn[2])


def test_nothing_is_drawn_of_no_size():
    draws = seeded_draws()
    assert draws.bytes((0, 3)).shape == (0, 3)
    assert draws.uniform((0, 3)).shape == (0, 3)
    assert draws.order(0).shape == (0,)


def test_no_byte_is_left_out():
    assert torch.bincount(seeded_draws().bytes((10_000,)).long(), minlength=256).min() > 0


def test_draws_of_a_generator_alone_are_of_one_training_and_lie_on_its_device():
    draws = seeded_draws()
    assert draws.device == torch.device("cpu")
