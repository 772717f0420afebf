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
from rankdistill.cascade.runs.fit import fit_ranker
from rankdistill.cascade.runs.log_variants import LogVariant, log_variants
from rankdistill.cascade.runs.models import make_early_ranker, make_logging
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun, finished_run
from rankdistill.cascade.runs.student_shape import student_shape
from rankdistill.cascade.runs.teacher_log import TeacherLog
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain


def walked_logs(cfg: CascadeConfig, variants: Sequence[LogVariant]) -> list[int]:
    """List the numbers of stretches above one that the logs of a seed are cut into."""
    loggings = [make_logging(cfg, changes) for changes in ({}, *(v.changes for v in variants))]
    return sorted({logging.stretches for logging in loggings} - {1})


def rankers_of_a_seed(
    seed: int,
    students: Mapping[str, EarlyRanker],
    variants: Sequence[LogVariant],
    walks: Sequence[int],
) -> list[ToTrain]:
    """List the rankers of a seed in the order of their training.

    Args:
        seed: The seed.
        students: An early ranker of each form.
        variants: The logs beside the main one.
        walks: From ``walked_logs``.
    """
    if not any(student.form.reads_log for student in students.values()):
        walks = []
    finals = [
        "final ranker",
        *(
            f"final ranker before stretch {stretch + 1} of {number}"
            for number in walks
            for stretch in range(1, number)
        ),
    ]
    places = [
        *students,
        *(
            place_of(name, variant)
            for name, student in students.items()
            if student.form.reads_log
            for variant in variants
        ),
    ]
    kinds = [
        *(("final ranker", name) for name in finals),
        *(("early ranker", place) for place in places),
    ]
    return [ToTrain(kind, f"{name}, seed {seed}") for kind, name in kinds]


def place_of(student: str, variant: LogVariant) -> str:
    """Name the folder of a student that learns from a log beside the main one."""
    return f"{student}-{variant.name}"


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
        run.write(self._folder_of(FINAL_RANKER), final_ranker_shape(self.cfg, self.data))
        runs.add(FINAL_RANKER, run)
        log = TeacherLog(self.cfg, self.data, final, self.final_scores, self.bench.device)
        readers = [name for name in self.cfg.students if self._untrained(name).form.reads_log]
        variants = log_variants(self.cfg.robustness, make_logging(self.cfg, {}))
        if readers:
            for number in walked_logs(self.cfg, variants):
                log.walk(number, lambda past: self._obtain(past)[0])
        rescoring: dict[str, float] = {}
        for name in self.cfg.students:
            run = self._teach(name, log, None)
            runs.add(name, run)
            rescoring = rescoring or run.rescoring
        if rescoring:
            runs.rescoring.append(rescoring)
        for name in readers:
            for variant in variants:
                run = self._teach(name, log, variant)
                runs.add_variant(place_of(name, variant), name, variant, run)

    def _obtain(self, past: Past | None) -> tuple[FinalRanker, dict[str, Any]]:
        title = self.models.next()
        return obtain_final_ranker(self.cfg, self.data, self.datamodule, title, past)

    def _untrained(self, student: str) -> EarlyRanker:
        return make_early_ranker(self.cfg, student, self.data, self.datamodule)

    def _teach(self, student: str, log: TeacherLog, variant: LogVariant | None) -> RankerRun:
        """Train a student on a log of its own and measure it, unless its folder holds that run.

        Args:
            student: Name of its form.
            log: What writes the log.
            variant: The log, if it is not the main one; then the cut alone is measured.
        """
        place = student if variant is None else place_of(student, variant)
        changes = {} if variant is None else variant.changes
        folder, title, whole = self._folder_of(place), self.models.next(), variant is None
        shape = student_shape(self.cfg, self.data, student, changes, whole)
        if run := finished_run(folder, shape):
            print(f"{title}: finished before, in {folder}", flush=True)
            return run
        module = self._untrained(student)
        examples, counts = self.data.examples["train"], None
        validation = self.data.examples["validation"]
        if module.form.reads_log:
            examples, counts = log.examples(folder, changes)
            validation = log.validation(changes)
            if counts.usable < counts.rows:
                print(f"{title}: {counts.sentence()}", flush=True)
        module, fields = fit_ranker(
            module,
            examples,
            validation,
            self.cfg.trainer,
            self.cfg.early_ranker.training,
            folder,
            title,
            self.cfg.storage.bits,
        )
        scores = self.bench.score_early(module)
        measured = self.bench.measure_early(self.final_scores, scores, whole)
        rescoring = log.rescoring if whole and module.form.reads_log else {}
        run = RankerRun(self.seed, fields, measured, counts, rescoring)
        run.write(folder, shape)
        return run

    def _folder_of(self, place: str) -> Path:
        return self.folder / place / f"seed-{self.seed}"
