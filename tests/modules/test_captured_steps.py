"""Replayed steps do what plain steps do, and nothing that does otherwise is trusted."""

import logging

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws
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
from rankdistill.data.batches import UserBatches
from rankdistill.modules.batch_buffers import largest_batch
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.captured_steps import CapturedSteps, Step, rates_on_device
from rankdistill.modules.objectives import Softmax
from rankdistill.modules.recommender import Recommender

FEW = ["trainer.max_epochs=4", "trainer.patience=9", "training.learning_rate=0.03125"]
"""The step size has few digits: on a device it is kept in single precision."""

KINDS = {
    "bpr": ["module=student", "ranking_loss=bpr"],
    "position, bpr": ["ranking_loss=bpr", "weighting=position"],
    "own target": [
        "ranking_loss=bpr",
        "weighting=position",
        "distillation.methods.ranking.exclude_seen=false",
    ],
    "hybrid": ["ranking_loss=softmax", "distillation.weighting.warmup_epochs=2"],
    "soft_targets, bpr": ["ranking_loss=bpr", "distillation=[soft_targets]"],
    "two methods": ["ranking_loss=softmax", "distillation=[plackett_luce,soft_targets]"],
    "draws": [
        "ranking_loss=softmax",
        "student_rank=sampled",
        "distillation.weighting.warmup_epochs=1",
    ],
    "falling rate": ["module=student", "ranking_loss=bpr", "training.decay_epochs=4"],
}


def trained(settings, folder, data=plain_data):
    datamodule = data()
    (cfg,) = cfgs = configurations([*FEW, *settings], [""])
    (module,) = modules_of(cfgs, datamodule)
    return fitted_alone(module, cfg, datamodule, folder)


def assert_as_plain(found, plain):
    assert found.error is None is plain.error
    assert len(found.curves) == len(plain.curves)
    for mine, expected in zip(found.curves, plain.curves, strict=True):
        assert mine == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_replayed_steps_train_the_model_that_plain_steps_train(kind, monkeypatch, tmp_path):
    plain = trained(KINDS[kind], tmp_path / "plain")
    recorder = CallRecorder()
    use(recorder, monkeypatch)
    found = trained(KINDS[kind], tmp_path / "replayed")
    assert recorder.replays > 0
    assert_as_plain(found, plain)


JOBS = [
    "weighting=hybrid seed.initialization=1 distillation.weighting.warmup_epochs=1",
    "weighting=hybrid seed.initialization=2 distillation.weighting.warmup_epochs=1 sharpness.mu=1",
    "weighting=hybrid seed.initialization=3 distillation.top_k=3 distillation.alpha=0.7"
    " distillation.weighting.warmup_epochs=1",
    "weighting=hybrid seed.sampling=4 distillation.weighting.warmup_epochs=1"
    " training.decay_epochs=2",
]


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["softmax", "bpr"])
def test_a_stack_replays_its_steps_and_records_anew_once_jobs_have_left(loss, monkeypatch):
    cfgs = configurations([*FEW, f"ranking_loss={loss}"], JOBS)
    plain = fitted_together(cfgs, weighed(plain_data()))
    recorder = CallRecorder()
    use(recorder, monkeypatch)
    found = fitted_together(cfgs, weighed(plain_data()))
    for one, expected in zip(found, plain, strict=True):
        assert_as_plain(one, expected)
    warm_up, afterwards, without_the_fourth = recorder.recordings
    assert all(each.replays > 1 for each in (warm_up, afterwards, without_the_fourth))


SOFTMAX = "module=student", "ranking_loss=softmax"
SAMPLED_RANK = "student_rank=sampled", "distillation.weighting.warmup_epochs=0"


@pytest.fixture
def said(caplog):
    """What is told of captures, once training is over."""
    caplog.set_level(logging.INFO)
    return lambda: [each for each in caplog.messages if each.startswith("Steps are not replayed")]


