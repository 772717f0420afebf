"""Refuse values that make a library raise, hang, or start a hundred processes."""

from __future__ import annotations

import os
from typing import Any

from rankdistill.building import did_you_mean

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")

_LARGEST_SEED = (1 << 32) - 1
"""The largest seed that NumPy's generator takes; Lightning seeds it too."""


def check_accelerator(accelerator: str) -> None:
    """Refuse a kind of device that is not one of ACCELERATORS."""
    if accelerator not in ACCELERATORS:
        raise ValueError(
            f"trainer.accelerator is {accelerator!r}{did_you_mean(accelerator, ACCELERATORS)}"
        )


def check_threads(name: str, threads: int | None) -> None:
    """Refuse no thread, and more than four for each core."""
    most = 4 * (os.cpu_count() or 1)
    if threads is not None and not 1 <= threads <= most:
        raise ValueError(
            f"{name} must lie between 1 and {most} on this machine, or be null, got {threads}."
        )


def check_processes(devices: Any) -> None:
    """Refuse more devices on a CPU, where each is a process, than the machine can bear.

    Raises:
        ValueError: If it is no number of processes.
    """
    most = 2 * (os.cpu_count() or 1)
    number = int(devices) if str(devices).isdecimal() else 0
    if devices != "auto" and not 1 <= number <= most:
        raise ValueError(
            f"trainer.devices must lie between 1 and {most} on the CPU of this machine, where each "
            f"is a process, got {devices}."
        )


def check_seed(name: str, seed: int) -> None:
    """Refuse a seed that a generator does not take.

    Args:
        name: Of the seed.
        seed: What is given.

    Raises:
        ValueError: With the seed and its bounds.
    """
    if not 0 <= seed <= _LARGEST_SEED:
        raise ValueError(
            f"seed.{name} must be a number from 0 to {_LARGEST_SEED}, got {str(seed)[:40]}."
        )
