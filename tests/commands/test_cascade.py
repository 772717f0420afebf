import json
import re
import signal
import warnings

import numpy as np
import pytest
import torch
from tests.commands.cascading import tiny
from tests.running import run_here, start

from rankdistill.cascade.data.made_log import write_made_log
from rankdistill.cascade.reporting.markdown import cascade_section
from rankdistill.rank_files.rank_file import read_rank_file

FORMS = ("none", "auxiliary", "shared", "cut")
FURTHER = (
    *("share-1", "share-0.5", "marked-0.2", "unmarked-0.2"),
    *("rescored-share-0.5", "rescored-marked-0.2", "rescored-unmarked-0.2"),
)


@pytest.fixture(scope="module")
def cascaded(tmp_path_factory):
    """The folder of a cascade over two seeds, what it printed, and where it ran."""
    folder = tmp_path_factory.mktemp("cascade")
    overrides = (
        *tiny(folder),
        "seeds=[3,4]",
        "robustness.shares=[0.5]",
        "robustness.corrupted=0.2",
        "robustness.corruptions=[marked,unmarked]",
        "hydra.run.dir=run",
    )
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        printed: list[str] = []
        monkeypatch.setattr("builtins.print", lambda *parts, **_: printed.append(" ".join(parts)))
        assert run_here(monkeypatch, folder, "cascade", *overrides) == 0
    return folder, "\n".join(printed)


