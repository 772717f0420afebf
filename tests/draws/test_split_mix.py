"""The numbers of SplitMix64, beside a plain version in whole numbers of any size."""

import torch

from rankdistill.draws.split_mix import GAMMA, mixed

BITS = 2**64 - 1


def plain(key, place):
    number = (key + place * 0x9E3779B97F4A7C15) & BITS
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & BITS
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & BITS
    return number ^ number >> 31


def test_the_first_numbers_are_those_that_others_publish():
    # https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [plain(1234567, place) for place in (1, 2, 3)] == published


def test_tensors_give_the_numbers_of_the_plain_version():
    for key in (0, 1, 1234567, -5, 2**63 - 1):
        places = torch.arange(1, 200)
        numbers = mixed(places * GAMMA + key)
        expected = [plain(key, place) for place in range(1, 200)]
        assert [number & BITS for number in numbers.tolist()] == expected
