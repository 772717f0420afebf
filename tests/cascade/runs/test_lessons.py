from pathlib import Path

from rankdistill.cascade.runs.lessons import Lesson
from rankdistill.cascade.runs.log_variants import SHARE, LogVariant


def lesson_on(variant):
    return Lesson("shared", variant, Path("shared"), "shared, seed 1")


def test_a_lesson_on_the_main_log_changes_no_setting_of_it():
    lesson = lesson_on(None)
    assert lesson.is_main
    assert lesson.changes == {}


def test_a_lesson_on_another_log_has_the_changes_of_that_log():
    lesson = lesson_on(LogVariant(SHARE, 0.1))
    assert not lesson.is_main
    assert lesson.changes == {"share": 0.1, "rescore": 0}
