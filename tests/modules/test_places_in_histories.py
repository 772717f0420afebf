"""Every method and every loss works by places in histories, for networks that read order."""

import math

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from
from tests.modules.last_two import LastTwo, LastTwoOfSequences
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.building import Component
from rankdistill.conf_path import conf_dir
from rankdistill.data.sequence_batches import SequenceRows
from rankdistill.data.window_batches import WindowPairs
from rankdistill.distillation.interface import DistillationContext
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.told_interactions import tell_interactions
from rankdistill.runs.models import make_model, make_teacher
from rankdistill.runs.trainer import make_trainer

REFUSED = {"ease_assisted", "heterogeneous"}
"""Methods that teach whole users alone."""
METHODS = sorted(
    path.stem for path in (conf_dir() / "distillation").glob("*.yaml") if path.stem not in REFUSED
)
LOSSES = sorted(path.stem for path in (conf_dir() / "ranking_loss").glob("*.yaml"))
STUDENTS = [LastTwo, LastTwoOfSequences]
CHANGED = {
    "dual_correction": ["pool=20", "num_corrections=5"],
    "plackett_luce": ["head=sampled", "tail=sampled", "pool=20", "num_tail=8"],
    "rejuvenated_cross_entropy": ["top_k=5", "num_sampled=5", "pool=20"],
}


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def reader_of_order(datamodule, kind=LastTwo, dim=5):
    train = datamodule.split.train
    torch.manual_seed(0)
    network = kind(train.num_users, train.num_items, dim).eval()
    tell_interactions(network, train)
    return network


def fitted(datamodule, folder, student, teacher, *overrides, data=SMALL_DISTILLED):
    """A distilled student after an epoch; ``student`` is a kind of network that reads order."""
    cfg = composed("train", *data, "allow_targets=[tests]", *overrides)
    cfg.trainer.max_epochs, cfg.training.batch_size = 1, 64
    if student is not None:
        name = f"{student.__module__}.{student.__name__}"
        cfg.backbone = Component(name, {"embedding_dim": 3})
    if teacher is None:
        made = make_teacher(cfg, datamodule)
        made.prepare(datamodule.split.train, seeded_draws())
        teacher = made.backbone
    module = make_model(cfg, datamodule, teacher)
    before = {name: value.clone() for name, value in module.backbone.state_dict().items()}
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "model")
    trainer.fit(module, datamodule=datamodule)
    after = module.backbone.state_dict()
    assert not [name for name, _ in module.named_modules() if "teacher" in name]
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(bool(value.isfinite().all()) for value in after.values())
    return module


@pytest.fixture
def asked_for_users(monkeypatch):
    """The networks that were asked for the scores of whole users, outside of validation."""
    asked = []
    for kind in STUDENTS:
        own = kind.score_rows

        def score_rows(network, contexts, own=own):
            if contexts.ends is None and (network.training or not network.is_student):
                asked.append(network)
            return own(network, contexts)

        monkeypatch.setattr(kind, "score_rows", score_rows)
        monkeypatch.setattr(kind, "is_student", True, raising=False)
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", LOSSES)
@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_teaches_beside_every_loss(
    method, student, ranking_loss, datamodule, tmp_path, asked_for_users
):
    settings = [f"distillation.methods.{method}.{each}" for each in CHANGED.get(method, ())]
    teacher = reader_of_order(datamodule)
    teacher.is_student = False
    groups = (f"distillation=[{method}]", f"ranking_loss={ranking_loss}", "top_k=k10")
    fitted(datamodule, tmp_path, student, teacher, *groups, *settings)
    assert asked_for_users == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "weighting",
    [
        ["weighting=position"],
        ["weighting=discrepancy", "student_rank=exact"],
        ["weighting=hybrid", "student_rank=exact", "distillation.weighting.warmup_epochs=0"],
        ["weighting=hybrid", "student_rank=sampled", "distillation.weighting.warmup_epochs=0"],
    ],
)
def test_every_weighting_weighs_places_in_histories(
    weighting, datamodule, tmp_path, asked_for_users
):
    teacher = reader_of_order(datamodule)
    teacher.is_student = False
    fitted(datamodule, tmp_path, LastTwo, teacher, *weighting, "top_k=k10")
    assert asked_for_users == []


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ranking", "experts", "soft_targets", "unbiased"])
@pytest.mark.parametrize("teacher", ["matrix_factorization", "fism", "ease"])
def test_networks_of_users_and_of_sets_teach_one_that_reads_order(
    teacher, method, datamodule, tmp_path
):
    if teacher == "ease" and method == "experts":
        pytest.skip("EASE has no embeddings")
    chosen = (f"distillation=[{method}]", "top_k=k10")
    if teacher == "ease":
        fitted(datamodule, tmp_path, LastTwo, None, *chosen, "teacher=ease", data=SMALL)
    else:
        fitted(datamodule, tmp_path, LastTwo, None, *chosen, f"backbone@teacher={teacher}")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ranking", "experts", "soft_targets", "plackett_luce"])
