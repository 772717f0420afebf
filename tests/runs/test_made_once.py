import pytest

from rankdistill.runs.made_once import made_once


def fill(place):
    place.mkdir()
    (place / "first").write_text("1")
    (place / "last").write_text("2")


def test_a_folder_is_made_once_and_whole(tmp_path):
    calls = []

    def make(place):
        calls.append(place)
        assert place != tmp_path / "a" / "wanted"
        fill(place)

    for _ in range(2):
        made_once(tmp_path / "a" / "wanted", "last", make)
    assert len(calls) == 1
    assert {path.name for path in (tmp_path / "a" / "wanted").iterdir()} == {"first", "last"}


def test_a_folder_that_could_not_be_finished_is_not_there_and_the_next_makes_it(tmp_path):
    def broken(place):
        fill(place)
        raise KeyboardInterrupt

    folder = tmp_path / "wanted"
    with pytest.raises(KeyboardInterrupt):
        made_once(folder, "last", broken)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    made_once(folder, "last", fill)
    assert (folder / "last").is_file()


def test_what_a_killed_run_left_is_removed(tmp_path):
    folder = tmp_path / "wanted"
    folder.mkdir()
    (folder / "first").write_text("half")
    (tmp_path / "wanted.partial-1").mkdir()
    made_once(folder, "last", fill)
    assert (folder / "first").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["wanted"]
