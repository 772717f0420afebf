from tests.running import composed

from rankdistill.runs.seeding import with_seed


def seeds(node):
    return node.seed.initialization, node.seed.sampling


def test_student_and_teacher_get_the_seed_and_the_split_keeps_its_own():
    cfg = composed("train", "data=synthetic", "seed.split=5")
    seeded = with_seed(cfg, 9)
    assert seeds(seeded) == seeds(seeded.teacher) == (9, 9)
    assert seeded.seed.split == 5
    assert seeds(cfg) == (1, 1), "what was given is left alone"


def test_the_members_of_an_ensemble_get_the_seed_but_one_that_draws_nothing():
    teacher = with_seed(composed("train", "data=synthetic", "teacher=ensemble"), 9).teacher
    assert seeds(teacher) == seeds(teacher.members["first"]) == (9, 9)
    assert seeds(teacher.members["second"]) == (0, 0)


def test_a_student_without_a_teacher_gets_the_seed():
    assert seeds(with_seed(composed("train", "data=synthetic", "module=student"), 3)) == (3, 3)
