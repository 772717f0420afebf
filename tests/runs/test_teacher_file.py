import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, run_here, small_datamodule

from rankdistill.histories.contexts import Contexts
from rankdistill.runs.checkpoints import load_backbone, load_with_histories, read_checkpoint
from rankdistill.runs.teacher_file import file_identity, read_lists
from rankdistill.runs.teacher_store import NOTES, obtain_teacher

SCORES = torch.rand(80, 60, generator=torch.Generator().manual_seed(0))


def lists_of(scores, length):
    """The best items of every user of the made-up data, as a file has them."""
    found = scores.topk(length, dim=1)
    labels = small_datamodule().known.labels
    return pl.DataFrame(
        {
            "user": np.repeat(labels.users, length).astype(str),
            "item": labels.items[found.indices.numpy().ravel()].astype(str),
            "score": found.values.numpy().ravel(),
        }
    )


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture
def lists(tmp_path):
    path = tmp_path / "lists.parquet"
    lists_of(SCORES, 40).write_parquet(path)
    return path


def configured(tmp_path, *overrides):
    own = ("size=d2", "teacher=file", f"teacher.store={tmp_path / 'teachers'}")
    return composed("train", *SMALL, *own, *overrides)


@pytest.mark.slow
def test_the_lists_of_a_file_are_those_of_the_data(tmp_path, datamodule, lists):
    cfg = configured(tmp_path, f"teacher.path={lists}")
    read = read_lists(cfg.teacher, datamodule)
    assert read.lists.item_ids[:40].tolist() == SCORES[0].topk(40).indices.tolist()
    assert read.lists.num_bytes == lists.stat().st_size
    assert read.lists.offsets.diff().unique().tolist() == [40]
    assert [sentence for sentence in read.told if "held-out items of users" in sentence]


@pytest.mark.slow
def test_embeddings_come_with_the_lists(tmp_path, datamodule, lists):
    labels = datamodule.known.labels
    for role, names in (("item", labels.items), ("user", labels.users)):
        pl.DataFrame({role: names.astype(str), "one": np.arange(len(names))[::-1]}).write_csv(
            tmp_path / f"{role}s.csv"
        )
    files = [f"teacher.{role}_embeddings={tmp_path / f'{role}s.csv'}" for role in ("item", "user")]
    cfg = configured(tmp_path, f"teacher.path={lists}", *files)
    read = read_lists(cfg.teacher, datamodule).lists
    assert read.item_table[:, 0].tolist() == list(range(59, -1, -1))
    assert read.user_table.shape == (80, 1)
    assert read.num_bytes > lists.stat().st_size


def test_a_teacher_is_known_by_the_content_of_its_file_and_by_its_columns(tmp_path, lists):
    teacher = configured(tmp_path).teacher

    def identity(path, **columns):
        return file_identity(replace(teacher, path=str(path), **columns))

    first = identity(lists)
    elsewhere = tmp_path / "copy.parquet"
    elsewhere.write_bytes(lists.read_bytes())
    assert identity(elsewhere) == first
    assert identity(lists, confidence_column="score") != first
    assert identity(lists, end_column="score") != first
    lists_of(SCORES, 39).write_parquet(elsewhere)
    assert identity(elsewhere) != first
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "part-00000.parquet").write_bytes(lists.read_bytes())
    assert identity(folder) == first


@pytest.mark.slow
def test_a_teacher_from_a_file_is_kept_measured_and_as_large_as_its_file(
    tmp_path, datamodule, lists, caplog
):
    cfg = configured(tmp_path, f"teacher.path={lists}")
    made = obtain_teacher(cfg, datamodule, "teacher")
    assert made.result is not None
    assert made.result.fields["weights_bytes"] == lists.stat().st_size
    assert 0 < made.result.fields["metrics"]["test/recall@20"] < 1
    told = json.loads((made.folder / NOTES).read_text())["told"]
    caplog.clear()
    with caplog.at_level("INFO"):
        again = obtain_teacher(cfg, datamodule, "teacher")
    assert again.folder == made.folder
    assert [record.message for record in caplog.records if record.message in told] == told
    loaded = load_backbone(read_checkpoint(made.checkpoint), made.checkpoint)
    users = Contexts(torch.arange(80))
    torch.testing.assert_close(
        loaded.score_rows(users), made.backbone.score_rows(users), atol=0, rtol=0
    )


@pytest.mark.slow
def test_an_item_that_is_not_listed_is_measured_as_last(tmp_path, datamodule):
    full, head = tmp_path / "full.parquet", tmp_path / "head.parquet"
    lists_of(SCORES, 60).write_parquet(full)
    lists_of(SCORES, 45).write_parquet(head)
    measured = []
    for path in (full, head):
        cfg = configured(tmp_path, f"teacher.path={path}")
        result = obtain_teacher(cfg, datamodule, "teacher").result
        assert result is not None
        measured.append(result.fields["metrics"])
    assert measured[0]["test/map@5"] == measured[1]["test/map@5"]


