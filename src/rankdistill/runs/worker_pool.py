"""Run the same work in several processes; one that dies does not end the others."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import torch
from tqdm import tqdm

from rankdistill.errors import is_for_people

_SECONDS_BETWEEN_LOOKS = 0.5
VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Worker:
    """A process, its number, and where it says why it ends."""

    number: int
    process: BaseProcess
    said: Connection


def run_workers(
    work: Callable[[int], None],
    workers: int,
    devices: list[str],
    watch: Callable[[], None],
    lost: Callable[[int, str], None],
) -> None:
    """Run work in worker processes until all have ended.

    Args:
        work: Given the worker's number. It is pickled, since each process begins anew.
        workers: How many.
        devices: GPUs to deal out in turn. With one or none, every worker sees all devices.
        watch: Called about twice a second.
        lost: Called with a worker's number and what became of it.

    Raises:
        ValueError: With the message of a worker that meets an error meant for people.
    """
    running: list[Worker] = []
    try:
        with _ignoring_ctrl_c():  # the workers inherit this: the program gets Ctrl-C and ends them
            for number in range(workers):
                device = devices[number % len(devices)] if len(devices) > 1 else None
                running.append(_start(work, number, device))
        while running:
            wait([worker.process.sentinel for worker in running], timeout=_SECONDS_BETWEEN_LOOKS)
            for worker in [worker for worker in running if not worker.process.is_alive()]:
                running.remove(worker)
                _see_what_became_of(worker, lost)
            watch()
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()


def threads_each(workers: int) -> int:
    """Divide the processor cores among workers; each gets at least one."""
    return max(1, cores() // workers)


def visible_devices(accelerator: str) -> list[str]:
    """List the GPUs that workers may use, as CUDA_VISIBLE_DEVICES names them."""
    if accelerator not in {"gpu", "cuda", "auto"}:
        return []
    named = os.environ.get(VISIBLE)
    return named.split(",") if named else [str(n) for n in range(torch.cuda.device_count())]


def cores() -> int:
    """Count the processor cores that this process may use."""
    here = hasattr(
        os, "sched_getaffinity"
    )  # it counts what this process may use; not every system has it
    return len(os.sched_getaffinity(0)) if here else os.cpu_count() or 1


def _start(work: Callable[[int], None], number: int, device: str | None) -> Worker:
    context = multiprocessing.get_context("spawn")
    said, says = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(work, number, device, says), daemon=True)
    process.start()
    says.close()
    return Worker(number, process, said)


def _see_what_became_of(worker: Worker, lost: Callable[[int, str], None]) -> None:
    worker.process.join()
    message = None
    with contextlib.suppress(EOFError), worker.said:
        message = worker.said.recv() if worker.said.poll() else None
    code = worker.process.exitcode or 0
    if code == 0:
        return
    if message is not None:
        raise ValueError(message)
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    lost(worker.number, f"its worker {how}")


def _main(work: Callable[[int], None], number: int, device: str | None, says: Connection) -> None:
    """Run in the worker's process."""
    if device is not None:
        os.environ[VISIBLE] = device
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tqdm.set_lock(threading.RLock())  # its own is a semaphore that a killed process leaves behind
    try:
        work(number)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if not is_for_people(error):
            raise
        says.send(" ".join(str(error).split()))
        raise SystemExit(1) from None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextlib.contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
