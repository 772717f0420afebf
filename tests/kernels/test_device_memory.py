import torch

from rankdistill.kernels.device_memory import begin_peak, peak_bytes

CUDA = torch.device("cuda", 1)


def test_a_cpu_does_not_count():
    begin_peak(torch.device("cpu"))
    assert peak_bytes(torch.device("cpu")) is None


def test_a_gpu_is_asked_for_its_own_peak(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", asked.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 7 * device.index)
    begin_peak(CUDA)
    assert asked == [CUDA]
    assert peak_bytes(CUDA) == 7
