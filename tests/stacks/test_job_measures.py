"""Each job of a stack is measured as a model alone is."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL, composed, small_datamodule

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.metrics.measuring import measure_users
from rankdistill.runs.models import make_model
from rankdistill.stacks.job_measures import JobMeasures
from rankdistill.stacks.stacked_blocks import StackedBlocks

JOBS = 3


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture(scope="module")
def lead(datamodule):
    return make_model(composed("train", *SMALL, "module=student"), datamodule, None)


def measured(datamodule, lead, rows, block, at_once):
    split = datamodule.split
    users = EvaluationBlocks(split.train, split.validation, block)
    measures = JobMeasures(JOBS, users.num_users, lead, rows.device)
    for some in StackedBlocks(users, split.train.num_users, JOBS, at_once):
        measures.add(rows[some.users.contexts.user_ids].clone(), some)
    return measures


def means_of(measures):
    return dict(zip(measures.names, measures.means.tolist(), strict=True))


def scores_of_jobs(datamodule):
    users, items = datamodule.split.train.num_users, datamodule.split.train.num_items
    return seeded_draws().normal((JOBS * users, items))


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("block", [7, 1000])
def test_the_metrics_of_a_job_are_means_over_its_own_users(block, at_once, datamodule, lead):
    rows, split = scores_of_jobs(datamodule), datamodule.split
    means = means_of(measured(datamodule, lead, rows, block, at_once))
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
    calm = measured(datamodule, lead, rows, 50, 2)
    users = datamodule.split.train.num_users
    rows[users : 2 * users, 3] = torch.nan
    wrong = measured(datamodule, lead, rows, 50, 2)
    assert calm.faults.tolist() == [0, 0, 0]
    first, second, third = wrong.faults.tolist()
    assert first == third == 0 < second
    for name, values in means_of(calm).items():
        assert means_of(wrong)[name][::2] == values[::2]
