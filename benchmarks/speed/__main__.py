"""Speed: this project, its peers and the limits of the machine, measured in one run.

    python -m benchmarks.speed [data=...] [--ml-1m FILE] [--large] [--quick] [--only NAME ...]

Each measurement goes into the record, benchmarks/results/speed.json, as it ends, so that a stop
loses nothing and any can be measured again alone. The report beside it and the section of
docs/performance.md are made anew each time. Peers come with `pip install -e '.[peers]'`, and from a
checkout that SPOTLIGHT_DIR or RANK_DISTILL_DIR names; one that is not there is skipped aloud.
Arguments before the options are overrides of `rankdistill train`, for the data.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.speed.environment import settle

NAMES = (
    "training",
    "evaluation",
    "extraction",
    "epochs",
    "peer_tuning",
    "time_to_quality",
    "compare",
    "start_up",
    "memory",
    "growth",
    "scale",
)


def main() -> None:
    """Measure what is asked for, then report what is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    parser.add_argument(
        "--ml-1m", metavar="FILE", help="(user, item) pairs in place of the release, or `release`"
    )
    parser.add_argument("--large", action="store_true", help="20M interactions too")
    parser.add_argument(
        "--quick", action="store_true", help="see that all runs; no figures to read"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=Path, help="folder in place of benchmarks/results")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("overrides", nargs="*")
    arguments = parser.parse_intermixed_args()
    settle(arguments.threads)
    from benchmarks.speed.run import report_what_is_there, run

    if not arguments.report:
        run(arguments)
    report_what_is_there(arguments.results)


if __name__ == "__main__":
    main()
