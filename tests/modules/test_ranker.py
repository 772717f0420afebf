import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL, composed, small_datamodule

from rankdistill.building import Component
from rankdistill.data.batches import EvaluationBlock, EvaluationBlocks
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.models import make_student
from rankdistill.runs.trainer import make_trainer

CONSTANT = "tests.modules.stand_ins.ConstantScores"


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def ranker_of(backbone, num_users=3, num_items=4):
    """An untrained ranker of a small catalogue."""
    return Ranker(
        backbone,
        num_users,
        num_items,
        metrics=["recall", "mrr"],
        top_k=[1, 2],
        seed=0,
        data={},
        allow_targets=["tests"],
    )


def ranker_with(scores):
    """One whose scores are the rows of a matrix."""
    ranker = ranker_of({"_target_": CONSTANT, "score": 0.0}, *scores.shape)
    ranker.backbone.score_rows = lambda contexts: scores[contexts.user_ids]
    return ranker


def block_of(user_ids, seen, held_out):
    """Users to rank for, from (row, item) pairs."""
    seen_rows, seen_items = torch.tensor(seen).T
    rows, items = torch.tensor(held_out).T
    counts = torch.bincount(rows, minlength=len(user_ids))
    return EvaluationBlock(
        Contexts(torch.tensor(user_ids)), seen_rows, seen_items, rows, items, counts
    )


SCORES = torch.tensor([[9.0, 3.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
BLOCK = block_of([2, 0], seen=[(0, 3), (1, 0), (1, 1)], held_out=[(0, 1), (1, 2), (1, 3)])
"""User 2 has seen its best item, and the second of the others is to be found; user 0 has seen its
best two, and both others are to be found."""


def test_seen_items_take_no_place_in_the_values_of_each_user():
    ranker = ranker_with(SCORES)
    ranker.on_test_epoch_start()
    ranker.test_step(BLOCK, 0)
    (values,) = ranker.per_user
    assert values["user_ids"].tolist() == [2, 0]
    assert values["recall@1"].tolist() == [0, 0.5]
    assert values["recall@2"].tolist() == [1, 1]
    assert values["mrr@2"].tolist() == [0.5, 1]


def test_a_new_epoch_forgets_the_users_of_the_one_before():
    ranker = ranker_with(SCORES)
    for _ in range(2):
        ranker.on_test_epoch_start()
        ranker.test_step(BLOCK, 0)
        ranker.on_validation_epoch_start()
        ranker.validation_step(BLOCK, 0)
    assert len(ranker.per_user) == 1
    assert float(ranker.metrics.compute()["recall@1"]) == 0.25


def test_a_backbone_that_reads_interactions_is_given_those_of_training():
    ease = "rankdistill.backbones.ease.Ease"
    ranker = ranker_of({"_target_": ease, "l2": 1.0, "memory_gib": 1.0})
    users, items = torch.tensor([0, 0, 2]), torch.tensor([1, 3, 1])
    ranker.prepare(Interactions.from_pairs(users, items, 3, 4), seeded_draws())
    observed = ranker.backbone.pairs.indicators(torch.arange(3), 4)
    assert observed.nonzero().tolist() == [[0, 1], [0, 3], [2, 1]]


def test_scores_that_are_not_finite_end_in_the_advice_of_the_module():
    ranker = ranker_with(torch.full((3, 4), torch.nan))
    ranker.validation_step(BLOCK, 0)
    with pytest.raises(FloatingPointError, match=r"it has diverged; change its settings\.$"):
        ranker.on_validation_epoch_end()


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_are_no_other_error_among_sampled_items(score):
    ranker = ranker_with(torch.full((3, 4), score))
    ranker.validation_step(BLOCK._replace(sampled_negatives=1), 0)
    with pytest.raises(FloatingPointError, match="scores are not all finite"):
        ranker.on_validation_epoch_end()


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_not_finite_is_an_error_in_evaluation(score, tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "allow_targets=[tests]")
    cfg.backbone = Component(CONSTANT, {"score": score})
    module = make_student(cfg, datamodule)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "student")
    with pytest.raises(FloatingPointError, match="scores are not all finite"):
        trainer.validate(module, datamodule=datamodule, verbose=False)


def test_one_score_of_minus_infinity_is_an_error_even_where_it_is_not_held_out(datamodule):
    cfg = composed("train", *SMALL, "module=student")
    module = make_student(cfg, datamodule)
    split = datamodule.split
    block = next(iter(EvaluationBlocks(split.train, split.validation, 32)))
    free = torch.ones(len(block.contexts), split.train.num_items, dtype=torch.bool)
    free[block.seen_rows, block.seen_items] = False
    free[block.held_out_rows, block.held_out_items] = False
    row, item = free.nonzero()[0].tolist()
    scores = module.backbone.score_rows(block.contexts).detach()
    scores[row, item] = -torch.inf
    module.backbone.score_rows = lambda contexts: scores.clone()
    module.validation_step(block, 0)
    with pytest.raises(FloatingPointError, match="scores are not all finite"):
        module.on_validation_epoch_end()


def test_a_constant_scorer_earns_nothing(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "allow_targets=[tests]")
    cfg.backbone = Component(CONSTANT, {"score": 1.0})
    module = make_student(cfg, datamodule)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "student")
    trainer.validate(module, datamodule=datamodule, verbose=False)
    assert float(trainer.callback_metrics["val/map@5"]) == 0


def test_metrics_are_those_of_a_slow_loop_over_users_and_sorted_items(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student")
    module = make_student(cfg, datamodule)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "student")
    trainer.test(module, datamodule=datamodule, verbose=False)
    recalls = []
    train, validation, test = (
        [
            set(part.item_ids[a:b].tolist())
            for a, b in zip(part.offsets, part.offsets[1:], strict=False)
        ]
        for part in datamodule.split.parts
    )
    for user in range(datamodule.split.test.num_users):
        if not test[user]:
            continue
        scores = module.backbone.score_rows(Contexts(torch.tensor([user])))[0].tolist()
        ranked = sorted(
            (item for item in range(len(scores)) if item not in train[user] | validation[user]),
            key=lambda item: -scores[item],
        )
        recalls.append(len(set(ranked[:10]) & test[user]) / len(test[user]))
    measured = float(trainer.callback_metrics["test/recall@10"])
    assert measured == pytest.approx(sum(recalls) / len(recalls), abs=1e-6)


def test_a_held_out_item_is_ranked_among_as_many_sampled_items_as_the_block_asks_for():
    ranker = ranker_with(SCORES)
    ranker.on_test_epoch_start()
    ranker.test_step(BLOCK._replace(sampled_negatives=1), 0)
    (values,) = ranker.per_user
    # Items 0 and 2 are unseen by user 2 and no better than its item 1, but for item 2: half of the
    # draws have it. User 0 has nothing else unseen: both of its items come first.
    assert values["recall@1"].tolist() == [0.5, 1]
    assert values["recall@2"].tolist() == [1, 1]
