import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.running import SMALL_DISTILLED, run_here

MODELS = ("teacher", "student", "distilled_student")


def compare(monkeypatch, folder, *overrides):
    return run_here(
        monkeypatch, folder, "compare", *SMALL_DISTILLED, "hydra.run.dir=run", *overrides
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The folder of one comparison over two seeds, and what it printed."""
    folder = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        printed: list[str] = []
        monkeypatch.setattr("builtins.print", lambda *parts, **_: printed.append(" ".join(parts)))
        assert compare(monkeypatch, folder, "seeds=[3,4]") == 0
    return folder / "run", "\n".join(printed)


@pytest.mark.slow
def test_a_comparison_leaves_its_table_picture_result_and_every_run(compared):
    folder, _ = compared
    names = {path.name for path in folder.iterdir()}
    assert {"comparison.json", "comparison.md", "comparison.png", ".hydra", *MODELS} <= names
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    for model in MODELS:
        for seed in (3, 4):
            files = {path.name for path in (folder / model / f"seed-{seed}").iterdir()}
            assert {"metrics.json", "model.ckpt", "model.rank", "per_user.npz"} <= files


@pytest.mark.slow
def test_comparison_json_holds_every_run_means_gaps_and_tests(compared):
    folder, _ = compared
    comparison = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert comparison["data"]["name"] == "synthetic"
    assert comparison["seeds"] == [3, 4]
    gaps = comparison["gap_closed"]
    assert set(comparison["models"]) == set(MODELS)
    assert {"map@5", "ndcg@10"} <= set(comparison["gap_closed"])
    assert all((gap["value"] is None) == bool(gap["reason"]) for gap in gaps.values())
    assert {(test["a"], test["b"]) for test in comparison["tests"]} == {
        ("distilled_student", "student"),
        ("distilled_student", "teacher"),
    }
    for model, summary in comparison["models"].items():
        for run in summary["runs"]:
            path = folder / model / f"seed-{run['seed']}" / "metrics.json"
            fields = json.loads(path.read_text())
            assert run["metrics"] == fields["metrics"]
            assert fields["seed"]["initialization"] == fields["seed"]["sampling"] == run["seed"]
            assert run["rank_all_seconds"] > 0
            assert run["one_user_seconds"] > 0
        values = [run["metrics"]["test/map@5"] for run in summary["runs"]]
        assert summary["mean"]["metrics"]["test/map@5"] == pytest.approx(np.mean(values))
        assert summary["std"]["metrics"]["test/map@5"] == pytest.approx(np.std(values, ddof=1))
    dims = {model: comparison["models"][model]["mean"]["embedding_dim"] for model in MODELS}
    assert dims == {"teacher": 8, "student": 2, "distilled_student": 2}


@pytest.mark.slow
def test_the_table_has_one_line_a_model_and_is_printed_as_written(compared):
    folder, printed = compared
    table = (folder / "comparison.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert [row.split("|")[1].strip() for row in rows[2:]] == [
        "teacher",
        "student",
        "distilled student",
    ]
    assert table.partition("\n\n")[2].strip() in printed  # what is below the verdict
    assert "tensorboard --logdir" in printed


@pytest.mark.slow
def test_a_comparison_by_a_protocol_of_others_says_whose_it_is(tmp_path, monkeypatch, capsys):
    assert compare(monkeypatch, tmp_path, "seeds=[3]", "evaluation=sampled_negatives") == 0
    printed = capsys.readouterr().out
    assert "Note: Each held-out item is ranked among 499 sampled items" in printed
    assert "| NDCG@10 |" in printed


@pytest.mark.slow
def test_every_comparison_ends_with_its_verdict(compared):
    folder, printed = compared
    verdict = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))["verdict"]
    assert (folder / verdict["file"]).is_file()
    table = (folder / "comparison.md").read_text(encoding="utf-8")
    assert table.startswith(f"**Ship {verdict['file']} (")
    last = printed.splitlines()[-1]
    assert last == verdict["text"].replace(verdict["file"], str(folder / verdict["file"]))
    assert "The teacher stopped improving after" in last  # of two epochs
    assert "first try rankdistill tune tuning=teacher data=synthetic data." in last


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_tensorboard_reads_the_curves_and_shows_no_false_point(compared, model):
    folder, _ = compared
    events = EventAccumulator(str(folder / model / "seed-3"))
    events.Reload()
    tags = events.Tags()["scalars"]
    assert "hp_metric" not in tags
    curve = [(event.step, event.value) for event in events.Scalars("val/map@5")]
    losses = events.Scalars("train/loss")
    fields = json.loads((folder / model / "seed-3" / "metrics.json").read_text())
    assert len(losses) == fields["epochs"] == 2
    assert max(value for _, value in curve) == pytest.approx(fields["metrics"]["val/map@5"])
    assert all(np.isfinite(event.value) and event.value >= 0 for event in events.Scalars(tags[0]))
    if model == "distilled_student":
        assert {"train/ranking_loss", "train/distillation_loss"} <= set(tags)


@pytest.mark.slow
def test_the_students_of_one_seed_start_alike_and_see_the_same_test_users(compared):
    folder, _ = compared
    users = [
        np.load(folder / model / "seed-3" / "per_user.npz")["user_ids"].tolist() for model in MODELS
    ]
    assert users[0] == users[1] == users[2]
    assert users[0] == sorted(set(users[0]))


@pytest.mark.slow
def test_a_teacher_from_elsewhere_takes_part_without_being_trained(tmp_path, monkeypatch, capsys):
    teacher = ["train", *SMALL_DISTILLED[:-2], "module=teacher", "size=d8", "hydra.run.dir=mine"]
    assert run_here(monkeypatch, tmp_path, *teacher) == 0
    given = json.loads((tmp_path / "mine" / "metrics.json").read_text())
    arguments = ["teacher.checkpoint=mine/model.ckpt", "seeds=[1]"]
    assert compare(monkeypatch, tmp_path, *arguments) == 0
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    (run,) = comparison["models"]["teacher"]["runs"]
    assert run["metrics"] == pytest.approx(given["metrics"])
    assert run["fit_seconds"] is None
    assert not (tmp_path / "outputs" / "teachers").exists()


@pytest.mark.slow
def test_a_second_comparison_reuses_the_teachers(compared, monkeypatch, capsys):
    folder, _ = compared
    stored = sorted((folder.parent / "outputs" / "teachers").glob("*/metrics.json"))
    assert len(stored) == 2
    written = [path.stat().st_mtime_ns for path in stored]
    again = ["seeds=[3]", "weighting=uniform", "hydra.run.dir=again"]
    assert compare(monkeypatch, folder.parent, *again) == 0
    assert sorted(stored[0].parent.parent.glob("*/metrics.json")) == stored
    assert [path.stat().st_mtime_ns for path in stored] == written


@pytest.mark.slow
def test_compare_packs_both_students_and_leaves_the_teacher_exact(tmp_path, monkeypatch):
    assert compare(monkeypatch, tmp_path, "seeds=[1]", "storage=int4") == 0
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    storages = {name: model["runs"][0]["storage"] for name, model in comparison["models"].items()}
    assert storages == {"teacher": "fp32", "student": "int4", "distilled_student": "int4"}


@pytest.fixture
def no_real_data(tmp_path, monkeypatch):
    """Overrides under which MovieLens can neither be found nor downloaded."""
    monkeypatch.delenv("MOVIELENS_DIR", raising=False)
    return ["data=ml_100k", f"data.cache={tmp_path / 'cache'}", "data.download=false"]


@pytest.mark.slow
def test_where_real_data_is_missing_the_fallback_runs_under_its_own_name_and_says_so(
    tmp_path, monkeypatch, capsys, no_real_data, small_fallback
):
    settings = ["trainer=smoke", "ranking_loss=softmax", "size@teacher=d8", "seeds=[1]"]
    arguments = [*no_real_data, *settings, "fallback=synthetic", "hydra.run.dir=run"]
    assert run_here(monkeypatch, tmp_path, "compare", *arguments) == 0
    captured = capsys.readouterr()
    assert "NOT THE REAL DATA" in captured.err
    assert "data=synthetic" in captured.err
    assert max(len(line) for line in captured.err.splitlines()) >= 78
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert comparison["data"]["name"] == "synthetic"
    assert "synthetic" in (tmp_path / "run" / "comparison.md").read_text(encoding="utf-8")


@pytest.fixture
def small_fallback(monkeypatch):
    """Make the fallback's data small: its own file decides, not the command line."""
    from omegaconf import OmegaConf

    load = OmegaConf.load

    def load_small(path):
        loaded = load(path)
        if isinstance(path, Path) and path.name == "synthetic.yaml":
            loaded.update(num_users=80, num_items=60, num_interactions=1600)
        return loaded

    monkeypatch.setattr("rankdistill.runs.fallback.OmegaConf.load", load_small)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["compare", "train"])
