import pytest

from rankdistill.sweeps.levels import is_seed, level_text


@pytest.mark.parametrize(
    ("level", "text"),
    [("d10", "d10"), (0.003, "0.003"), (1.0, "1"), (10, "10"), (True, "true"), (None, "null")],
)
def test_a_level_is_written_as_it_is_typed(level, text):
    assert level_text(level) == text


def test_seeds_are_told_by_their_group():
    assert is_seed("seed.initialization")
    assert not is_seed("size")
