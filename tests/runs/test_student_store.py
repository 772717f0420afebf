import pytest
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.runs import student_store
from rankdistill.runs.student_store import obtain_student, student_hash


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def configured(*overrides):
    return composed("train", *SMALL_DISTILLED, *overrides)


@pytest.mark.slow
def test_a_student_is_trained_once_and_then_found(tmp_path, datamodule, monkeypatch):
    cfg = configured(f"student.store={tmp_path}", "storage=int8")
    first = obtain_student(cfg, datamodule, "student")
    monkeypatch.setattr(student_store, "fit_and_test", None)  # a second training would fail
    assert obtain_student(cfg, datamodule, "student") == first
    assert (first["module"], first["embedding_dim"], first["storage"]) == ("student", 2, "int8")
    assert "test/map@5" in first["metrics"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "is_another"),
    [
        ("backbone.embedding_dim=4", True),
        ("student.backbone={_target_: made.up, dim: 2}", True),
        ("training.learning_rate=0.5", True),
        ("seed.initialization=9", True),
        ("storage=int4", True),
        ("ranking_loss=bpr", True),
        ("evaluation.users=all", True),
        ("trainer.patience=3", True),
        ("distillation.alpha=0.9", False),
        ("distillation.top_k=5", False),
        ("teacher.training.learning_rate=0.5", False),
        ("trainer.threads=1", False),
        ("student.store=elsewhere", False),
    ],
)
def test_what_shapes_a_student_makes_another_and_nothing_else_does(
    override, is_another, datamodule
):
    kept = [
        text for text in SMALL_DISTILLED if text.partition("=")[0] != override.partition("=")[0]
    ]
    changed = composed("train", *kept, override)
    same = student_hash(changed, datamodule) == student_hash(configured(), datamodule)
    assert same != is_another


def test_another_split_makes_another_student(datamodule):
    cfg = configured()
    assert student_hash(cfg, datamodule) != student_hash(cfg, small_datamodule(split_seed=4))
