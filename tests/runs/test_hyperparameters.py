import math

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.running import SMALL, composed, small_datamodule
from tests.runs.finished_run import finished_run
from tests.runs.hparams_table import read_row

from rankdistill.runs.hyperparameters import begin_session, end_session
from rankdistill.runs.models import make_student

JOBS = [
    {"size": "d2", "lambda_": 10, "seen": True, "decay": None},
    {"size": "d10", "lambda_": 0.5, "seen": False, "decay": 20},
]
VALUES = {key: [job[key] for job in JOBS] for key in JOBS[0]}
METRICS = ["test/map@5", "test/ndcg@10"]


def test_every_job_declares_the_same_typed_columns_whichever_is_read_first(tmp_path):
    for number, job in enumerate(JOBS):
        begin_session(tmp_path / str(number), job, METRICS, VALUES)
    first, second = (read_row(tmp_path / str(number)) for number in range(2))
    assert first.types == {
        "size": "STRING",
        "lambda_": "FLOAT64",
        "seen": "BOOL",
        "decay": "STRING",
    }
    assert (second.types, second.domains) == (first.types, first.domains)
    assert (first.metrics, first.first) == (METRICS, list(JOBS[0]))


def test_cells_keep_the_type_of_their_column(tmp_path):
    begin_session(tmp_path, JOBS[1], METRICS, VALUES)
    row = read_row(tmp_path)
    assert row.cells == {"size": "d10", "lambda_": 0.5, "seen": False, "decay": "20"}
    assert type(row.cells["seen"]) is bool


def test_columns_can_be_filtered_by_every_value_that_the_sweep_gives_them(tmp_path):
    begin_session(tmp_path, JOBS[0], METRICS, VALUES)
    assert read_row(tmp_path).domains == {
        "size": ["d10", "d2"],
        "lambda_": [0.5, 10.0],
        "seen": [False, True],
        "decay": ["20", "null"],
    }


def test_a_job_that_knows_nothing_of_the_others_bounds_no_column_by_its_own_value(tmp_path):
    begin_session(tmp_path, JOBS[1], METRICS)
    row = read_row(tmp_path)
    assert row.types == {"size": "STRING", "lambda_": "FLOAT64", "seen": "BOOL", "decay": "FLOAT64"}
    assert set(map(tuple, row.domains.values())) == {()}


def test_a_missing_value_is_null_where_the_column_is_known_and_else_an_empty_cell(tmp_path):
    begin_session(tmp_path / "known", JOBS[0], METRICS, VALUES)
    begin_session(tmp_path / "unknown", JOBS[0], METRICS)
    assert read_row(tmp_path / "known").cells["decay"] == "null"
    assert "decay" not in read_row(tmp_path / "unknown").cells


def test_a_column_of_numbers_and_words_is_one_of_words(tmp_path):
    values = {"patience": [5, "never", True]}
    begin_session(tmp_path, {"patience": 5}, METRICS, values)
    row = read_row(tmp_path)
    assert row.types == {"patience": "STRING"}
    assert row.cells == {"patience": "5"}
    assert row.domains == {"patience": ["5", "True", "never"]}


def test_a_column_without_bounds_is_bounded_by_its_finite_values(tmp_path):
    begin_session(tmp_path, {"mu": 1.0}, METRICS, {"mu": [math.inf, 1.0, 3.0]})
    assert read_row(tmp_path).domains == {"mu": [1.0, 3.0]}


def test_a_session_under_way_has_no_point_and_no_end(tmp_path):
    begin_session(tmp_path, JOBS[0], METRICS)
    row = read_row(tmp_path)
    assert row.points == {}
    assert row.status is None


def test_a_session_that_succeeds_has_one_point_for_each_metric(tmp_path):
    begin_session(tmp_path, JOBS[0], METRICS)
    end_session(tmp_path, {"test/map@5": 0.25, "test/ndcg@10": 0.5}, succeeded=True)
    row = read_row(tmp_path)
    assert row.points == {"test/map@5": [0.25], "test/ndcg@10": [0.5]}
    assert row.status == "SUCCESS"
    assert 0 <= row.took < 60


def test_a_session_that_fails_has_no_point(tmp_path):
    begin_session(tmp_path, JOBS[0], METRICS)
    end_session(tmp_path, {}, succeeded=False)
    row = read_row(tmp_path)
    assert row.status == "FAILURE"
    assert row.points == {}


def test_a_job_begun_anew_leaves_nothing_of_the_attempt_that_failed(tmp_path):
    begin_session(tmp_path, {"old": 1}, ["test/old"])
    end_session(tmp_path, {"test/old": 0.1}, succeeded=False)
    begin_session(tmp_path, JOBS[0], METRICS)
    end_session(tmp_path, {"test/map@5": 0.25}, succeeded=True)
    row = read_row(tmp_path)
    assert (row.status, row.metrics) == ("SUCCESS", METRICS)
    assert row.points == {"test/map@5": [0.25]}
    assert "old" not in {**row.types, **row.cells}


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The folder of a job that trained between the two ends of its session."""
    folder = tmp_path_factory.mktemp("job")
    cfg, datamodule = composed("train", *SMALL, "module=student"), small_datamodule()
    begin_session(folder, JOBS[0], METRICS)
    (folder / "events.out.tfevents.0.elsewhere").write_bytes(b"")  # of a run that was killed
    fields = finished_run(make_student(cfg, datamodule), datamodule, cfg, folder)
    end_session(folder, {key: fields["metrics"][key] for key in METRICS}, succeeded=True)
    return folder, fields


def test_training_draws_its_curves_beside_the_session_and_leaves_it_in_place(job):
    folder, fields = job
    row = read_row(folder)
    assert row.status == "SUCCESS"
    assert len(row.points["val/map@5"]) == len(row.points["train/loss"]) == fields["epochs"] == 2
    for tag in METRICS:
        assert row.points[tag] == [pytest.approx(fields["metrics"][tag])]
    assert set(row.points) & {"hp_metric"} == set()


def test_training_removes_the_curves_of_an_earlier_run(job):
    folder, _ = job
    assert len(list(folder.glob("events.out.tfevents.*"))) == 3


def test_event_files_are_named_in_the_order_in_which_they_were_written(job):
    """TensorBoard never goes back to a file whose name sorts before the one that it reads."""
    folder, _ = job
    names = [path.name.split(".", 4)[4] for path in folder.glob("events.out.tfevents.*")]
    one_second = sorted(f"events.out.tfevents.1.{name}" for name in names)
    kinds = ["session" in name or "result" in name for name in one_second]
    assert kinds == [True, False, True]
    assert one_second[0].endswith("session")


def test_what_is_read_of_a_job_while_it_goes_on_adds_up(tmp_path):
    begin_session(tmp_path, JOBS[0], METRICS)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert events.Tags()["scalars"] == []
    end_session(tmp_path, {"test/map@5": 0.25}, succeeded=True)
    events.Reload()
    assert [point.value for point in events.Scalars("test/map@5")] == [0.25]
