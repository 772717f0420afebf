"""Each job of a stack is measured as a model alone is."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL, composed, small_datamodule

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.metrics.measuring import measure_users
from rankdistill.runs.models import make_model
from rankdistill.stacks.job_measures import JobMeasures
from rankdistill.stacks.replicas import replicated

JOBS = 3


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture(scope="module")
def lead(datamodule):
    return make_model(composed("train", *SMALL, "module=student"), datamodule, None)


def measured(datamodule, lead, rows, block):
    split = datamodule.split
    measures = JobMeasures(JOBS, split.train, lead)
    told, held_out = (replicated(part, JOBS) for part in (split.train, split.validation))
    for users in EvaluationBlocks(told, held_out, block):
        measures.add(rows[users.contexts.user_ids].clone(), users)
    return measures


def scores_of_jobs(datamodule):
    users, items = datamodule.split.train.num_users, datamodule.split.train.num_items
    return seeded_draws().normal((JOBS * users, items))


@pytest.mark.parametrize("block", [7, 1000])
def test_the_metrics_of_a_job_are_means_over_its_own_users(block, datamodule, lead):
    rows, split = scores_of_jobs(datamodule), datamodule.split
    means = measured(datamodule, lead, rows, block).means
    (alone,) = EvaluationBlocks(split.train, split.validation, split.train.num_users)
    for job in range(JOBS):
        scores = rows.chunk(JOBS)[job][alone.contexts.user_ids].clone()
        scores[alone.seen_rows, alone.seen_items] = -torch.inf
        expected = measure_users(
            scores,
            alone.held_out_rows,
            alone.held_out_items,
            alone.num_held_out,
            lead.metric_names,
            lead.top_k,
        )
        for name, values in expected.items():
            mean = float(values.double().mean())
            assert means[f"val/{name}"][job] == pytest.approx(mean, abs=1e-7)


def test_scores_that_are_not_finite_are_the_fault_of_one_job_alone(datamodule, lead):
    rows = scores_of_jobs(datamodule)
    calm = measured(datamodule, lead, rows, 50)
    users = datamodule.split.train.num_users
    rows[users : 2 * users, 3] = torch.nan
    wrong = measured(datamodule, lead, rows, 50)
    assert calm.has_fault == [False, False, False]
    assert wrong.has_fault == [False, True, False]
    for name, values in calm.means.items():
        assert wrong.means[name][::2] == values[::2]
