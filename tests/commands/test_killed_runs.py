import signal
import time

import pytest
import torch
from tests.running import SMALL, run_apart, start

ENDLESS = (
    "train",
    *(text for text in SMALL if "max_epochs" not in text),
    "module=student",
    "trainer.max_epochs=1000000",
    "trainer.patience=1000000",
    "hydra.run.dir=run",
)


def started(folder, *arguments):
    """A run that has finished at least one epoch."""
    process = start(folder, *arguments)
    deadline = time.monotonic() + 90
    while not (folder / "run" / "model.ckpt").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no epoch within 90 seconds"
        time.sleep(0.05)
    return process


@pytest.mark.slow
def test_ctrl_c_ends_training_in_one_line_and_leaves_no_result(tmp_path):
    with started(tmp_path, *ENDLESS) as process:
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        _, errors = process.communicate(timeout=30)
        took = time.monotonic() - begin
    assert process.returncode == 130
    assert took < 10
    assert "rankdistill: Interrupted; no result was written" in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1, errors
    assert not (tmp_path / "run" / "metrics.json").exists()


@pytest.mark.slow
def test_a_killed_run_leaves_no_half_written_result_and_can_be_run_again(tmp_path):
    with started(tmp_path, *ENDLESS) as process:
        time.sleep(0.3)  # somewhere among its many epochs and checkpoints
        process.kill()
        process.communicate()
    folder = tmp_path / "run"
    assert not (folder / "metrics.json").exists()
    assert torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    again = run_apart(tmp_path, *ENDLESS, "trainer.max_epochs=2")
    assert again.returncode == 0, again.stderr
    assert (folder / "metrics.json").is_file()
    assert len(list(folder.glob("events.out.tfevents.*"))) <= 2
    assert not list(folder.glob(".*tmp*")), "the killed run's temporary files stay"
