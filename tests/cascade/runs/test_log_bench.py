import dataclasses

import pytest
import torch
from tests.cascade.made_logs import made_requests
from tests.cascade.test_config import composed_cascade

from rankdistill.cascade.runs.log_bench import CandidateGrid, LogBench
from rankdistill.cascade.runs.log_cascade import aim_of, make_log_student

LOG = (
    "data=request_log",
    "evaluation.top_k=[3]",
    "evaluation.kept=[3,5,400]",
    "evaluation.monitor=val/recall_of_final@3_in_5",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return made_requests(tmp_path_factory.mktemp("log"))


class Known(torch.nn.Module):
    """A ranker that knows the final ranker's scores, or their opposites."""

    def __init__(self, sign):
        super().__init__()
        self.sign = sign

    def logits(self, batch):
        return self.sign * batch.teacher.logit()


def bench_of(data, *overrides):
    return LogBench(data, composed_cascade(*LOG, *overrides).evaluation, None)


def test_who_knows_the_final_ranker_keeps_its_top_and_who_thinks_the_opposite_does_not(data):
    bench = bench_of(data)
    metrics = bench.measure(Known(1)).metrics
    assert metrics["test/recall_of_final@3_in_3"] == 1
    assert metrics["test/teacher_ce"] < bench.measure(Known(-1)).metrics["test/teacher_ce"]
    assert bench.measure(Known(-1)).metrics["test/recall_of_final@3_in_3"] == 0
    assert metrics["test/ce"] == pytest.approx(bench.final_cross_entropy())


def test_cuts_that_keep_every_candidate_are_left_out(data):
    assert bench_of(data).kept == [3, 5]


def test_users_values_are_those_of_the_metrics(data):
    measured = bench_of(data).measure(Known(1))
    users = data.user_ids[data.examples["test"].request_ids].unique()
    assert measured.per_user["user_ids"].tolist() == users.tolist()
    assert measured.per_user["recall_of_final@3_in_3"].tolist() == [1] * len(users)


def test_choices_are_measured_where_there_are_no_scores(data):
    chosen = {
        name: dataclasses.replace(
            examples,
            teacher=(examples.teacher > 0.3).float(),
            teacher_weights=torch.ones(len(examples)),
        )
        for name, examples in data.examples.items()
    }
    table = dataclasses.replace(data.table, has_scores=False)
    bench = bench_of(dataclasses.replace(data, table=table, examples=chosen))
    assert bench.measures == ["recall_of_choice_in"]
    metrics = bench.measure(Known(1)).metrics
    assert metrics["test/recall_of_choice_in_5"] > metrics["test/recall_of_choice_in_3"] > 0.3
    assert bench.final_cross_entropy() is None


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["evaluation.kept=[50]", "evaluation.monitor=val/recall_of_final@3_in_50"],
            "has more than 8 candidates with final scores, and evaluation.kept begins with 50",
        ),
        (
            ["evaluation.top_k=[8]", "evaluation.monitor=val/recall_of_final@8_in_5"],
            "No validation request has more than 8 candidates with final scores",
        ),
    ],
)
def test_cuts_that_measure_nothing_are_refused(data, overrides, message):
    with pytest.raises(ValueError, match=message):
        bench_of(data, *overrides)


def test_a_grid_holds_each_scored_row_once(data):
    examples = data.examples["test"]
    grid = CandidateGrid.of(examples)
    numbers = torch.arange(1, len(examples) + 1)
    filled = grid.filled(numbers)
    assert filled[filled > 0].tolist() == numbers[examples.teacher_weights > 0].tolist()
    assert (filled > 0).sum(1).tolist() == grid.sizes.tolist()


@pytest.mark.slow
def test_an_untrained_student_is_measured_whole(data):
    cfg, bench = composed_cascade(*LOG), bench_of(data)
    student = make_log_student(cfg, "none", data, aim_of(cfg, bench)).eval()
    metrics = bench.measure(student).metrics
    assert {"val/ce_click", "test/ce_buy", "test/recall_of_final@3_in_5"} <= set(metrics)
