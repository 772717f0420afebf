"""What a stack learns from: each job's losses, told apart and added up."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.stacks.made_stacks import configurations, modules_of, plain_data

from rankdistill.draws.draws import Draws
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.stacks.stacked_batches import StackedUsers
from rankdistill.stacks.stacked_factors import StackedFactors
from rankdistill.stacks.stacked_lessons import StackedLessons, balance_of

JOBS = [
    "weighting=position distillation.alpha=0.2 distillation.top_k=4",
    "weighting=uniform distillation.alpha=0.9 distillation.methods.ranking.weight=2",
]


@pytest.fixture(scope="module")
def cfgs():
    return configurations(["ranking_loss=softmax"], JOBS)


def lessons_of(cfgs, datamodule, running):
    modules = modules_of(cfgs, datamodule)
    draws: list[Draws] = [seeded_draws(number) for number in range(len(modules))]
    lessons = StackedLessons(modules, datamodule, datamodule.split.train, draws)
    starts = lessons.starts()
    network = StackedFactors([starts[number] for number in running])
    lessons.gather(running, torch.float32)
    lessons.refresh(network.score_rows, 0)
    return lessons, network


def learned(lessons, network, train, seeds):
    """The losses of the first batch, of the orders that some seeds give."""
    orders = seeded_draws(*seeds)
    (batch, *_) = lessons.completed(list(StackedUsers(train, 16, orders)))
    (scores,) = BatchScores.of_stride(network, [batch])
    return lessons.learn(scores, batch)


@pytest.mark.slow
def test_a_jobs_losses_and_gradients_do_not_depend_on_who_learns_beside_it(cfgs):
    datamodule = plain_data()
    train = datamodule.split.train
    lessons, network = lessons_of(cfgs, datamodule, [0, 1])
    together = learned(lessons, network, train, [3, 4])
    for number, seed in enumerate([3, 4]):
        fewer, alone = lessons_of(cfgs, datamodule, [number])
        expected = learned(fewer, alone, train, [seed])
        assert together.keys() == expected.keys()
        for name, values in together.items():
            torch.testing.assert_close(values[number], expected[name][0])
        for table, own in zip(network.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(network.parts(table.grad)[number], own.grad)


@pytest.mark.slow
def test_the_loss_that_is_told_is_balanced_as_each_job_says(cfgs):
    datamodule = plain_data()
    lessons, network = lessons_of(cfgs, datamodule, [0, 1])
    told = learned(lessons, network, datamodule.split.train, [3, 4])
    assert list(told) == ["train/loss", "train/ranking_loss", "train/distillation_loss"]
    alphas = torch.tensor([0.2, 0.9])
    expected = (1 - alphas) * told["train/ranking_loss"] + alphas * told["train/distillation_loss"]
    torch.testing.assert_close(told["train/loss"], expected)


@pytest.mark.slow
def test_a_model_without_a_teacher_has_its_ranking_loss_alone():
    cfgs = configurations(["module=student"], ["seed.initialization=1"])
    (module,) = modules_of(cfgs, plain_data())
    assert tuple(balance_of(module)) == (1.0, 0.0)
