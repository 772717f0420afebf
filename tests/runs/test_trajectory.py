"""The teacher's trajectory: kept with the teacher, and read again."""

import logging
from dataclasses import replace

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, run_here, small_datamodule

from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.files import write_text_atomically
from rankdistill.histories.contexts import Contexts
from rankdistill.runs.keeps_trajectory import TRAJECTORY
from rankdistill.runs.refit import obtain_refitted_teacher
from rankdistill.runs.stacked_seeds import fit_seeds
from rankdistill.runs.teacher_store import obtain_teacher, teacher_hash
from rankdistill.runs.tensor_files import save_tensors
from rankdistill.runs.trajectory import joined_trajectory, read_trajectory

LEARNS = ("distillation=[heterogeneous]", "trainer.max_epochs=4", "trainer.patience=9")
LENGTH = "distillation.methods.heterogeneous.trajectory"


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


def configured(store, *overrides, command="train"):
    return composed(command, *SMALL_DISTILLED, f"teacher.store={store}", *overrides)


def of_another_kind(store, *overrides):
    """A teacher that is no factorisation of 8."""
    return composed("train", *SMALL, "size=d2", *LEARNS, f"teacher.store={store}", *overrides)


@torch.no_grad()
def scores(backbone):
    return backbone.score_rows(Contexts(torch.arange(80)))


def network(seed, num_items=5):
    torch.manual_seed(seed)
    return MatrixFactorization(4, num_items, 2, init_std=1.0)


def written(folder, networks):
    save_tensors({"epochs": [0], "networks": networks}, folder / TRAJECTORY)
    return folder / "model.ckpt"


@pytest.mark.slow
def test_the_store_keeps_the_networks_that_lead_to_the_teacher(store, datamodule):
    cfg = configured(store, *LEARNS, f"{LENGTH}=3")
    teacher = obtain_teacher(cfg, datamodule, "teacher")
    assert (teacher.folder / TRAJECTORY).is_file()
    assert len(teacher.backbone.earlier) == 2
    again = obtain_teacher(cfg, datamodule, "teacher").backbone
    steps = [*teacher.backbone.earlier, teacher.backbone]
    for step, other in zip(steps, [*again.earlier, again], strict=True):
        torch.testing.assert_close(scores(step), scores(other), atol=0, rtol=0)
        assert not step.training
    (first, second), last = map(scores, teacher.backbone.earlier), scores(teacher.backbone)
    assert not torch.equal(first, second)
    assert not torch.equal(second, last)


@pytest.mark.slow
def test_a_teacher_that_keeps_nothing_is_another_one_in_the_store(store, datamodule):
    plain = teacher_hash(configured(store, *LEARNS[1:]), datamodule)
    lengths = {
        length: teacher_hash(configured(store, *LEARNS, f"{LENGTH}={length}"), datamodule)
        for length in (1, 2, 3)
    }
    assert lengths[1] == plain  # the trained teacher alone
    assert len({plain, *lengths.values()}) == 3


@pytest.mark.slow
def test_keeping_a_trajectory_leaves_the_training_as_it_is(store, datamodule):
    keeps = obtain_teacher(configured(store, *LEARNS, f"{LENGTH}=3"), datamodule, "teacher")
    plain = obtain_teacher(configured(store, *LEARNS[1:]), datamodule, "teacher")
    torch.testing.assert_close(scores(keeps.backbone), scores(plain.backbone), atol=0, rtol=0)
    assert plain.backbone.earlier == ()
    assert not (plain.folder / TRAJECTORY).exists()


@pytest.mark.slow
def test_the_checkpoint_of_such_a_teacher_brings_its_trajectory_along(store, datamodule):
    cfg = configured(store, *LEARNS, f"{LENGTH}=3")
    stored = obtain_teacher(cfg, datamodule, "teacher")
    given = replace(cfg, teacher=replace(cfg.teacher, checkpoint=str(stored.checkpoint)))
    taken = obtain_teacher(given, datamodule, "teacher").backbone
    for step, other in zip(taken.earlier, stored.backbone.earlier, strict=True):
        torch.testing.assert_close(scores(step), scores(other), atol=0, rtol=0)


@pytest.mark.slow
def test_a_checkpoint_without_a_trajectory_is_refused_with_what_to_leave_out(store, datamodule):
    plain = obtain_teacher(configured(store, *LEARNS[1:]), datamodule, "teacher")
    given = configured(store, *LEARNS, f"teacher.checkpoint={plain.checkpoint}")
    with pytest.raises(FileNotFoundError, match=r"leave teacher\.checkpoint out"):
        obtain_teacher(given, datamodule, "teacher")


