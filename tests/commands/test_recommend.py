import json
import re
import subprocess
import sys

import pytest
import torch
from tests.running import SMALL, SMALL_DATA, run_here, small_datamodule

from rankdistill.data.synthetic import Synthetic
from rankdistill.runs.trained_on import PLACES


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
    arguments = [f"checkpoint={trained}", *SMALL_DATA, "user=u7", "limit=5"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("Best 5 new items for user u7 of synthetic:")
    rows = recommended(text)
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    scores = [float(row[1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(re.fullmatch(r"Synthetic item \d+", row[2]) for row in rows)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
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
    arguments = [f"checkpoint={trained}", *SMALL_DATA, "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, f"limit={unknown}") == 0
    titles = {row[2] for row in recommended(capsys.readouterr().out)}
    assert titles == {f"Synthetic item {item}" for item in set(range(60)) - known}
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, f"limit={unknown + 9}") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Best {unknown} new items")
    assert len(recommended(text)) == unknown
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments, "limit=0") == 1
    assert "limit must be at least 1, got 0" in capsys.readouterr().err


@pytest.mark.slow
def test_a_checkpoint_of_a_network_that_reads_order_ranks_for_a_typed_history(
    tmp_path, monkeypatch, capsys
):
    arguments = ["module=student", "backbone=sasrec", "size=d4", "trainer.max_epochs=1"]
    arguments += ["ranking_loss=softmax", "hydra.run.dir=run", *SMALL_DATA, "trainer=smoke"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    capsys.readouterr()
    asked = ["checkpoint=run/model.ckpt", *SMALL_DATA, "history=[i3,i1]"]
    assert run_here(monkeypatch, tmp_path, "recommend", *asked, "limit=60") == 0
    text = capsys.readouterr().out
    assert text.startswith("Best 58 new items for this history:")
    titles = {row[2] for row in recommended(text)}
    assert titles == {f"Synthetic item {item}" for item in set(range(60)) - {1, 3}}


@pytest.mark.parametrize("user", ["u80", "7", "nobody"])
def test_an_unknown_user_gets_one_clear_line(user, trained, tmp_path, monkeypatch, capsys):
    arguments = [f"checkpoint={trained}", *SMALL_DATA, f"user={user}"]
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
    arguments = [f"checkpoint={trained}", *SMALL_DATA, "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    assert "was trained on other data than synthetic as it is now" in capsys.readouterr().err


def test_a_checkpoint_of_something_else_is_an_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "model.ckpt").write_text("no checkpoint at all")
    arguments = ["checkpoint=model.ckpt", "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "model.ckpt cannot be read: truncated, damaged or not a file of rankdistill" in error


@pytest.mark.slow
def test_other_data_than_the_checkpoints_end_in_a_line_that_says_what_to_type(
    trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("rankdistill.data.movielens.MovieLens.load", None)  # not even looked for
    assert run_here(monkeypatch, tmp_path, "recommend", f"checkpoint={trained}", "user=u7") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "name its data with data=synthetic data.num_users=80 data.num_items=60" in line
    wrong = ("data.num_users=70", f"checkpoint={trained}", "user=u7")
    assert run_here(monkeypatch, tmp_path, "recommend", *SMALL_DATA, *wrong) == 1
    assert "name its data with data.num_users=80, and" in capsys.readouterr().err


@pytest.mark.parametrize(
    "planted",
    [
        {"mirror": "http://127.0.0.1:9/", "cache": "planted"},
        {"path": "/dev/zero"},
        {"num_interactions": 10**9},
    ],
)
def test_what_a_checkpoint_says_of_places_and_sizes_is_not_obeyed(
    planted, trained, tmp_path, monkeypatch, capsys
):
    content = torch.load(trained, weights_only=True)
    content["hyper_parameters"]["data"]["config"]["data"] |= planted
    torch.save(content, tmp_path / "planted.ckpt")
    arguments = [*SMALL_DATA, "checkpoint=planted.ckpt", "user=u7"]
    status = run_here(monkeypatch, tmp_path, "recommend", *arguments)
    assert status == (1 if "num_interactions" in planted else 0), capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["planted.ckpt"]


def test_scores_that_are_not_finite_are_refused(trained, tmp_path, monkeypatch, capsys):
    content = torch.load(trained, weights_only=True)
    content["state_dict"]["backbone.item_bias"][3] = torch.nan
    torch.save(content, tmp_path / "nan.ckpt")
    arguments = [*SMALL_DATA, "checkpoint=nan.ckpt", "user=u7"]
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    assert "scores are not all finite" in capsys.readouterr().err


def test_a_checkpoint_holds_no_place_of_the_machine_that_trained_it(trained):
    said = torch.load(trained, weights_only=True)["hyper_parameters"]["data"]["config"]["data"]
    assert not said.keys() & PLACES


def test_a_file_answers_as_the_checkpoint_does_with_the_data(
    trained, tmp_path, monkeypatch, capsys
):
    arguments = ["user=u7", "limit=5"]
    given = [f"checkpoint={trained}", *SMALL_DATA]
    assert run_here(monkeypatch, tmp_path, "recommend", *given, *arguments) == 0
    by_checkpoint = capsys.readouterr().out
    given = f"model={trained.with_name('model.rank')}"
    assert run_here(monkeypatch, tmp_path, "recommend", given, *arguments) == 0
    assert capsys.readouterr().out == by_checkpoint


def test_a_file_answers_where_hydra_composes_too(trained, tmp_path, monkeypatch, capsys):
    given = [f"model={trained.with_name('model.rank')}", "user=u7", "limit=2"]
    assert run_here(monkeypatch, tmp_path, "recommend", *given) == 0
    at_once = capsys.readouterr().out
    composed = [*given, "data.num_users=9", "data=synthetic"]  # which the plain reader leaves alone
    assert run_here(monkeypatch, tmp_path, "recommend", *composed) == 0
    assert capsys.readouterr().out == at_once


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user=u7"], "Give one model: model=... (a model.rank) or checkpoint=..."),
        (["checkpoint=model.ckpt"], "Give one person: user=..., or history=ID,ID,"),
        (
            ["checkpoint={checkpoint}", *SMALL_DATA, "history=[i1]"],
            "rankdistill export checkpoint=...",
        ),
        (["model={model}"], "Give one person"),
        (["model={model}", "user=u7", "history=i1"], "Give one person"),
        (["model={model}", "user=u77x"], "There is no user 'u77x' (the nearest is 'u77')"),
        (["model={model}", "user=u7", "exclude=nothing"], "There is no item 'nothing'"),
        (["model={model}", "user=u7", "limit=0"], "limit must be at least 1, got 0"),
        (["model={model}", "usr=u7"], "There is no setting 'usr'; did you mean 'user'?"),
        (["model=nowhere.rank", "user=u7"], "There is no model at nowhere.rank"),
        (["model={checkpoint}", "user=u7"], "is a file of PyTorch and no model.rank; make one"),
    ],
)
def test_a_mistake_with_recommend_ends_in_one_line(
    arguments, message, trained, tmp_path, monkeypatch, capsys
):
    paths = {"model": trained.with_name("model.rank"), "checkpoint": trained}
    given = [text.format(**paths) for text in arguments]
    assert run_here(monkeypatch, tmp_path, "recommend", *given) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rankdistill: ")
    assert message in line


@pytest.mark.slow
def test_a_file_is_asked_without_pytorch_and_hydra(trained, tmp_path):
    program = "import sys; from rankdistill.cli import main; main(); print(*sys.modules)"
    words = ["recommend", f"model={trained.with_name('model.rank')}", "user=u7"]
    said = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, modules = said.stdout.splitlines()
    assert lines[0] == "Best 10 new items for user u7 of synthetic:"
    assert not {"torch", "hydra", "omegaconf", "polars", "scipy"} & set(modules.split())
