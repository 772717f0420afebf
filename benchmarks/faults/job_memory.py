"""The memory of a process over many jobs: ``python -m benchmarks.faults.job_memory``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from benchmarks.faults.setting_faults import SMALL

NUM_JOBS, SETTLED = 90, 60
_PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mib(pid: int) -> float:
    """Memory of a process that is in use, in MiB; needs Linux."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def main() -> None:
    """Print the memory after some jobs, and how much a job adds once it has settled."""
    seeds = ",".join(map(str, range(NUM_JOBS)))
    command = [sys.executable, "-m", "rankdistill", "train", "-m", *SMALL, f"seed.split={seeds}"]
    memory: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(rf"\d+/{NUM_JOBS}|\d+ of {NUM_JOBS}", line) and process.poll() is None:
                memory.append(resident_mib(process.pid))
    for job in (1, 30, SETTLED, NUM_JOBS):
        print(f"after job {job}: {memory[min(job, len(memory)) - 1]:.1f} MiB")
    slope = np.polyfit(range(len(memory) - SETTLED), memory[SETTLED:], 1)[0]
    print(f"a job after the {SETTLED}th adds {slope:.3f} MiB")


if __name__ == "__main__":
    main()
