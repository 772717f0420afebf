import json
import signal
import warnings
from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch
from tests.running import SMALL_DISTILLED, composed, small_datamodule, start

from rankdistill.histories.contexts import Contexts
from rankdistill.runs import teacher_store
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.teacher_store import obtain_teacher, teacher_hash


def configured(tmp_path, *overrides):
    return composed("train", *SMALL_DISTILLED, f"teacher.store={tmp_path / 'teachers'}", *overrides)


@pytest.fixture
def trainings(monkeypatch):
    """The folders into which a teacher was trained."""
    folders = []
    train_into = teacher_store._train

    def counting(folder, *rest):
        folders.append(folder)
        train_into(folder, *rest)

    monkeypatch.setattr(teacher_store, "_train", counting)
    return folders


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The configuration whose teacher others are compared with."""
    return configured(tmp_path_factory.mktemp("original"))


@pytest.mark.slow
def test_a_teacher_is_trained_once_and_then_found_again_the_same(tmp_path, datamodule, trainings):
    cfg = configured(tmp_path)
    first = obtain_teacher(cfg, datamodule, "teacher")
    second = obtain_teacher(cfg, datamodule, "teacher")
    assert len(trainings) == 1
    assert first.folder == second.folder
    (made_in,) = trainings
    assert made_in.name.partition(".partial-")[0] == first.folder.name
    assert first.result is not None
    assert second.result is not None
    assert first.result.fields == second.result.fields
    users = Contexts(torch.arange(80))
    torch.testing.assert_close(
        first.backbone.score_rows(users), second.backbone.score_rows(users), atol=0, rtol=0
    )
    assert not second.backbone.training
    names = {path.name for path in first.folder.iterdir()}
    assert {"model.ckpt", "model.rank", "metrics.json", "per_user.npz"} <= names
    assert first.folder.parent.name == "teachers"


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "size@teacher=d4",
        "ranking_loss@teacher=bpr",
        "teacher.training.learning_rate=0.5",
        "teacher.training.batch_size=7",
        "teacher.seed.initialization=9",
        "teacher.seed.sampling=9",
        "trainer.max_epochs=3",
        "trainer.patience=3",
        "trainer.precision=bf16-mixed",
        "trainer.matmul_precision=high",
        "evaluation.monitor=val/ndcg@10",
        "evaluation.top_k=[5,10]",
    ],
)
def test_whatever_shapes_a_teacher_changes_its_hash(override, tmp_path, datamodule, original):
    changed = configured(tmp_path, override)
    assert teacher_hash(changed, datamodule) != teacher_hash(original, datamodule)


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "size=d4",
        "weighting=uniform",
        "distillation.alpha=0.1",
        "top_k=k5",
        "trainer.progress=true",
        "training.learning_rate=0.7",
        "evaluation.user_block=3",
        "teacher.store=elsewhere",
        "storage=int4",
    ],
)
def test_what_concerns_the_student_alone_leaves_the_teachers_hash(
    override, tmp_path, datamodule, original
):
    changed = configured(tmp_path, override)
    assert teacher_hash(changed, datamodule) == teacher_hash(original, datamodule)


def test_other_data_and_another_split_have_teachers_of_their_own(tmp_path, datamodule):
    cfg = configured(tmp_path)
    hashes = {
        teacher_hash(cfg, module)
        for module in (datamodule, small_datamodule(seed=1), small_datamodule(split_seed=1))
    }
    assert len(hashes) == 3


@pytest.mark.slow
def test_a_training_that_fails_leaves_no_teacher_and_the_next_one_makes_it(
    tmp_path, datamodule, monkeypatch
):
    cfg = configured(tmp_path)

    def fails(*arguments, stacked, callbacks):
        folder = arguments[5]
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(teacher_store, "fit_and_test", fails)
        with pytest.raises(KeyboardInterrupt):
            obtain_teacher(cfg, datamodule, "teacher")
    assert not [path for path in (tmp_path / "teachers").iterdir() if path.is_dir()]
    assert obtain_teacher(cfg, datamodule, "teacher").result is not None


@pytest.mark.slow
def test_what_a_killed_training_left_is_cleared_away(tmp_path, datamodule, trainings):
    cfg = configured(tmp_path)
    folder = tmp_path / "teachers" / teacher_hash(cfg, datamodule)
    left_over = folder.with_name(f"{folder.name}.partial-12345")
    for half_made in (left_over, folder):
        half_made.mkdir(parents=True)
        (half_made / "model.ckpt").write_text("half")
    obtain_teacher(cfg, datamodule, "teacher")
    assert len(trainings) == 1
    assert [path for path in (tmp_path / "teachers").iterdir() if path.is_dir()] == [folder]
    assert read_checkpoint(folder / "model.ckpt")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, datamodule):
    """A teacher's checkpoint, trained before the test began."""
    with warnings.catch_warnings():
        quiet_lightning()
        cfg = configured(tmp_path_factory.mktemp("given"))
        return obtain_teacher(cfg, datamodule, "teacher").folder / "model.ckpt"


