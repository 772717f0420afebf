"""A teacher from a file is told where its lists lie."""

import pytest
from tests.running import composed

FILE = ("data=synthetic", "teacher=file")


def check(*overrides):
    composed("train", *FILE, *overrides).check_places()


def test_a_file_that_is_not_named_is_asked_for():
    with pytest.raises(ValueError, match=r"type teacher\.path=\.\.\., a file with the columns"):
        check()


@pytest.mark.parametrize("name", ["path", "item_embeddings"])
def test_a_file_that_is_not_there_is_an_error_with_the_setting_that_names_another(name, tmp_path):
    (tmp_path / "there.csv").write_text("")
    there = tmp_path / "there.csv"
    named = {"path": there, "item_embeddings": there, "user_embeddings": there, name: "gone.csv"}
    with pytest.raises(FileNotFoundError, match=rf"no file gone\.csv .*; teacher\.{name}=\.\.\."):
        check(*(f"teacher.{key}={value}" for key, value in named.items()))


def test_places_are_the_files_that_are_named():
    teacher = composed("train", *FILE, "teacher.path=lists.csv").teacher
    assert teacher.places == {"path": "lists.csv"}
    assert composed("train", "data=synthetic").teacher.places == {}
