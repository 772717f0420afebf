"""A job of a stack ends as it would alone: in double precision, against training one by one."""

from itertools import pairwise

import pytest
import torch
from tests.device_reads import DeviceReads, pretend_gpu
from tests.modules.recorded_calls import CallRecorder, use
from tests.stacks.made_stacks import (
    configurations,
    fitted_alone,
    fitted_together,
    modules_of,
    plain_data,
    weighed,
)

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.stacks.stack import Stack

pytestmark = pytest.mark.slow

LENGTHS = "trainer.max_epochs=12", "trainer.patience=2", "trainer.least_steps=0"

RANKING = [
    "weighting=uniform seed.initialization=1 training.learning_rate=0.3",
    "weighting=uniform seed.initialization=2 distillation.top_k=3 distillation.alpha=0.7",
    "weighting=position seed.initialization=3 sharpness.lambda_=2 training.weight_decay=0.01",
    "weighting=position seed.initialization=3 sharpness.lambda_=30 distillation.top_k=12",
    "weighting=discrepancy seed.initialization=4 sharpness.mu=0.02 training.learning_rate=0.1",
    "weighting=discrepancy seed.sampling=5 distillation.weighting.normalize=false",
    "weighting=hybrid seed.initialization=6 distillation.weighting.warmup_epochs=2",
    "weighting=hybrid seed.initialization=6 distillation.weighting.warmup_epochs=0",
    "weighting=hybrid sharpness.mu=0.5 distillation.loss_balance=official seed.sampling=7",
    "weighting=hybrid distillation.methods.ranking.weight=3 teacher.seed.initialization=9",
    "weighting=uniform training.decay_epochs=7 training.learning_rate=0.05",
    "weighting=hybrid teacher.seed.initialization=8 training.decay_epochs=5 distillation.top_k=5",
]
"""Twelve jobs of Ranking Distillation that differ in everything that they may."""

FEW = [RANKING[number] for number in (1, 5, 7, 9)]
"""Some of them, which are trained equally long."""

OF_LISTS = [
    f"seed.initialization={seed} distillation.alpha={alpha} training.learning_rate={rate}"
    for seed, alpha, rate in [(1, 0.1, 0.3), (2, 0.5, 0.03), (3, 0.9, 0.1), (3, 0.5, 0.1)]
]
"""Jobs of any other method."""

SAMPLED_LIST = (
    "distillation=plackett_luce",
    *(f"distillation.methods.plackett_luce.{part}=sampled" for part in ("head", "tail")),
    "distillation.methods.plackett_luce.pool=20",
    "distillation.top_k=5",
)


def assert_all_end_as_alone(shared, jobs, data, folder):
    cfgs = configurations([*LENGTHS, *shared], jobs)
    together = fitted_together(cfgs, data())
    lengths = []
    for number, (cfg, found) in enumerate(zip(cfgs, together, strict=True)):
        datamodule = data()
        module = modules_of(cfgs, datamodule)[number]
        alone = fitted_alone(module, cfg, datamodule, folder / str(number))
        assert found.error is None is alone.error
        assert len(found.curves) == len(alone.curves), jobs[number]
        for epoch, (mine, expected) in enumerate(zip(found.curves, alone.curves, strict=True)):
            assert mine.keys() == expected.keys()
            for name, value in expected.items():
                is_early_loss = name.startswith("train/") and epoch < 5
                within = {"rel": 1e-10, "abs": 1e-10} if is_early_loss else {"abs": 1e-6}
                assert mine[name] == pytest.approx(value, **within), (jobs[number], epoch, name)
        assert found.best_epoch == alone.best_epoch, jobs[number]
        mine, own = (_ranking(fit.weights) for fit in (found, alone))
        torch.testing.assert_close(mine, own, atol=1e-8, rtol=1e-8)
        lengths.append(len(found.curves))
    return lengths


def _ranking(weights):
    """The weights that order items; of others Adam makes steps of the noise in their gradients."""
    left_out = MatrixFactorization.ranks_nothing
    return {name: tensor for name, tensor in weights.items() if name not in left_out}


@pytest.fixture(autouse=True)
def quiet():
    quiet_lightning()


@pytest.fixture
def compacted(monkeypatch):
    """How many jobs were left each time that a stack was compacted."""
    left = []
    keep = Stack._keep

    def noted(self, positions):
        left.append(len(positions))
        keep(self, positions)

    monkeypatch.setattr(Stack, "_keep", noted)
    return left


@pytest.mark.parametrize("rank", ["exact", "sampled"])
def test_twelve_jobs_that_learn_from_whole_users_end_as_alone(rank, tmp_path, compacted):
    jobs = [
        f"{job} student_rank={rank}" if "discrepancy" in job or "hybrid" in job else job
        for job in RANKING
    ]
    lengths = assert_all_end_as_alone(["ranking_loss=softmax"], jobs, plain_data, tmp_path)
    assert len(set(lengths)) > 3, "jobs stop in different epochs"
    assert compacted, "those that are left close up"


