from dataclasses import replace
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.ensemble import standardized_rows
from rankdistill.backbones.interface import give_histories
from rankdistill.distillation.interface import DistillationContext
from rankdistill.histories.contexts import Contexts
from rankdistill.runs.models import make_model, make_teacher

teacher_factors = partial(built_from, "initialization/teacher_factors")


def context(rows: torch.Tensor, user_block: int = 4) -> DistillationContext:
    return DistillationContext(
        FixedScores(rows),
        some_interactions(*rows.shape),
        user_block,
        seeded_draws(),
    )


def random_rows() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return 5 + 3 * torch.randn(11, 7, generator=generator)


def standardized(rows: torch.Tensor) -> torch.Tensor:
    return (rows - rows.mean(1, keepdim=True)) / rows.std(1, keepdim=True, correction=0)


def test_the_start_is_the_best_approximation_of_its_size_to_the_standardised_rows():
    rows = standardized(random_rows()).double()
    mean = rows.mean(0)
    left, values, right = torch.linalg.svd(rows - mean, full_matrices=False)
    expected = mean + (left[:, :2] * values[:2]) @ right[:2]
    users, items, bias = teacher_factors(scale=1.0, num_iterations=12)(context(random_rows()), 2)
    torch.testing.assert_close(users @ items.t() + bias, expected.float(), atol=1e-3, rtol=0)
    torch.testing.assert_close(users.norm(dim=0), items.norm(dim=0))


def test_the_scale_multiplies_the_scores():
    one, nine = (teacher_factors(scale=scale)(context(random_rows()), 3) for scale in (1.0, 9.0))
    torch.testing.assert_close(nine.users @ nine.items.t(), 9 * (one.users @ one.items.t()))
    torch.testing.assert_close(nine.item_bias, 9 * one.item_bias)


def test_blocks_of_users_change_nothing():
    whole = teacher_factors()(context(random_rows(), 100), 3)
    blocks = teacher_factors()(context(random_rows(), 2), 3)
    torch.testing.assert_close(
        whole.users @ whole.items.t(), blocks.users @ blocks.items.t(), atol=1e-4, rtol=0
    )


def test_dimensions_beyond_the_rank_of_the_scores_are_zero():
    users, items, _ = teacher_factors()(context(random_rows()), 20)
    assert users.shape == (11, 20)
    assert items.shape == (7, 20)
    assert not users[:, 7:].any()


def test_constant_rows_start_at_zero_not_at_nan():
    users, items, bias = teacher_factors()(context(torch.ones(5, 6)), 2)
    assert not (users @ items.t()).any()
    assert not bias.any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"scale": 0}, "scale must be positive"), ({"num_iterations": -1}, "must not be negative")],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        teacher_factors(**settings)


def test_a_distilled_student_starts_from_the_teacher_and_its_checkpoint_is_as_small():
    datamodule = small_datamodule()
    cfg = composed("train", *SMALL_DISTILLED, "initialization=teacher_factors")
    teacher = make_teacher(cfg, datamodule).backbone
    module = make_model(cfg, datamodule, teacher)
    names = set(module.state_dict())
    rows = teacher.score_rows(Contexts(torch.arange(80))).detach()
    given = replace(context(rows, 32), train=datamodule.split.train, student_dim=2)
    module.start_from_teacher(teacher_factors(), given)
    found = module.backbone.embeddings()
    expected = teacher_factors()(context(rows, 32), 2)
    torch.testing.assert_close(
        found.users @ found.items.t(), expected.users @ expected.items.t(), atol=1e-4, rtol=0
    )
    assert set(module.state_dict()) == names


def test_a_student_of_histories_starts_near_the_teachers_scores():
    datamodule = small_datamodule()
    overrides = ("initialization=teacher_factors", "backbone=fism", "teacher=ease", "size=d16")
    cfg = composed("train", *SMALL_DISTILLED[:-1], *overrides)
    teacher, train = make_teacher(cfg, datamodule), datamodule.split.train
    teacher.prepare(train, seeded_draws())
    module = make_model(cfg, datamodule, teacher.backbone)
    give_histories(module.backbone, train.user_ids, train.item_ids)
    users = Contexts(torch.arange(80))
    rows = teacher.backbone.score_rows(users)
    module.start_from_teacher(
        teacher_factors(), replace(context(rows, 32), train=train, student_dim=16)
    )
    unseen = torch.ones(80, 60, dtype=torch.bool)
    unseen[train.user_ids, train.item_ids] = False
    found, expected = module.backbone.score_rows(users), standardized_rows(rows)
    both = torch.stack([found[unseen], expected[unseen]])
    assert torch.corrcoef(both)[0, 1] > 0.9
