import pytest
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.student import Student
from rankdistill.runs.preparing import prepared_model, rehearsed_model


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def configured(folder, *overrides):
    return composed("train", *SMALL_DISTILLED, f"teacher.store={folder / 'store'}", *overrides)


def test_a_distilled_student_gets_the_teacher_of_the_store(tmp_path, datamodule):
    cfg = configured(tmp_path)
    module = prepared_model(cfg, datamodule)
    assert type(module) is DistilledStudent
    assert len(list((tmp_path / "store").glob("*/model.ckpt"))) == 1
    assert type(rehearsed_model(cfg, datamodule)) is DistilledStudent


def test_a_plain_student_asks_for_no_teacher(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "size=d2")
    assert type(prepared_model(cfg, datamodule)) is Student


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("distillation.alpha=2", "alpha must lie in"),
        ("distillation.loss_balance=papr", "did you mean 'paper'"),
        ("distillation.top_k=0", "top_k must be at least 1"),
    ],
)
def test_mistakes_show_before_a_teacher_is_trained(tmp_path, datamodule, override, message):
    for prepare in (rehearsed_model, prepared_model):
        with pytest.raises(ValueError, match=message):
            prepare(configured(tmp_path, override), datamodule)
    assert not (tmp_path / "store").exists()
