from dataclasses import replace

import pytest
from tests.cascade.made_logs import made_requests
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs.student_shape import log_student_shape, student_shape

pytestmark = pytest.mark.slow


def shape(folder, *overrides, student="shared", changes=None, whole=True):
    return student_shape(
        small_cascade(folder, *overrides), small_data()[1], student, changes or {}, whole
    )


@pytest.mark.parametrize(
    "override",
    [
        "seed.sampling=9",
        "final_ranker.training.learning_rate=0.5",
        "early_ranker.training.batch_size=7",
        "cascade/early_ranker/size=e2_d8",
        "students.shared.weight=3",
        "log.share=0.5",
        "value.like=7.0",
        "evaluation.kept=[5,8,10]",
        "trainer.max_epochs=3",
        "storage=fp16",
    ],
)
def test_whatever_shapes_a_student_or_its_measures_gives_another_shape(override, tmp_path):
    assert shape(tmp_path, override) != shape(tmp_path)


def test_the_log_the_form_and_what_is_measured_count_too(tmp_path):
    shapes = [
        shape(tmp_path),
        shape(tmp_path, student="auxiliary"),
        shape(tmp_path, changes={"share": 0.5}),
        shape(tmp_path, whole=False),
    ]
    assert len(set(shapes)) == 4


def test_what_only_shows_and_other_students_do_not_count(tmp_path):
    others = ("trainer.progress=true", "seeds=[1,2]", "cascade/students=[shared]")
    assert shape(tmp_path, *others) == shape(tmp_path)


def test_a_student_of_a_request_log_has_the_shape_of_its_log_and_settings(tmp_path):
    cfg, data = small_cascade(tmp_path), made_requests(tmp_path)
    first = log_student_shape(cfg, data, "shared")
    assert log_student_shape(cfg, data, "shared") == first
    assert log_student_shape(cfg, data, "none") != first
    other = replace(cfg, seed=replace(cfg.seed, sampling=9))
    assert log_student_shape(other, data, "shared") != first
