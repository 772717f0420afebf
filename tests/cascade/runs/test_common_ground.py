from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs.common_ground import CommonGround


def test_it_holds_a_student_of_each_form_and_names_those_that_read_the_log(tmp_path):
    cfg = small_cascade(
        tmp_path, "cascade/students=[none,cut]", "cascade/robustness=shares_and_faults"
    )
    ground = CommonGround.of(cfg, small_data()[0])
    assert list(ground.students) == ["none", "cut"]
    assert ground.readers == ["cut"]
    names = ["share-0.1", "share-0.01", "stretches-4", "marked-0.1", "stale-0.1"]
    assert [variant.name for variant in ground.variants] == names