@pytest.mark.parametrize("student", ["matrix_factorization", "fism"])
def test_a_network_that_reads_order_teaches_others_from_the_end_of_histories(
    student, method, datamodule, tmp_path
):
    teacher = reader_of_order(datamodule)
    asked = []
    score_rows = teacher.score_rows
    teacher.score_rows = lambda contexts: asked.append(contexts.ends) or score_rows(contexts)
    chosen = (f"backbone={student}", f"distillation=[{method}]", "top_k=k10")
    fitted(datamodule, tmp_path, None, teacher, *chosen)
    assert all(ends is None for ends in asked)


def in_double(datamodule, kind, batches):
    """A student and a teacher in float64, and the views of the first batch of an epoch."""
    student = reader_of_order(datamodule, kind, dim=3).double()
    teacher = reader_of_order(datamodule).double()
    train = datamodule.split.train
    draws = seeded_draws()
    batch = next(iter(batches(train, 8, draws)))
    context = DistillationContext(teacher, train, user_block=5, draws=draws)
    return student, teacher, context, BatchScores.of(student, batch, user_pairs=6)


def scores_by_hand(network, user, end):
    """All scores of one place in a history, from the tables alone."""
    known, table = network.sequences, network.items.weight.detach()
    first = int(known.offsets[user])
    last = known.items[first : first + end].tolist()[-2:]
    vector = sum((table[item] for item in last), torch.zeros_like(table[0])) / 2
    return table @ vector


def pairs_of(contexts):
    return list(zip(contexts.user_ids.tolist(), contexts.ends.tolist(), strict=True))


def test_soft_targets_of_sequences_are_those_of_a_slow_loop(datamodule):
    def batches(*given):
        return SequenceRows(*given, length=4)

    student, teacher, context, view = in_double(datamodule, LastTwoOfSequences, batches)
    method = built_from("distillation/soft_targets", exclude_seen=True)
    method.prepare(context)
    losses = []
    for user, end in pairs_of(view.contexts):
        seen = set(context.train.item_ids[context.train.user_ids == user].tolist())
        left = [item for item in range(context.train.num_items) if item not in seen]
        own = scores_by_hand(student, user, end)[left] / method.temperature
        targets = scores_by_hand(teacher, user, end)[left] / method.teacher_temperature
        losses.append(-(targets.softmax(0) * own.log_softmax(0)).sum())
    torch.testing.assert_close(
        method.loss(view).double(), torch.stack(losses).mean(), rtol=1e-6, atol=0
    )


def test_plackett_luce_of_windows_is_that_of_a_slow_loop(datamodule):
    def batches(*given):
        return WindowPairs(*given, targets=2)

    student, teacher, context, view = in_double(datamodule, LastTwo, batches)
    method = built_from("distillation/plackett_luce", top_k=4)
    method.prepare(context)
    losses = []
    for user, end in pairs_of(view.contexts[:6]):
        seen = set(context.train.item_ids[context.train.user_ids == user].tolist())
        own = scores_by_hand(student, user, end)
        order = scores_by_hand(teacher, user, end).argsort(descending=True).tolist()
        order = [item for item in order if item not in seen]
        terms = [float(own[order[place:]].logsumexp(0) - own[order[place]]) for place in range(4)]
        losses.append(math.fsum(terms) / 4)
    assert float(method.loss(view).detach()) == pytest.approx(math.fsum(losses) / 6, rel=1e-6)
