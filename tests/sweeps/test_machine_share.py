import pytest
import torch
from omegaconf import OmegaConf

from rankdistill.sweeps.machine_share import device_of, take_share, threads_of


def config(**trainer):
    known = {"threads": None, "progress": True, "accelerator": "cpu", "devices": 1}
    return OmegaConf.create({"trainer": {**known, **trainer}})


@pytest.mark.parametrize(
    ("workers", "cores", "threads"), [(2, 2, 1), (2, 8, 4), (-1, 8, 1), (3, 8, 2), (16, 8, 1)]
)
def test_workers_share_the_cores(workers, cores, threads):
    assert threads_of(workers, cores) == threads


def test_a_job_alone_keeps_its_threads_and_shows_no_bar():
    cfg = config()
    take_share(cfg, OmegaConf.create({}), 0)
    assert (cfg.trainer.threads, cfg.trainer.progress) == (None, False)


def test_threads_that_were_asked_for_stay():
    cfg = config(threads=3)
    take_share(cfg, OmegaConf.create({"n_jobs": 2}), 0)
    assert cfg.trainer.threads == 3


def test_a_job_on_a_cluster_takes_the_cores_that_it_was_granted():
    cfg = config()
    take_share(cfg, OmegaConf.create({"cpus_per_task": 4}), 0)
    assert cfg.trainer.threads == 4


def test_gpus_are_dealt_in_turn(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    dealt = []
    for number in range(4):
        cfg = config(accelerator="gpu")
        take_share(cfg, OmegaConf.create({"n_jobs": 4}), number)
        dealt.append(cfg.trainer.devices)
    assert dealt == [[0], [1], [0], [1]]


def test_one_gpu_is_named_by_nobody():
    assert device_of(3, 1) == 1


def test_a_command_without_a_trainer_is_left_alone():
    cfg = OmegaConf.create({"checkpoint": "x"})
    take_share(cfg, OmegaConf.create({"n_jobs": 2}), 0)
    assert cfg == {"checkpoint": "x"}
