"""What a measurement was made on, and how its table is kept."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from rankdistill.files import write_text_atomically

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    """One line: kind of processor, cores and threads, versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    packages = ("torch", "pytorch-lightning", "numpy")
    return (
        f"{model}, {os.cpu_count()} cores, {torch.get_num_threads()} threads{gpu}; "
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
    )


def keep(name: str, lines: list[str]) -> None:
    """Print a Markdown report and keep it in benchmarks/results/."""
    text = "\n".join([*lines, "", f"Measured on {machine()}.", ""])
    print(text)
    write_text_atomically(RESULTS / f"{name}.md", text)
