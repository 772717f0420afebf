import polars as pl
from tests.cascade.made_logs import reader

from rankdistill.cascade.data.made_log import write_made_log


def test_the_example_log_is_read_without_a_fault(tmp_path):
    write_made_log(tmp_path / "log.parquet", requests=30, candidates=15)
    table = reader(tmp_path / "log.parquet").load()
    assert len(table.frame) == 30 * 15
    assert table.tasks == ("click", "buy")
    assert table.features == ("country", "hour", "topic", "price")


def test_users_saw_only_what_the_final_ranker_scored_and_did_nothing_else(tmp_path):
    write_made_log(tmp_path / "log.parquet", requests=30, candidates=15)
    frame = pl.read_parquet(tmp_path / "log.parquet")
    seen = frame.filter("shown")
    assert seen["final_click"].null_count() == 0
    assert frame.filter(pl.col("final_click").is_null())["shown"].sum() == 0
    assert frame.filter(~pl.col("shown"))["label_click"].sum() == 0
    assert 0 < seen["label_click"].sum() < len(seen)
    assert (frame["label_buy"] <= frame["label_click"]).all()


def test_a_seed_makes_one_log(tmp_path):
    for name in ("a", "b"):
        write_made_log(tmp_path / name, requests=20, candidates=10, seed=3)
    assert pl.read_parquet(tmp_path / "a").equals(pl.read_parquet(tmp_path / "b"))
