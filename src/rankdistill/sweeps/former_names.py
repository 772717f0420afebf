"""Go on with sweeps of version 0.1, whose folders had names that need quotes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rankdistill.sweeps.plan import Plan


def sweep_folder(root: Path, plan: Plan, former: Plan) -> Path:
    """Choose the folder of a sweep: the one that is there already, or else a new one.

    Args:
        root: Where the folders of all sweeps are.
        plan: The grid.
        former: The grid under its former names.
    """
    now, then = root / plan.name, root / former.name
    return then if then.is_dir() and not now.is_dir() else now


def with_folders_kept(plan: Plan, former: Plan, folder: Path) -> Plan:
    """Give each job that has a folder of its former name that name.

    Args:
        plan: The grid.
        former: The grid under its former names.
        folder: The sweep's.
    """
    pairs = zip(plan.jobs, former.jobs, strict=True)
    jobs = tuple(then if (folder / then.name).is_dir() else now for now, then in pairs)
    return replace(plan, jobs=jobs)
