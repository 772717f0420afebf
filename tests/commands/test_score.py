import hashlib
import json

import numpy as np
import polars as pl
import pytest
from tests.rank_files.made_models import USER_IDS, made_model
from tests.running import run_here, start

from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.serving import scoring
from rankdistill.serving.rank_model import load

SCORE = ("score", "model=shop.rank", "output=scores", "limit=3", "threads=1", "users_per_file=1")


@pytest.fixture
def shop(tmp_path):
    write_rank_file(tmp_path / "shop.rank", made_model())
    return tmp_path


def digests(folder):
    files = sorted(folder.iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_files_hold_the_lists_of_all_users(shop, monkeypatch, capsys):
    assert run_here(monkeypatch, shop, *SCORE) == 0
    assert "scores holds the best 3 items of 4 users, in 4 files.\n" in capsys.readouterr().out
    found = pl.read_parquet(shop / "scores" / "part-*.parquet")
    model = load(shop / "shop.rank")
    assert found["user"].to_list() == list(USER_IDS)
    for user, items, scores in found.iter_rows():
        best = model.recommend(user=user, limit=3)
        assert items == [each.item for each in best]
        np.testing.assert_allclose(scores, [each.score for each in best], atol=1e-5)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_files_of_one_that_was_not(shop, monkeypatch, capsys):
    assert run_here(monkeypatch, shop, *SCORE, "output=whole") == 0
    write = scoring.write_part

    def killed(part, *content):
        if part.start == 2:
            raise KeyboardInterrupt
        write(part, *content)

    with monkeypatch.context() as patched:
        patched.setattr(scoring, "write_part", killed)
        assert run_here(monkeypatch, shop, *SCORE) == 130
    assert len(list((shop / "scores").glob("*.parquet"))) == 2
    first = (shop / "scores" / "part-00000.parquet").stat().st_mtime_ns
    capsys.readouterr()
    assert run_here(monkeypatch, shop, *SCORE) == 0
    assert "2 of 4 files are there already and stay." in capsys.readouterr().out
    assert (shop / "scores" / "part-00000.parquet").stat().st_mtime_ns == first
    assert digests(shop / "scores") == digests(shop / "whole")


@pytest.mark.slow
def test_shards_together_write_the_files_of_one_run(shop, monkeypatch, capsys):
    assert run_here(monkeypatch, shop, *SCORE, "output=whole") == 0
    for number in (3, 1, 2):
        assert run_here(monkeypatch, shop, *SCORE, f"shard={number}/3") == 0
    assert "holds the best 3 items of 4 users" in capsys.readouterr().out
    assert digests(shop / "scores") == digests(shop / "whole")
    assert run_here(monkeypatch, shop, *SCORE, "output=fewer", "shard=6/6") == 0
    assert "has nothing to do: 4 files are fewer than shards" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "key"), [(("limit=2",), "limit"), (("users_per_file=2",), "users_per_file")]
)
def test_other_settings_are_refused_in_one_line(shop, monkeypatch, capsys, changed, key):
    assert run_here(monkeypatch, shop, *SCORE) == 0
    assert run_here(monkeypatch, shop, *SCORE, *changed) == 1
    said = capsys.readouterr().err
    assert f"holds scores made with {key}=" in said
    assert said.count("\n") == 1


@pytest.mark.slow
def test_another_model_is_refused(shop, monkeypatch, capsys):
    assert run_here(monkeypatch, shop, *SCORE) == 0
    write_rank_file(shop / "shop.rank", made_model(bits=8))
    assert run_here(monkeypatch, shop, *SCORE) == 1
    assert "holds scores made with model=" in capsys.readouterr().err
    assert json.loads((shop / "scores" / "scores.json").read_text())["limit"] == 3


@pytest.mark.slow
def test_people_of_a_history_are_scored_by_a_model_of_histories(shop, monkeypatch, capsys):
    write_rank_file(shop / "shop.rank", made_model("history", seen=None))
    (shop / "orders.csv").write_text("customer,item\nnew,item-3\nnew,item-0\nold,gone\n")
    assert run_here(monkeypatch, shop, *SCORE) == 1
    assert "history=..." in capsys.readouterr().err
    assert run_here(monkeypatch, shop, *SCORE, "history=orders.csv") == 0
    assert "1 items of orders.csv are none of the model's" in capsys.readouterr().out
    found = pl.read_parquet(shop / "scores" / "part-*.parquet")
    reader = load(shop / "shop.rank")
    expected = [
        [each.item for each in reader.recommend(history=history, limit=3)]
        for history in (["item-3", "item-0"], [])
    ]
    assert found["user"].to_list() == ["new", "old"]
    assert found["items"].to_list() == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("model=nowhere.rank", "There is no file nowhere.rank"),
        ("limit=7", "limit=7 is more than the 6 items there are"),
        ("shard=65/64", "from 1/64 to 64/64"),
        ("memory_gib=1e-9", "is too little"),
        ("device=banana", "device=banana cannot be used"),
        ("output=shop.rank", "no folder"),
        ("search=graph", "search must be one of exact, index"),
        ("search=index candidates=0", "candidates must be at least 1"),
        ("search=index device=cuda", "search=index works on the CPU"),
    ],
)
def test_mistakes_end_in_one_line(shop, monkeypatch, capsys, wrong, told):
    assert run_here(monkeypatch, shop, *SCORE, *wrong.split()) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (shop / "scores").exists()


def test_an_index_tells_its_recall_and_writes_the_lists(shop, monkeypatch, capsys):
    assert run_here(monkeypatch, shop, *SCORE, "search=index") == 0
    told = "The index finds 100.0% of the best 3 items, by exact search for 4 users"
    assert told in capsys.readouterr().out
    assert json.loads((shop / "scores" / "scores.json").read_text())["recall"] == 1.0
    found = pl.read_parquet(shop / "scores" / "part-*.parquet")
    best = [load(shop / "shop.rank").recommend(user=user, limit=3) for user in USER_IDS]
    assert found["items"].to_list() == [[each.item for each in one] for one in best]


@pytest.mark.slow
def test_shards_with_an_index_share_it(shop, monkeypatch, capsys):
    for shard in ("1/2", "2/2"):
        assert run_here(monkeypatch, shop, *SCORE, "search=index", f"shard={shard}") == 0
        (graph,) = shop.glob("scores/_index-*/items.usearch")
        if shard == "1/2":
            built = graph.stat().st_mtime_ns
    assert graph.stat().st_mtime_ns == built
    assert "holds the best 3 items of 4 users" in capsys.readouterr().out
    assert run_here(monkeypatch, shop, *SCORE) == 1
    assert "holds scores made with search='index', not 'exact'" in capsys.readouterr().err


@pytest.mark.slow
def test_an_index_needs_vectors_of_items(shop, monkeypatch, capsys):
    write_rank_file(shop / "shop.rank", made_model("item_item"))
    assert run_here(monkeypatch, shop, *SCORE, "search=index") == 1
    said = capsys.readouterr().err
    assert "take search=exact" in said
    assert said.count("\n") == 1
    assert not (shop / "scores").exists()


@pytest.mark.slow
def test_a_run_that_the_system_killed_goes_on_to_the_same_files(shop, monkeypatch):
    assert run_here(monkeypatch, shop, *SCORE, "output=whole") == 0
    with start(shop, *SCORE) as program:
        program.wait_until(lambda: list(shop.glob("scores/*.parquet")))
    assert run_here(monkeypatch, shop, *SCORE) == 0
    assert digests(shop / "scores") == digests(shop / "whole")
