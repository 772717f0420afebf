from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.running import SMALL, SMALL_DATA, run_here

from rankdistill.rank_files.rank_file import read_rank_file, write_rank_file
from rankdistill.rank_files.tables import decoded
from rankdistill.serving.onnx_file import onnx_file
from rankdistill.serving.page import html_page
from rankdistill.serving.scorers import told_fold_in


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a student trained with storage=int4."""
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [*SMALL, "module=student", "storage=int4", "hydra.run.dir=run"]
        assert run_here(monkeypatch, folder, "train", *arguments) == 0
    return folder / "run"


def exported(monkeypatch, folder, checkpoint, *arguments):
    given = (f"checkpoint={checkpoint}", "output=shop.rank", *arguments)
    assert run_here(monkeypatch, folder, "export", *given) == 0
    return read_rank_file(folder / "shop.rank")


@pytest.mark.slow
def test_export_makes_of_a_checkpoint_the_file_that_training_made(
    trained, tmp_path, monkeypatch, capsys
):
    arguments = [f"checkpoint={trained / 'model.ckpt'}", "storage=int4", "output=new/shop.rank"]
    assert run_here(monkeypatch, tmp_path, "export", *arguments) == 0
    output = tmp_path / "new" / "shop.rank"
    assert output.read_bytes() == (trained / "model.rank").read_bytes()
    weights = read_rank_file(output).weights_bytes
    assert capsys.readouterr().out == (
        f"new/shop.rank: {output.stat().st_size:,} bytes, {weights:,} of them weights as int4\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.slow
def test_export_in_32_bits_is_the_checkpoints_backbone(trained, tmp_path, monkeypatch):
    model = exported(monkeypatch, tmp_path, trained / "model.ckpt", "storage=fp32")
    state = torch.load(trained / "model.ckpt", weights_only=True)["state_dict"]
    names = {
        "users": "backbone.user_embedding.weight",
        "items": "backbone.item_embedding.weight",
        "user_bias": "backbone.user_bias",
        "item_bias": "backbone.item_bias",
    }
    assert set(names.values()) == set(state)
    for stored, name in names.items():
        np.testing.assert_array_equal(decoded(model.tables[stored]), state[name].numpy())


@pytest.mark.slow
def test_metrics_of_other_weights_are_not_told(trained, tmp_path, monkeypatch):
    path = trained / "model.ckpt"
    assert "test/map@5" in exported(monkeypatch, tmp_path, path, "storage=int4").about["metrics"]
    about = exported(monkeypatch, tmp_path, path, "storage=int8").about
    assert set(about) == {"data", "versions"}


def test_what_users_have_is_left_out_where_it_is_not_wanted(trained, tmp_path, monkeypatch):
    model = exported(monkeypatch, tmp_path, trained / "model.ckpt", "seen=false")
    assert model.seen is None
    assert len(model.user_ids) == 80


@pytest.mark.slow
def test_without_a_file_beside_the_checkpoint_ids_come_from_the_data(
    trained, tmp_path, monkeypatch, capsys
):
    (tmp_path / "model.ckpt").write_bytes((trained / "model.ckpt").read_bytes())
    model = exported(monkeypatch, tmp_path, "model.ckpt", *SMALL_DATA, "storage=int4")
    made = read_rank_file(trained / "model.rank")
    assert (model.user_ids, model.item_titles) == (made.user_ids, made.item_titles)
    assert model.seen.items.tolist() == made.seen.items.tolist()
    assert model.item_counts.tolist() == made.item_counts.tolist()
    assert model.about["data"] == made.about["data"]
    monkeypatch.setattr("rankdistill.data.movielens.MovieLens.load", None)  # not even looked for
    given = ("checkpoint=model.ckpt", "output=other.rank")
    assert run_here(monkeypatch, tmp_path, "export", *given) == 1
    assert "name its data with data=synthetic data.num_users=80" in capsys.readouterr().err


def test_a_file_beside_the_checkpoint_that_is_of_other_data_is_not_believed(
    trained, tmp_path, monkeypatch
):
    (tmp_path / "model.ckpt").write_bytes((trained / "model.ckpt").read_bytes())
    other = replace(read_rank_file(trained / "model.rank"), about={}, item_titles=("x",) * 60)
    write_rank_file(tmp_path / "model.rank", other)
    model = exported(monkeypatch, tmp_path, "model.ckpt", *SMALL_DATA)
    assert model.item_titles[7] == "Synthetic item 7"


@pytest.fixture(scope="module")
def of_histories(tmp_path_factory):
    """The folder of a student without users."""
    folder = tmp_path_factory.mktemp("of_histories")
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [*SMALL, "module=student", "backbone=fism", "hydra.run.dir=run"]
        assert run_here(monkeypatch, folder, "train", *arguments) == 0
    return folder / "run"


@pytest.mark.slow
def test_a_page_holds_the_weights_and_titles_that_the_file_would(
    of_histories, tmp_path, monkeypatch, capsys
):
    path = of_histories / "model.ckpt"
    model = exported(monkeypatch, tmp_path, path, "seen=false")
    capsys.readouterr()
    given = (f"checkpoint={path}", "format=page", "output=new/shop.html")
    assert run_here(monkeypatch, tmp_path, "export", *given) == 0
    page = tmp_path / "new" / "shop.html"
    assert page.read_text(encoding="utf-8") == html_page(model)
    assert "Synthetic item 7" in model.item_titles
    assert capsys.readouterr().out == (
        f"new/shop.html: {page.stat().st_size:,} bytes, a page with weights as int6; "
        "open it in a browser\n"
    )


@pytest.mark.slow
def test_a_page_of_a_factorisation_fits_new_people_as_the_file_does(trained, tmp_path, monkeypatch):
    path = trained / "model.ckpt"
    model = exported(monkeypatch, tmp_path, path, "seen=false")
    given = (f"checkpoint={path}", "format=page", "output=shop.html")
    assert run_here(monkeypatch, tmp_path, "export", *given) == 0
    assert told_fold_in(model) is not None
    assert (tmp_path / "shop.html").read_text(encoding="utf-8") == html_page(model)


@pytest.mark.slow
def test_an_onnx_file_ranks_as_the_file_would(of_histories, tmp_path, monkeypatch, capsys):
    path = of_histories / "model.ckpt"
    model = exported(monkeypatch, tmp_path, path, "seen=false")
    capsys.readouterr()
    given = (f"checkpoint={path}", "format=onnx", "output=shop.onnx")
    assert run_here(monkeypatch, tmp_path, "export", *given) == 0
    output = tmp_path / "shop.onnx"
    assert output.read_bytes() == onnx_file(model)
    assert capsys.readouterr().out == (
        f"shop.onnx: {output.stat().st_size:,} bytes, an ONNX graph with weights as int6, "
        "which take 4 or 8 bits there\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["checkpoint=nowhere.ckpt", "output=shop.rank"],
            "There is no checkpoint at nowhere.ckpt",
        ),
        (["checkpoint={trained}", "output=weights.pt"], "must be the path of a .rank file"),
        (["checkpoint={trained}"], "output"),
        (
            ["checkpoint={trained}", "output=shop.html"],
            "got shop.html; for such a file type format=page",
        ),
        (
            ["checkpoint={trained}", "output=shop.rank", "format=page"],
            "the path of a .html file to write, got shop.rank; for such a file type format=rank",
        ),
        (
            ["checkpoint={trained}", "output=shop.html", "format=pgae"],
            "There is no format=pgae; did you mean 'page'?",
        ),
        (["checkpoint={trained}", "output=w.rank", "storage=int9"], "There is no storage=int9"),
        (
            ["checkpoint={trained}", "output=w.rank", "storage.bits=1"],
            "storage.bits must be 32, 16",
        ),
    ],
)
def test_a_mistake_with_export_ends_in_one_line(
    arguments, message, trained, tmp_path, monkeypatch, capsys
):
    given = [text.format(trained=trained / "model.ckpt") for text in arguments]
    assert run_here(monkeypatch, tmp_path, "export", *given) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rankdistill: ")
    assert message in line
    assert not list(tmp_path.iterdir())