@pytest.mark.slow
def test_a_teacher_in_closed_form_is_a_trajectory_of_one_list_and_this_is_told(
    store, datamodule, caplog
):
    caplog.set_level(logging.INFO)
    cfg = of_another_kind(store, "teacher=ease")
    assert obtain_teacher(cfg, datamodule, "teacher").backbone.earlier == ()
    assert "Ease is solved in closed form: its trajectory is one list." in caplog.messages


@pytest.mark.slow
def test_an_ensemble_has_the_trajectory_of_its_members(store, datamodule):
    rate = "teacher.members.first.training.learning_rate=0.0005"
    more = ("teacher=ensemble", "size@teacher.members.first=d8", rate, f"{LENGTH}=3")
    cfg = of_another_kind(store, *more)
    backbone = obtain_teacher(cfg, datamodule, "teacher").backbone
    assert isinstance(backbone, Ensemble)
    assert len(backbone.earlier) == 2
    for step in backbone.earlier:
        assert isinstance(step, Ensemble)
        same = step.members["second"].state_dict()
        torch.testing.assert_close(same, backbone.members["second"].state_dict())
    assert len({float(scores(step).norm()) for step in (*backbone.earlier, backbone)}) == 3


def test_members_of_an_ensemble_come_to_their_ends_together():
    long, short = network(0), network(1)
    long.earlier, short.earlier = (network(2), network(3)), (network(4),)
    ensemble = Ensemble(4, 5, {"long": long, "short": short}, None)
    first, second = joined_trajectory(ensemble, {"long": long, "short": short})
    found = [(step.members["long"], step.members["short"]) for step in (first, second)]
    assert found == [(long.earlier[0], short.earlier[0]), (long.earlier[1], short.earlier[0])]
    assert dict(ensemble.members.items()) == {"long": long, "short": short}


def test_earlier_networks_are_no_part_of_the_later_one():
    backbone = network(0)
    names = set(backbone.state_dict())
    backbone.earlier = (network(1), network(2))
    assert set(backbone.state_dict()) == names
    assert len(list(backbone.modules())) == len(list(network(3).modules()))


def test_what_is_read_leaves_the_trained_network_as_it_is(tmp_path):
    backbone, earlier = network(0), network(1)
    before = scores_of_all(backbone)
    (step,) = read_trajectory(backbone, written(tmp_path, [earlier.state_dict()]))
    torch.testing.assert_close(scores_of_all(step), scores_of_all(earlier))
    torch.testing.assert_close(scores_of_all(backbone), before)


@torch.no_grad()
def scores_of_all(backbone):
    return backbone.score_rows(Contexts(torch.arange(4)))


@pytest.mark.parametrize("networks", [None, [3], [{"item_bias": 3}], [{3: torch.zeros(2)}]])
def test_a_file_of_something_else_is_refused(networks, tmp_path):
    with pytest.raises(ValueError, match=r"trajectory\.ckpt is damaged or not a trajectory"):
        read_trajectory(network(0), written(tmp_path, networks))


def test_weights_of_another_network_are_refused(tmp_path):
    path = written(tmp_path, [network(1, num_items=6).state_dict()])
    with pytest.raises(ValueError, match="are of another network than the teacher"):
        read_trajectory(network(0), path)


def test_a_damaged_file_is_refused(tmp_path):
    write_text_atomically(tmp_path / TRAJECTORY, "no zip file")
    with pytest.raises(ValueError, match=r"trajectory\.ckpt cannot be read: truncated, damaged"):
        read_trajectory(network(0), tmp_path / "model.ckpt")


@pytest.mark.slow
def test_a_teacher_fitted_on_all_data_has_a_trajectory_too(tmp_path, store, datamodule):
    cfg = configured(store, *LEARNS, f"{LENGTH}=3")
    everything = datamodule.joined()
    backbone = obtain_refitted_teacher(cfg, datamodule, everything)
    assert len(backbone.earlier) == 2
    again = obtain_refitted_teacher(cfg, datamodule, everything)
    for step, other in zip(backbone.earlier, again.earlier, strict=True):
        torch.testing.assert_close(scores(step), scores(other), atol=0, rtol=0)


@pytest.mark.slow
def test_teachers_that_keep_a_trajectory_are_not_trained_side_by_side(tmp_path, datamodule):
    cfg = configured(tmp_path, *LEARNS, "seeds=[1,2]", command="compare")
    assert {model for model, _ in fit_seeds(cfg, datamodule)} == {"student"}


@pytest.mark.slow
def test_a_comparison_with_the_method_runs_by_its_name_alone(tmp_path, monkeypatch):
    arguments = (*SMALL_DISTILLED, "distillation=[heterogeneous]", "seeds=[1]")
    assert run_here(monkeypatch, tmp_path, "compare", *arguments, "hydra.run.dir=here") == 0
    (trajectory,) = (tmp_path / "outputs" / "teachers").glob(f"*/{TRAJECTORY}")
    assert (tmp_path / "here" / "comparison.json").is_file()
    assert trajectory.stat().st_size > 0
