import numpy as np
import pytest
from tests.rank_files.made_models import made_model

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.serving.one_user_time import AskingUser, seconds_for_one_user
from rankdistill.serving.rank_model import RankModel

USERS = [AskingUser(0, np.array([0, 5])), AskingUser(3, np.array([1]))]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("factors", {"user": "7", "exclude": ["item-0", "item-5"], "limit": 2}),
        ("history", {"history": ["item-0", "item-5"], "limit": 2}),
    ],
)
def test_users_are_asked_for_one_at_a_time(kind, expected, tmp_path, monkeypatch):
    asked, recommend = [], RankModel.recommend

    def noted(self, **words):
        asked.append(words)
        return recommend(self, **words)

    monkeypatch.setattr(RankModel, "recommend", noted)
    write_rank_file(tmp_path / "a.rank", made_model(kind, seen=None))
    assert seconds_for_one_user(tmp_path / "a.rank", USERS, limit=2, repetitions=2) > 0
    assert asked[0] == expected
    assert len(asked) == 6


def test_what_ranks_nowhere_else_has_no_time(tmp_path):
    tables = {"a": np.ones(3, np.float32)}
    write_rank_file(tmp_path / "a.rank", RankFile(kind="network", storage="fp32", tables=tables))
    assert seconds_for_one_user(tmp_path / "a.rank", USERS) is None
    assert seconds_for_one_user(tmp_path / "b.rank", USERS) is None
