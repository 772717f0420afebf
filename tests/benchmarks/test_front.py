"""The front is chosen on validation, and shown with what test says."""

import numpy as np
import pytest
from benchmarks.front.__main__ import Stored, best_within, front_of, smallest_not_worse
from benchmarks.front.rounding import Measured
from benchmarks.front.students import ALONE, FACTORISATION, FISM, LIST_WISE, Student, students


def stored(dim, bits, num_bytes, validation, test=(0.1, 0.3)):
    per_user = {"map@5": np.array(test), "ndcg@10": np.array(test)}
    run = Measured(num_bytes, validation, per_user)
    return Stored(Student(FISM, dim, ALONE), bits, [run, run._replace(per_user=per_user)])


SMALL, WORSE, LARGE = stored(4, 3, 100, 0.2), stored(4, 5, 150, 0.19), stored(8, 5, 200, 0.3)


def test_the_front_keeps_what_no_smaller_model_reaches_on_validation():
    assert front_of([LARGE, WORSE, SMALL]) == [SMALL, LARGE]


def test_the_claimed_model_is_the_best_on_validation_that_is_small_enough():
    assert best_within([SMALL, WORSE, LARGE], 150) is SMALL
    assert best_within([SMALL, WORSE, LARGE], 200) is LARGE


def test_the_walk_down_the_front_ends_at_the_first_that_is_not_shown():
    large = {metric: np.full(4, 0.3) for metric in ("map@5", "ndcg@10")}

    def scored(bits, value):
        return stored(8, bits, 10 * bits, 0.1 * bits, test=(value,) * 4)

    front = [scored(2, 0.31), scored(3, 0.29), scored(4, 0.299), scored(5, 0.31)]
    assert smallest_not_worse(front, large) is front[2]
    assert smallest_not_worse(front[:2], large) is None


def test_users_are_averaged_over_seeds():
    other = Measured(100, 0.4, {"map@5": np.array([0.3, 0.5]), "ndcg@10": np.array([0.3, 0.5])})
    both = Stored(SMALL.student, 3, [SMALL.runs[0], other])
    np.testing.assert_allclose(both.of_users("map@5"), [0.2, 0.4])
    assert both.validation == pytest.approx(0.3)
    assert both.on_test("map@5") == pytest.approx((0.3, np.std([0.2, 0.4], ddof=1)))


def test_every_student_has_a_name_of_its_own():
    names = [student.name for student in students(more=True)]
    assert len(set(names)) == len(names)
    assert {student.name for student in students()} < {*names}


def test_a_student_is_rounded_as_it_learns_only_where_it_says_so():
    exact = Student(FISM, 4, LIST_WISE)
    assert {"storage.bits=32", "storage.rounded_epochs=0"} <= {*exact.overrides}
    rounded = Student(FACTORISATION, 7, LIST_WISE, 3)
    assert {"storage.bits=3", "storage.rounded_epochs=15"} <= {*rounded.overrides}
    assert rounded.bits == (3,)
