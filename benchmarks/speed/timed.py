"""A command of the program, with a clock on fitting and on evaluating.

    python -m benchmarks.speed.timed FILE train module=student ...

Writes their seconds and the process's peak memory to FILE; all else is as in `rankdistill`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from unittest import mock

from benchmarks.speed.peak import peak_mebibytes


def main() -> None:
    """Run the command with `Trainer.fit`, `validate` and `test` on the clock."""
    output, *arguments = sys.argv[1:]
    import pytorch_lightning as pl

    from rankdistill import cli

    seconds: dict[str, float] = defaultdict(float)
    for name in ("fit", "validate", "test"):
        part = "fit" if name == "fit" else "evaluate"
        mock.patch.object(
            pl.Trainer, name, _on_clock(getattr(pl.Trainer, name), part, seconds)
        ).start()
    with mock.patch.object(sys, "argv", ["rankdistill", *arguments]):
        cli.main()
    Path(output).write_text(json.dumps({**seconds, "peak_mebibytes": peak_mebibytes()}))


def _on_clock(called, part: str, seconds: dict[str, float]):
    def call(*args, **kwargs):
        start = time.perf_counter()
        try:
            return called(*args, **kwargs)
        finally:
            seconds[part] += time.perf_counter() - start

    return call


if __name__ == "__main__":
    main()
