import numpy as np
import pytest
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.common_ground import CommonGround
from rankdistill.cascade.runs.final_ranker_store import final_ranker_shape
from rankdistill.cascade.runs.finished_seed import finished_seed
from rankdistill.cascade.runs.records import RankerRun
from rankdistill.cascade.runs.student_shape import student_shape

SETTINGS = (
    "cascade/students=[none,shared]",
    "robustness.corrupted=0.5",
    "robustness.corruptions=[marked]",
)
LOG = LogCounts(9, 1, 2, 0, 1, 5)


@pytest.fixture
def ended(tmp_path):
    """A seed that has ended, its configuration, and what its seeds have in common."""
    cfg = small_cascade(tmp_path, *SETTINGS)
    ground = CommonGround.of(cfg, small_data()[0])
    of_seed, marked = cfg.of_seed(3), {"corrupted": 0.5, "corruption": "marked", "rescore": 0}
    shapes = {
        "final_ranker": final_ranker_shape(of_seed, ground.data),
        "none": student_shape(of_seed, ground.data, "none", {}, True),
        "shared": student_shape(of_seed, ground.data, "shared", {}, True),
        "shared-marked-0.5": student_shape(of_seed, ground.data, "shared", marked, False),
    }
    for place, shape in shapes.items():
        values = Measured({"test/ce": 0.3}, {"user_ids": np.arange(2), "ce": np.ones(2)})
        log = LOG if place.startswith("shared") else None
        rescoring = {"seconds": 2.0} if place == "shared" else {}
        RankerRun(3, {"place": place}, values, log, rescoring).write(
            tmp_path / place / "seed-3", shape
        )
        if place != "final_ranker":
            (tmp_path / place / "seed-3" / "model.rank").touch()
    return cfg, ground


def test_the_runs_of_a_seed_that_has_ended_are_read(ended, tmp_path):
    runs = finished_seed(ended[0], 3, ended[1], tmp_path)
    assert runs is not None
    assert list(runs.by_model) == ["final_ranker", "none", "shared"]
    for name, (run,) in runs.by_model.items():
        assert run.record["place"] == name
    student, variant, (run,) = runs.by_variant["shared-marked-0.5"]
    assert (student, variant.kind, run.log) == ("shared", "marked", LOG)
    assert runs.rescoring == [{"seconds": 2.0}]


@pytest.mark.parametrize("place", ["final_ranker", "none", "shared-marked-0.5"])
def test_a_seed_of_which_a_ranker_is_missing_has_not_ended(place, ended, tmp_path):
    (tmp_path / place / "seed-3" / "metrics.json").unlink()
    assert finished_seed(ended[0], 3, ended[1], tmp_path) is None


def test_a_seed_that_ended_with_other_settings_counts_for_nothing(ended, tmp_path):
    other = small_cascade(tmp_path, *SETTINGS, "early_ranker.training.learning_rate=0.5")
    assert finished_seed(other, 3, ended[1], tmp_path) is None
    assert finished_seed(ended[0], 4, ended[1], tmp_path) is None
