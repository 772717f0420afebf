import json
import re

import numpy as np
import pytest

from tests.running import SMALL, run_apart

DDP = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")
ONE = ("train", *SMALL, "module=student", "size=d4")


def measured(folder):
    return json.loads((folder / "metrics.json").read_text())


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """The folder of a student that two processes trained and tested."""
    folder = tmp_path_factory.mktemp("ddp")
    # The order of the overrides is that of a person who adds trainer=ddp to a command that works.
    ran = run_apart(folder, *ONE, *DDP, "hydra.run.dir=two", "evaluation.user_block=7", timeout=240)
    assert ran.returncode == 0, ran.stderr
    return folder, ran


@pytest.mark.slow
def test_two_processes_measure_their_checkpoint_as_one_process_does(two_processes):
    folder, _ = two_processes
    checkpoint = folder / "two" / "model.ckpt"
    one = run_apart(
        folder,
        "compare",
        *SMALL,
        "size=d4",
        f"teacher.checkpoint={checkpoint}",
        "seeds=[1]",
        "hydra.run.dir=one",
        "trainer.max_epochs=1",
    )
    assert one.returncode == 0, one.stderr
    alone = folder / "one" / "teacher" / "seed-1"
    together = folder / "two"
    assert measured(together)["metrics"] == pytest.approx(measured(alone)["metrics"], abs=1e-6)
    with np.load(together / "per_user.npz") as two, np.load(alone / "per_user.npz") as single:
        assert set(two) == set(single)
        for name in two:
            np.testing.assert_allclose(two[name], single[name], atol=1e-6)


@pytest.mark.slow
def test_every_user_is_counted_once_and_the_result_is_written_once(two_processes):
    folder, ran = two_processes
    fields = measured(folder / "two")
    with np.load(folder / "two" / "per_user.npz") as per_user:
        users = per_user["user_ids"].tolist()
    assert users == sorted(set(users))
    assert len(users) == fields["data"]["num_test_users"]
    assert fields["status"] == "ok"
    assert len(list(folder.rglob("metrics.json"))) == 1
    assert len(re.findall("results in", ran.stdout)) == 1
    assert fields["embedding_dim"] == 4


@pytest.mark.slow
def test_ddp_trains_as_well_as_one_process_with_the_batch_of_both(two_processes, tmp_path):
    """Two processes with batches of n walk through an epoch in the steps of one with 2 n."""
    folder, _ = two_processes
    one = run_apart(tmp_path, *ONE, "hydra.run.dir=one", "training.batch_size=256")
    assert one.returncode == 0, one.stderr
    fields = [measured(folder / "two"), measured(tmp_path / "one")]
    values = [field["metrics"]["test/ndcg@20"] for field in fields]
    assert values[0] == pytest.approx(values[1], rel=0.5)
