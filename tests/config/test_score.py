import pytest
from tests.running import composed

GIVEN = ("model=shop.rank", "output=scores")


def test_the_yaml_composes_and_asks_for_model_and_output():
    cfg = composed("score", *GIVEN, "limit=7", "history=orders.csv", "user_column=2")
    assert (cfg.model, cfg.output, cfg.limit) == ("shop.rank", "scores", 7)
    assert cfg.user_column == 2
    assert cfg.shard_of_shards == (1, 1)
    with pytest.raises(ValueError, match=r"output=\.\.\."):
        composed("score", "model=shop.rank")


def test_a_shard_is_one_of_so_many():
    assert composed("score", *GIVEN, "shard=3/64").shard_of_shards == (3, 64)


@pytest.mark.parametrize("shard", ["65/64", "0/64", "3", "a/b", "-1/4"])
def test_a_shard_that_is_none_is_refused(shard):
    with pytest.raises(ValueError, match="from 1/64 to 64/64"):
        composed("score", *GIVEN, f"shard={shard}")


@pytest.mark.parametrize(
    "wrong",
    ["limit=0", "users_per_file=0", "memory_gib=0", "threads=0", "candidates=0", "recall_users=0"],
)
def test_numbers_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValueError, match=wrong.partition("=")[0]):
        composed("score", *GIVEN, wrong)


def test_a_column_without_its_file_has_no_effect():
    with pytest.raises(ValueError, match=r"user_column has no effect without history"):
        composed("score", *GIVEN, "user_column=customer")


def test_an_index_without_its_package_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("rankdistill.config.score.find_spec", lambda package: None)
    assert composed("score", *GIVEN).search == "exact"
    with pytest.raises(ValueError, match=r"pip install 'rankdistill\[index\]'"):
        composed("score", *GIVEN, "search=index")


def test_an_index_on_a_gpu_is_refused():
    with pytest.raises(ValueError, match="search=index works on the CPU"):
        composed("score", *GIVEN, "search=index", "device=cuda:1")


def test_files_that_are_not_there_are_told(tmp_path):
    cfg = composed("score", f"model={tmp_path / 'shop.rank'}", f"output={tmp_path / 'scores'}")
    with pytest.raises(FileNotFoundError, match=r"model=\.\.\. names another"):
        cfg.check_places()
    (tmp_path / "shop.rank").touch()
    cfg.check_places()
    (tmp_path / "scores").touch()
    with pytest.raises(NotADirectoryError, match="output"):
        cfg.check_places()
