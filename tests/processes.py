"""Start the program in processes of their own, and wait for what they do.

Importing PyTorch and Lightning takes seconds, so a process is forked from one that has done it.
Tests wait for facts: a file that appears, a process that ends. No clock decides whether a test
passes; LAST_RESORT only keeps a broken program from holding the suite for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, Self

import pytest

from rankdistill import cli

LAST_RESORT = 1200.0
"""Seconds, far beyond what the busiest machine needs."""

SECONDS_BETWEEN_LOOKS = 0.02

needs_proc = pytest.mark.skipif(not Path("/proc/1").exists(), reason="finds processes in /proc")

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(
    [f"rankdistill.commands.{name}" for name in ("cascade", "compare", "sweep", "train", "tune")]
)


class Program:
    """`rankdistill ...` in a process of its own, which does not outlive its `with` block.

    Args:
        arguments: What follows the program's name.
        folder: Where it runs.
        environment: All of its environment variables.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, environment: dict[str, str]):
        self.arguments = list(arguments)
        self._said = tempfile.TemporaryDirectory()
        outputs = [str(Path(self._said.name) / name) for name in ("stdout", "stderr")]
        self._process = _FORKING.Process(
            target=_main, args=(self.arguments, str(folder), environment, outputs)
        )
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._said.cleanup()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.is_alive()

    def send(self, signal: int) -> None:
        """Send a signal to this process alone."""
        os.kill(self.pid, signal)

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait for a fact, which the program must bring about before it ends."""

        def looked() -> bool:
            ended = not self.is_running  # asked first: what it did last counts
            if condition():
                return True
            if ended:
                self._fail("ended before what was waited for")
            return False

        wait_until(looked)

    def end(self) -> subprocess.CompletedProcess[str]:
        """Wait for the end; what the program printed, and its exit status."""
        self._process.join(LAST_RESORT)
        if self._process.exitcode is None:
            self._fail("did not end")
        output, errors = self._output()
        return subprocess.CompletedProcess(
            self.arguments, self._process.exitcode or 0, output, errors
        )

    def _output(self) -> list[str]:
        paths = [Path(self._said.name) / name for name in ("stdout", "stderr")]
        return [path.read_text(encoding="utf-8") if path.exists() else "" for path in paths]

    def _fail(self, what: str) -> NoReturn:
        command = " ".join(["rankdistill", *self.arguments])
        raise AssertionError("\n".join([f"{command}: {what}", *self._output()]))


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a fact."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < LAST_RESORT, "what was waited for never happened"
        time.sleep(SECONDS_BETWEEN_LOOKS)


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or has ended and waits for its parent to ask how."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that are still there; Linux lists them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid:
            found.append(int(folder.name))
    return found


def _main(
    arguments: list[str], folder: str, environment: dict[str, str], outputs: list[str]
) -> None:
    """In the new process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for descriptor, path in enumerate(outputs, start=1):
        with Path(path).open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    sys.argv = ["rankdistill", *arguments]
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    try:
        cli.main()
    finally:
        threading._shutdown()  # as an interpreter ends: threads first, then what atexit knows


def _end_with_the_tests() -> None:
    """Leave no program behind where the tests themselves are killed."""
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os._exit(1)
