"""Scores of whole rows stay within a setting: fewer users are ranked, and losses are refused."""

import pytest
from tests.running import SMALL_DATA, composed

from rankdistill.modules.student import Student
from rankdistill.runs.models import make_datamodule, make_model, make_teacher
from rankdistill.runs.row_memory import fitting_users

TIGHT = "rows_gib=0.00001"  # 2,684 scores, of the 4,800 that there are


def test_fewer_users_are_ranked_at_once_where_the_catalogue_is_large():
    assert fitting_users(1024, num_items=1500, rows_gib=0.2) == 1024
    assert fitting_users(1024, num_items=1_000_000, rows_gib=0.2) == 53
    assert fitting_users(1024, num_items=100_000_000, rows_gib=0.2) == 1


def made(*overrides, make=make_model):
    cfg = composed("train", *SMALL_DATA, TIGHT, *overrides)
    datamodule = make_datamodule(cfg)
    return make(cfg, datamodule) if make is make_teacher else make(cfg, datamodule, None)


@pytest.mark.slow
def test_softmax_is_refused_by_name_with_numbers_and_with_what_to_type():
    with pytest.raises(ValueError, match=r"^Softmax scores 80 users x 60 items at once") as told:
        made("module=student", "ranking_loss=softmax")
    assert "rows_gib allows 1e-05" in str(told.value)
    for typed in str(told.value).partition("Type ")[2].replace(",", " ").split():
        if "=" in typed:
            typed = typed.rstrip(".")
            extra = () if typed.startswith("rows_gib") else (TIGHT,)
            cfg = composed("train", *SMALL_DATA, "module=student", *extra, typed)
            assert isinstance(make_model(cfg, make_datamodule(cfg), None), Student)


@pytest.mark.slow
def test_a_teacher_is_refused_with_its_own_settings():
    with pytest.raises(ValueError, match="Type ranking_loss@teacher=sampled_softmax") as told:
        made("ranking_loss=bpr", "ranking_loss@teacher=softmax", make=make_teacher)
    assert "teacher.training.batch_size=" in str(told.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "method", ["soft_targets", "plackett_luce", "collaborative", "rejuvenated_cross_entropy"]
)
def test_a_method_that_reads_rows_is_refused_where_its_loss_is_not(method):
    overrides = f"distillation=[{method}]", "ranking_loss=bpr"
    with pytest.raises(ValueError, match=f"distillation={method} scores 80 users") as told:
        made(*overrides)
    fewer = told.value.args[0].partition("distillation.user_pairs=")[2].split()[0]
    made(*overrides, f"distillation.user_pairs={fewer}")


@pytest.mark.slow
def test_methods_that_read_some_items_are_not_refused():
    made("distillation=[ranking]", "ranking_loss=sampled_softmax")
    made(
        "distillation=[plackett_luce]",
        "distillation.methods.plackett_luce.tail=sampled",
        "ranking_loss=gbce",
    )


@pytest.mark.slow
def test_data_are_ranked_in_blocks_that_fit():
    cfg = composed("train", *SMALL_DATA, TIGHT)
    datamodule = make_datamodule(cfg)
    assert 1 <= datamodule.user_block < cfg.evaluation.user_block
    assert datamodule.user_block * datamodule.split.train.num_items <= 2684
