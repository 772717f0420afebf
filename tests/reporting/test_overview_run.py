import pytest
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout

from rankdistill.reporting.overview_run import write_overview

TABLE = "| size | MAP@5 |\n| --- | ---: |\n| d2 | .0123 ± .0010 |\n"
CHARTS = {"Validation": ["val/map@5"], "Loss": ["train/.*loss", "train/loss"]}


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "pictures" / "front.png"
    path.parent.mkdir()
    Figure(figsize=(3, 2)).savefig(path, dpi=100)
    return path


def read(folder):
    events = EventAccumulator(str(folder / "_overview"))
    events.Reload()
    return events


def test_the_overview_holds_the_table_as_text(tmp_path, picture):
    write_overview(tmp_path, TABLE, {"front": picture}, CHARTS)
    events = read(tmp_path)
    (text,) = events.Tensors("results/table")
    assert text.tensor_proto.string_val[0].decode() == TABLE
    assert "results/table" in events.PluginTagToContent("text")


def test_the_overview_holds_the_figures_as_images(tmp_path, picture):
    write_overview(tmp_path, TABLE, {"front": picture, "again": picture}, CHARTS)
    events = read(tmp_path)
    assert events.Tags()["images"] == ["figures/front", "figures/again"]
    (image,) = events.Images("figures/front")
    assert (image.width, image.height) == (300, 200)
    assert image.encoded_image_string == picture.read_bytes()


def test_the_overview_lays_out_the_charts(tmp_path, picture):
    write_overview(tmp_path, TABLE, {"front": picture}, CHARTS)
    (tensor,) = read(tmp_path).Tensors("custom_scalars__config__")
    (category,) = Layout.FromString(tensor.tensor_proto.string_val[0]).category
    charts = {chart.title: list(chart.multiline.tag) for chart in category.chart}
    assert charts == CHARTS


def test_the_overview_draws_no_curve_of_its_own(tmp_path, picture):
    write_overview(tmp_path, TABLE, {"front": picture}, CHARTS)
    assert read(tmp_path).Tags()["scalars"] == []


def test_a_second_overview_takes_the_place_of_the_first(tmp_path, picture):
    write_overview(tmp_path, "old", {"front": picture}, CHARTS)
    write_overview(tmp_path, TABLE, {}, CHARTS)
    events = read(tmp_path)
    (text,) = events.Tensors("results/table")
    assert text.tensor_proto.string_val[0].decode() == TABLE
    assert events.Tags()["images"] == []
    assert len(list((tmp_path / "_overview").iterdir())) == 1


@pytest.mark.parametrize("content", [None, b"<svg/>"])
def test_a_bad_figure_is_named_and_the_earlier_overview_stays(tmp_path, picture, content):
    write_overview(tmp_path, TABLE, {"front": picture}, CHARTS)
    bad = tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises((FileNotFoundError, ValueError), match=r"bad\.png"):
        write_overview(tmp_path, "new", {"front": bad}, CHARTS)
    (text,) = read(tmp_path).Tensors("results/table")
    assert text.tensor_proto.string_val[0].decode() == TABLE
    assert len(list((tmp_path / "_overview").iterdir())) == 1