FIT = ("train", "trainer.max_epochs=3", "top_k=k10", "weighting=hybrid", "size=d2")


@pytest.mark.slow
def test_lists_that_score_wrote_of_a_model_teach_what_the_model_teaches(
    tmp_path, monkeypatch, capsys
):
    def run(*arguments):
        assert run_here(monkeypatch, tmp_path, *arguments) == 0, capsys.readouterr().err

    small = tuple(option for option in SMALL_DISTILLED if "size" not in option)
    run(*FIT, *small, "size@teacher=d8", "hydra.run.dir=model")
    (teacher,) = (tmp_path / "outputs" / "teachers").glob("*/model.rank")
    run("score", f"model={teacher}", "output=scores", "limit=55", "users_per_file=30")
    run(*FIT, *small, "teacher=file", "teacher.path=scores", "hydra.run.dir=file")
    states = [read_checkpoint(tmp_path / name / "model.ckpt") for name in ("model", "file")]
    torch.testing.assert_close(states[0]["state_dict"], states[1]["state_dict"], atol=0, rtol=0)
    assert states[0]["epoch"] == states[1]["epoch"]


PLACES = ("train", *SMALL, "trainer.max_epochs=2", "top_k=k10", "backbone=fossil", "size=d2")


@pytest.mark.slow
def test_lists_of_a_model_for_all_places_teach_what_the_model_teaches(
    tmp_path, monkeypatch, capsys, datamodule
):
    def run(*arguments):
        assert run_here(monkeypatch, tmp_path, *PLACES, *arguments) == 0, capsys.readouterr().err

    run("backbone@teacher=fossil", "size@teacher=d4", "hydra.run.dir=model")
    (path,) = (tmp_path / "outputs" / "teachers").glob("*/model.ckpt")
    teacher = load_with_histories(read_checkpoint(path), path, datamodule.split.train)
    places_of(teacher, datamodule).write_parquet(tmp_path / "lists.parquet")
    own = ("teacher=file", "teacher.path=lists.parquet", "teacher.end_column=place")
    run(*own, "hydra.run.dir=file")
    states = [read_checkpoint(tmp_path / name / "model.ckpt") for name in ("model", "file")]
    torch.testing.assert_close(states[0]["state_dict"], states[1]["state_dict"], atol=0, rtol=0)
    made = [
        json.loads(each.read_text()) for each in (tmp_path / "outputs").glob("*/*/metrics.json")
    ]
    measured = [fields["metrics"] for fields in made]
    assert len(measured) == 2
    assert measured[0]["val/map@5"] == measured[1]["val/map@5"]


def places_of(teacher, datamodule):
    """A row for each place of a training history: its user, the place, items and scores."""
    counts, labels = datamodule.split.train.counts, datamodule.known.labels
    users = torch.arange(len(counts)).repeat_interleave(counts + 1)
    ends = torch.cat([torch.arange(count + 1) for count in counts.tolist()])
    with torch.no_grad():
        best = teacher.score_rows(Contexts(users, ends)).sort(dim=1, descending=True, stable=True)
    return pl.DataFrame(
        {
            "user": labels.users[users.numpy()].astype(str),
            "place": ends.numpy(),
            "items": labels.items[best.indices.numpy()].astype(str).tolist(),
            "scores": best.values.tolist(),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "method", ["plackett_luce", "dual_correction", "rejuvenated_cross_entropy", "soft_targets"]
)
def test_every_method_of_lists_learns_from_a_file_of_short_ones(
    method, tmp_path, datamodule, lists, monkeypatch, capsys
):
    short = lists_of(SCORES, 40).with_columns(trust=pl.lit(2.0))
    short.filter(pl.int_range(pl.len()).over("user") < 36).write_parquet(lists)
    own = ("teacher=file", f"teacher.path={lists}", "teacher.confidence_column=trust", "size=d2")
    arguments = ("train", *SMALL, *own, f"distillation=[{method}]", "hydra.run.dir=run")
    assert run_here(monkeypatch, tmp_path, *arguments) == 0, capsys.readouterr().err
    measured = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert measured["status"] == "ok"


@pytest.mark.slow
def test_a_comparison_has_the_row_of_a_teacher_from_a_file(tmp_path, lists, monkeypatch, capsys):
    own = ("teacher=file", f"teacher.path={lists}", "size=d2", "seeds=[1,2]", "refit=true")
    arguments = ("compare", *SMALL, *own, "hydra.run.dir=run")
    assert run_here(monkeypatch, tmp_path, *arguments) == 0, capsys.readouterr().err
    comparison = json.loads((tmp_path / "run" / "comparison.json").read_text())
    teacher = comparison["models"]["teacher"]
    assert teacher["mean"]["weights_bytes"] == lists.stat().st_size
    assert teacher["runs"][0]["metrics"] == teacher["runs"][1]["metrics"]
