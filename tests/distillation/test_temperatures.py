import math

import pytest

from rankdistill.distillation.temperatures import two_temperatures


def test_the_teacher_takes_the_students_unless_it_has_its_own():
    assert two_temperatures(2.0, None) == (2.0, 2.0)
    assert two_temperatures(2.0, 0.5) == (2.0, 0.5)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_positive_is_refused_by_its_name(wrong):
    with pytest.raises(ValueError, match=f"^temperature must be positive, got {wrong}"):
        two_temperatures(wrong, 1.0)
    with pytest.raises(ValueError, match=f"^teacher_temperature must be positive, got {wrong}"):
        two_temperatures(1.0, wrong)
