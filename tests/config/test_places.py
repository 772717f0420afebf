"""Files that are not there, and places that cannot be written, are told with their key."""

import os

import pytest

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint, check_data_files, check_output

DELIMITED = "rankdistill.data.datamodule.DelimitedDataModule"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("user,item\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"No file is named: type data.path=\.\.\. for one"),
        ({"path": ""}, "data.path is empty: type data.path="),
        ({"path": "a.csv", "train": "b.csv"}, "data.path names one file .* and data.train one of"),
        ({"train": "a.csv"}, r"type data.validation=\.\.\. and data.test=\.\.\. too"),
        ({"train": "a.csv", "test": "b.csv"}, r"type data.validation=\.\.\. too"),
        ({"path": "d.csv"}, r"There is no file d.csv \(from .*\); data.path="),
        (
            {"train": "a.csv", "validation": "d.csv", "test": "c.csv"},
            r"There is no file d.csv .* data.validation=",
        ),
    ],
)
@pytest.mark.usefixtures("here")
def test_files_that_are_not_named_or_not_there_are_refused(settings, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        check_data_files(Component(DELIMITED, settings))


@pytest.mark.usefixtures("here")
def test_files_that_are_there_and_data_of_others_are_taken():
    check_data_files(Component(DELIMITED, {"path": "a.csv"}))
    parts = {"train": "a.csv", "validation": "b.csv", "test": "c.csv"}
    check_data_files(Component(DELIMITED, parts))
    check_data_files(Component("mine.Data", {"path": "s3://bucket"}))
    check_data_files(Component("rankdistill.data.datamodule.MovieLensDataModule", {"path": None}))


def test_a_published_split_needs_the_name_of_its_folder():
    kind = "rankdistill.data.datamodule.RankDistillDataModule"
    with pytest.raises(ValueError, match=r"type data.path=\.\.\. with the folder"):
        check_data_files(Component(kind, {"path": None}))


def test_a_checkpoint_is_a_file(here):
    check_checkpoint("checkpoint", "a.csv")
    for path in ("nowhere.ckpt", str(here)):
        with pytest.raises(
            FileNotFoundError, match=r"no checkpoint at .* with teacher.checkpoint="
        ):
            check_checkpoint("teacher.checkpoint", path)


def test_an_output_goes_into_a_folder_that_there_is_or_that_can_be_made(here):
    check_output("output", here / "w.rank")
    check_output("output", here / "new" / "deeper" / "w.rank")
    with pytest.raises(IsADirectoryError, match=r"is a folder; name a file in it with output="):
        check_output("output", here)
    with pytest.raises(NotADirectoryError, match=r"a.csv is no folder; .* with output="):
        check_output("output", here / "a.csv" / "w.rank")


def test_an_output_in_a_folder_that_may_not_be_changed_is_refused(here, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match=r"may not be changed; name another place with outpu"):
        check_output("output", here / "w.rank")
