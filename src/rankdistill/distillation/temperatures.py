"""The temperatures of student and teacher."""

from __future__ import annotations


def two_temperatures(student: float, teacher: float | None) -> tuple[float, float]:
    """Return what the scores of student and teacher are divided by.

    Args:
        student: The setting ``temperature``.
        teacher: The setting ``teacher_temperature``; None: the student's.

    Raises:
        ValueError: If one is not positive.
    """
    both = student, student if teacher is None else teacher
    for name, value in zip(("temperature", "teacher_temperature"), both, strict=True):
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value}.")
    return both
