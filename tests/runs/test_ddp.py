import json
import subprocess

import numpy as np
import pytest
from tests.running import SMALL, environment, program, run_here

from rankdistill.runs.checkpoints import read_checkpoint

DDP = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")
MODEL = (*SMALL, "size=d4", "training.batch_size=8")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """The folder of a student that two processes trained and tested, and what they printed."""
    folder = tmp_path_factory.mktemp("ddp")
    arguments = ["train", *MODEL, "module=student", *DDP, "hydra.run.dir=run"]
    ran = subprocess.run(  # Lightning starts the second process by the command line of the first
        [str(program()), *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return folder / "run", ran


@pytest.fixture(scope="module")
def one_process(tmp_path_factory, two_processes):
    """The folder of a comparison whose teacher is the checkpoint that the two processes made."""
    folder = tmp_path_factory.mktemp("one")
    checkpoint = two_processes[0] / "model.ckpt"
    given = [f"teacher.checkpoint={checkpoint}", "seeds=[1]", "hydra.run.dir=run"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run_here(monkeypatch, folder, "compare", *MODEL, *given) == 0
    return folder / "run"


def measured(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_two_processes_measure_their_checkpoint_as_one_process_does(two_processes, one_process):
    together, alone = two_processes[0], one_process / "teacher" / "seed-1"
    assert measured(together)["metrics"] == pytest.approx(measured(alone)["metrics"], abs=1e-6)
    with np.load(together / "per_user.npz") as two, np.load(alone / "per_user.npz") as one:
        assert set(two) == set(one)
        for name in two:
            np.testing.assert_allclose(two[name], one[name], atol=1e-6)


def test_every_user_is_counted_once_although_one_block_would_hold_them_all(two_processes):
    folder, _ = two_processes
    with np.load(folder / "per_user.npz") as per_user:
        users = per_user["user_ids"].tolist()
    assert users == sorted(set(users))
    assert len(users) == measured(folder)["data"]["num_test_users"]


def test_the_result_is_written_and_told_once_and_nothing_is_complained_of(two_processes):
    folder, ran = two_processes
    assert [path.name for path in folder.parent.rglob("metrics.json")] == ["metrics.json"]
    assert ran.stdout.count("results in") == 1
    assert "Warning" not in ran.stderr
    assert "Traceback" not in ran.stderr


def steps_per_epoch(folder):
    checkpoint = read_checkpoint(folder / "model.ckpt")
    return checkpoint["global_step"] / (checkpoint["epoch"] + 1)


def test_training_is_shared_so_that_an_epoch_takes_half_the_steps(two_processes, one_process):
    num_users, batch_size = 80, 8
    assert steps_per_epoch(one_process / "student" / "seed-1") == num_users / batch_size
    assert steps_per_epoch(two_processes[0]) == num_users / batch_size / 2
