from types import SimpleNamespace

import pytest
import torch
from tests.cascade.runs.small_cascade import small_cascade

from rankdistill.cascade.runs import seed_workers
from rankdistill.cascade.runs.seed_workers import processes_for, train_in_processes


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(seed_workers, "cores", lambda: 4)
    monkeypatch.setattr(seed_workers, "threads_each", lambda workers: 4 // workers)


def test_a_cpu_has_a_process_for_each_core_and_no_more_than_there_are_seeds(tmp_path, four_cores):
    cfg = small_cascade(tmp_path)
    assert [processes_for(cfg, seeds) for seeds in (0, 1, 3, 9)] == [0, 1, 3, 4]
    assert processes_for(small_cascade(tmp_path, "workers=2"), 9) == 2


def test_a_gpu_has_one_unless_more_are_asked_for(tmp_path, four_cores, monkeypatch):
    monkeypatch.setattr(seed_workers, "measuring_device", lambda trainer: torch.device("cuda"))
    assert processes_for(small_cascade(tmp_path), 3) == 1
    assert processes_for(small_cascade(tmp_path, "workers=2"), 3) == 2


@pytest.mark.parametrize(("typed", "threads"), [("null", 2), ("3", 3)])
def test_seeds_are_dealt_out_and_a_lost_process_is_told(
    typed, threads, tmp_path, four_cores, monkeypatch, capsys
):
    seen = SimpleNamespace()

    def run(work, workers, devices, watch, lost):
        seen.cfg, seen.dealt, seen.folder = work.args
        watch()
        lost(0, "its worker was killed by SIGKILL")

    monkeypatch.setattr(seed_workers, "run_workers", run)
    cfg = small_cascade(tmp_path, f"trainer.threads={typed}")
    train_in_processes(cfg, [5, 6, 7], tmp_path, 2)
    assert (seen.dealt, seen.folder) == ([[5, 7], [6]], tmp_path)
    assert seen.cfg.trainer.threads == threads
    assert capsys.readouterr().err == (
        "2 processes share the seeds 5, 6, 7.\n"
        "seeds 5, 7: its worker was killed by SIGKILL; what is missing is trained when the others "
        "have ended.\n"
    )
