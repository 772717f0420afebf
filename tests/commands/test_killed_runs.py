"""A run that is stopped or killed while it trains."""

import signal

import pytest
import torch
from tests.running import SMALL, run_here, start

ENDLESS = (
    "train",
    *(text for text in SMALL if "max_epochs" not in text),
    "module=student",
    "trainer.max_epochs=1000000",
    "trainer.patience=1000000",
    "hydra.run.dir=run",
)
"""A run that ends only where somebody ends it."""

pytestmark = pytest.mark.slow


def test_ctrl_c_ends_training_in_one_line_and_leaves_no_result(tmp_path):
    with start(tmp_path, *ENDLESS) as program:
        program.wait_until((tmp_path / "run" / "model.ckpt").exists)
        program.send(signal.SIGINT)
        ended = program.end()
    assert ended.returncode == 130
    assert ended.stderr.splitlines() == [
        "rankdistill: Interrupted; no result was written. The same command starts again."
    ]
    assert not (tmp_path / "run" / "metrics.json").exists()


def test_a_killed_run_leaves_no_half_written_result_and_can_be_run_again(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    with start(tmp_path, *ENDLESS) as program:
        program.wait_until((folder / "model.ckpt").exists)
        program.send(signal.SIGKILL)
        program.end()
    assert not (folder / "metrics.json").exists()
    assert torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    assert run_here(monkeypatch, tmp_path, *ENDLESS, "trainer.max_epochs=2") == 0
    assert (folder / "metrics.json").is_file()
    assert len(list(folder.glob("events.out.tfevents.*"))) <= 2
    assert not list(folder.glob(".*tmp*")), "the killed run's temporary files stay"
