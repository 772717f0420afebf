import pickle

import pytest
import torch
from tests.running import SMALL, composed, small_datamodule

from rankdistill.histories.contexts import Contexts
from rankdistill.runs.checkpoints import (
    AtomicCheckpointIO,
    load_backbone,
    read_checkpoint,
    served_weights,
)
from rankdistill.runs.models import make_student


def made_checkpoint(**changes):
    module = make_student(composed("train", *SMALL, "module=student"), small_datamodule())
    hyper = {**module.hparams, **changes}
    content = {"epoch": 3, "state_dict": dict(module.state_dict()), "hyper_parameters": hyper}
    return content, module


def saved(tmp_path, content):
    path = tmp_path / "model.ckpt"
    torch.save(content, path)
    return path


class Malicious:
    """Runs code where a pickle is loaded without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_backbone_comes_back_from_its_checkpoint_in_eval_mode(tmp_path):
    content, module = made_checkpoint()
    path = saved(tmp_path, content)
    backbone = load_backbone(read_checkpoint(path), path)
    users = Contexts(torch.arange(80))
    torch.testing.assert_close(
        backbone.score_rows(users), module.backbone.score_rows(users), atol=0, rtol=0
    )
    assert not backbone.training
    assert set(served_weights(content)) == set(module.backbone.state_dict())


@pytest.mark.parametrize(
    "target", ["os.system", "torch.nn.Linear", "rankdistill.files.os.system", "subprocess.Popen"]
)
def test_what_a_checkpoint_names_cannot_be_anything_but_our_own_classes(target, tmp_path):
    content, _ = made_checkpoint(backbone={"_target_": target, "command": "true"})
    path = saved(tmp_path, content)
    with pytest.raises(ValueError, match=target.replace(".", r"\.")):
        load_backbone(read_checkpoint(path), path)


def test_a_checkpoint_cannot_run_code_when_it_is_read(tmp_path):
    trace = tmp_path / "trace"
    path = tmp_path / "model.ckpt"
    torch.save({"state_dict": {}, "hyper_parameters": Malicious(trace)}, path)
    with pytest.raises(ValueError, match="cannot be read"):
        read_checkpoint(path)
    path.write_bytes(pickle.dumps(Malicious(trace), protocol=2))
    with pytest.raises(ValueError, match="cannot be read"):
        read_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (torch.zeros(3), "not a checkpoint of rankdistill"),
        ({"weights": torch.zeros(3)}, "it lacks"),
        ({"state_dict": {}, "hyper_parameters": {"size": 3}, "epoch": 0}, "names no backbone"),
    ],
)
def test_a_file_of_something_else_is_an_error_that_names_it(content, message, tmp_path):
    with pytest.raises(ValueError, match=rf"model\.ckpt .*{message}"):
        read_checkpoint(saved(tmp_path, content))


def test_a_checkpoint_without_hyper_parameters_worth_the_name_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"model\.ckpt"):
        read_checkpoint(saved(tmp_path, {"state_dict": {}, "hyper_parameters": None}))


def test_a_missing_file_and_a_folder_are_no_checkpoints(tmp_path):
    for path in (tmp_path / "model.ckpt", tmp_path):
        with pytest.raises(FileNotFoundError, match="There is no checkpoint at"):
            read_checkpoint(path)


def test_weights_that_do_not_fit_their_description_are_an_error(tmp_path):
    content, module = made_checkpoint()
    content["hyper_parameters"]["backbone"] = {**module.hparams["backbone"], "embedding_dim": 3}
    path = saved(tmp_path, content)
    with pytest.raises(ValueError, match=r"The weights in .*model\.ckpt do not fit"):
        load_backbone(read_checkpoint(path), path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "model.ckpt"
    AtomicCheckpointIO().save_checkpoint({"a": 1}, path)

    class Unpicklable:
        def __reduce__(self):
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        AtomicCheckpointIO().save_checkpoint({"a": Unpicklable()}, path)
    assert torch.load(path, weights_only=True) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["model.ckpt"]


def test_a_checkpoint_that_describes_more_than_its_weights_takes_no_memory(tmp_path):
    for changes in ({"num_users": 1 << 30}, {"num_items": 1 << 30}):
        content, _ = made_checkpoint(**changes)
        path = saved(tmp_path, content)
        with pytest.raises(ValueError, match=r"do not fit its own description|GiB to train"):
            load_backbone(read_checkpoint(path), path)


def test_a_class_of_ours_that_is_no_scoring_network_is_refused(tmp_path):
    content, module = made_checkpoint()
    for node in (
        {"_target_": "rankdistill.data.splits.RandomSplit"},
        {**module.hparams["backbone"], "init_std": {"_target_": "rankdistill.cli.Task"}},
    ):
        content["hyper_parameters"]["backbone"] = node
        path = saved(tmp_path, content)
        with pytest.raises(ValueError, match="is no scoring network"):
            load_backbone(read_checkpoint(path), path)
