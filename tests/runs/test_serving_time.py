import pytest
import torch
from tests.running import small_datamodule

from rankdistill.runs.serving_time import seconds_to_rank_all

CPU = torch.device("cpu")


class Scorer:
    """Scores every item alike, and notes what it is asked."""

    def __init__(self, name, calls):
        self.name = name
        self.calls = calls
        self.modes = []
        self.scores = []

    def eval(self):
        self.modes.append("eval")
        return self

    def to(self, device):
        self.modes.append(device)
        return self

    def score_rows(self, contexts):
        self.calls.append((self.name, contexts.user_ids.tolist()))
        self.scores.append((contexts.user_ids.tolist(), torch.zeros(len(contexts), 60)))
        return self.scores[-1][1]


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def test_every_user_with_test_items_is_ranked_once_a_turn_by_one_model_after_another(datamodule):
    calls = []
    seconds = seconds_to_rank_all(
        [Scorer("a", calls), Scorer("b", calls)], datamodule, CPU, repetitions=2
    )
    assert len(seconds) == 2
    assert min(seconds) > 0
    users = sorted(set(datamodule.split.test.user_ids.tolist()))
    blocks = [users[start : start + 32] for start in range(0, len(users), 32)]
    turn = [(name, block) for name in ("a", "b") for block in blocks]
    assert [(name, sorted(block)) for name, block in calls] == turn * 3


def test_what_a_user_has_seen_by_test_time_is_masked(datamodule):
    scorer = Scorer("a", [])
    seconds_to_rank_all([scorer], datamodule, CPU, repetitions=1)
    seen = {user: set() for user in range(80)}
    for part in (datamodule.split.train, datamodule.split.validation):
        for user, item in zip(part.user_ids.tolist(), part.item_ids.tolist(), strict=True):
            seen[user].add(item)
    for users, scores in scorer.scores:
        for user, row in zip(users, scores, strict=True):
            assert set(row.isneginf().nonzero().flatten().tolist()) == seen[user]


def test_models_rank_in_eval_mode_on_the_device_asked_for(datamodule):
    scorer = Scorer("a", [])
    seconds_to_rank_all([scorer], datamodule, CPU, repetitions=1)
    assert scorer.modes == ["eval", CPU]
