import multiprocessing
import os
import signal
from types import SimpleNamespace

import pytest

from rankdistill.runs import worker_pool
from rankdistill.runs.worker_pool import Worker, run_workers, threads_each, visible_devices


class Process:
    """A process that has ended, or never does."""

    def __init__(self, exitcode):
        self.exitcode = exitcode
        self.sentinel, other = os.pipe()
        if exitcode is not None:
            os.close(other)

    def is_alive(self):
        return self.exitcode is None

    def join(self):
        pass

    def kill(self):
        self.exitcode = -signal.SIGKILL


def run(monkeypatch, exits, devices=(), said=()):
    """Run workers that end with the given codes; the devices they got, and who was lost how."""
    seen = SimpleNamespace(devices=[], lost=[], workers=[])

    def begin(work, number, device):
        reads, writes = multiprocessing.Pipe(duplex=False)
        if number in dict(said):
            writes.send(dict(said)[number])
        writes.close()
        seen.devices.append(device)
        seen.workers.append(Worker(number, Process(exits[number]), reads))
        return seen.workers[-1]

    def lost(number, message):
        seen.lost.append((number, message))

    monkeypatch.setattr(worker_pool, "_start", begin)
    try:
        run_workers(None, len(exits), list(devices), lambda: None, lost)
    except ValueError as error:
        seen.error = str(error)
    return seen


def test_gpus_are_dealt_out_in_turn_and_a_single_one_is_shared(monkeypatch):
    assert run(monkeypatch, [0] * 5, ["2", "5", "7"]).devices == ["2", "5", "7", "2", "5"]
    assert run(monkeypatch, [0, 0], ["0"]).devices == [None, None]
    assert run(monkeypatch, [0, 0], []).devices == [None, None]


def test_a_worker_that_is_killed_or_breaks_is_lost_and_the_others_are_not(monkeypatch):
    seen = run(monkeypatch, [0, -signal.SIGKILL, 1])
    assert sorted(seen.lost) == [
        (1, "its worker was killed by SIGKILL"),
        (2, "its worker ended with code 1"),
    ]


def test_what_stands_in_the_way_of_every_trial_ends_all_workers(monkeypatch):
    seen = run(monkeypatch, [None, 1], said={1: "the disk is full"}.items())
    assert seen.error == "the disk is full"
    assert seen.workers[0].process.exitcode == -signal.SIGKILL


def test_ctrl_c_means_the_same_after_the_workers_were_started(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    run(monkeypatch, [0])
    assert signal.getsignal(signal.SIGINT) is before


def test_cores_are_shared_out_and_every_worker_has_one(monkeypatch):
    monkeypatch.setattr(worker_pool, "cores", lambda: 8)
    assert [threads_each(workers) for workers in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]


@pytest.mark.parametrize(
    ("accelerator", "named", "expected"),
    [("cpu", "2,5", []), ("gpu", "2,5", ["2", "5"]), ("auto", None, ["0", "1", "2"])],
)
def test_the_gpus_are_those_that_this_process_may_see(accelerator, named, expected, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_devices(accelerator) == expected
