"""Teachers of every kind compose to one dataclass."""

import pytest
from tests.running import composed

from rankdistill.backbones.placed_lists import PlacedLists
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


def test_a_teacher_from_a_file_draws_nothing_and_has_embeddings_where_files_of_them_are_named():
    made = teacher("teacher=file", "teacher.path=a.csv", "seed.initialization=5")
    assert made.is_file
    assert made.backbone.name == "Listed"
    assert (made.ranking_loss, made.seed.initialization) == (None, 0)
    both = ("teacher.item_embeddings=i.csv", "teacher.user_embeddings=u.csv")
    assert teacher("teacher=file", "teacher.path=a.csv", *both).backbone.name == "EmbeddedLists"
    assert not teacher().is_file


def test_lists_for_places_have_a_network_of_their_own_and_no_embeddings_of_users():
    placed = ("teacher=file", "teacher.path=a.csv", "teacher.end_column=end")
    made = teacher(*placed)
    assert made.is_file
    assert made.backbone.name == PlacedLists.__name__
    with pytest.raises(ValueError, match="lists for places in their histories: leave one"):
        teacher(*placed, "teacher.item_embeddings=i.csv", "teacher.user_embeddings=u.csv")


@pytest.mark.parametrize(("given", "missing"), [("item", "user"), ("user", "item")])
def test_embeddings_of_one_side_alone_are_refused_with_the_setting_to_type(given, missing):
    with pytest.raises(ValueError, match=rf"type teacher\.{missing}_embeddings=\.\.\. too"):
        teacher("teacher=file", "teacher.path=a.csv", f"teacher.{given}_embeddings=e.csv")


def test_a_file_and_a_checkpoint_are_not_both_the_teacher():
    with pytest.raises(ValueError, match=r"teacher\.path and teacher\.checkpoint are both given"):
        teacher("teacher=file", "teacher.path=a.csv", "teacher.checkpoint=b.ckpt")


def test_an_ensemble_has_no_member_from_a_file():
    with pytest.raises(ValueError, match=r"teacher\.members\.second is a file of lists"):
        teacher("teacher=ensemble", "teacher@teacher.members.second=file")
