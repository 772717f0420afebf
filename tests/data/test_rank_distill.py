import pytest
from tests.data.made_sources import pairs_of
from tests.from_conf import settings_in

from rankdistill.data.datamodule import RankDistillDataModule
from rankdistill.data.item_order import sequences_of
from rankdistill.data.rank_distill import RankDistillFolder

TRAIN = "1 7 1\n1 9 1\n2 8 1\n2 7 1\n"
VALIDATION = "1 8 1\n2 9 1\n"
TEST = "1 10 1\n2 10 1\n2 11 1\n"


def folder(path, train=TRAIN, validation=VALIDATION, test=TEST):
    """Files of the authors' form; their test/train.txt holds the first two parts."""
    for name, text in (
        ("validation/train.txt", train),
        ("validation/test.txt", validation),
        ("test/train.txt", train + validation),
        ("test/test.txt", test),
    ):
        (path / name).parent.mkdir(exist_ok=True, parents=True)
        (path / name).write_text(text)
    return path


def source(path):
    return RankDistillFolder(**settings_in("data/rank_distill_gowalla", path=path))


def test_parts_are_those_of_the_authors(tmp_path):
    split = source(folder(tmp_path / "gowalla")).load_split()
    assert pairs_of(split.train) == [("1", "7"), ("1", "9"), ("2", "7"), ("2", "8")]
    assert pairs_of(split.validation) == [("1", "8"), ("2", "9")]
    assert pairs_of(split.test) == [("1", "10"), ("2", "10"), ("2", "11")]


def test_users_have_their_places_in_the_order_of_the_rows_and_then_of_the_files(tmp_path):
    split = source(folder(tmp_path, train="1 9 1\n1 7 1\n", test="1 10 1\n")).load_split()
    found = sequences_of(split.train.union(split.validation))
    names = split.train.labels.items[found.items.numpy()]
    assert names[:3].tolist() == ["9", "7", "8"]


def test_a_place_that_a_user_comes_back_to_is_held_out_once(tmp_path, caplog):
    caplog.set_level("INFO")
    place = folder(tmp_path, validation="1 7 1\n1 8 1\n", test="1 8 1\n1 9 1\n1 10 1\n")
    split = source(place).load_split()
    assert pairs_of(split.validation) == [("1", "8")]
    assert pairs_of(split.test) == [("1", "10")]
    assert "1 of 2 validation rows repeat an earlier pair" in caplog.text
    assert "2 of 3 test rows repeat" in caplog.text


def test_the_data_are_called_as_their_folder_and_need_no_splitter(tmp_path):
    settings = settings_in("data/rank_distill_gowalla", path=str(folder(tmp_path / "gowalla")))
    made = RankDistillDataModule(splitter=None, split_seed=0, user_block=4, **settings)
    made.setup()
    assert made.name == "gowalla"
    assert made.split.test.num_interactions == 3


def test_a_file_that_is_not_there_is_named_with_what_to_fetch(tmp_path):
    place = folder(tmp_path)
    (place / "test" / "test.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no test/test.txt: .* datasets/gowalla"):
        source(place)


def test_a_folder_must_be_named():
    with pytest.raises(ValueError, match=r"type data.path=\.\.\. with the folder"):
        source(None)
