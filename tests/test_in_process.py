"""Notebooks: data inspected, items recommended and weights exported in the caller's process."""

import pytest

import rankdistill
from tests.running import SMALL, SMALL_DATA, run_here


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a student trained on the small synthetic data."""
    folder = tmp_path_factory.mktemp("in_process")
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [*SMALL, "module=student", "hydra.run.dir=run"]
        assert run_here(monkeypatch, folder, "train", *arguments) == 0
    return folder / "run"


def orders(folder, name="my orders.csv"):
    rows = [f"c{row % 9},s{row * row % 17},2024-01-{1 + row // 20:02}" for row in range(240)]
    (folder / name).write_text("\n".join(["customer,sku,ordered_at", *rows]) + "\n")
    return folder / name


@pytest.mark.slow
def test_a_file_is_described_as_the_command_describes_it(tmp_path, monkeypatch, capsys):
    path = orders(tmp_path)
    typed = [f"data.path={path}", "data.user_column=customer", "data.item_column=sku"]
    found = rankdistill.inspect(typed)
    assert capsys.readouterr().out == ""
    assert run_here(monkeypatch, tmp_path, "inspect", *typed) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert found.columns["name"].to_list() == ["customer", "sku", "ordered_at"]
    assert found.columns["role"].to_list() == ["user", "item", "timestamp"]
    assert found.num_users == 9
    assert set(found.splits["split"]) == {
        "random",
        "last_share",
        "leave_last_out",
        "leave_random_out",
        "temporal",
        "user_halves",
        "new_users",
    }


@pytest.mark.slow
def test_the_overrides_of_a_description_read_the_data_again(tmp_path):
    typed = [f"data.path={orders(tmp_path)}", "data.user_column=customer", "data.item_column=sku"]
    found = rankdistill.inspect(typed)
    assert "data.timestamp_column=ordered_at" in found.overrides
    assert found.overrides == [*found.data, "split=random"]
    assert rankdistill.inspect(found.data).text == found.text


def test_data_of_no_file_are_described_without_columns(tmp_path):
    found = rankdistill.inspect(SMALL_DATA)
    assert (found.num_users, found.num_items, found.num_interactions) == (80, 60, 1600)
    assert found.columns.is_empty()
    assert found.overrides == []


@pytest.mark.slow
def test_the_best_items_are_a_frame_like_the_printed_list(trained, tmp_path, monkeypatch, capsys):
    table = rankdistill.recommend(trained, "u7", [*SMALL_DATA, "limit=5"])
    typed = [f"checkpoint={trained / 'model.ckpt'}", *SMALL_DATA, "user=u7", "limit=5"]
    assert run_here(monkeypatch, tmp_path, "recommend", *typed) == 0
    printed = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()[1:]]
    assert table.columns == ["rank", "item", "title", "score"]
    assert [
        [str(row["rank"]), f"{row['score']:.3f}", row["title"]] for row in table.to_dicts()
    ] == (printed)
    assert all(row["title"] == f"Synthetic item {row['item'][1:]}" for row in table.to_dicts())


@pytest.mark.slow
def test_the_path_of_the_exported_file_comes_back(trained, tmp_path, monkeypatch):
    path = rankdistill.export(trained, tmp_path / "a b" / "small.rank", ["storage=int8"])
    assert path == tmp_path / "a b" / "small.rank"
    typed = [f"checkpoint={trained / 'model.ckpt'}", "output=other.rank", "storage=int8"]
    assert run_here(monkeypatch, tmp_path, "export", *typed) == 0
    assert path.read_bytes() == (tmp_path / "other.rank").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: rankdistill.inspect(["data.pth=x"]), "There is no setting 'data.pth'.*path"),
        (lambda run: rankdistill.inspect(["data.path=none.csv"]), "none.csv"),
        (lambda run: rankdistill.inspect(["data=ml_1000k"]), "There is no data=ml_1000k"),
        (lambda run: rankdistill.recommend(run, "nobody", SMALL_DATA), "There is no user 'nobody'"),
        (lambda run: rankdistill.recommend(run / "x", "u1", SMALL_DATA), "x"),
        (lambda run: rankdistill.export(run, "small.zip"), r"output must be the path of a .rank"),
    ],
)
def test_a_mistake_is_an_error_of_one_line(trained, call, message):
    with pytest.raises(ValueError, match=message) as error:
        call(trained)
    assert "\n" not in str(error.value)