def test_without_a_fallback_missing_data_fails_in_one_line(
    command, tmp_path, monkeypatch, capsys, no_real_data
):
    assert run_here(monkeypatch, tmp_path, command, *no_real_data) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rankdistill: MovieLens 100K is not in")
    assert "MOVIELENS_DIR" in captured.err
    assert "data=synthetic" in captured.err


@pytest.mark.slow
def test_an_unknown_fallback_is_named(tmp_path, monkeypatch, capsys, no_real_data):
    arguments = [*no_real_data, "fallback=sinthetic"]
    assert run_here(monkeypatch, tmp_path, "compare", *arguments) == 1
    assert "fallback is 'sinthetic'; did you mean 'synthetic'" in capsys.readouterr().err


@pytest.mark.slow
def test_one_test_user_is_told_before_training_and_has_a_table_without_tests(
    monkeypatch, tmp_path, capsys
):
    pairs = [f"u{user},i{(user * 3 + step * step) % 20}" for user in range(20) for step in range(5)]
    train = list(dict.fromkeys(pairs))
    for name, rows in (("train", train), ("valid", ["u1,new"]), ("test", ["u2,new"])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["user,item", *rows]))
    files = ("data.train=train.csv", "data.validation=valid.csv", "data.test=test.csv")
    small = ("size=d2", "size@teacher=d4", "trainer.max_epochs=1", "seeds=[1]", "top_k=k5")
    assert (
        run_here(
            monkeypatch,
            tmp_path,
            "compare",
            "data=delimited",
            *files,
            *small,
            "hydra.run.dir=run",
        )
        == 0
    )
    told = capsys.readouterr()
    told_first = told.err.index("one test user is too few for tests and intervals, so the table")
    assert told_first < told.err.index("teacher, seed 1")
    assert "Paired t-tests over users: none." in told.out
    assert json.loads((tmp_path / "run" / "comparison.json").read_text())["tests"] == []


@pytest.mark.slow
def test_a_comparison_with_a_refit_ships_it(monkeypatch, tmp_path, capsys):
    assert compare(monkeypatch, tmp_path, "seeds=[3,4]", "refit=true") == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert re.match(r"Ship \S*run/refit/model\.rank \(the .*never tested in that form\)", last)
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    verdict, refit = comparison["verdict"], comparison["refit"]
    assert verdict["file"] == "refit/model.rank"
    assert (refit["refit"], refit["metrics"]) == (True, {})
    assert refit["module"] == verdict["model"]
    assert refit["seed"]["sampling"] == verdict["seed"]
    runs = comparison["models"][verdict["model"]]["runs"]
    (best,) = (run["best_epoch"] for run in runs if run["seed"] == verdict["seed"])
    assert refit["epochs"] == best
    for name in ("comparison.md", "comparison.png"):
        assert (tmp_path / "run" / name).is_file()
    assert "never tested in that form" in (tmp_path / "run" / "comparison.md").read_text()