@pytest.fixture
def result(cascaded):
    return json.loads((cascaded[0] / "run" / "cascade.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_cascade_leaves_its_report_figures_and_every_run(cascaded):
    folder = cascaded[0] / "run"
    assert list((folder / "figures").glob("*.png"))
    further = [f"{form}-{log}" for form in FORMS[1:] for log in FURTHER]
    for model in ("final_ranker", *FORMS, *further):
        for seed in (3, 4):
            place = folder / model / f"seed-{seed}"
            fields = json.loads((place / "metrics.json").read_text())
            assert fields["status"] == "ok"
            assert fields["seed"] == seed
            assert np.isfinite(list(fields["metrics"].values())).all()
            with np.load(place / "per_user.npz", allow_pickle=False) as arrays:
                users = arrays["user_ids"]
                assert (np.diff(users) > 0).all()
                assert all(len(arrays[name]) == len(users) for name in arrays.files)
            assert (place / "score_log.parquet").exists() == (model not in ("final_ranker", "none"))
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        ".hydra",
        "figures",
        "final_ranker",
        *FORMS,
        *further,
    }


@pytest.mark.slow
def test_the_report_is_printed_as_written_and_made_of_the_result(cascaded, result):
    folder, printed = cascaded
    written = (folder / "run" / "cascade.md").read_text(encoding="utf-8")
    section = cascade_section(result)
    assert section in written
    assert section.strip() in printed
    shown = re.findall(r"!\[.*?\]\((.+?)\)", written)
    assert shown
    assert all((folder / "run" / path).is_file() for path in shown)
    assert "tensorboard --logdir" in printed


@pytest.mark.slow
def test_cascade_json_holds_every_run_means_deviations_and_tests(cascaded, result):
    assert result["seeds"] == [3, 4]
    assert result["about"] == "cut"
    assert list(result["models"]) == ["final_ranker", *FORMS]
    for name, summary in result["models"].items():
        for run in summary["runs"]:
            path = cascaded[0] / "run" / name / f"seed-{run['seed']}" / "metrics.json"
            assert run["metrics"] == json.loads(path.read_text())["metrics"]
        values = [run["metrics"]["test/ndcg@5"] for run in summary["runs"]]
        assert summary["mean"]["metrics"]["test/ndcg@5"] == pytest.approx(np.mean(values))
        assert summary["std"]["metrics"]["test/ndcg@5"] == pytest.approx(np.std(values, ddof=1))
    pairs = {(test["model"], test["against"]) for test in result["tests"]}
    assert {("auxiliary", "none"), ("shared", "none"), ("shared", "auxiliary")} <= pairs
    shares = {(log["model"], log["share"]) for log in result["logged_share"]}
    assert shares == {(form, share) for form in FORMS[1:] for share in (0.5, 1.0)}
    kinds = {(log["model"], log["kind"]) for log in result["corruption"]}
    assert kinds == {(form, kind) for form in FORMS[1:] for kind in ("marked", "unmarked")}
    assert result["cost"]["early_ranker"]["flops_per_item"] > 0


@pytest.mark.slow
def test_two_seeds_train_different_models_on_the_same_data(result):
    for summary in result["models"].values():
        first, second = (run["metrics"]["val/ce"] for run in summary["runs"])
        assert first != second
    assert result["data"]["name"] == "ml-100k"
    assert all(number > 0 for number in result["data"]["requests"].values())


@pytest.mark.slow
def test_what_is_served_is_equal_for_all_forms_and_what_is_trained_larger_by_their_own(result):
    sizes = {name: result["models"][name]["runs"][0] for name in FORMS}
    served = {sizes[name]["served_parameters"] for name in FORMS}
    assert len(served) == 1
    (served,) = served
    width, tasks = 2 * 8 + 1, 3
    assert sizes["none"]["parameters"] == served
    assert sizes["auxiliary"]["parameters"] == served + tasks * (width + 1)
    assert sizes["shared"]["parameters"] == served + 2 * tasks


@pytest.mark.slow
def test_logs_count_what_became_of_their_rows(result):
    for log in (*result["logged_share"], *result["corruption"]):
        counts = log["log"]
        unusable = [counts[name] for name in counts if name not in ("rows", "usable")]
        assert counts["usable"] + sum(unusable) == pytest.approx(counts["rows"])
        wrong = 1 - counts["usable"] / counts["rows"]
        missing = 1 - log["share"] if log in result["logged_share"] else log["share"]
        assert wrong == pytest.approx(missing, abs=0.1)
    assert result["log"]["usable"] == result["log"]["rows"]


@pytest.mark.slow
def test_checkpoints_hold_primitives_only(cascaded):
    def plain(value):
        if isinstance(value, dict):
            return all(type(key) is str and plain(item) for key, item in value.items())
        if isinstance(value, list | tuple):
            return all(map(plain, value))
        return type(value) in {str, int, float, bool, type(None)}

    for model in FORMS:
        path = cascaded[0] / "run" / model / "seed-3" / "model.ckpt"
        checkpoint = torch.load(path, weights_only=True)
        assert plain(checkpoint["hyper_parameters"])
        assert checkpoint["hyper_parameters"]["teacher_labels"]["_target_"]


def run_again(monkeypatch, folder, *more):
    return run_here(monkeypatch, folder, "cascade", *tiny(folder), *more)


@pytest.mark.slow
def test_the_final_ranker_is_made_once_and_found_again(cascaded, monkeypatch):
    folder = cascaded[0]
    made = sorted((folder / "outputs" / "teachers").glob("*/model.ckpt"))
    assert len(made) == 2, "one of each seed"
    before = [path.stat().st_mtime_ns for path in made]
    first = json.loads((folder / "run" / "final_ranker" / "seed-3" / "metrics.json").read_text())
    again = ("seeds=[3]", "cascade/students=[none]", "hydra.run.dir=again")
    assert run_again(monkeypatch, folder, *again) == 0
    assert sorted((folder / "outputs" / "teachers").glob("*/model.ckpt")) == made
    assert [path.stat().st_mtime_ns for path in made] == before
    second = json.loads((folder / "again" / "final_ranker" / "seed-3" / "metrics.json").read_text())
    assert second == first
    students = (folder / place / "none" / "seed-3" / "metrics.json" for place in ("run", "again"))
    assert len({json.dumps(json.loads(path.read_text())["metrics"]) for path in students}) == 1
    result = json.loads((folder / "again" / "cascade.json").read_text())
    assert list(result["models"]) == ["final_ranker", "none"]
    assert result["log"] == {}


@pytest.mark.slow
def test_a_grid_of_cascades_is_gathered_and_compared(cascaded, monkeypatch, capsys):
    folder = cascaded[0]
    grid = (
        "seeds=[3]",
        "cascade/early_ranker/size=e1_d8,e2_d8",
        "cascade/students=[none],[shared]",
        "hydra.sweep.dir=grid",
    )
    given = [text for text in tiny(folder) if not text.startswith("cascade/early_ranker/size")]
    status = run_here(monkeypatch, folder, "cascade", "-m", *given, *grid)
    out, err = capsys.readouterr()
    assert status == 0, err
    assert "4 ok" in out
    assert (
        run_here(monkeypatch, folder, "report", "grid", "--baseline", "cascade/students=[none]")
        == 0
    )
    report = (folder / "grid" / "report.md").read_text(encoding="utf-8")
    for text in ("e1_d8", "e2_d8", "[none]", "[shared]"):
        assert text in report
    capsys.readouterr()
    assert run_here(monkeypatch, folder, "cascade", "-m", *given, *grid) == 0
    out = capsys.readouterr().out
    assert "4 finished before, 0 to run" in out
    assert "other data" not in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["cascade/students=[]"], "No form of student: type cascade/students="),
        (
            ["cascade/students=[sharde]"],
            "There is no cascade/students=sharde; did you mean 'cascade/students=shared'",
        ),
        (["split=random"], "use split=temporal"),
        (["value.wach=1"], "value.wach.*did you mean 'value.watch'"),
        (["+value.wach=1"], "value.wach is no task; did you mean 'value.watch'"),
        (["value.watch=-1"], "none below zero"),
        (["evaluation.monitor=val/recall_of_final@5_in_11"], "did you mean 'val/recall_of_final@5"),
        (["evaluation.kept=[20,10]"], "evaluation.kept must hold ascending cut-offs"),
        (["log.share=0"], r"share must lie in \(0, 1\]"),
        (["log.corruption=stael"], "did you mean 'stale'"),
        (["robustness.shares=[0]"], r"share must lie in \(0, 1\]"),
        (["robustness.shares=[0.1,0.1]"], "robustness.shares must be different"),
        (["robustness.corruptions=[maked]"], "did you mean 'marked'"),
        (
            ["cascade/early_ranker/size=e9"],
            "There is no cascade/early_ranker/size=e9; there are cascade/early_ranker/size=e1_d8",
        ),
        (
            ["cascade/early_ranker/size=e4_d1"],
            "did you mean 'cascade/early_ranker/size=e4_d16'",
        ),
        (["cascade/early_ranker/sise=e1_d8"], "did you mean 'cascade/early_ranker/size'"),
        (["early_ranker.training.patiense=1"], "did you mean 'early_ranker.training.patience'"),
        (["early_ranker.network.hidden=[]"], "hidden layers must be at least 1"),
        (["trainer=ddp"], "use trainer=cpu or trainer=gpu"),
        (["trainer.precision=bf16-true"], "must be 32-true, bf16-mixed or 16-mixed"),
        (["seeds=[1,1]"], "seeds must be a list of different numbers"),
        (["requests.history=5"], "requests.history must be at least 10"),
        (["impressions.passed_by=0"], "passed_by must be at least 1"),
    ],
)
def test_a_mistake_ends_in_one_line_before_anything_is_trained(
    cascaded, overrides, message, tmp_path, monkeypatch, capsys
):
    given = {text.partition("=")[0] for text in overrides}
    rest = [text for text in tiny(cascaded[0]) if text.partition("=")[0] not in given]
    assert run_here(monkeypatch, tmp_path, "cascade", *rest, *overrides) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert re.search(message, lines[0]), lines[0]
    assert not list(tmp_path.rglob("model.ckpt"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "split", "message"),
    [
        ("timestamp", "random", "needs ratings and timestamps"),
        ("timestamp", "temporal", "timestamps"),
        ("rating", "temporal", "needs ratings and timestamps"),
    ],
)
def test_data_without_ratings_or_timestamps_end_in_one_line(
    column, split, message, tmp_path, monkeypatch, capsys
):
    lines = [f"{n % 7}\t{n % 11}\t{n % 5 + 1}\t{n}" for n in range(60)]
    (tmp_path / "own.tsv").write_text("\n".join(["user\titem\trating\ttimestamp", *lines]))
    own = ["data=delimited", "data.path=own.tsv", f"split={split}"]
    columns = [f"data.{name}_column={name}" for name in ("rating", "timestamp") if name != column]
    assert run_here(monkeypatch, tmp_path, "cascade", *own, *columns) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
    assert not list(tmp_path.rglob("model.ckpt"))