def reason(text):
    return f"Steps are not replayed as a CUDA graph, which is slower: {text}."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recorder", "message"),
    [
        (CallRecorder(waits=True), "called a synchronizing operation"),
        (CallRecorder(fails=True), "operation not permitted when stream is capturing"),
    ],
    ids=["waits", "fails"],
)
def test_what_cannot_be_recorded_is_told_once_and_trained_plainly(
    recorder, message, monkeypatch, tmp_path, said
):
    plain = trained(SOFTMAX, tmp_path / "plain")
    use(recorder, monkeypatch)
    assert_as_plain(trained(SOFTMAX, tmp_path / "refused"), plain)
    assert not recorder.replays
    assert said() == [reason(message)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ("ranking_loss=bpr", *SAMPLED_RANK),
            "a replay counted steps or draws otherwise than the plain step",
        ),
        (("module=student", "backbone=fism"), "Fism is no matrix factorization"),
        (
            ("distillation=[collaborative]", "ranking_loss=bpr"),
            "distillation=collaborative does more in a step than to read scores",
        ),
    ],
    ids=["draws", "network", "method"],
)
def test_steps_that_do_not_do_alike_are_plain_and_the_reason_is_told(
    settings, message, monkeypatch, tmp_path, said
):
    recorder = CallRecorder()
    use(recorder, monkeypatch)
    assert trained(settings, tmp_path).error is None
    assert recorder.replays <= 1, "the one that is compared"
    assert said() == [reason(message)]


class Learned:
    """A factorisation whose steps are taken one by one, with all that they change at hand."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = MatrixFactorization(60, 20, 4, init_std=0.5).double()
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.0625, fused=True)
        train = of_matrix(random_matrix(60, 20, 0.3, seed=0))
        self.batches = list(UserBatches(train, 16, seeded_draws()))[:3]
        self.shape = largest_batch(train, 16, of_pairs=False)
        self.told: list[str] = []

    def learn(self, scores, batch):
        self.optimizer.zero_grad()
        loss = Softmax()(scores, batch)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def end(self, recorder):
        """The weights after three steps, the third of which is tried."""
        step = Step(self.learn, self.network, self.optimizer, seeded_draws(), {}, self.shape)
        captured = CapturedSteps(step, recorder, self.told.append)
        for batch in self.batches:
            captured.take(BatchScores.of(self.network, batch), batch)
        return [weight.detach().clone() for weight in self.network.parameters()]

    def forget_weights(self):
        kept = [weight.detach().clone() for weight in self.network.parameters()]
        return lambda: self._put(self.network.parameters(), kept)

    def forget_a_moment(self):
        state = self.optimizer.state[self.network.item_embedding.weight]["exp_avg"]
        kept = state.clone()
        return lambda: state.copy_(kept)

    def forget_the_count(self):
        counts = [each["step"] for each in self.optimizer.state.values()]
        kept = [count.clone() for count in counts]
        return lambda: self._put(counts, kept)

    @torch.no_grad()
    def _put(self, tensors, values):
        for tensor, value in zip(tensors, values, strict=True):
            tensor.copy_(value)


@pytest.mark.parametrize(
    ("forgotten", "message"),
    [
        ("forget_weights", "a replay moved weights otherwise than the plain step"),
        ("forget_a_moment", "a replay gave other gradients than the plain step"),
        ("forget_the_count", "a replay counted steps or draws otherwise than the plain step"),
    ],
)
def test_a_replay_that_differs_is_not_trusted_and_the_plain_step_counts(forgotten, message):
    expected = Learned().end(CallRecorder(fails=True))
    model = Learned()
    found = model.end(CallRecorder(forgets=getattr(model, forgotten)))
    assert model.told == [reason(message)]
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_replay_of_another_loss_is_not_trusted():
    model, calls = Learned(), []
    learn = model.learn

    def drifting(scores, batch):
        calls.append(None)
        return {name: value + len(calls) for name, value in learn(scores, batch).items()}

    model.learn = drifting
    model.end(CallRecorder())
    assert model.told == [reason("a replay gave another loss than the plain step")]


def test_a_model_that_has_diverged_is_replayed_all_the_same():
    model = Learned()
    with torch.no_grad():
        model.network.item_bias.fill_(torch.nan)
    recorder = CallRecorder()
    model.end(recorder)
    assert (model.told, recorder.replays) == ([], 1)


def test_step_sizes_lie_where_a_replay_reads_them():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], lr=0.25, fused=True)
    rates_on_device(optimizer)
    rates_on_device(optimizer)  # of a run that goes on
    (group,) = optimizer.param_groups
    assert torch.equal(group["lr"], torch.tensor(0.25))


@pytest.mark.slow
def test_halves_are_made_of_the_weights_as_each_step_finds_them(monkeypatch, tmp_path):
    """Autocast keeps the halves of a weight until it is left, which is after many steps."""
    halves = [*SOFTMAX, "trainer.precision=bf16-mixed"]
    at_once = trained(halves, tmp_path / "stride")
    monkeypatch.setattr(Recommender, "batches_in_stride", 1)
    assert trained(halves, tmp_path / "one").curves == at_once.curves