@pytest.mark.slow
def test_a_checkpoint_from_anywhere_is_taken_as_it_is(tmp_path, datamodule, trainings, checkpoint):
    given = configured(tmp_path, f"teacher.checkpoint={checkpoint}", "size@teacher=d4")
    teacher = obtain_teacher(given, datamodule, "teacher")
    assert trainings == []
    expected = load_backbone(read_checkpoint(checkpoint), checkpoint).state_dict()
    torch.testing.assert_close(teacher.backbone.state_dict(), expected, atol=0, rtol=0)
    assert teacher.result is None


def test_a_missing_checkpoint_is_an_error_before_any_training(tmp_path, datamodule, trainings):
    cfg = configured(tmp_path, f"teacher.checkpoint={tmp_path / 'nowhere.ckpt'}")
    with pytest.raises(FileNotFoundError, match=r"There is no checkpoint at .*nowhere\.ckpt"):
        obtain_teacher(cfg, datamodule, "teacher")
    assert trainings == []


@pytest.mark.parametrize("kept", [0, 1, 100, 5000])
def test_a_truncated_checkpoint_is_an_error_before_any_training(
    kept, tmp_path, datamodule, trainings, checkpoint
):
    whole = checkpoint.read_bytes()
    assert len(whole) > kept
    path = tmp_path / "truncated.ckpt"
    path.write_bytes(whole[:kept])
    cfg = configured(tmp_path, f"teacher.checkpoint={path}")
    with pytest.raises(
        ValueError, match=r"truncated\.ckpt cannot be read: truncated, damaged or not"
    ):
        obtain_teacher(cfg, datamodule, "teacher")
    assert trainings == []


def test_a_teacher_of_other_data_is_an_error_that_names_both(tmp_path, trainings, checkpoint):
    other = small_datamodule(num_users=70, num_items=50, num_interactions=900)
    cfg = configured(tmp_path, f"teacher.checkpoint={checkpoint}")
    message = r"trained on other data: 80 users and 60 items .* not the 70 users and 50 items"
    with pytest.raises(ValueError, match=message):
        obtain_teacher(cfg, other, "teacher")
    same_size = small_datamodule(seed=1)
    with pytest.raises(ValueError, match="trained on other data"):
        obtain_teacher(cfg, same_size, "teacher")
    assert trainings == []


def test_a_teacher_of_another_split_is_an_error_that_says_how_to_get_its_split(
    tmp_path, trainings, checkpoint
):
    cfg = configured(tmp_path, f"teacher.checkpoint={checkpoint}")
    with pytest.raises(ValueError, match=r"another split of synthetic.* seed\.split=0"):
        obtain_teacher(cfg, small_datamodule(split_seed=5), "teacher")
    assert trainings == []


@pytest.mark.slow
def test_a_stored_teacher_that_was_damaged_is_an_error_and_not_used(tmp_path, datamodule):
    path = obtain_teacher(configured(tmp_path), datamodule, "teacher").folder / "model.ckpt"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="cannot be read"):
        obtain_teacher(configured(tmp_path), datamodule, "teacher")


ONE_RUN = ("train", *SMALL_DISTILLED, "trainer.progress=true")


@pytest.mark.slow
def test_eight_processes_at_once_train_the_teacher_once(tmp_path):
    with ExitStack() as stack:
        runs = [
            stack.enter_context(start(tmp_path, *ONE_RUN, f"hydra.run.dir=run-{number}"))
            for number in range(8)
        ]
        ended = [run.end() for run in runs]
    told = [run.stderr for run in ended]
    assert [run.returncode for run in ended] == [0] * 8, told
    assert sum("teacher: val/map@5" in text for text in told) == 1, told
    students = [tmp_path / f"run-{number}" / "metrics.json" for number in range(8)]
    measured = [json.loads(path.read_text())["metrics"] for path in students]
    assert measured == [measured[0]] * 8


@pytest.mark.slow
def test_a_process_killed_while_it_trains_a_teacher_leaves_none_and_blocks_nobody(
    tmp_path, monkeypatch
):
    endless = ("trainer.max_epochs=1000000", "trainer.patience=1000000", "hydra.run.dir=run")
    with start(tmp_path, *ONE_RUN, *endless) as program:
        checkpoints = "outputs/teachers/*.partial-*/model.ckpt"
        program.wait_until(lambda: list(tmp_path.glob(checkpoints)))
        program.send(signal.SIGKILL)
        program.end()
    (partial,) = tmp_path.glob(checkpoints)
    name, _, _ = partial.parent.name.partition(".")
    assert not (tmp_path / "outputs" / "teachers" / name).exists()
    cfg = configured(tmp_path, *endless[:2], f"teacher.store={tmp_path / 'outputs' / 'teachers'}")
    datamodule = small_datamodule()
    assert teacher_hash(cfg, datamodule) == name

    def two_epochs(module, data, trainer, *rest, stacked, callbacks):
        return fit_and_test(module, data, replace(trainer, max_epochs=2), *rest)

    monkeypatch.setattr(teacher_store, "fit_and_test", two_epochs)
    made = obtain_teacher(cfg, datamodule, "teacher")
    assert made.folder.name == name
    assert not partial.parent.exists()
