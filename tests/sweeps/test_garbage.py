from rankdistill.sweeps import garbage
from rankdistill.sweeps.garbage import SeldomCollector


class Clock:
    """A clock that a collection moves on by what it takes."""

    def __init__(self, takes):
        self.now, self.takes, self.collected = 100.0, takes, 0

    def perf_counter(self):
        return self.now

    def collect(self):
        self.now += self.takes
        self.collected += 1


def collections(monkeypatch, job_seconds, takes, jobs=40):
    """After how many of some jobs garbage is collected."""
    clock = Clock(takes)
    monkeypatch.setattr(garbage, "time", clock)
    monkeypatch.setattr(garbage, "gc", clock)
    collector = SeldomCollector()
    told = []
    for _ in range(jobs):
        clock.now += job_seconds
        told.append(collector.after_job())
    assert sum(told) == clock.collected
    return clock.collected


def test_garbage_is_collected_after_every_long_job(monkeypatch):
    assert collections(monkeypatch, job_seconds=10.0, takes=0.4) == 40


def test_short_jobs_wait_for_a_collection_only_now_and_then(monkeypatch):
    assert collections(monkeypatch, job_seconds=0.25, takes=0.125) == 4


def test_garbage_is_collected_after_the_first_job(monkeypatch):
    assert collections(monkeypatch, job_seconds=0.01, takes=1.0, jobs=1) == 1
