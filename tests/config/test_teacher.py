"""Teachers of every kind compose to one dataclass."""

from tests.running import composed

from rankdistill.config.teacher import TeacherConfig


def teacher(*overrides):
    return composed("train", "data=synthetic", *overrides).teacher


def test_a_teacher_that_learns_by_gradient_has_a_loss_and_takes_the_seeds_of_the_student():
    made = teacher("seed.initialization=5", "seed.sampling=6")
    assert type(made) is TeacherConfig
    assert made.ranking_loss is not None
    assert made.training is not None
    assert (made.seed.initialization, made.seed.sampling) == (5, 6)
    assert made.members is None


def test_a_teacher_that_is_solved_has_no_loss_and_seeds_of_its_own():
    made = teacher("teacher=ease", "seed.initialization=5")
    assert (made.ranking_loss, made.training) == (None, None)
    assert (made.seed.initialization, made.seed.sampling) == (0, 0)


def test_every_member_of_an_ensemble_is_kept_in_the_store_of_the_ensemble():
    made = teacher("teacher=ensemble", "teacher.store=elsewhere")
    assert set(made.members) == {"first", "second"}
    for member in made.members.values():
        assert type(member) is TeacherConfig
        assert member.store == made.store == "elsewhere"