@pytest.mark.slow
def test_a_rankers_checkpoint_is_refused_where_a_recommender_is_needed(
    cascaded, tmp_path, monkeypatch, capsys
):
    path = cascaded[0] / "run" / "none" / "seed-3" / "model.ckpt"
    assert run_here(monkeypatch, tmp_path, "recommend", f"checkpoint={path}", "user=1") == 1
    assert "is a ranker of a cascade" in capsys.readouterr().err


@pytest.mark.slow
def test_an_early_ranker_is_exported_without_its_auxiliary_heads(
    cascaded, tmp_path, monkeypatch, capsys
):
    folder = cascaded[0] / "run" / "auxiliary" / "seed-3"
    given = (f"checkpoint={folder / 'model.ckpt'}", "output=small.rank", "storage=fp32")
    assert run_here(monkeypatch, tmp_path, "export", *given) == 0
    paths = tmp_path / "small.rank", folder / "model.rank"
    exported, stored = (read_rank_file(path).tables for path in paths)
    assert not [name for name in exported if "form" in name]
    assert exported.keys() == stored.keys()
    for name, weight in exported.items():
        np.testing.assert_array_equal(weight, stored[name])
    assert run_here(monkeypatch, tmp_path, "recommend", "model=small.rank", "user=1") == 1
    assert "is a network that ranks with PyTorch alone" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_ends_a_cascade_in_one_line_and_leaves_no_result(tmp_path):
    endless = ("trainer.max_epochs=1000000", "early_ranker.training.patience=1000000")
    given = [*tiny(tmp_path), *endless, "trainer.patience=1000000", "hydra.run.dir=run"]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cascade.json").write_text("{}")  # of a run before
    with start(tmp_path, "cascade", *given) as program:
        program.wait_until((tmp_path / "run" / "none" / "seed-1" / "model.ckpt").exists)
        program.send(signal.SIGINT)
        ended = program.end()
    assert ended.returncode == 130
    assert ended.stderr.splitlines() == [
        "rankdistill: Interrupted; no result was written. The same command starts again."
    ]
    assert not (tmp_path / "run" / "cascade.json").exists()
    assert not (tmp_path / "run" / "none" / "seed-1" / "metrics.json").exists()


