"""One seed of a cascade: train the final ranker, log its scores, and teach the students."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.model_names import FINAL_RANKER
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.final_ranker_store import (
    Past,
    final_ranker_shape,
    obtain_final_ranker,
)
from rankdistill.cascade.runs.lessons import Lessons
from rankdistill.cascade.runs.log_variants import LogVariant, log_variants
from rankdistill.cascade.runs.models import make_early_ranker, make_logging
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun
from rankdistill.cascade.runs.teacher_log import TeacherLog
from rankdistill.cascade.runs.variant_stacks import place_of, variants_side_by_side
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain


def walked_logs(cfg: CascadeConfig, variants: Sequence[LogVariant]) -> list[int]:
    """List the numbers of stretches above one that the logs of a seed are cut into."""
    loggings = [make_logging(cfg, changes) for changes in ({}, *(v.changes for v in variants))]
    return sorted({logging.stretches for logging in loggings} - {1})


def rankers_of_a_seed(
    seed: int,
    students: Mapping[str, EarlyRanker],
    stacks: Sequence[Sequence[LogVariant]],
    walks: Sequence[int],
) -> list[ToTrain]:
    """List the rankers of a seed in the order of their training.

    Args:
        seed: The seed.
        students: An early ranker of each form.
        stacks: The logs beside the main one, from ``variants_side_by_side``.
        walks: From ``walked_logs``.
    """
    readers = [name for name, student in students.items() if student.form.reads_log]
    finals = [
        "final ranker",
        *(
            f"final ranker before stretch {stretch + 1} of {number}"
            for number in (walks if readers else ())
            for stretch in range(1, number)
        ),
    ]
    return [
        *(ToTrain("final ranker", f"{name}, seed {seed}") for name in finals),
        *(ToTrain("early ranker", f"{name}, seed {seed}") for name in students),
        *(_to_train(name, stack, seed) for name in readers for stack in stacks),
    ]


def _to_train(student: str, stack: Sequence[LogVariant], seed: int) -> ToTrain:
    if len(stack) == 1:
        return ToTrain("early ranker", f"{place_of(student, stack[0])}, seed {seed}")
    number = len(stack)
    kind = f"{number} early rankers side by side"
    return ToTrain(kind, f"{student} on {number} logs, seed {seed}", number)


class OneSeed:
    """Trains and measures all rankers of one seed.

    Args:
        cfg: The configuration; the seed replaces those of initialisation and sampling.
        seed: The seed.
        datamodule: The split ratings.
        data: Requests, features and impressions.
        bench: What measures the rankers.
        folder: The run's folder; each ranker has one below it.
        models: Tells which of the rankers is trained; the next ones are those of this seed.
    """

    def __init__(
        self,
        cfg: CascadeConfig,
        seed: int,
        datamodule: InteractionsDataModule,
        data: CascadeData,
        bench: Bench,
        folder: Path,
        models: ModelsToTrain,
    ):
        self.cfg = cfg.of_seed(seed)
        self.seed, self.datamodule, self.data = seed, datamodule, data
        self.bench, self.folder, self.models = bench, folder, models

    def run(self, runs: CascadeRuns) -> None:
        """Train and measure all rankers, and add their runs."""
        final, fields = self._obtain(None)
        self.final_scores = self.bench.score_final(final)
        run = RankerRun(self.seed, fields, self.bench.measure_final(self.final_scores))
        run.write(
            self.folder / FINAL_RANKER / f"seed-{self.seed}",
            final_ranker_shape(self.cfg, self.data),
        )
        runs.add(FINAL_RANKER, run)
        log = TeacherLog(self.cfg, self.data, final, self.final_scores, self.bench.device)
        forms = {
            name: make_early_ranker(self.cfg, name, self.data, self.datamodule)
            for name in self.cfg.students
        }
        readers = [name for name, student in forms.items() if student.form.reads_log]
        variants = log_variants(self.cfg.robustness, make_logging(self.cfg, {}))
        if readers:
            for number in walked_logs(self.cfg, variants):
                log.walk(number, lambda past: self._obtain(past)[0])
        lessons = Lessons(
            self.cfg, self.datamodule, self.data, self.bench, self.final_scores, log, self.folder
        )
        rescoring: dict[str, float] = {}
        for name in forms:
            run = lessons.on_main_log(name, self.models.next())
            runs.add(name, run)
            rescoring = rescoring or run.rescoring
        if rescoring:
            runs.rescoring.append(rescoring)
        stacks = variants_side_by_side(self.cfg, variants, forms, self.data)
        for name in readers:
            found: dict[LogVariant, RankerRun] = {}
            for stack in stacks:
                title = self.models.next()
                found |= zip(stack, lessons.on_other_logs(name, stack, title), strict=True)
            for variant in variants:
                runs.add_variant(place_of(name, variant), name, variant, found[variant])

    def _obtain(self, past: Past | None) -> tuple[FinalRanker, dict[str, Any]]:
        title = self.models.next()
        return obtain_final_ranker(self.cfg, self.data, self.datamodule, title, past)
