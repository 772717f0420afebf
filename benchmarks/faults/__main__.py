"""Meet faults of every kind, by a fixed seed, and print how many of each were met well.

``python -m benchmarks.faults`` tries them all; ``--share 0.02`` a part, ``--only bombs flips``
some kinds.
"""

from __future__ import annotations

import argparse
import logging
import random
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults import (
    bomb_faults,
    data_faults,
    kill_faults,
    rank_file_faults,
    setting_faults,
    target_faults,
    tensor_faults,
)
from benchmarks.faults.verdict import Fault, Kind

KINDS: dict[str, tuple[Kind, int]] = {
    "flipped bits in checkpoints": (tensor_faults.flips, 1000),
    "truncated checkpoints": (tensor_faults.truncations, 300),
    "flipped bits in models that ship": (rank_file_faults.flips, 1000),
    "truncated models that ship": (rank_file_faults.truncations, 300),
    "lies in models that ship": (rank_file_faults.lies_under_right_checksums, 1500),
    "checkpoints of the wrong shape": (tensor_faults.wrong_contents, 800),
    "flipped bits under sound checksums": (tensor_faults.flips_with_sound_checksums, 800),
    "code in pickles": (tensor_faults.code_in_pickles, 30),
    "hostile targets": (target_faults.hostile_targets, 126),
    "bombs": (bomb_faults.bombs, 27),
    "malformed tables": (data_faults.malformed_tables, 500),
    "stray quotes over lines": (data_faults.stray_quotes, 40),
    "malformed files of a release": (data_faults.malformed_releases, 500),
    "damaged archives": (data_faults.damaged_archives, 400),
    "changed parsed caches": (data_faults.changed_caches, 500),
    "settings that cannot be": (setting_faults.settings_that_cannot_be, 78),
    "sweeps killed": (kill_faults.kills, 8),
}


def run_kind(name: str, share: float, seed: int = 0) -> list[Fault]:
    """Try a share of the faults of a kind, in a folder that is removed afterwards."""
    kind, number = KINDS[name]
    with tempfile.TemporaryDirectory() as folder:
        return list(
            kind(random.Random(f"{seed} {name}"), Path(folder), max(1, round(share * number)))
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and what was not met well; 1 if there is any such fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS))
    chosen = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    rows, wrong = [], []
    for name in chosen.only:
        start = time.monotonic()
        faults = run_kind(name, chosen.share, chosen.seed)
        failed = [fault for fault in faults if fault.wrong]
        rows.append((name, len(faults), len(faults) - len(failed), time.monotonic() - start))
        wrong += [f"{name}: {fault.name}: {fault.wrong}" for fault in failed]
    rows.append(("all", *(sum(row[place] for row in rows) for place in (1, 2, 3))))
    print("| fault | tried | met well | seconds |\n|---|---:|---:|---:|")
    for name, number, well, seconds in rows:
        print(f"| {name} | {number:,} | {well:,} | {seconds:.0f} |")
    print("".join(f"\n{line}" for line in wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
