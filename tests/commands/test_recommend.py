import json
import re

import pytest
from tests.running import SMALL, run_here, small_datamodule

from rankdistill.data.synthetic import Synthetic


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a student trained on the small synthetic data."""
    folder = tmp_path_factory.mktemp("recommend")
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [*SMALL, "module=student", "hydra.run.dir=run"]
        assert run_here(monkeypatch, folder, "train", *arguments) == 0
    assert json.loads((folder / "run" / "metrics.json").read_text())["status"] == "ok"
    return folder / "run" / "model.ckpt"


def recommended(text):
    return [line.split(maxsplit=2) for line in text.splitlines()[1:]]


def test_the_best_new_items_are_printed_with_their_titles_best_first(
    trained, tmp_path, monkeypatch, capsys
):
    arguments = [f"checkpoint={trained}", "user=u7", "limit=5"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("Best 5 new items for user u7 of synthetic:")
    rows = recommended(text)
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    scores = [float(row[1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(re.fullmatch(r"Synthetic item \d+", row[2]) for row in rows)
    assert not list(tmp_path.iterdir())


def test_nothing_that_the_user_knows_is_recommended_and_all_else_is(
    trained, tmp_path, monkeypatch, capsys
):
    split = small_datamodule().split
    known = {
        int(item)
        for part in split.parts
        for item in part.item_ids[part.offsets[7] : part.offsets[8]]
    }
    unknown = 60 - len(known)
    arguments = [f"checkpoint={trained}", "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, f"limit={unknown}") == 0
    titles = {row[2] for row in recommended(capsys.readouterr().out)}
    assert titles == {f"Synthetic item {item}" for item in set(range(60)) - known}
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, f"limit={unknown + 9}") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Best {unknown} new items")
    assert len(recommended(text)) == unknown
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, "limit=0") == 1
    assert "limit must be at least 1, got 0" in capsys.readouterr().err


@pytest.mark.parametrize("user", ["u80", "7", "nobody"])
def test_an_unknown_user_gets_one_clear_line(user, trained, tmp_path, monkeypatch, capsys):
    arguments = [f"checkpoint={trained}", f"user={user}"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"There is no user '{user}' among the 80 of synthetic; the first are u0, u1, u2" in error


def test_data_that_changed_since_training_is_an_error(trained, tmp_path, monkeypatch, capsys):
    load = Synthetic.load

    def other(self):
        self.seed = 99
        return load(self)

    monkeypatch.setattr(Synthetic, "load", other)
    arguments = [f"checkpoint={trained}", "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    assert "was trained on other data than synthetic as it is now" in capsys.readouterr().err


def test_a_checkpoint_of_something_else_is_an_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "model.ckpt").write_text("no checkpoint at all")
    arguments = ["checkpoint=model.ckpt", "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "model.ckpt cannot be read: truncated, or not a checkpoint" in error