LOG = (
    "data=request_log",
    "data.path=log.parquet",
    "data.rare=2",
    "trainer=smoke",
    "trainer.threads=1",
    "seeds=[1]",
    "evaluation.top_k=[3]",
    "evaluation.kept=[3,5]",
    "evaluation.monitor=val/recall_of_final@3_in_5",
)


def run_on_a_log(monkeypatch, folder, *overrides):
    write_made_log(folder / "log.parquet", requests=40, candidates=12)
    return run_here(monkeypatch, folder, "cascade", *LOG, "hydra.run.dir=run", *overrides)


@pytest.mark.slow
def test_a_request_log_ends_with_a_verdict(tmp_path, monkeypatch, capsys):
    status = run_on_a_log(monkeypatch, tmp_path, "data.final_flops=100000")
    printed = capsys.readouterr().out
    assert status == 0
    assert "features of candidates: topic, price" in printed
    assert "**Verdict**" in printed
    written = (tmp_path / "run" / "cascade.md").read_text(encoding="utf-8")
    assert written.strip().splitlines()[-1] in printed
    assert json.loads((tmp_path / "run" / "cascade.json").read_text())["status"] == "ok"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["robustness.shares=[0.1]"], "has no effect with data=request_log"),
        (["data.path=lgo.parquet"], "There is no file lgo.parquet"),
        (["data.user_column=users"], "has no column 'users'; did you mean 'user'"),
        (["data.rare=0"], "data.rare must be at least 1"),
        (["data.final_flops=-1"], "data.final_flops must be positive"),
        (["split=random"], "use split=temporal"),
        (["data.labels=x"], "There is no setting 'data.labels'"),
    ],
)
def test_a_mistake_about_a_log_ends_in_one_line(overrides, message, tmp_path, monkeypatch, capsys):
    given = {text.partition("=")[0] for text in overrides}
    monkeypatch.setattr(
        "tests.commands.test_cascade.LOG", [t for t in LOG if t.partition("=")[0] not in given]
    )
    assert run_on_a_log(monkeypatch, tmp_path, *overrides) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert re.search(message, line), line


@pytest.mark.slow
def test_other_commands_refuse_a_request_log_in_one_line(tmp_path, monkeypatch, capsys):
    write_made_log(tmp_path / "log.parquet", requests=40, candidates=12)
    given = ("data=request_log", "data.path=log.parquet")
    assert run_here(monkeypatch, tmp_path, "train", *given) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "reads no interactions of users and items" in line
