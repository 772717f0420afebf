"""Read a seed of a cascade that has ended, without its rankers."""

from __future__ import annotations

from pathlib import Path

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.model_names import FINAL_RANKER
from rankdistill.cascade.runs.common_ground import CommonGround
from rankdistill.cascade.runs.final_ranker_store import final_ranker_shape
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun, finished_run
from rankdistill.cascade.runs.student_shape import student_shape
from rankdistill.cascade.runs.variant_stacks import place_of


def finished_seed(
    cfg: CascadeConfig, seed: int, ground: CommonGround, folder: Path
) -> CascadeRuns | None:
    """Read the runs of a seed; None unless all of them have ended with these settings.

    Args:
        cfg: The checked configuration.
        seed: One of its seeds.
        ground: What the seeds have in common.
        folder: Where each ranker's run is.
    """
    of_seed = cfg.of_seed(seed)

    def run_of(student: str, variant: LogVariant | None) -> RankerRun | None:
        place = student if variant is None else place_of(student, variant)
        changes = {} if variant is None else variant.changes
        shape = student_shape(of_seed, ground.data, student, changes, variant is None)
        return finished_run(folder / place / f"seed-{seed}", shape)

    shape = final_ranker_shape(of_seed, ground.data)
    final = finished_run(folder / FINAL_RANKER / f"seed-{seed}", shape, model=None)
    if final is None:
        return None
    runs = CascadeRuns()
    runs.add(FINAL_RANKER, final)
    for name in cfg.students:
        run = run_of(name, None)
        if run is None:
            return None
        runs.add(name, run)
        if run.rescoring and not runs.rescoring:
            runs.rescoring.append(run.rescoring)
    for name in ground.readers:
        for variant in ground.variants:
            run = run_of(name, variant)
            if run is None:
                return None
            runs.add_variant(place_of(name, variant), name, variant, run)
    return runs