@pytest.mark.parametrize("loss", ["bpr", "pointwise"])
def test_twelve_jobs_that_learn_from_pairs_end_as_alone(loss, tmp_path, compacted):
    shared = [f"ranking_loss={loss}", "training.batch_size=256"]
    lengths = assert_all_end_as_alone(shared, RANKING, plain_data, tmp_path)
    assert len(set(lengths)) > 2
    assert compacted


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_pairs_weigh_in_a_stack_what_they_weigh_alone(loss, tmp_path):
    assert_all_end_as_alone(
        [f"ranking_loss={loss}"], RANKING[:2], lambda: weighed(plain_data()), tmp_path
    )


@pytest.mark.parametrize(
    "method",
    [
        ("distillation=soft_targets",),
        ("distillation=plackett_luce", "distillation.top_k=5"),
        SAMPLED_LIST,
        ("distillation=[ranking,soft_targets]", "weighting=position"),
    ],
    ids=["soft_targets", "plackett_luce", "sampled", "two methods"],
)
def test_other_methods_teach_in_a_stack_what_they_teach_alone(method, tmp_path):
    shared = ["ranking_loss=softmax", *method]
    assert_all_end_as_alone(shared, OF_LISTS, plain_data, tmp_path)


@pytest.mark.parametrize(
    "shared",
    [["ranking_loss=softmax"], ["ranking_loss=bpr", "training.batch_size=256"]],
    ids=["whole users", "pairs"],
)
def test_jobs_end_as_alone_on_the_ways_of_a_gpu_too(shared, tmp_path, monkeypatch):
    pretend_gpu(monkeypatch)
    assert_all_end_as_alone(shared, FEW, plain_data, tmp_path)


def test_negatives_by_popularity_are_those_that_each_job_draws_alone(tmp_path):
    shared = ["ranking_loss=bpr", "negatives=popularity", "weighting=uniform"]
    assert_all_end_as_alone(shared, OF_LISTS[:2], plain_data, tmp_path)


def test_students_that_start_from_their_teachers_factors_end_as_alone(tmp_path):
    shared = ["initialization=teacher_factors", "weighting=uniform"]
    assert_all_end_as_alone(shared, OF_LISTS[:2], plain_data, tmp_path)


def test_jobs_without_a_teacher_end_as_alone(tmp_path):
    assert_all_end_as_alone(
        ["module=student"],
        [
            "seed.initialization=1",
            "seed.initialization=2 training.learning_rate=0.3",
        ],
        plain_data,
        tmp_path,
    )


def test_jobs_that_keep_the_last_epoch_keep_it_in_a_stack(tmp_path):
    shared = ["trainer.keep=last", "weighting=uniform"]
    jobs = [f"training.decay_epochs={epochs} training.learning_rate=0.3" for epochs in (4, 6)]
    lengths = assert_all_end_as_alone(shared, jobs, plain_data, tmp_path)
    assert lengths == [4, 6]


def test_a_job_that_diverges_leaves_with_the_words_that_it_would_have_alone(tmp_path):
    jobs = [RANKING[1], f"{RANKING[0]} training.learning_rate=1e30", RANKING[6], RANKING[4]]
    cfgs = configurations(LENGTHS, jobs)
    calm = fitted_together([cfgs[0], cfgs[2], cfgs[3]], plain_data())
    fits = fitted_together(cfgs, plain_data())
    datamodule = plain_data()
    alone = fitted_alone(modules_of(cfgs, datamodule)[1], cfgs[1], datamodule, tmp_path)
    assert alone.error is not None
    assert fits[1].error == alone.error
    assert not fits[1].weights
    for found, expected in zip((fits[0], fits[2], fits[3]), calm, strict=True):
        assert found.error is None
        assert found.best_epoch == expected.best_epoch
        torch.testing.assert_close(found.weights, expected.weights, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(
    ("jobs", "shared", "is_recorded"),
    [
        (FEW, ["ranking_loss=softmax"], True),
        (FEW, ["ranking_loss=softmax"], False),
        (FEW, ["ranking_loss=bpr", "training.batch_size=256"], True),
        (FEW, ["ranking_loss=bpr", "training.batch_size=256"], False),
        (OF_LISTS, ["distillation=soft_targets"], True),
        (OF_LISTS, ["distillation=plackett_luce", "distillation.top_k=5"], False),
    ],
)
def test_an_epoch_of_a_stack_reads_the_device_once(jobs, shared, is_recorded, monkeypatch):
    pretend_gpu(monkeypatch)
    recorder = CallRecorder()
    if is_recorded:
        use(recorder, monkeypatch)
    reads, begun = DeviceReads(), []
    begin = Stack.on_train_epoch_start

    def noted(self):
        begun.append(len(reads.found))
        begin(self)

    monkeypatch.setattr(Stack, "on_train_epoch_start", noted)
    with reads:
        fitted_together(configurations(["trainer.max_epochs=4", *shared], jobs), plain_data())
    assert bool(recorder.replays) == is_recorded
    of_epochs = [reads.found[first:last] for first, last in pairwise(begun)]
    assert of_epochs[1:] == [["cpu"]] * 2, "losses, metrics and what the next epoch needs"
