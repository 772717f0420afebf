import pytest
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule
from tests.runs.finished_run import finished_run
from tests.runs.hparams_table import read_row

from rankdistill.runs.models import make_model, make_student, make_teacher
from rankdistill.runs.run_entry import ENTRY_KINDS, log_run


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The rows of a student, a distilled student and a solved teacher, and their results."""
    datamodule = small_datamodule()
    distilled = composed("train", *SMALL_DISTILLED, "distillation=[ranking,soft_targets]")
    solved = composed("train", *SMALL, "teacher=ease")
    modules = {
        "student": (make_student(distilled, datamodule), distilled),
        "distilled": (
            make_model(distilled, datamodule, make_teacher(distilled, datamodule).backbone),
            distilled,
        ),
        "teacher": (make_teacher(solved, datamodule), solved),
    }
    rows = {}
    for name, (module, cfg) in modules.items():
        folder = tmp_path_factory.mktemp(name)
        fields = finished_run(module, datamodule, cfg, folder)
        for _ in range(2):  # the second takes the place of the first
            log_run(folder, module.hparams, fields)
        rows[name] = (read_row(folder), fields)
    return rows


@pytest.mark.slow
def test_every_run_has_the_same_columns(rows):
    words = {str: "STRING", float: "FLOAT64"}
    for row, _ in rows.values():
        assert row.types == {name: words[kind] for name, kind in ENTRY_KINDS.items()}
        assert row.first == [
            "data",
            "distillation",
            "embedding_dim",
            "module",
            "seed.initialization",
        ]


def test_a_distilled_student_tells_all_of_its_columns(rows):
    row, _ = rows["distilled"]
    assert set(ENTRY_KINDS) - set(row.cells) == {"decay_epochs"}, "which is null"
    assert row.cells["distillation"] == "ranking+soft_targets"
    assert row.cells["weighting"] == "HybridWeighting"
    assert (row.cells["top_k"], row.cells["lambda_"], row.cells["embedding_dim"]) == (30, 10, 2)
    assert (row.cells["module"], row.cells["data"]) == ("distilled_student", "synthetic")


def test_what_a_model_does_not_have_is_an_empty_cell(rows):
    assert rows["student"][0].cells["distillation"] == "none"
    assert {"top_k", "weighting", "lambda_", "mu", "alpha"}.isdisjoint(rows["student"][0].cells)
    teacher = rows["teacher"][0].cells
    assert teacher["backbone"] == "Ease"
    assert {"embedding_dim", "ranking_loss", "learning_rate"}.isdisjoint(teacher)


def test_the_metrics_are_the_test_metrics_one_point_each_the_shortest_lists_first(rows):
    for row, fields in rows.values():
        tested = {key: value for key, value in fields["metrics"].items() if key[:5] == "test/"}
        assert set(row.metrics) == set(tested)
        assert {metric.rpartition("@")[2] for metric in row.metrics[:5]} == {"5"}
        for tag, value in tested.items():
            assert row.points[tag] == [pytest.approx(value)]
        assert row.status == "SUCCESS"
        assert row.took == pytest.approx(fields["fit_seconds"], abs=5)
