import pytest
from tests.rank_files.made_models import made_model

from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.serving.asking import Question, answer, typed_question


def asked(tmp_path, *words, **changes):
    write_rank_file(tmp_path / "a.rank", made_model(**changes))
    question = typed_question([f"model={tmp_path / 'a.rank'}", *words])
    assert question is not None
    return answer(question)


def test_words_are_read_as_they_are_typed():
    words = ["model=my shop=1.rank", "user=007", "exclude=[50, 181]", "limit=3"]
    assert typed_question(words) == Question(
        model="my shop=1.rank", user="007", history=None, exclude=["50", "181"], limit=3
    )


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("50,181", ["50", "181"]),
        ("[50, 181]", ["50", "181"]),
        ('"pen, red",ink', ["pen, red", "ink"]),
        ("", []),
        ("[]", []),
        ("x", ["x"]),
    ],
)
def test_a_history_is_a_list_of_ids_in_brackets_or_not(typed, ids):
    question = typed_question(["model=a.rank", f"history={typed}"])
    assert question is not None
    assert (question.history, question.limit) == (ids, 10)


@pytest.mark.parametrize(
    "words",
    [
        ["user=7"],
        ["model=a.rank", "user=7", "data=ml_100k"],
        ["model=a.rank", "usr=7"],
        ["model=a.rank", "user=7", "--cfg", "job"],
        ["model=a.rank", "user=7", "limit=many"],
        ["model=a.rank", "user=7", "limit=-1"],
    ],
)
def test_other_words_are_left_to_hydra(words):
    assert typed_question(words) is None


def test_the_answer_has_a_line_for_each_item_best_first(tmp_path):
    lines = asked(tmp_path, "user=7", "limit=2").splitlines()
    assert lines[0] == "Best 2 new items for user 7 of made up:"
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert all(": é" in line for line in lines[1:])


def test_an_item_without_a_title_is_shown_by_its_id(tmp_path):
    text = asked(tmp_path, "history=item-1", kind="history", item_titles=())
    assert text.startswith("Best 5 new items for this history:")
    assert "item-3" in text


def test_an_empty_history_is_answered_with_popularity_and_that_is_said(tmp_path):
    lines = asked(tmp_path, "history=", "limit=1").splitlines()
    assert lines[0].startswith("Nothing is known of what they have. The 1 most popular items of")
    assert lines[1].split()[:2] == ["1", "300"]


def test_a_file_without_what_users_have_says_so(tmp_path):
    text = asked(tmp_path, "user=7", seen=None)
    assert text.startswith("Best 6 items for user 7 of made up; the file does not hold what they")


def test_a_model_that_was_never_tested_is_called_so(tmp_path):
    text = asked(tmp_path, "user=7", about={"data": {"name": None}, "untested": True})
    assert text.startswith(
        "Best 4 new items for user 7 of the data (by a model that was never tested):"
    )


def test_where_nothing_is_new_that_is_said(tmp_path):
    ids = ",".join(f"item-{number}" for number in range(6))
    assert asked(tmp_path, "user=7", f"exclude={ids}") == (
        "For user 7 of made up there is no new item."
    )


def test_a_name_from_a_file_does_not_steer_the_terminal(tmp_path):
    titles = ("\x1b[2Jgone",) * 6
    text = asked(tmp_path, "user=7", item_titles=titles, about={"data": {"name": "\x1b[2J"}})
    assert "\x1b" not in text


def test_what_a_file_tells_about_its_data_may_be_missing(tmp_path):
    assert asked(tmp_path, "user=7", about={}).startswith("Best 4 new items for user 7 of the data")


def test_a_mistake_is_an_error_for_people(tmp_path):
    with pytest.raises(ValueError, match="Give one person"):
        asked(tmp_path)
    with pytest.raises(FileNotFoundError, match="no model at nowhere"):
        answer(typed_question(["model=nowhere", "user=1"]))
