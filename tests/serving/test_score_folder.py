import errno
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rankdistill.serving.score_folder import ScoreFolder, is_written, write_part

ITEM_IDS = pl.Series(["a", "b", "c"])
ITEMS = np.array([[2, 0], [1, 2]], np.uint32)
SCORES = np.array([[0.5, 0.25], [1.0, -np.inf]], np.float32)


def test_shards_share_the_files_whole(tmp_path):
    folder = ScoreFolder(tmp_path, num_users=11, users_per_file=2)
    every = folder.parts()
    assert [(part.path.name, part.start, part.end) for part in every][-2:] == [
        ("part-00004.parquet", 8, 10),
        ("part-00005.parquet", 10, 11),
    ]
    shards = [folder.parts(shard, 4) for shard in (1, 2, 3, 4)]
    assert sorted(part for shard in shards for part in shard) == every
    assert folder.parts(7, 8) == []


def test_a_file_has_a_row_for_each_user_and_shorter_lists_where_items_run_out(tmp_path):
    (part,) = ScoreFolder(tmp_path, 2, 5).parts()
    write_part(part, ["ana", "7"], ITEM_IDS, ITEMS, SCORES)
    assert pl.read_parquet(part.path).to_dicts() == [
        {"user": "ana", "items": ["c", "a"], "scores": [0.5, 0.25]},
        {"user": "7", "items": ["b"], "scores": [1.0]},
    ]
    assert is_written(part)


def test_a_file_that_is_cut_off_or_short_is_not_written(tmp_path):
    (part,) = ScoreFolder(tmp_path, 3, 5).parts()
    assert not is_written(part)
    write_part(part, ["ana", "7"], ITEM_IDS, ITEMS, SCORES)
    assert not is_written(part)
    part.path.write_bytes(part.path.read_bytes()[:40])
    assert not is_written(part)


def test_what_killed_runs_left_of_a_file_is_removed(tmp_path):
    (part,) = ScoreFolder(tmp_path, 2, 5).parts()
    left_over = tmp_path / ".part-00000.0123456789ab.tmp.parquet"
    of_another = tmp_path / ".part-00001.0123456789ab.tmp.parquet"
    left_over.touch()
    of_another.touch()
    write_part(part, ["ana", "7"], ITEM_IDS, ITEMS, SCORES)
    assert sorted(path.name for path in tmp_path.iterdir()) == [of_another.name, part.path.name]


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(path, content):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    (part,) = ScoreFolder(tmp_path, 2, 5).parts()
    with pytest.raises(OSError, match="No space left"):
        write_part(part, ["ana", "7"], ITEM_IDS, ITEMS, SCORES)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_keeps_to_what_its_scores_are_made_of(tmp_path):
    folder = ScoreFolder(tmp_path / "scores", 2, 5)
    folder.begin({"model": "abc", "limit": 10})
    folder.begin({"model": "abc", "limit": 10})
    with pytest.raises(ValueError, match=r"made with limit=.10., not .20.: name another folder"):
        folder.begin({"model": "abc", "limit": 20})
    (tmp_path / "scores" / "scores.json").write_text("[]")
    with pytest.raises(ValueError, match="no description of scores"):
        folder.begin({"model": "abc", "limit": 10})


def test_scores_that_tell_no_search_are_exact(tmp_path):
    folder = ScoreFolder(tmp_path, 2, 5)
    folder.begin({"limit": 10})
    folder.begin({"limit": 10, "search": "exact"})
    with pytest.raises(ValueError, match=r"made with search=.exact., not .index."):
        folder.begin({"limit": 10, "search": "index"})


def test_each_model_has_an_index_of_its_own(tmp_path):
    folder = ScoreFolder(tmp_path, 2, 5)
    assert folder.index_of("0123456789abcdef") == tmp_path / "_index-0123456789ab"
    assert folder.index_of("1123456789abcdef") != folder.index_of("0123456789abcdef")


def test_what_is_added_is_kept_and_not_compared(tmp_path):
    folder = ScoreFolder(tmp_path, 2, 5)
    folder.begin({"limit": 10})
    folder.add({"recall": 0.5})
    folder.add({"recall": 0.75})
    folder.begin({"limit": 10})
    assert json.loads((tmp_path / "scores.json").read_text()) == {"limit": 10, "recall": 0.75}


def test_a_folder_with_other_parquet_files_is_refused(tmp_path):
    (tmp_path / "orders.parquet").touch()
    with pytest.raises(ValueError, match=r"no scores\.json"):
        ScoreFolder(tmp_path, 2, 5).begin({"limit": 10})
    assert [path.name for path in tmp_path.iterdir()] == ["orders.parquet"]
