"""Work is recorded where a device has recordings; torch.cuda is stood in for, but for one test."""

from contextlib import contextmanager

import pytest
import torch

from rankdistill.kernels.recording import recorder_of

DEVICE = torch.device("cuda")


class Graph:
    replayed = False

    def replay(self):
        self.replayed = True


@pytest.fixture
def calls(monkeypatch):
    """What is asked of torch.cuda, in order."""
    noted = []

    @contextmanager
    def stream(which):
        noted.append(f"stream {which}")
        yield
        noted.append("stream back")

    @contextmanager
    def graph(which, stream):
        noted.append(f"record on {stream}")
        yield
        noted.append("recorded")

    stand_ins = {
        "Stream": lambda device: "own",
        "current_stream": lambda device: "current",
        "CUDAGraph": Graph,
        "stream": stream,
        "graph": graph,
        "get_sync_debug_mode": lambda: 0,
        "set_sync_debug_mode": lambda mode: noted.append(f"mode {mode}"),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    return noted


def adam():
    return torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], fused=True)


def test_a_cpu_records_nothing():
    assert recorder_of(torch.device("cpu")) is None


def test_work_is_recorded_on_a_stream_of_its_own_with_an_optimizer_that_allows_it(calls):
    optimizer, marks = adam(), []
    recording = recorder_of(DEVICE).record(
        lambda: marks.append(optimizer.param_groups[0]["capturable"]), optimizer
    )
    assert marks == [True]
    assert not optimizer.param_groups[0]["capturable"]
    assert calls == ["stream current", "record on own", "recorded", "stream back"]
    recording.replay()
    assert recording.replayed


def test_a_recording_that_fails_leaves_the_optimizer_as_it_was(calls):
    def fail():
        raise RuntimeError("not permitted")

    optimizer = adam()
    with pytest.raises(RuntimeError, match="not permitted"):
        recorder_of(DEVICE).record(fail, optimizer)
    assert not optimizer.param_groups[0]["capturable"]


def test_waiting_is_refused_for_a_while(calls):
    with recorder_of(DEVICE).refusing_to_wait():
        assert calls == ["mode error"]
    assert calls == ["mode error", "mode 0"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_step_of_adam_goes_on_from_where_the_weights_are():
    weight = torch.nn.Parameter(torch.ones(3, device=DEVICE))
    optimizer = torch.optim.Adam([weight], lr=torch.tensor(0.5, device=DEVICE), fused=True)

    def step():
        weight.grad = None
        (weight * weight).sum().backward()
        optimizer.step()

    step()
    recorder = recorder_of(weight.device)
    with recorder.refusing_to_wait():
        step()
    before = weight.detach().clone()
    recording = recorder.record(step, optimizer)
    assert torch.equal(weight, before)
    recording.replay()
    assert float(weight.detach().max()) < float(before.max())
    optimizer.param_groups[0]["lr"].fill_(0.0)
    rested = weight.detach().clone()
    recording.replay()
    assert torch.equal(weight, rested)
