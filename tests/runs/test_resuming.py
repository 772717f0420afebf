import json

import pytest
import torch
from tests.running import SMALL, run_here

from rankdistill.runs import resuming
from rankdistill.runs.resuming import STOPPED, stopped_run

ARGUMENTS = (
    *SMALL,
    "module=student",
    "ranking_loss=bpr",
    "training.batch_size=200",
    "trainer.max_epochs=5",
    "resume=true",
)


def run_until(epochs, monkeypatch, folder, *arguments):
    """Run `train`, and stop it as Ctrl-C does, once some epochs are over."""
    ended = []
    from rankdistill.modules.student import Student

    original = Student.on_train_epoch_start

    def stop(self):
        if len(ended) == epochs:
            raise KeyboardInterrupt
        ended.append(None)
        original(self)

    with monkeypatch.context() as patched:
        patched.setattr(Student, "on_train_epoch_start", stop)
        return run_here(patched, folder, "train", *arguments)


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_run_that_was_stopped_ends_as_it_would_have(epochs, tmp_path, monkeypatch, capsys):
    whole = (*ARGUMENTS, "hydra.run.dir=whole")
    assert run_here(monkeypatch, tmp_path, "train", *whole) == 0
    parts = (*ARGUMENTS, "hydra.run.dir=parts")
    assert run_until(epochs, monkeypatch, tmp_path, *parts) != 0
    assert (tmp_path / "parts" / STOPPED).is_file()
    assert run_here(monkeypatch, tmp_path, "train", *parts) == 0
    wanted, got = (
        json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("whole", "parts")
    )
    assert got["metrics"] == wanted["metrics"]
    assert got["best_epoch"] == wanted["best_epoch"]
    assert got["epochs"] == wanted["epochs"]
    weights = [
        torch.load(tmp_path / name / "model.ckpt", weights_only=True)["state_dict"]
        for name in ("whole", "parts")
    ]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, atol=0, rtol=0)
    assert not (tmp_path / "parts" / STOPPED).exists()


@pytest.mark.slow
def test_a_run_that_has_ended_is_not_run_again(tmp_path, monkeypatch, capsys):
    arguments = (*ARGUMENTS, "hydra.run.dir=run")
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    written = (tmp_path / "run" / "metrics.json").stat().st_mtime_ns
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    assert (tmp_path / "run" / "metrics.json").stat().st_mtime_ns == written
    assert "has ended; resume=false begins it anew" in capsys.readouterr().out


DRAWN = {"KeepsDraws": {"drawn": {}}}


class Module:
    def __init__(self):
        self.hparams = {"seed": 1, "num_items": 5}


def test_a_run_of_other_settings_does_not_go_on(tmp_path, monkeypatch):
    (tmp_path / STOPPED).touch()
    kept = {"hyper_parameters": {"seed": 2, "num_items": 5}, "callbacks": DRAWN}
    monkeypatch.setattr(resuming, "read_tensors", lambda path: kept)
    with pytest.raises(ValueError, match=r"another seed.*hydra\.run\.dir"):
        stopped_run(tmp_path, Module())
    kept["hyper_parameters"]["seed"] = 1
    assert stopped_run(tmp_path, Module()) == tmp_path / STOPPED


def test_a_run_of_other_draws_is_begun_anew(tmp_path, monkeypatch):
    (tmp_path / STOPPED).touch()
    kept = {"hyper_parameters": {"seed": 1, "num_items": 5}, "callbacks": {"KeepsDraws": {}}}
    monkeypatch.setattr(resuming, "read_tensors", lambda path: kept)
    with pytest.raises(ValueError, match="resume=false"):
        stopped_run(tmp_path, Module())


def test_nothing_goes_on_where_nothing_was_stopped(tmp_path):
    assert stopped_run(tmp_path, Module()) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("module=student", "resume=true"), "hydra.run.dir=outputs/NAME"),
        (("resume=true", "hydra.run.dir=run"), "module=student"),
    ],
)
def test_what_cannot_go_on_is_told_what_to_type(arguments, told, tmp_path, monkeypatch, capsys):
    assert run_here(monkeypatch, tmp_path, "train", *SMALL, *arguments) != 0
    assert told in capsys.readouterr().err
